#include "cli/connect.h"

#include <string.h>

#include "base/error.h"
#include "cli/report.h"

#define DEFAULT_TIMEOUT_S 60
#define MAX_TIMEOUT_S     86400

const flag flags_connect[] = {
    {"session", "NAME", "the name that the parties agreed on; letters, digits and . _ ~ -", false},
    {"timeout", "SECONDS", "give up when nothing arrives for so long (default 60)", false},
    {0},
};

static pt_status check_where(const char *where, pt_error *error)
{
    if (strncmp(where, "p2p:", 4) == 0)
        return error_set(error, PT_ERR_USAGE,
                         "peer-to-peer channels are not part of this version; use a relay's URL");
    if (strpbrk(where, ";,") != NULL)
        return error_set(
            error, PT_ERR_USAGE,
            "direct HTTP between the parties is not part of this version; use one relay's URL");
    if (strncmp(where, "http://", 7) != 0 && strncmp(where, "https://", 8) != 0)
        return error_set(error, PT_ERR_USAGE,
                         "'%.80s' is not the URL of a relay, e.g. http://127.0.0.1:8000", where);
    return PT_OK;
}

pt_status connection_init(connection *ret_connection, const char *where, const args *a,
                          pt_error *error)
{
    const char *timeout = args_get(a, "timeout");
    uint64_t seconds = DEFAULT_TIMEOUT_S;
    pt_status status = check_where(where, error);
    if (status == PT_OK && args_get(a, "session") == NULL)
        status = error_set(error, PT_ERR_USAGE, "a relay needs --session");
    if (status == PT_OK && timeout != NULL)
        status = args_number(&seconds, timeout, "--timeout", 1, MAX_TIMEOUT_S, error);
    *ret_connection = (connection){
        .where = where,
        .session = args_get(a, "session"),
        .timeout_ms = (uint32_t)seconds * 1000,
    };
    return status == PT_OK ? secure_flags_init(&ret_connection->secure, a, error) : status;
}

void connection_clear(connection *c)
{
    secure_flags_clear(&c->secure);
}

pt_status connection_open(pt_channel *ret_channel, const connection *c, size_t party,
                          size_t parties, pt_error *error)
{
    const pt_relay_options options = {
        .url = c->where,
        .session = c->session,
        .party = party,
        .parties = parties,
        .timeout_ms = c->timeout_ms,
        .notice = report_notice,
    };
    pt_channel network = {0};
    pt_status status = secure_flags_check(&c->secure, party, parties, error);
    if (status == PT_OK)
        status = pt_channel_relay_open(&network, &options, error);
    if (status == PT_OK && c->meter != NULL)
        status = pt_channel_metered_wrap(&network, network, c->meter, error);
    if (status == PT_OK)
        status = secure_flags_wrap(&network, &c->secure, c->session, party, parties, error);
    if (status != PT_OK) {
        pt_channel_close(&network);
        return status;
    }
    *ret_channel = network;
    return PT_OK;
}
