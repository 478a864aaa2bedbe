#include "cli/flags/connect.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/http/direct_check.h"
#include "cli/deadline.h"
#include "cli/file.h"
#include "cli/flags/where.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "wire/session_name.h"

#define MAX_SECONDS     1000000            /* of a time */
#define DIRECT_SESSION  "polytune"         /* when none is given */
#define AUTHORITIES_MAX ((size_t)64 << 20) /* bytes of a file */

const flag flags_connect[] = {
    {"session", "NAME",
     "the name that the parties agreed on; letters, digits and . _ ~ - (a relay needs one)", false},
    {"listen", "HOST:PORT", "where to listen, if not at the own URL: behind a reverse proxy",
     false},
    {"tls-cert", "FILE", "certificate (PEM, with the chain) for an own URL that is https", false},
    {"tls-key", "FILE", "the certificate's private key (PEM)", false},
    {"tls-ca", "FILE", "trust https certificates of these authorities (PEM), not the system's",
     false},
    {"relay", "URL", "the relay at which the parties meet (p2p:new)", false},
    {"only-relay", NULL, "no direct connections; tell nobody this machine's addresses (p2p)",
     false},
    {"timeout", "SECONDS",
     "give up when nothing arrives, or a relay does not answer, for so long (default 60)", false},
    {"wait", "SECONDS", "wait for the others to come for so long (default 600)", false},
    {"deadline", "SECONDS", "give up when all is not done after so long (default: never)", false},
    {0},
};

static bool is_p2p(where_kind kind)
{
    return kind == WHERE_P2P_NEW || kind == WHERE_P2P_JOIN;
}

