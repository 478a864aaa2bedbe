/* The relay channel of a host without threads and libcurl. */
#include "base/error.h"
#include "channel/http/relay.h"
#include "channel/http/stepper.h"
#include "channel/http/url.h"
#include "wasm/caller.h"

pt_status pt_channel_relay_open(pt_channel *ret_channel, const pt_relay_options *options,
                                pt_error *error)
{
    static http_driver driver;
    if (ret_channel == NULL || options == NULL)
        return error_set(error, PT_ERR_USAGE, "a place for the channel and options must be given");
    if (options->url == NULL || !url_has_form(options->url))
        return error_set(error, PT_ERR_USAGE,
                         "\"%.200s\" is not the URL of a relay, such as http://127.0.0.1:8000",
                         options->url == NULL ? "" : options->url);
    driver = stepper_driver(&caller_host);
    return relay_channel_open(ret_channel, options, &relay_link, &driver, error);
}
