/* The argument WHERE, which says how the parties reach each other, and HOST:PORT. Layer: cli. */
#ifndef CLI_FLAGS_WHERE_H
#define CLI_FLAGS_WHERE_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/polytune.h"

typedef enum where_kind {
    WHERE_RELAY,   /* one URL */
    WHERE_DIRECT,  /* several, the parties' own, in party order */
    WHERE_P2P_NEW, /* open a peer-to-peer session */
    WHERE_P2P_JOIN /* join one */
} where_kind;

typedef struct where {
    where_kind kind;
    char *text; /* what the URLs point into */
    const char **urls;
    size_t n_urls;
    pt_p2p_ticket ticket; /* to join with */
} where;

/* Takes WHERE apart: one http(s) URL, several separated by ; or , , p2p:new or a ticket. Release
 * with where_clear in any case. */
PT_MUST_CHECK pt_status where_parse(where *ret_where, const char *text, pt_error *error);
void where_clear(where *w);

/* Splits HOST:PORT, the value of --listen; [::1]:8000 for IPv6, whose brackets go. *ret_host is the
 * caller's (mem_free). */
PT_MUST_CHECK pt_status where_listen(char **ret_host, uint16_t *ret_port, const char *listen,
                                     pt_error *error);

#endif