static pt_status check_p2p_flags(const args *a, where_kind kind, pt_error *error)
{
    if (kind != WHERE_P2P_NEW && args_get(a, "relay") != NULL)
        return error_set(error, PT_ERR_USAGE, "--relay is for p2p:new%s",
                         is_p2p(kind) ? "; a ticket names the relay" : "");
    if (kind == WHERE_P2P_NEW && args_get(a, "relay") == NULL)
        return error_set(error, PT_ERR_USAGE,
                         "p2p:new needs --relay=URL, the relay at which the parties meet");
    if (!is_p2p(kind) && args_get(a, "only-relay") != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--only-relay is for p2p:new and tickets: others have no choice");
    if (is_p2p(kind) && args_get(a, "session") != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--session is not for p2p: the ticket has the session");
    if (kind == WHERE_P2P_NEW && !report_wants_event(REPORT_WARN, REPORT_WARN))
        return error_set(error, PT_ERR_USAGE, "%s would hide the ticket that p2p:new prints",
                         args_get(a, "quiet") != NULL ? "--quiet" : "POLYTUNE_LOG=error");
    return PT_OK;
}

/* Flags that only make sense where the party serves. */
static pt_status check_direct_flags(const args *a, where_kind kind, pt_error *error)
{
    static const char *const names[] = {"listen", "tls-cert", "tls-key"};
    for (size_t i = 0; kind != WHERE_DIRECT && i < sizeof names / sizeof *names; i++)
        if (args_get(a, names[i]) != NULL)
            return error_set(error, PT_ERR_USAGE,
                             "--%s is for parties that serve themselves; a relay's client does not",
                             names[i]);
    if ((args_get(a, "tls-cert") == NULL) != (args_get(a, "tls-key") == NULL))
        return error_set(error, PT_ERR_USAGE, "--tls-cert and --tls-key belong together");
    if (kind == WHERE_RELAY && args_get(a, "session") == NULL)
        return error_set(error, PT_ERR_USAGE, "a relay needs --session");
    return PT_OK;
}

/* Makes the ticket that others join with, or takes what it says of its opener. */
static pt_status prepare_p2p(connection *c, const char *relay, pt_error *error)
{
    uint8_t key[PT_KEY_BYTES];
    pt_p2p_ticket *ticket = &c->where.ticket;
    pt_status status = PT_OK;
    if (c->where.kind == WHERE_P2P_NEW) {
        status = secure_flags_own_key(&c->secure, key, error);
        if (status == PT_OK)
            status = pt_p2p_ticket_new(ticket, relay, 0, key, error);
    } else {
        secure_flags_pin(&c->secure, ticket->opener, ticket->opener_key);
    }
    c->session = ticket->session;
    return status;
}

static pt_status take_times(connection *c, const args *a, pt_error *error)
{
    uint32_t deadline_ms = 0;
    const struct {
        const char *flag;
        uint32_t *ms;
    } rows[] = {
        {"--timeout", &c->timeout_ms}, {"--wait", &c->wait_ms}, {"--deadline", &deadline_ms}};
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < sizeof rows / sizeof *rows; i++) {
        const char *text = args_get(a, rows[i].flag + 2);
        uint64_t seconds = 0;
        if (text != NULL)
            status = args_number(&seconds, text, rows[i].flag, 1, MAX_SECONDS, error);
        *rows[i].ms = (uint32_t)seconds * 1000;
    }
    deadline_set(deadline_ms);
    return status;
}

/* Told at once, not after trying for a while. */
pt_status connection_check_authorities(const char *path, pt_error *error)
{
    char *text = NULL;
    size_t len = 0;
    pt_status status = file_read_most(&text, &len, AUTHORITIES_MAX, path, error);
    if (status == PT_OK && strstr(text, "-----BEGIN ") == NULL)
        status = error_set(error, PT_ERR_INPUT,
                           "the authorities of --tls-ca, '%s', are not in a PEM file", path);
    mem_free(text);
    return status;
}

/* The flags, but for those of the encryption. */
static pt_status take_flags(connection *c, const args *a, pt_error *error)
{
    const char *listen = args_get(a, "listen");
    pt_status status = check_p2p_flags(a, c->where.kind, error);
    if (status == PT_OK)
        status = check_direct_flags(a, c->where.kind, error);
    if (status == PT_OK && listen != NULL)
        status = where_listen(&c->listen_host, &c->listen_port, listen, error);
    if (status == PT_OK && !session_name_is_good(c->session, strlen(c->session)))
        status = error_set(error, PT_ERR_USAGE, "%s", SESSION_NAME_RULE);
    if (status == PT_OK)
        status = take_times(c, a, error);
    c->tls_cert = args_get(a, "tls-cert");
    c->tls_key = args_get(a, "tls-key");
    c->tls_ca = args_get(a, "tls-ca");
    if (status == PT_OK && c->tls_ca != NULL)
        status = connection_check_authorities(c->tls_ca, error);
    c->only_relay = args_get(a, "only-relay") != NULL;
    return status;
}

pt_status connection_init(connection *ret_connection, const char *text, const args *a,
                          pt_error *error)
{
    connection *c = ret_connection;
    const char *session = args_get(a, "session");
    *c = (connection){.session = session != NULL ? session : DIRECT_SESSION};
    pt_status status = where_parse(&c->where, text, error);
    if (status == PT_OK)
        status = take_flags(c, a, error);
    if (status == PT_OK)
        status = secure_flags_init(&c->secure, a, error);
    if (status == PT_OK && is_p2p(c->where.kind))
        status = prepare_p2p(c, args_get(a, "relay"), error);
    return status;
}

void connection_clear(connection *c)
{
    where_clear(&c->where);
    mem_free(c->listen_host);
    c->listen_host = NULL;
    secure_flags_clear(&c->secure);
}

static pt_network_options network_options(const connection *c)
{
    return (pt_network_options){.timeout_ms = c->timeout_ms,
                                .wait_ms = c->wait_ms,
                                .deadline_ms = deadline_left_ms(),
                                .notice = report_notice,
                                .cancelled = interrupt_came,
                                .terms = c->terms[0] == '\0' ? NULL : c->terms,
                                .tls_ca = c->tls_ca};
}

/* libcurl obeys these; it takes http_proxy in lower case only. */
static void tell_of_proxy(const char *relay)
{
    static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy",
                                            "ALL_PROXY"};
    const bool is_https = strncmp(relay, "https:", 6) == 0;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        const bool is_for_scheme = i > 2 || (i < 2) == is_https;
        if (value == NULL || value[0] == '\0' || !is_for_scheme)
            continue;
        report_message(REPORT_INFO,
                       "%s is set: requests to a relay on another machine go through that proxy, "
                       "unless no_proxy names the relay",
                       variables[i]);
        return;
    }
}

static pt_status open_relay(pt_channel *ret_channel, const connection *c, size_t party,
                            size_t parties, pt_error *error)
{
    const pt_relay_options options = {
        .url = c->where.urls[0],
        .session = c->session,
        .party = party,
        .parties = parties,
        .network = network_options(c),
    };
    tell_of_proxy(options.url);
    return pt_channel_relay_open(ret_channel, &options, error);
}

