/* The relay channel of a host with threads and libcurl. */
#include "base/error.h"
#include "channel/http/courier.h"
#include "channel/http/relay_bulk.h"
#include "channel/http/url.h"

pt_status pt_channel_relay_open(pt_channel *ret_channel, const pt_relay_options *options,
                                pt_error *error)
{
    if (ret_channel == NULL || options == NULL)
        return error_set(error, PT_ERR_USAGE, "a place for the channel and options must be given");
    if (options->url == NULL || !url_is_good(options->url))
        return error_set(error, PT_ERR_USAGE,
                         "\"%.200s\" is not the URL of a relay, such as http://127.0.0.1:8000",
                         options->url == NULL ? "" : options->url);
    return relay_channel_open(ret_channel, options, &relay_bulk_link, &courier_driver, error);
}
