#include "channel/http/direct_hub.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"

bool direct_hub_init(direct_hub *hub, httpd *server)
{
    *hub = (direct_hub){.server = server};
    return monitor_init(&hub->lock);
}

void direct_hub_clear(direct_hub *hub)
{
    PT_ASSERT(hub->first == NULL);
    monitor_clear(&hub->lock);
}

/* With the lock held. */
static direct *find_session(const direct_hub *hub, const char *session, size_t len)
{
    for (direct *d = hub->first; d != NULL; d = d->next)
        if (strlen(d->d.session) == len && memcmp(d->d.session, session, len) == 0)
            return d;
    return NULL;
}

pt_status direct_hub_enter(direct_hub *hub, direct *d, pt_error *error)
{
    const char *session = d->d.session;
    monitor_lock(&hub->lock);
    const bool is_taken = find_session(hub, session, strlen(session)) != NULL;
    if (!is_taken) {
        d->next = hub->first;
        hub->first = d;
    }
    monitor_unlock(&hub->lock);
    if (is_taken)
        return error_set(error, PT_ERR_USAGE, "the session %s is already there", session);
    return PT_OK;
}

void direct_hub_leave(direct_hub *hub, direct *d)
{
    monitor_lock(&hub->lock);
    direct **at = &hub->first;
    while (*at != NULL && *at != d)
        at = &(*at)->next;
    if (*at != NULL)
        *at = d->next;
    monitor_unlock(&hub->lock);
}

bool direct_hub_begin(direct_hub *hub, direct_post *post, const char *session, size_t session_len,
                      const char *method, const char *path)
{
    monitor_lock(&hub->lock);
    direct *d = find_session(hub, session, session_len);
    if (d != NULL)
        (void)atomic_fetch_add(&d->n_users, 1);
    monitor_unlock(&hub->lock);
    if (d == NULL)
        return false;
    direct_post_begin(post, d, method, path);
    return true;
}
