/* Nothing that may serve once serves twice, over several segments and two sessions (protocol spec,
 * sections 0.4, 2.3 and 10.4): no hash input under one AES key S xor w, no tweak for two purposes,
 * no block counter T of a pair for two sets of bits, no tree leaf, no label, no mask, no nonce. The
 * functions that use these things are wrapped by the linker, so every caller is seen, also one
 * added later. */
#include "support/test.h"

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/ro.h"
#include "mpc/circuits.h"
#include "mpc/engine.h"
#include "mpc/ot/cot.h"
#include "mpc/parties.h"
#include "mpc/preparations.h"

static const test_preparation *chosen;

/* ---- Logs, one of each kind for every party ---- */

/* Items of one size, compared as bytes; they have no padding. */
typedef struct use_log {
    uint8_t *items;
    size_t item;
    size_t count;
    size_t capacity;
} use_log;

/* An input of the hash: `key` is S xor w, `input` is sigma(x) xor eps. */
typedef struct hash_use {
    block key;
    block input;
    uint64_t call; /* number of the call */
} hash_use;

/* What a COT function used a block counter for. */
typedef struct counter_use {
    uint64_t pair;    /* address of the side's state */
    uint64_t counter; /* T */
    block x;          /* the bits; zero at the sender */
} counter_use;

typedef struct nonce_use {
    uint8_t sid[SID_BYTES];
    uint64_t wave, number, party;
    uint8_t nonce[COMMITMENT_NONCE_BYTES];
} nonce_use;

typedef struct party_logs {
    use_log hashes, tweaks, corrections, receiver_planes, sender_planes, leaves, nonces,
        hello_nonces, labels, masks;
    uint64_t calls;
    const session *s;
    size_t n, me;
} party_logs;

static party_logs logs[PARTIES_MAX];
static _Thread_local party_logs *own; /* of the party that this thread plays */

static void log_add(use_log *l, size_t item, const void *data)
{
    l->item = item;
    if (l->count == l->capacity) {
        l->capacity = l->capacity == 0 ? 256 : 2 * l->capacity;
        l->items = mem_resize(l->items, l->capacity, item);
        if (l->items == NULL)
            abort();
    }
    memcpy(l->items + l->count++ * item, data, item);
}

static size_t compare_size; /* for qsort, one at a time */
static int compare_items(const void *a, const void *b)
{
    return memcmp(a, b, compare_size);
}

static void log_sort(use_log *l)
{
    compare_size = l->item;
    if (l->count != 0)
        qsort(l->items, l->count, l->item, compare_items);
}

static const void *log_at(const use_log *l, size_t i)
{
    return l->items + i * l->item;
}

/* No two items that agree in their first `len` bytes. */
static void assert_no_repeats(use_log *l, size_t len, const char *what)
{
    assert_true(l->count > 1);
    log_sort(l);
    for (size_t i = 1; i < l->count; i++) {
        if (memcmp(log_at(l, i - 1), log_at(l, i), len) == 0)
            fail_msg("%s: used twice", what);
    }
}

static void log_join(use_log *to, const use_log *from)
{
    for (size_t i = 0; i < from->count; i++)
        log_add(to, from->item, log_at(from, i));
}

/* ---- Wrapped functions ---- */

static void log_hash(block key, block x, uint32_t eps)
{
    const hash_use use = {key, block_xor(block_sigma(x), block_make(0, eps)), own->calls};
    log_add(&own->hashes, sizeof use, &use);
}

/* 256 i + j, where P_i hashes for P_j (section 0.4). */
static void check_eps(uint32_t eps, size_t i, size_t j)
{
    assert_int_equal(eps, 256 * (i + 1) + (j + 1));
}

/* Labels are hashed under S_gc xor w, triples under S_tri xor w. */
static void check_domain(block key, block s)
{
    const block tweak = block_xor(key, s);
    assert_true(tweak.hi == 0 && tweak.lo < MPC_MAX_AND);
}

/* A garbler's labels, two for each garbler j; the evaluator has those of all garblers i. */
static void check_label_eps(const uint32_t *eps, size_t count)
{
    const size_t m = own->n - 1;
    assert_int_equal(count, own->me == 0 ? m * m : 2 * m);
    for (size_t h = 0; h < count; h++) {
        if (own->me == 0)
            check_eps(eps[h], 1 + h / m, 1 + h % m);
        else
            check_eps(eps[h], own->me, 1 + h / 2);
    }
}

