#include "cli/flags/connect.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/flags/where.h"
#include "cli/interrupt.h"
#include "cli/report.h"

#define DEFAULT_TIMEOUT_S 60
#define MAX_TIMEOUT_S     86400
#define DIRECT_SESSION    "polytune" /* when none is given */

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
    {"timeout", "SECONDS", "give up when nothing arrives for so long (default 60)", false},
    {0},
};

/* HOST:PORT, checked; `ret_host` is the caller's to free. */
static pt_status read_listen(char **ret_host, uint16_t *ret_port, const char *listen,
                             pt_error *error)
{
    char *host = mem_new(strlen(listen) + 1, 1);
    if (host == NULL)
        return error_memory(error);
    const pt_status status = where_listen(host, ret_port, listen, error);
    if (status == PT_OK)
        *ret_host = host;
    else
        mem_free(host);
    return status;
}

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

static pt_status check_where(where_kind *ret_kind, pt_p2p_ticket *ret_ticket, const char *text,
                             pt_error *error)
{
    where w;
    const pt_status status = where_parse(&w, text, error);
    *ret_kind = w.kind;
    *ret_ticket = w.ticket;
    where_clear(&w);
    return status;
}

/* Makes the ticket that others join with, or takes what it says of its opener. */
static pt_status prepare_p2p(connection *c, const char *relay, pt_error *error)
{
    uint8_t key[PT_KEY_BYTES];
    pt_status status = PT_OK;
    if (c->opens) {
        status = secure_flags_own_key(&c->secure, key, error);
        if (status == PT_OK)
            status = pt_p2p_ticket_new(&c->ticket, relay, 0, key, error);
    } else {
        secure_flags_pin(&c->secure, c->ticket.opener, c->ticket.opener_key);
    }
    c->session = c->ticket.session;
    return status;
}

pt_status connection_init(connection *ret_connection, const char *text, const args *a,
                          pt_error *error)
{
    const char *timeout = args_get(a, "timeout");
    const char *listen = args_get(a, "listen");
    const char *session = args_get(a, "session");
    uint64_t seconds = DEFAULT_TIMEOUT_S;
    where_kind kind;
    pt_p2p_ticket ticket;
    uint16_t port = 0;
    char *host = NULL;
    pt_status status = check_where(&kind, &ticket, text, error);
    if (status == PT_OK)
        status = check_p2p_flags(a, kind, error);
    if (status == PT_OK)
        status = check_direct_flags(a, kind, error);
    if (status == PT_OK && listen != NULL)
        status = read_listen(&host, &port, listen, error);
    mem_free(host);
    if (status == PT_OK && timeout != NULL)
        status = args_number(&seconds, timeout, "--timeout", 1, MAX_TIMEOUT_S, error);
    *ret_connection = (connection){
        .where = text,
        .session = session != NULL ? session : DIRECT_SESSION,
        .timeout_ms = (uint32_t)seconds * 1000,
        .listen = listen,
        .tls_cert = args_get(a, "tls-cert"),
        .tls_key = args_get(a, "tls-key"),
        .tls_ca = args_get(a, "tls-ca"),
        .is_p2p = is_p2p(kind),
        .opens = kind == WHERE_P2P_NEW,
        .only_relay = args_get(a, "only-relay") != NULL,
        .ticket = ticket,
    };
    if (status == PT_OK)
        status = secure_flags_init(&ret_connection->secure, a, error);
    if (status == PT_OK && ret_connection->is_p2p)
        status = prepare_p2p(ret_connection, args_get(a, "relay"), error);
    return status;
}

void connection_clear(connection *c)
{
    secure_flags_clear(&c->secure);
}

static pt_network_options network_options(const connection *c)
{
    return (pt_network_options){.timeout_ms = c->timeout_ms,
                                .notice = report_notice,
                                .cancelled = interrupt_came,
                                .tls_ca = c->tls_ca};
}

static pt_status open_relay(pt_channel *ret_channel, const connection *c, const where *w,
                            size_t party, size_t parties, pt_error *error)
{
    const pt_relay_options options = {
        .url = w->urls[0],
        .session = c->session,
        .party = party,
        .parties = parties,
        .network = network_options(c),
    };
    return pt_channel_relay_open(ret_channel, &options, error);
}

static pt_status open_direct(pt_channel *ret_channel, const connection *c, const where *w,
                             size_t party, size_t parties, pt_error *error)
{
    pt_direct_options options = {
        .urls = w->urls,
        .party = party,
        .parties = parties,
        .session = c->session,
        .tls_cert = c->tls_cert,
        .tls_key = c->tls_key,
        .network = network_options(c),
    };
    char *host = NULL;
    pt_status status = PT_OK;
    if (w->n_urls != parties)
        return error_set(error, PT_ERR_USAGE,
                         "%zu URLs are given, but %zu take part (a dealer's URL is the last)",
                         w->n_urls, parties);
    if (c->listen != NULL)
        status = read_listen(&host, &options.listen_port, c->listen, error);
    options.listen_host = host;
    if (status == PT_OK)
        status = pt_channel_direct_open(ret_channel, &options, error);
    mem_free(host);
    return status;
}

/* The ticket stands alone in its line, to be copied. */
static pt_status show_ticket(const connection *c, size_t party, pt_error *error)
{
    char line[PT_P2P_TICKET_SIZE + 1];
    pt_p2p_ticket ticket = c->ticket;
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
        .relay = c->ticket.relay,
        .session = c->session,
        .party = party,
        .parties = parties,
        .only_relay = c->only_relay,
        .network = network_options(c),
    };
    pt_status status = PT_OK;
    if (c->opens)
        status = show_ticket(c, party, error);
    else if (c->ticket.opener == party)
        status = error_set(error, PT_ERR_USAGE,
                           "party %zu opened this session, so --party must be another one", party);
    else if (c->ticket.opener >= parties)
        status = error_set(error, PT_ERR_USAGE,
                           "this ticket is from party %zu, but the parties here are 0 to %zu",
                           c->ticket.opener, parties - 1);
    return status == PT_OK ? pt_channel_p2p_open(ret_channel, &options, error) : status;
}

static pt_status open_network(pt_channel *ret_channel, const connection *c, size_t party,
                              size_t parties, pt_error *error)
{
    where w;
    if (c->is_p2p)
        return open_p2p(ret_channel, c, party, parties, error);
    pt_status status = where_parse(&w, c->where, error);
    if (status == PT_OK)
        status = w.kind == WHERE_RELAY ? open_relay(ret_channel, c, &w, party, parties, error)
                                       : open_direct(ret_channel, c, &w, party, parties, error);
    where_clear(&w);
    return status;
}

pt_status connection_open(pt_channel *ret_channel, const connection *c, size_t party,
                          size_t parties, pt_error *error)
{
    pt_channel network = {0};
    pt_status status = secure_flags_check(&c->secure, party, parties, error);
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
