/* Direct HTTP channels between parties of this process. */
#ifndef CHANNEL_HTTP_DIRECT_MESH_H
#define CHANNEL_HTTP_DIRECT_MESH_H

#include <stddef.h>
#include <stdint.h>

#include "polytune/channel.h"

#define DIRECT_MESH_MAX 8

/* URLs on the loopback address with ports that are free now. */
typedef struct direct_urls {
    char text[DIRECT_MESH_MAX][64];
    const char *list[DIRECT_MESH_MAX];
} direct_urls;

void direct_urls_find(direct_urls *ret_urls, size_t parties);

/* Opens all of them; fails the test when it cannot. */
void direct_mesh_open(pt_channel *ret_channels, size_t parties, uint32_t timeout_ms);

#endif