/* For each peer two keys and a MAC. */
static void check_triple_eps(const uint32_t *eps, size_t count)
{
    size_t h = 0;
    for (size_t peer = 0; peer < own->n; peer++) {
        if (peer == own->me)
            continue;
        check_eps(eps[h++], own->me, peer);
        check_eps(eps[h++], own->me, peer);
        check_eps(eps[h++], peer, own->me);
    }
    assert_int_equal(count, h);
}

void __real_hash_pair(block *ret, const aes_key keys[2], const block *x, const uint32_t *eps,
                      size_t n);
void __wrap_hash_pair(block *ret, const aes_key keys[2], const block *x, const uint32_t *eps,
                      size_t n);
void __wrap_hash_pair(block *ret, const aes_key keys[2], const block *x, const uint32_t *eps,
                      size_t n)
{
    own->calls++;
    check_label_eps(eps, n);
    for (size_t k = 0; k < 2; k++) {
        check_domain(keys[k].round[0], own->s->s_gc);
        log_add(&own->tweaks, sizeof(block), &keys[k].round[0]);
        for (size_t i = 0; i < n; i++)
            log_hash(keys[k].round[0], x[k * n + i], eps[i]);
    }
    __real_hash_pair(ret, keys, x, eps, n);
}

void __real_hash_batch(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                       const uint32_t *eps, size_t m);
void __wrap_hash_batch(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                       const uint32_t *eps, size_t m);
void __wrap_hash_batch(block *ret, block s, uint64_t first_tweak, size_t n_tweaks, const block *x,
                       const uint32_t *eps, size_t m)
{
    own->calls++;
    check_triple_eps(eps, m);
    check_domain(s, own->s->s_tri);
    for (size_t t = 0; t < n_tweaks; t++) {
        const block key = block_xor(s, block_make(0, first_tweak + t));
        log_add(&own->tweaks, sizeof key, &key);
        for (size_t j = 0; j < m; j++)
            log_hash(key, x[t * m + j], eps[j]);
    }
    __real_hash_batch(ret, s, first_tweak, n_tweaks, x, eps, m);
}

static void log_counters(use_log *l, const void *pair, uint64_t first, const block *x, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        const counter_use use = {(uint64_t)(uintptr_t)pair, first + t,
                                 x == NULL ? block_zero() : x[t]};
        log_add(l, sizeof use, &use);
    }
}

static void log_corrections(const cot_receiver *r, uint64_t first, const block *x, size_t n)
{
    log_counters(&own->corrections, r->leaves, first, x, n);
    for (size_t y = 0; first == 0 && y < cot_trees(r->k) << r->k; y++)
        log_add(&own->leaves, sizeof(block), &r->leaves[y].round[0]);
}

void __real_cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                        uint64_t first, size_t n);
void __wrap_cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                        uint64_t first, size_t n);
void __wrap_cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                        uint64_t first, size_t n)
{
    if (own != NULL) /* a dealer repeats what a party does */
        log_corrections(r, first, x, n);
    __real_cot_correct(r, scratch, ret_d, x, first, n);
}

void __real_cot_receiver_planes(const cot_receiver *r, cot_scratch *scratch, block *ret_planes,
                                const block *x, uint64_t first, size_t n);
void __wrap_cot_receiver_planes(const cot_receiver *r, cot_scratch *scratch, block *ret_planes,
                                const block *x, uint64_t first, size_t n);
void __wrap_cot_receiver_planes(const cot_receiver *r, cot_scratch *scratch, block *ret_planes,
                                const block *x, uint64_t first, size_t n)
{
    log_counters(&own->receiver_planes, r->leaves, first, x, n);
    __real_cot_receiver_planes(r, scratch, ret_planes, x, first, n);
}

void __real_cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                                block *ret_planes, const block *x, uint64_t first, size_t n);
void __wrap_cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                                block *ret_planes, const block *x, uint64_t first, size_t n);
void __wrap_cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                                block *ret_planes, const block *x, uint64_t first, size_t n)
{
    log_corrections(r, first, x, n);
    log_counters(&own->receiver_planes, r->leaves, first, x, n);
    __real_cot_receiver_extend(r, scratch, ret_d, ret_planes, x, first, n);
}

void __real_cot_sender_planes(const cot_sender *s, cot_scratch *scratch, block *ret_planes,
                              const block *d, uint64_t first, size_t n);
void __wrap_cot_sender_planes(const cot_sender *s, cot_scratch *scratch, block *ret_planes,
                              const block *d, uint64_t first, size_t n);