static pt_direct_options direct_options(const connection *c, size_t party, size_t parties)
{
    return (pt_direct_options){.urls = c->where.urls,
                               .party = party,
                               .parties = parties,
                               .session = c->session,
                               .listen_host = c->listen_host,
                               .listen_port = c->listen_port,
                               .tls_cert = c->tls_cert,
                               .tls_key = c->tls_key,
                               .network = network_options(c)};
}

static pt_status connection_check_direct(const connection *c, size_t party, size_t parties,
                                         pt_error *error)
{
    const pt_direct_options options = direct_options(c, party, parties);
    if (c->where.kind != WHERE_DIRECT)
        return PT_OK;
    if (c->where.n_urls != parties)
        return error_set(error, PT_ERR_USAGE,
                         "%zu URLs are given, but %zu take part (a dealer's URL is the last)",
                         c->where.n_urls, parties);
    const pt_status status = direct_check_urls(&options, error);
    return status == PT_OK ? direct_check_own(&options, error) : status;
}

static pt_status connection_check_ticket(const connection *c, size_t party, size_t parties,
                                         pt_error *error)
{
    const size_t opener = c->where.ticket.opener;
    if (c->where.kind != WHERE_P2P_JOIN)
        return PT_OK;
    if (opener == party)
        return error_set(error, PT_ERR_USAGE,
                         "party %zu opened this session, so --party must be another one", party);
    if (opener >= parties)
        return error_set(error, PT_ERR_USAGE,
                         "this ticket is from party %zu, but the parties here are 0 to %zu", opener,
                         parties - 1);
    return PT_OK;
}

pt_status connection_check(const connection *c, size_t party, size_t parties, pt_error *error)
{
    pt_status status = connection_check_direct(c, party, parties, error);
    if (status == PT_OK)
        status = connection_check_ticket(c, party, parties, error);
    if (status == PT_OK)
        status = secure_flags_check(&c->secure, party, parties, error);
    return status;
}

static pt_status open_direct(pt_channel *ret_channel, const connection *c, size_t party,
                             size_t parties, pt_error *error)
{
    const pt_direct_options options = direct_options(c, party, parties);
    return pt_channel_direct_open(ret_channel, &options, error);
}

/* The ticket stands alone in its line, to be copied. */
static pt_status show_ticket(const connection *c, size_t party, pt_error *error)
{
    char line[PT_P2P_TICKET_SIZE + 1];
    pt_p2p_ticket ticket = c->where.ticket;
    ticket.opener = party;
    const pt_status status = pt_p2p_ticket_print(line, &ticket, error);
    if (status != PT_OK)
        return status;
    memcpy(line + strlen(line), "\n", 2);
    report_message(REPORT_INFO, "give this ticket to the other parties, in place of p2p:new:");
    report_text(REPORT_WARN, line);
    return PT_OK;
}

static pt_status open_p2p(pt_channel *ret_channel, const connection *c, size_t party,
                          size_t parties, pt_error *error)
{
    const pt_p2p_options options = {
        .relay = c->where.ticket.relay,
        .session = c->session,
        .party = party,
        .parties = parties,
        .only_relay = c->only_relay,
        .network = network_options(c),
    };
    if (c->where.kind == WHERE_P2P_NEW) {
        const pt_status status = show_ticket(c, party, error);
        if (status != PT_OK)
            return status;
    }
    tell_of_proxy(options.relay);
    return pt_channel_p2p_open(ret_channel, &options, error);
}

static pt_status open_network(pt_channel *ret_channel, const connection *c, size_t party,
                              size_t parties, pt_error *error)
{
    switch (c->where.kind) {
    case WHERE_RELAY:
        return open_relay(ret_channel, c, party, parties, error);
    case WHERE_DIRECT:
        return open_direct(ret_channel, c, party, parties, error);
    case WHERE_P2P_NEW:
    case WHERE_P2P_JOIN:
        break;
    }
    return open_p2p(ret_channel, c, party, parties, error);
}

pt_status connection_open(pt_channel *ret_channel, connection *c, size_t party, size_t parties,
                          pt_error *error)
{
    pt_channel network = {0};
    pt_status status = connection_check(c, party, parties, error);
    if (status == PT_OK)
        status = open_network(&network, c, party, parties, error);
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
