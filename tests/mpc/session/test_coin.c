/* Coins: equal at all parties, different each time; a wrong opening and a copied commitment are
 * noticed. */
#include "support/test.h"

#include <pthread.h>

#include "mpc/parties.h"
#include "mpc/session/coin.h"

#define FIRST_COIN_O 2 /* wave after HELLO and COIN_C */

typedef struct coins {
    uint8_t coin[3][COIN_BYTES];
} coins;

static pt_status toss_thrice(session *s, void *user, pt_error *error)
{
    coins *c = user;
    pt_status status = parties_hello(s, error);
    if (status == PT_OK)
        status = parties_first_coin(s, error);
    for (int i = 0; status == PT_OK && i < 3; i++)
        status = coin_toss(s, c->coin[i], NULL, error);
    return status;
}

static void coins_are_common_and_fresh(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 5; n++) {
        coins c[PARTIES_MAX];
        parties p;
        parties_open(&p, n, NULL);
        parties_run_each(&p, toss_thrice, c, sizeof c[0]);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(p.status[i], PT_OK);
            assert_memory_equal(&c[i], &c[0], sizeof c[0]);
        }
        assert_memory_not_equal(c[0].coin[0], c[0].coin[1], COIN_BYTES);
        assert_memory_not_equal(c[0].coin[1], c[0].coin[2], COIN_BYTES);
        const block a = coin_sub(&p.sessions[0], c[0].coin[0], "chi", 0);
        const block b = coin_sub(&p.sessions[0], c[0].coin[0], "chiz", 0);
        const block d = coin_sub(&p.sessions[0], c[0].coin[0], "chi", 1);
        assert_memory_not_equal(&a, &b, sizeof a);
        assert_memory_not_equal(&a, &d, sizeof a);
        parties_close(&p);
    }
}

typedef struct tamper {
    size_t at;
    uint64_t wave;
} tamper;

static void tamper_with_opening(void *user, session *s, const char *name, size_t peer, void *data,
                                size_t len)
{
    const tamper *t = user;
    (void)len;
    if (strcmp(name, "COIN_O") == 0 && s->me == 1 && peer == s->me && s->wave == t->wave)
        ((uint8_t *)data)[t->at] ^= 1;
}

static void wrong_openings_are_noticed(void **state)
{
    (void)state;
    /* Secret, nonce, and the commitment that the next toss opens; first and third coin. */
    const size_t at[] = {0, 31, 32, 63, 64, 95};
    for (size_t i = 0; i < 6; i++) {
        for (uint64_t id = FIRST_COIN_O; id <= FIRST_COIN_O + 1; id++) {
            coins c[PARTIES_MAX];
            tamper t = {.at = at[i], .wave = id};
            parties p;
            parties_open(&p, 3, NULL);
            parties_hook(&p, tamper_with_opening, &t);
            parties_run_each(&p, toss_thrice, c, sizeof c[0]);
            for (size_t h = 0; h < 3; h += 2) {
                assert_int_equal(p.status[h], PT_PEER_COMMITMENT);
                assert_int_equal(p.errors[h].party, 1);
            }
            parties_close(&p);
        }
    }
}

/* Party 1 rushes: it waits for party 0's commitment and opening and sends the same. */
typedef struct copycat {
    pthread_mutex_t lock;
    pthread_cond_t known;
    uint64_t wave; /* the last one of which party 0's bytes are known, plus 1 */
    uint8_t bytes[96];
} copycat;

static void copy_party_0(void *user, session *s, const char *name, size_t peer, void *data,
                         size_t len)
{
    copycat *c = user;
    if (strncmp(name, "COIN_", 5) != 0 || peer != s->me || s->me > 1 || s->wave > FIRST_COIN_O)
        return;
    assert_true(len <= sizeof c->bytes);
    pthread_mutex_lock(&c->lock);
    if (s->me == 0) {
        memcpy(c->bytes, data, len);
        c->wave = s->wave + 1;
        pthread_cond_broadcast(&c->known);
    } else {
        while (c->wave != s->wave + 1)
            pthread_cond_wait(&c->known, &c->lock);
        memcpy(data, c->bytes, len);
    }
    pthread_mutex_unlock(&c->lock);
}

static void a_copied_commitment_does_not_open(void **state)
{
    (void)state;
    coins c[PARTIES_MAX];
    copycat cat = {.lock = PTHREAD_MUTEX_INITIALIZER, .known = PTHREAD_COND_INITIALIZER};
    parties p;
    parties_open(&p, 3, NULL);
    parties_hook(&p, copy_party_0, &cat);
    parties_run_each(&p, toss_thrice, c, sizeof c[0]);
    assert_int_equal(p.status[0], PT_PEER_COMMITMENT);
    assert_int_equal(p.errors[0].party, 1);
    assert_int_equal(p.status[2], PT_PEER_COMMITMENT);
    parties_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coins_are_common_and_fresh),
        cmocka_unit_test(wrong_openings_are_noticed),
        cmocka_unit_test(a_copied_commitment_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
