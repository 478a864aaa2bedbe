/* Several direct channels on one HTTP server that is not theirs: each takes its messages at
 * /msg/{session}/{from}. Layer: channel.
 *
 * The server's application finds out that a path is one of these, begins the request with
 * direct_hub_begin, and leaves it to the functions of direct_app from then on. Its requests must
 * have room for a direct_post. It answers 404 for a session that is not there yet, which peers take
 * for patience, and 410 for one that has ended, which they do not. */
#ifndef CHANNEL_HTTP_DIRECT_HUB_H
#define CHANNEL_HTTP_DIRECT_HUB_H

#include "channel/http/direct.h"
#include "channel/monitor.h"
#include "polytune/network.h"

typedef struct direct_hub {
    httpd *server;
    /* Adds to every request of the channels what proxies in front of the others want. May be NULL;
     * called by several threads. */
    void (*authorize)(void *user, http_call *call);
    void *authorize_user;
    monitor lock;
    direct *first;
} direct_hub;

/* `server` must outlive the hub, and the hub its channels. False when out of resources; then there
 * is nothing to clear. */
MUST_CHECK bool direct_hub_init(direct_hub *hub, httpd *server);
void direct_hub_clear(direct_hub *hub);

/* As pt_channel_direct_open, but listens nowhere: where to listen and the certificate are not
 * looked at. PT_ERR_USAGE for a session that is there already. */
MUST_CHECK pt_status direct_hub_open(pt_channel *ret_channel, direct_hub *hub,
                                     const pt_direct_options *options, pt_error *error);

/* On the server's thread. False, and nothing has happened, when there is no such session. */
MUST_CHECK bool direct_hub_begin(direct_hub *hub, direct_post *post, const char *session,
                                 size_t session_len, const char *method, const char *path);

/* ---- for direct.c ---- */

MUST_CHECK pt_status direct_hub_enter(direct_hub *hub, direct *d, pt_error *error);
/* Also of one that has not entered. */
void direct_hub_leave(direct_hub *hub, direct *d);

#endif