void __wrap_cot_sender_planes(const cot_sender *s, cot_scratch *scratch, block *ret_planes,
                              const block *d, uint64_t first, size_t n)
{
    log_counters(&own->sender_planes, s->leaves, first, NULL, n);
    __real_cot_sender_planes(s, scratch, ret_planes, d, first, n);
}

/* Own commitments, and those of others when they are opened. */
void __real_commitment_make(uint8_t *ret_commitment, const uint8_t *sid, uint64_t wave_id,
                            uint64_t number, uint64_t party, const void *value, size_t len,
                            const uint8_t *nonce);
void __wrap_commitment_make(uint8_t *ret_commitment, const uint8_t *sid, uint64_t wave_id,
                            uint64_t number, uint64_t party, const void *value, size_t len,
                            const uint8_t *nonce);
void __wrap_commitment_make(uint8_t *ret_commitment, const uint8_t *sid, uint64_t wave_id,
                            uint64_t number, uint64_t party, const void *value, size_t len,
                            const uint8_t *nonce)
{
    nonce_use use = {.wave = wave_id, .number = number, .party = party};
    memcpy(use.sid, sid, sizeof use.sid);
    memcpy(use.nonce, nonce, sizeof use.nonce);
    log_add(&own->nonces, sizeof use, &use);
    __real_commitment_make(ret_commitment, sid, wave_id, number, party, value, len, nonce);
}

/* ---- Runs ---- */

typedef struct job {
    const pt_circuit *circuit;
    uint64_t segment_ands;
    uint8_t inputs[64];
} job;

/* With the block that none of them may be. */
static void log_blocks(use_log *l, const block *blocks, size_t n)
{
    const block zero = block_zero();
    if (l->count == 0)
        log_add(l, sizeof zero, &zero);
    for (size_t i = 0; i < n; i++)
        log_add(l, sizeof zero, &blocks[i]);
}

static void hook(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    const size_t nonce = 32; /* the last field of HELLO */
    (void)user;
    if (strcmp(name, "HELLO") == 0 && peer == s->me)
        log_add(&own->hello_nonces, nonce, (uint8_t *)data + len - nonce);
    if (strcmp(name, "input_labels") == 0 && s->me != 0)
        log_blocks(&own->labels, data, len / sizeof(block));
    if (strcmp(name, "gate_mask") == 0) /* the own share of it */
        log_blocks(&own->masks, data, 1);
}

static pt_status play(session *s, void *user, pt_error *error)
{
    const job *j = user;
    const engine_task task = {
        .circuit = j->circuit, .segment_ands = j->segment_ands, .preparation = chosen->table};
    uint8_t outputs[16];
    own = &logs[s->me];
    own->s = s;
    own->n = s->n;
    own->me = s->me;
    rng_init(&s->rng); /* as outside of tests */
    const size_t first = circuit_party_first_input(j->circuit, s->roster[s->me]);
    return engine_run(s, &task, j->inputs + first, outputs, error);
}

static void run_session(const circuit_shape *shape, uint64_t segment_ands, unsigned k)
{
    const pt_mpc_options options = {.cot_field_bits = k,
                                    .dealer = chosen->dealer,
                                    .threads = 1}; /* whose logs are its party's */
    pt_circuit *c = test_circuit_random(shape, shape->n_parties);
    job j = {.circuit = c, .segment_ands = segment_ands};
    parties p;
    assert_true(c->n_and > segment_ands);
    parties_open(&p, shape->n_parties, &options);
    parties_hook(&p, hook, NULL);
    parties_run_ok(&p, play, &j);
    parties_close(&p);
    pt_circuit_free(c);
}

/* Four segments and more. */
static void run_small_session(size_t n)
{
    const circuit_shape shape = {
        .n_parties = n, .inputs = 4, .gates = 40, .outputs = 8, .and_percent = 60};
    run_session(&shape, 5, n == 2 ? 8 : 2);
}

static void logs_clear(void)
{
    for (size_t i = 0; i < PARTIES_MAX; i++) {
        party_logs *l = &logs[i];
        mem_free(l->hashes.items);
        mem_free(l->tweaks.items);
        mem_free(l->corrections.items);
        mem_free(l->receiver_planes.items);
        mem_free(l->sender_planes.items);
        mem_free(l->leaves.items);
        mem_free(l->nonces.items);
        mem_free(l->hello_nonces.items);
        mem_free(l->labels.items);
        mem_free(l->masks.items);
        *l = (party_logs){0};
    }
}

