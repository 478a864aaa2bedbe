#include "support/test.h"

#include "channel/secure/secure_mesh.h"
#include "polytune/secure.h"

void secure_mesh_init(secure_mesh *m, size_t parties, uint32_t timeout_ms)
{
    pt_channel inner[SECURE_MESH_MAX];
    *m = (secure_mesh){.parties = parties};
    assert_int_equal(pt_channel_memory_mesh(inner, parties, timeout_ms, NULL), PT_OK);
    for (size_t i = 0; i < parties; i++) {
        m->member[i].inner = inner[i];
        m->member[i].options =
            (pt_secure_options){.party = i, .parties = parties, .session = "s", .session_len = 1};
        assert_int_equal(
            pt_channel_secure_keygen(m->roster + i * PT_KEY_BYTES, m->private_keys[i], NULL),
            PT_OK);
    }
}

void secure_mesh_use_roster(secure_mesh *m)
{
    for (size_t i = 0; i < m->parties; i++) {
        m->member[i].options.roster = m->roster;
        m->member[i].options.private_key = m->private_keys[i];
    }
}

void secure_mesh_use_secret(secure_mesh *m, const char *secret)
{
    for (size_t i = 0; i < m->parties; i++) {
        m->member[i].options.session_secret = secret;
        m->member[i].options.session_secret_len = strlen(secret);
    }
}

static void *wrap(void *user)
{
    secure_member *p = user;
    pt_error_clear(&p->error);
    p->status = pt_channel_secure_wrap(&p->channel, p->inner, &p->options, &p->error);
    if (p->status != PT_OK)
        pt_channel_close(&p->inner);
    return NULL;
}

void secure_mesh_run(secure_mesh *m)
{
    for (size_t i = 0; i < m->parties; i++)
        assert_int_equal(pthread_create(&m->member[i].thread, NULL, wrap, &m->member[i]), 0);
    for (size_t i = 0; i < m->parties; i++)
        (void)pthread_join(m->member[i].thread, NULL);
}

void secure_mesh_hear(secure_mesh *m, size_t party)
{
    secure_member *p = &m->member[party];
    if (p->status != PT_OK)
        return;
    for (size_t i = party + 1; p->status == PT_OK && i < m->parties; i++) {
        uint8_t *bytes = NULL;
        size_t len = 0;
        p->status = channel_recv(&p->channel, i, "p", 1000, &bytes, &len, &p->error);
        free(bytes);
    }
    pt_channel_close(&p->channel);
}

void secure_mesh_assert_open(const secure_mesh *m)
{
    for (size_t i = 0; i < m->parties; i++) {
        if (m->member[i].status != PT_OK)
            fail_msg("party %zu: %s", i, m->member[i].error.message);
    }
}

void secure_mesh_close(secure_mesh *m)
{
    for (size_t i = 0; i < m->parties; i++)
        pt_channel_close(&m->member[i].channel);
}
