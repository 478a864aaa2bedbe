#define _POSIX_C_SOURCE 200809L
#include "channel/http/authorities.h"

#include <stddef.h>
#include <unistd.h>

const char *const authorities_places[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Arch, Alpine */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, Red Hat */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* the same, newer */
    "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
    "/etc/ssl/cert.pem",                                 /* Alpine, BSD */
    NULL,
};

const char *authorities_find(const char *usual, const char *const *places)
{
    if (usual == NULL || access(usual, R_OK) == 0)
        return NULL;
    while (*places != NULL && access(*places, R_OK) != 0)
        places++;
    return *places;
}
