#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/http/url.h"
#include "node/config.h"

static unsigned all_roles(const node_config *c)
{
    unsigned roles = 0;
    for (size_t i = 0; i < c->n_callers; i++)
        roles |= c->callers[i].roles;
    return roles;
}

static bool listens_to_all(const node_config *c)
{
    char url[320];
    const bool is_ipv6 = strchr(c->address, ':') != NULL;
    (void)snprintf(url, sizeof url, "http://%s%.255s%s", is_ipv6 ? "[" : "", c->address,
                   is_ipv6 ? "]" : "");
    return !url_is_loopback(url);
}

void node_config_advise(const node_config *c, void (*tell)(void *user, const char *advice),
                        void *user)
{
    const unsigned roles = all_roles(c);
    char text[256];
    for (size_t i = 0; i < c->n_callers; i++) {
        const unsigned both = NODE_SCHEDULE | NODE_APPROVE;
        if ((c->callers[i].roles & both) != both)
            continue;
        (void)snprintf(text, sizeof text,
                       "caller '%s' may schedule and approve: what it asks for it may approve "
                       "itself",
                       c->callers[i].name);
        tell(user, text);
    }
    if (listens_to_all(c) && c->tls_certificate == NULL)
        tell(user, "it listens to other machines without tls: unless a proxy with TLS stands in "
                   "front, callers' tokens can be read on their way");
    if (c->n_participants == 0)
        tell(user, "there are no participants: every computation is refused");
    if ((roles & NODE_SCHEDULE) == 0)
        tell(user, "no caller has the role schedule: nobody can ask for a computation");
    if (c->n_rules == 0)
        tell(user, "there are no rules: every computation waits for a person");
    if ((roles & NODE_APPROVE) == 0)
        tell(user, "no caller has the role approve: what waits for a person waits in vain");
}

/* The file of a source; NULL: it is none. */
static const char *source_file(const node_source *s)
{
    static const char *const kinds[] = {"@", "sqlite:"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t len = strlen(kinds[i]);
        if (strncmp(s->from, kinds[i], len) == 0)
            return s->from + len;
    }
    return NULL;
}

/* NULL: nothing. */
static const char *table_problem(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return strerror(errno);
    if (!S_ISREG(info.st_mode))
        return "it is no file";
    return access(path, R_OK) == 0 ? NULL : strerror(errno);
}

void node_config_advise_files(const node_config *c, void (*tell)(void *user, const char *advice),
                              void *user)
{
    char text[512];
    for (size_t i = 0; i < c->n_sources; i++) {
        const char *path = source_file(&c->sources[i]);
        const char *problem = path == NULL ? NULL : table_problem(path);
        if (problem == NULL)
            continue;
        (void)snprintf(text, sizeof text,
                       "source '%s' cannot be read now, so what names it would fail: '%.200s': %s",
                       c->sources[i].name, path, problem);
        tell(user, text);
    }
}
