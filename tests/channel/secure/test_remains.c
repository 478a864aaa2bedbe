/* Of the keys of an encrypted channel nothing remains in memory: of the handshake's once it has
 * ended, well or not, and of the channel's own once it is closed. Whatever libsodium is given as a
 * key, or makes, is looked for in all memory. */
#include "support/test.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/mem.h"
#include "channel/secure/secure_mesh.h"
#include "support/remains.h"

#define PARTIES     3
#define PATIENCE_MS 60000

/* ---- Wrapped functions ---- */

int __real_crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n,
                                        const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n,
                                        const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n,
                                        const unsigned char *p)
{
    remains_watch("private key", n, 32);
    const int ret = __real_crypto_scalarmult_curve25519(q, n, p);
    remains_watch("Diffie-Hellman key", q, 32);
    return ret;
}

typedef unsigned long long ull;

int __real_crypto_pwhash_argon2id(unsigned char *out, ull out_len, const char *secret, ull len,
                                  const unsigned char *salt, ull passes, size_t memory, int alg);
int __wrap_crypto_pwhash_argon2id(unsigned char *out, ull out_len, const char *secret, ull len,
                                  const unsigned char *salt, ull passes, size_t memory, int alg);
int __wrap_crypto_pwhash_argon2id(unsigned char *out, ull out_len, const char *secret, ull len,
                                  const unsigned char *salt, ull passes, size_t memory, int alg)
{
    const int ret =
        __real_crypto_pwhash_argon2id(out, out_len, secret, len, salt, passes, memory, alg);
    remains_watch("key of the session secret", out, (size_t)out_len);
    return ret;
}

/* Keys of the handshake come here, too; but those of an open channel must be there. */
static bool channels_are_open;

int __real_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *c, ull *c_len, const unsigned char *m, ull m_len, const unsigned char *ad,
    ull ad_len, const unsigned char *none, const unsigned char *nonce, const unsigned char *key);
int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *c, ull *c_len, const unsigned char *m, ull m_len, const unsigned char *ad,
    ull ad_len, const unsigned char *none, const unsigned char *nonce, const unsigned char *key);
int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *c, ull *c_len, const unsigned char *m, ull m_len, const unsigned char *ad,
    ull ad_len, const unsigned char *none, const unsigned char *nonce, const unsigned char *key)
{
    if (ad_len != 0) /* a handshake's: the transport has no associated data */
        remains_watch("key of the handshake", key, 32);
    else if (channels_are_open)
        remains_watch("key of the channel", key, 32);
    return __real_crypto_aead_chacha20poly1305_ietf_encrypt(c, c_len, m, m_len, ad, ad_len, none,
                                                            nonce, key);
}

/* ---- Runs ---- */

static void assert_nothing_remains(void)
{
    const char *what = NULL;
    const size_t found = remains_find(&what);
    if (found != 0)
        fail_msg("%zu places have a %s", found, what);
}

static void send_some(secure_mesh *m)
{
    static const uint8_t message[100] = {7};
    for (size_t i = 0; i < PARTIES; i++) {
        for (size_t j = 0; j < PARTIES; j++) {
            uint8_t *bytes = NULL;
            size_t len = 0;
            if (i == j)
                continue;
            pt_channel *from = &m->member[i].channel;
            pt_channel *to = &m->member[j].channel;
            assert_int_equal(channel_send(from, j, "X", message, sizeof message, NULL), PT_OK);
            assert_int_equal(channel_recv(to, i, "X", sizeof message, &bytes, &len, NULL), PT_OK);
            free(bytes);
        }
    }
}

/* The callers' own copies, which the library only reads. */
static void wipe_options(secure_mesh *m)
{
    mem_wipe(m->private_keys, sizeof m->private_keys);
}

static void open_mesh(secure_mesh *m, const char *const *secrets)
{
    remains_reset();
    channels_are_open = false;
    secure_mesh_init(m, PARTIES, PATIENCE_MS);
    secure_mesh_use_roster(m);
    for (size_t i = 0; i < PARTIES; i++) {
        m->member[i].options.session_secret = secrets[i];
        m->member[i].options.session_secret_len = strlen(secrets[i]);
    }
    secure_mesh_run(m);
    wipe_options(m);
}

static void nothing_remains_of_a_handshake_and_a_channel(void **state)
{
    (void)state;
    static const char *const same[PARTIES] = {"correct horse", "correct horse", "correct horse"};
    secure_mesh m;
    open_mesh(&m, same);
    secure_mesh_assert_open(&m);
    assert_true(!remains_can_find() || remains_watched() > 30);
    assert_nothing_remains();
    channels_are_open = true;
    send_some(&m);
    secure_mesh_close(&m);
    assert_nothing_remains();
}

static void nothing_remains_of_a_handshake_that_fails(void **state)
{
    (void)state;
    static const char *const other[PARTIES] = {"correct horse", "correct hose", "correct horse"};
    secure_mesh m;
    open_mesh(&m, other);
    for (size_t i = 0; i < PARTIES; i++)
        assert_int_not_equal(m.member[i].status, PT_OK);
    assert_true(!remains_can_find() || remains_watched() > 20);
    assert_nothing_remains();
}

/* So the search finds something. */
static void what_remains_is_found(void **state)
{
    (void)state;
    const char *what = NULL;
    uint8_t key[32];
    remains_reset();
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 37 + 11);
    remains_watch("a key", key, sizeof key);
    uint8_t *copy = mem_new(1, 100);
    assert_non_null(copy);
    memcpy(copy + 3, key + 8, 8);
    mem_wipe(key, sizeof key);
    assert_true(!remains_can_find() || remains_find(&what) > 0);
    mem_free_secret(copy, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_remains_of_a_handshake_and_a_channel),
        cmocka_unit_test(nothing_remains_of_a_handshake_that_fails),
        cmocka_unit_test(what_remains_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