/* A key serves in one call, for inputs that differ. Both ends of a pair hash the same things by
 * design, so each party is looked at alone. */
static void check_hashes(party_logs *l)
{
    assert_no_repeats(&l->tweaks, sizeof(block), "a tweak");
    assert_no_repeats(&l->hashes, 2 * sizeof(block), "a hash input");
    for (size_t i = 1; i < l->hashes.count; i++) {
        const hash_use *a = log_at(&l->hashes, i - 1);
        const hash_use *b = log_at(&l->hashes, i);
        if (memcmp(&a->key, &b->key, sizeof a->key) == 0)
            assert_int_equal(a->call, b->call);
    }
}

/* Corrections are sent once for a (pair, T); the planes are computed once, of the same bits. In one
 * session only, as the pair's address is its name. */
static void check_counters(party_logs *l)
{
    const size_t name = sizeof(uint64_t) * 2;
    assert_no_repeats(&l->corrections, name, "a block counter");
    assert_no_repeats(&l->receiver_planes, name, "a block counter");
    assert_no_repeats(&l->sender_planes, name, "a block counter");
    assert_int_equal(l->corrections.count, l->receiver_planes.count);
    assert_int_equal(l->corrections.count, l->sender_planes.count);
    assert_memory_equal(l->corrections.items, l->receiver_planes.items,
                        l->corrections.count * sizeof(counter_use));
}

static void check_blocks(party_logs *l)
{
    if (l->me != 0)
        assert_no_repeats(&l->labels, sizeof(block), "an input label");
    assert_no_repeats(&l->masks, sizeof(block), "a mask");
}

static int compare_nonces(const void *a, const void *b)
{
    const nonce_use *x = a;
    const nonce_use *y = b;
    return memcmp(x->nonce, y->nonce, sizeof x->nonce);
}

/* One nonce belongs to one commitment. */
static void check_nonces(use_log *all)
{
    const size_t name = offsetof(nonce_use, nonce);
    assert_true(all->count > 10);
    qsort(all->items, all->count, all->item, compare_nonces);
    for (size_t i = 1; i < all->count; i++) {
        const nonce_use *a = log_at(all, i - 1);
        const nonce_use *b = log_at(all, i);
        if (compare_nonces(a, b) == 0)
            assert_memory_equal(a, b, name);
    }
    log_sort(all);
    for (size_t i = 1; i < all->count; i++) {
        const nonce_use *a = log_at(all, i - 1);
        const nonce_use *b = log_at(all, i);
        if (memcmp(a, b, name) == 0)
            assert_memory_equal(a->nonce, b->nonce, sizeof a->nonce);
    }
}

static void nothing_is_used_twice(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 4; n++) {
        run_small_session(n);
        for (size_t i = 0; i < n; i++) {
            check_counters(&logs[i]);
            logs[i].corrections.count = 0;
            logs[i].receiver_planes.count = 0;
            logs[i].sender_planes.count = 0;
        }
        run_small_session(n);
        use_log nonces = {0};
        use_log hello_nonces = {0};
        use_log leaves = {0};
        for (size_t i = 0; i < n; i++) {
            check_hashes(&logs[i]);
            check_counters(&logs[i]);
            check_blocks(&logs[i]);
            log_join(&nonces, &logs[i].nonces);
            log_join(&hello_nonces, &logs[i].hello_nonces);
            log_join(&leaves, &logs[i].leaves);
        }
        check_nonces(&nonces);
        assert_int_equal(hello_nonces.count, 2 * n);
        assert_no_repeats(&hello_nonces, hello_nonces.item, "a nonce of HELLO");
        assert_no_repeats(&leaves, leaves.item, "a leaf");
        mem_free(nonces.items);
        mem_free(hello_nonces.items);
        mem_free(leaves.items);
        logs_clear();
    }
}

/* More bits, triples and gates in a segment than are handled at once. */
static void nothing_is_used_twice_in_large_segments(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 3; n++) {
        const circuit_shape shape = {
            .n_parties = n, .inputs = 4, .gates = 6000, .outputs = 8, .and_percent = 100};
        run_session(&shape, 3000, 4);
        for (size_t i = 0; i < n; i++) {
            check_hashes(&logs[i]);
            check_counters(&logs[i]);
        }
        logs_clear();
    }
}

int main(int argc, char **argv)
{
    chosen = test_preparation_chosen(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_used_twice),
        cmocka_unit_test(nothing_is_used_twice_in_large_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
