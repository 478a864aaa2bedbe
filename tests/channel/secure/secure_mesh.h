/* Parties that set up encryption side by side, each in a thread, as a test wants them to. */
#ifndef CHANNEL_SECURE_SECURE_MESH_H
#define CHANNEL_SECURE_SECURE_MESH_H

#include <pthread.h>

#include "channel/channel.h"
#include "polytune/secure.h"

#define SECURE_MESH_MAX 8

typedef struct secure_member {
    pt_channel inner;
    pt_secure_options options;
    pt_channel channel; /* once wrapped */
    pt_status status;
    pt_error error;
    pthread_t thread;
} secure_member;

typedef struct secure_mesh {
    size_t parties;
    secure_member member[SECURE_MESH_MAX];
    uint8_t private_keys[SECURE_MESH_MAX][PT_KEY_BYTES]; /* for options that want them */
    uint8_t roster[SECURE_MESH_MAX * PT_KEY_BYTES];
} secure_mesh;

/* Memory channels and the options of parties that are not authenticated. Then change options and
 * inner channels, and run. */
void secure_mesh_init(secure_mesh *m, size_t parties, uint32_t timeout_ms);

/* Gives all parties their keys and the roster, or a secret. */
void secure_mesh_use_roster(secure_mesh *m);
void secure_mesh_use_secret(secure_mesh *m, const char *secret);

/* All wrap their inner channels at once; who fails closes. */
void secure_mesh_run(secure_mesh *m);

/* Where `party` has succeeded, its status becomes that of receiving from those that it began with,
 * who may still refuse it; then it closes, too. */
void secure_mesh_hear(secure_mesh *m, size_t party);

/* Fails the test unless all succeeded. */
void secure_mesh_assert_open(const secure_mesh *m);

void secure_mesh_close(secure_mesh *m);

#endif
