/* How a party reaches the others: the argument WHERE and the flags that belong to it. Layer: cli.
 */
#ifndef CLI_FLAGS_CONNECT_H
#define CLI_FLAGS_CONNECT_H

#include "cli/flags/args.h"
#include "cli/flags/secure_flags.h"
#include "cli/flags/where.h"
#include "polytune/polytune.h"

extern const flag flags_connect[];

typedef struct connection {
    where where; /* with the ticket: of a peer-to-peer session that this party opens, too */
    const char *session;
    uint32_t timeout_ms; /* 0: the default, of each */
    uint32_t wait_ms;
    char *listen_host; /* NULL: at the own URL */
    uint16_t listen_port;
    const char *tls_cert;
    const char *tls_key;
    const char *tls_ca;
    bool only_relay; /* p2p: without direct connections */
    secure_flags secure;
    char terms[PT_TERMS_SIZE]; /* what this party runs; the caller's, empty for nothing */
    pt_meter *meter;           /* counts what crosses the network; NULL for none; the caller's */
} connection;

/* Reads and checks WHERE, the flags (these and flags_secure) and the files that they name, without
 * reaching out to anybody. The texts stay `a`'s, and `session` may point into the connection: it
 * must stay where it is. Release with connection_clear in any case. */
PT_MUST_CHECK pt_status connection_init(connection *ret_connection, const char *text, const args *a,
                                        pt_error *error);

/* Whether a file is one of authorities, as --tls-ca takes it. PT_ERR_FILE, PT_ERR_INPUT. */
PT_MUST_CHECK pt_status connection_check_authorities(const char *path, pt_error *error);

void connection_clear(connection *c);

/* What is wrong with the connection for `party` of `parties`, before anything is computed; opening
 * it looks, too. */
PT_MUST_CHECK pt_status connection_check(const connection *c, size_t party, size_t parties,
                                         pt_error *error);

/* Reaches the others, as `party` of `parties`, with all messages encrypted; once. */
PT_MUST_CHECK pt_status connection_open(pt_channel *ret_channel, connection *c, size_t party,
                                        size_t parties, pt_error *error);

#endif
