/* What is hashed, and what comes of it: every hash of a run has the fields that the protocol spec
 * gives it, what it covers is what was said, no two uses of a label are the same, and challenges
 * are those of the coins (sections 0.4, 0.6, 0.7, 1, 2.1, 3.2, 3.4, 4.2, 4.4, 6.4 and 7). The
 * functions of crypto/ro.h are wrapped by the linker, so every caller is seen. */
#include "support/test.h"

#include "base/le.h"
#include "base/mem.h"
#include "base/wide.h"
#include "crypto/gf128.h"
#include "crypto/ro.h"
#include "crypto/ro_labels.h"
#include "mpc/circuits.h"
#include "mpc/engine_run.h"
#include "mpc/ot/cot.h"
#include "mpc/session/coin.h"
#include "mpc/session/message.h"
#include "mpc/triple/triple.h"

#define FIELDS_MAX  16
#define BATCHES_MAX 4
#define BLOCKS_MAX  4096
#define WAVES_MAX   128
#define N_SEGMENTS  2
#define FEW_ANDS    10 /* of the second: its buckets are larger than it */

static const test_preparation *chosen;

/* Takes more blocks of bits than are handled at once. */
static uint64_t segment_ands(void)
{
    return chosen->dealer ? 2100 : 1000;
}

/* ---- A book of each party ---- */

typedef struct hashed {
    const ro *h; /* NULL when done */
    const char *label;
    size_t out_len;
    size_t n_fields;
    size_t ends[FIELDS_MAX];
    uint8_t *bytes;
    size_t capacity;
    uint8_t out[64];
} hashed;

typedef struct made_commitment {
    uint64_t wave, number, party;
    uint8_t digest[32]; /* of value and nonce */
} made_commitment;

/* What hooks tell of a batch of bits and triples. */
typedef struct batch_facts {
    size_t first_block, n_blocks;
    block chi, x_tilde, zero_share;
    size_t shifts[MPC_BUCKET_MAX];
    size_t n_layers, len;
    uint64_t *zero_sums;
} batch_facts;

typedef struct book {
    session *s;
    hashed *list;
    size_t count, capacity;
    made_commitment *commitments;
    size_t n_commitments, commitments_capacity;
    block x[BLOCKS_MAX]; /* own bits by block counter */
    size_t n_x;
    batch_facts batches[BATCHES_MAX];
    size_t n_batches, n_checked, n_triples, n_shifts, n_shares;
    uint8_t *all[WAVES_MAX]; /* own "all" payloads, by wave */
    size_t all_len[WAVES_MAX];
    uint64_t inl_wave;
    uint64_t segment; /* that runs */
    block delta;
} book;

static book books[PARTIES_MAX];
static _Thread_local book *own; /* of the party that this thread plays */

static void *grow(void *items, size_t *capacity, size_t item)
{
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    void *grown = mem_resize(items, *capacity, item);
    if (grown == NULL)
        abort();
    return grown;
}

static hashed *book_begin(const ro *h, size_t out_len, const char *label)
{
    if (own->count == own->capacity)
        own->list = grow(own->list, &own->capacity, sizeof *own->list);
    hashed *r = &own->list[own->count++];
    *r = (hashed){.h = h, .out_len = out_len, .label = label};
    return r;
}

static hashed *book_find(const ro *h)
{
    if (own == NULL) /* the dealer's */
        return NULL;
    for (size_t i = own->count; i-- > 0;) {
        if (own->list[i].h == h)
            return &own->list[i];
    }
    abort();
}

static void book_append(hashed *r, const void *bytes, size_t len)
{
    size_t *end = &r->ends[r->n_fields - 1];
    while (r->capacity < *end + len)
        r->bytes = grow(r->bytes, &r->capacity, 1);
    if (len != 0)
        memcpy(r->bytes + *end, bytes, len);
    *end += len;
}

static void book_field(const ro *h, const void *bytes, size_t len)
{
    hashed *r = book_find(h);
    if (r == NULL)
        return;
    assert_true(r->n_fields < FIELDS_MAX);
    r->ends[r->n_fields] = r->n_fields == 0 ? 0 : r->ends[r->n_fields - 1];
    r->n_fields++;
    book_append(r, bytes, len);
}

static void book_end(const ro *h, const void *out)
{
    hashed *r = book_find(h);
    if (r == NULL)
        return;
    memcpy(r->out, out, r->out_len);
    r->h = NULL;
}

static size_t field_len(const hashed *r, size_t f)
{
    return r->ends[f] - (f == 0 ? 0 : r->ends[f - 1]);
}

static const uint8_t *field(const hashed *r, size_t f)
{
    assert_true(f < r->n_fields);
    return r->bytes + (f == 0 ? 0 : r->ends[f - 1]);
}

static uint64_t field_u64(const hashed *r, size_t f)
{
    assert_int_equal(field_len(r, f), 8);
    return le_get_u64(field(r, f));
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The nth hash with a label; NULL: there is none. */
static const hashed *book_nth(const book *b, const char *label, size_t nth)
{
    for (size_t i = 0; i < b->count; i++) {
        if (is(b->list[i].label, label) && nth-- == 0)
            return &b->list[i];
    }
    return NULL;
}

static size_t book_count(const book *b, const char *label)
{
    size_t n = 0;
    while (book_nth(b, label, n) != NULL)
        n++;
    return n;
}

/* ---- Wrapped functions ---- */

void __real_ro_init(ro *h, size_t out_len, const char *label);
void __wrap_ro_init(ro *h, size_t out_len, const char *label);
void __wrap_ro_init(ro *h, size_t out_len, const char *label)
{
    if (own != NULL)
        (void)book_begin(h, out_len, label);
    __real_ro_init(h, out_len, label);
}

void __real_ro_field(ro *h, const void *bytes, size_t len);
void __wrap_ro_field(ro *h, const void *bytes, size_t len);
void __wrap_ro_field(ro *h, const void *bytes, size_t len)
{
    book_field(h, bytes, len);
    __real_ro_field(h, bytes, len);
}

void __real_ro_u32(ro *h, uint32_t v);
void __wrap_ro_u32(ro *h, uint32_t v);
void __wrap_ro_u32(ro *h, uint32_t v)
{
    uint8_t bytes[4];
    le_put_u32(bytes, v);
    book_field(h, bytes, sizeof bytes);
    __real_ro_u32(h, v);
}

void __real_ro_u64(ro *h, uint64_t v);
void __wrap_ro_u64(ro *h, uint64_t v);
void __wrap_ro_u64(ro *h, uint64_t v)
{
    uint8_t bytes[8];
    le_put_u64(bytes, v);
    book_field(h, bytes, sizeof bytes);
    __real_ro_u64(h, v);
}

void __real_ro_block(ro *h, block v);
void __wrap_ro_block(ro *h, block v);
void __wrap_ro_block(ro *h, block v)
{
    book_field(h, &v, sizeof v);
    __real_ro_block(h, v);
}

void __real_ro_field_begin(ro *h, uint64_t len);
void __wrap_ro_field_begin(ro *h, uint64_t len);
void __wrap_ro_field_begin(ro *h, uint64_t len)
{
    book_field(h, NULL, 0);
    __real_ro_field_begin(h, len);
}

void __real_ro_part(ro *h, const void *bytes, size_t len);
void __wrap_ro_part(ro *h, const void *bytes, size_t len);
void __wrap_ro_part(ro *h, const void *bytes, size_t len)
{
    hashed *r = book_find(h);
    if (r != NULL)
        book_append(r, bytes, len);
    __real_ro_part(h, bytes, len);
}

void __real_ro_final(ro *h, void *ret_digest);
void __wrap_ro_final(ro *h, void *ret_digest);
void __wrap_ro_final(ro *h, void *ret_digest)
{
    __real_ro_final(h, ret_digest);
    book_end(h, ret_digest);
}

block __real_ro_final_block(ro *h);
block __wrap_ro_final_block(ro *h);
block __wrap_ro_final_block(ro *h)
{
    const block out = __real_ro_final_block(h);
    book_end(h, &out);
    return out;
}

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
    made_commitment c = {.wave = wave_id, .number = number, .party = party};
    ro h;
    __real_ro_init(&h, sizeof c.digest, "test/commitment");
    __real_ro_field(&h, value, len);
    __real_ro_field(&h, nonce, COMMITMENT_NONCE_BYTES);
    __real_ro_final(&h, c.digest);
    assert_memory_equal(sid, own->s->sid, SID_BYTES);
    if (own->n_commitments == own->commitments_capacity)
        own->commitments = grow(own->commitments, &own->commitments_capacity, sizeof c);
    own->commitments[own->n_commitments++] = c;
    __real_commitment_make(ret_commitment, sid, wave_id, number, party, value, len, nonce);
}

/* All peers get corrections of the same bits. */
static void book_bits(const block *x, uint64_t first, size_t n)
{
    assert_true(first + n <= BLOCKS_MAX && first <= own->n_x);
    for (size_t t = 0; t < n; t++) {
        if (first + t < own->n_x)
            assert_memory_equal(&own->x[first + t], &x[t], sizeof *x);
        own->x[first + t] = x[t];
    }
    own->n_x = first + n > own->n_x ? first + n : own->n_x;
}

void __real_cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                        uint64_t first, size_t n);
void __wrap_cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                        uint64_t first, size_t n);
void __wrap_cot_correct(const cot_receiver *r, cot_scratch *scratch, block *ret_d, const block *x,
                        uint64_t first, size_t n)
{
    if (own != NULL)
        book_bits(x, first, n);
    __real_cot_correct(r, scratch, ret_d, x, first, n);
}

void __real_cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                                block *ret_planes, const block *x, uint64_t first, size_t n);
void __wrap_cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                                block *ret_planes, const block *x, uint64_t first, size_t n);
void __wrap_cot_receiver_extend(const cot_receiver *r, cot_scratch *scratch, block *ret_d,
                                block *ret_planes, const block *x, uint64_t first, size_t n)
{
    if (own != NULL)
        book_bits(x, first, n);
    __real_cot_receiver_extend(r, scratch, ret_d, ret_planes, x, first, n);
}

/* ---- Hooks ---- */

static void take_triples(const triple_layers *t)
{
    batch_facts *f = &own->batches[own->n_triples++];
    const size_t count = t->n_layers * t->len;
    f->n_layers = t->n_layers;
    f->len = t->len;
    f->zero_sums = mem_new(count, sizeof *f->zero_sums);
    assert_non_null(f->zero_sums);
    memcpy(f->zero_sums, t->zero_sums, count * sizeof *f->zero_sums);
}

static void take_chi(const block *chi)
{
    batch_facts *f = &own->batches[own->n_batches];
    assert_true(own->n_batches < BATCHES_MAX);
    f->chi = *chi;
    f->first_block = own->n_batches == 0 ? 0 : f[-1].first_block + f[-1].n_blocks;
    f->n_blocks = own->n_x - f->first_block;
    own->n_batches++;
}

static void take_payload(const session *s, const char *name, const void *data, size_t len)
{
    assert_true(s->wave < WAVES_MAX);
    size_t *const so_far = &own->all_len[s->wave]; /* of the step that this one travels with */
    uint8_t *all = mem_resize(own->all[s->wave], *so_far + len + 1, 1);
    assert_non_null(all);
    if (len != 0)
        memcpy(all + *so_far, data, len);
    own->all[s->wave] = all;
    *so_far += len;
    if (is(name, "INL"))
        own->inl_wave = s->wave;
    if (is(name, "EV2"))
        own->segment++;
    if (is(name, "ABCHK"))
        memcpy(&own->batches[own->n_checked++].x_tilde, data, sizeof(block));
}

/* A frame of the side stream says of which segment it is (section 0.6). */
static void check_frame(const uint8_t *m, size_t len)
{
    if (m[0] != MESSAGE_STREAM)
        return;
    assert_true(len >= MESSAGE_HEADER_BYTES + 8);
    assert_int_equal(le_get_u64(m + MESSAGE_HEADER_BYTES), own->segment);
}

static void watch(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    (void)user;
    if (s->me == s->n)
        return;
    own = &books[s->me];
    own->s = s;
    if (name[0] < 'a' && peer == s->me)
        take_payload(s, name, data, len);
    else if (is(name, "message"))
        check_frame(data, len);
    else if (is(name, "delta"))
        memcpy(&own->delta, data, sizeof own->delta);
    else if (is(name, "chi"))
        take_chi(data);
    else if (is(name, "triples_after"))
        take_triples(data);
    else if (is(name, "shifts"))
        memcpy(own->batches[own->n_shifts++].shifts, data, len);
    else if (is(name, "zero_share"))
        memcpy(&own->batches[own->n_shares++].zero_share, data, sizeof(block));
}

/* ---- Checks ---- */

/* Of each label the length of the digest and the fields: s the session id, H other 32 bytes, B a
 * block, q LE64, d LE32, S a step, * anything, n and N as many of * and H as there are parties. */
static const struct form {
    const char *label;
    size_t out_len;
    const char *fields;
} forms[] = {
    {RO_LABEL_TRANSCRIPT, 32, "sHqn"},
    {RO_LABEL_COIN, 32, "sSN"},
    {RO_LABEL_SUB, 16, "sH*q"},
    {RO_LABEL_SID, 32, "n"},
    {RO_LABEL_BASE_OT_POINT, 64, "sqqqqH"},
    {RO_LABEL_BASE_OT_KEY, 16, "sqqqqHHHH"},
    {RO_LABEL_PAIR, 32, "sqq"},
    {RO_LABEL_GGM, 32, "HddB"},
    {RO_LABEL_LEAF, 48, "HddB"},
    {RO_LABEL_PPRF, 32, "H*"},
    {RO_LABEL_ABIT_CHECK, 32, "sqqq*"},
    {RO_LABEL_OPEN, 16, "sSq*"}, /* form A */
    {RO_LABEL_OPEN, 16, "sSn"},  /* form B */
    {RO_LABEL_ZERO_BLIND, 16, "sqqqqB"},
    {RO_LABEL_EVALUATION, 16, "sqH*B"},
    {RO_LABEL_DEALT_DELTA, 16, "sH"},
    {RO_LABEL_DEALT_BITS, 16, "sH"},
    {RO_LABEL_DEALT_ROOT, 16, "sHqd"},
    {RO_LABEL_DEALT_TAG, 16, "sHq*"},
    {RO_LABEL_DEALT_COT, 32, "sqqq*"},
};

static bool field_fits(const hashed *r, size_t f, char kind, const uint8_t *sid)
{
    switch (kind) {
    case 's':
        return field_len(r, f) == SID_BYTES && memcmp(field(r, f), sid, SID_BYTES) == 0;
    case 'H':
        return field_len(r, f) == 32;
    case 'B':
    case 'S':
        return field_len(r, f) == 16;
    case 'q':
        return field_len(r, f) == 8;
    case 'd':
        return field_len(r, f) == 4;
    default:
        return true;
    }
}

static bool form_fits(const hashed *r, const struct form *form, size_t n, const uint8_t *sid)
{
    size_t f = 0;
    if (!is(r->label, form->label) || r->out_len != form->out_len)
        return false;
    for (const char *kind = form->fields; *kind != '\0'; kind++) {
        const bool is_many = *kind == 'n' || *kind == 'N';
        const char of_each = *kind == 'n' ? '*' : *kind == 'N' ? 'H' : *kind;
        for (size_t i = 0; i < (is_many ? n : 1); i++, f++) {
            if (f >= r->n_fields || !field_fits(r, f, of_each, sid))
                return false;
        }
    }
    return f == r->n_fields;
}

static void check_forms(const book *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const hashed *r = &b->list[i];
        bool fits = false;
        assert_null(r->h);
        for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
            fits |= form_fits(r, &forms[f], b->s->n, b->s->sid);
        if (!fits)
            fail_msg("a hash with the label %s has other fields than the specification says",
                     r->label);
    }
}

static int compare_hashed(const void *a, const void *b)
{
    const hashed *x = *(const hashed *const *)a;
    const hashed *y = *(const hashed *const *)b;
    const size_t x_len = x->ends[x->n_fields - 1];
    const size_t y_len = y->ends[y->n_fields - 1];
    const int order = memcmp(x->bytes, y->bytes, x_len < y_len ? x_len : y_len);
    return order != 0 ? order : (x_len > y_len) - (x_len < y_len);
}

/* All with a label, in the order of their contents. */
static const hashed **sorted(const book *b, const char *label, size_t *ret_count)
{
    const size_t count = book_count(b, label);
    const hashed **list = mem_new(count + 1, sizeof *list);
    size_t n = 0;
    assert_non_null(list);
    for (size_t i = 0; i < b->count; i++) {
        if (is(b->list[i].label, label))
            list[n++] = &b->list[i];
    }
    qsort(list, count, sizeof *list, compare_hashed);
    *ret_count = count;
    return list;
}

/* No two with a label agree in their first `fields` fields; those have the same lengths. */
static void check_different(const book *b, const char *label, size_t fields)
{
    size_t count;
    const hashed **list = sorted(b, label, &count);
    for (size_t i = 1; i < count; i++) {
        const size_t len = list[i]->ends[fields - 1];
        if (list[i - 1]->ends[fields - 1] == len &&
            memcmp(list[i - 1]->bytes, list[i]->bytes, len) == 0)
            fail_msg("two hashes with the label %s are for the same", label);
    }
    mem_free(list);
}

/* Two parties have hashed the same under a label. */
static void check_common(const book *a, const book *b, const char *label)
{
    size_t n_a, n_b;
    const hashed **list_a = sorted(a, label, &n_a);
    const hashed **list_b = sorted(b, label, &n_b);
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++) {
        if (compare_hashed(&list_a[i], &list_b[i]) != 0)
            fail_msg("two parties have hashed something else with the label %s", label);
    }
    mem_free(list_a);
    mem_free(list_b);
}

/* T_w follows T_{w-1}, and covers what this party said; as all parties have the same, what all
 * said. As many waves as section 6.6 has. */
static void check_waves(const book *b)
{
    static const uint8_t zero[DIGEST_BYTES];
    const uint8_t *before = zero;
    const size_t n = b->s->n;
    const size_t count = book_count(b, RO_LABEL_TRANSCRIPT);
    for (size_t w = 0; w < count; w++) {
        const hashed *r = book_nth(b, RO_LABEL_TRANSCRIPT, w);
        assert_int_equal(field_u64(r, 2), w);
        assert_memory_equal(field(r, 1), before, DIGEST_BYTES);
        assert_int_equal(field_len(r, 3 + b->s->me), b->all_len[w]);
        assert_memory_equal(field(r, 3 + b->s->me), b->all[w], b->all_len[w]);
        before = r->out;
    }
    if (chosen->dealer) /* HELLO, BARRIER; [COIN_O,] OPEN, [INL, LBL,] EV1, EV2; OUT */
        assert_int_equal(count, 12);
    else /* the streams have no waves, OUT and with three parties BARRIER one */
        assert_int_equal(count, n == 2 ? 13 + 10 + 1 : 14 + 11 + 1);
}

static const hashed *find_sub(const book *b, const uint8_t *coin, const char *name, uint64_t index)
{
    for (size_t i = 0; i < book_count(b, RO_LABEL_SUB); i++) {
        const hashed *r = book_nth(b, RO_LABEL_SUB, i);
        if (memcmp(field(r, 1), coin, COIN_BYTES) == 0 && field_len(r, 2) == strlen(name) &&
            memcmp(field(r, 2), name, strlen(name)) == 0 && field_u64(r, 3) == index)
            return r;
    }
    fail_msg("\"%s\" is not made of the coin that is for it", name);
    return NULL;
}

static block coin_value(const book *b, size_t coin, const char *name, uint64_t index)
{
    return block_load(find_sub(b, book_nth(b, RO_LABEL_COIN, coin)->out, name, index)->out);
}

/* Every party has a part in every coin. Parts and steps are new in each. */
static void check_coins(const book *b)
{
    const size_t count = book_count(b, RO_LABEL_COIN);
    uint8_t parts[PARTIES_MAX * 2 * BATCHES_MAX][32];
    size_t n_parts = 0;
    assert_int_equal(count, chosen->dealer ? 1 : 2 * N_SEGMENTS);
    for (size_t c = 0; c < count; c++) {
        const hashed *r = book_nth(b, RO_LABEL_COIN, c);
        const hashed *next = book_nth(b, RO_LABEL_COIN, c + 1);
        for (size_t p = 0; p < b->s->n; p++)
            memcpy(parts[n_parts++], field(r, 2 + p), 32);
        assert_true(next == NULL || le_get_u64(field(r, 1)) < le_get_u64(field(next, 1)));
    }
    for (size_t i = 0; i < n_parts; i++) {
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(parts[i], parts[j], sizeof parts[i]);
    }
}

/* sum of chi^h values[h - 1], h = 1, 2, .. */
static block weighted_sum(block chi, const block *values, size_t n)
{
    block sum = block_zero();
    block weight = chi;
    for (size_t h = 0; h < n; h++, weight = gf_mul(weight, chi))
        sum = block_xor(sum, gf_mul(weight, values[h]));
    return sum;
}

/* x~ is the data's weighted sum and the mask block, under a chi of the batch's first coin. */
static void check_bits(const book *b, size_t batch)
{
    const batch_facts *f = &b->batches[batch];
    const block *x = b->x + f->first_block;
    const block chi = coin_value(b, 2 * batch, "chi", 0);
    assert_memory_equal(&f->chi, &chi, sizeof chi);
    assert_true(f->n_blocks > COT_CHUNK + 2 || batch > 0);
    const block expected = block_xor(weighted_sum(chi, x, f->n_blocks - 1), x[f->n_blocks - 1]);
    assert_memory_equal(&f->x_tilde, &expected, sizeof expected);
}

/* T_i and the shifts are of the batch's second coin. */
static void check_triples(const book *b, size_t batch)
{
    const batch_facts *f = &b->batches[batch];
    const size_t count = f->n_layers * f->len;
    block *values = mem_new(count, sizeof *values);
    assert_non_null(values);
    for (size_t h = 0; h < count; h++)
        values[h] = block_make(0, f->zero_sums[h]);
    const block sum = weighted_sum(coin_value(b, 2 * batch + 1, "chiz", 0), values, count);
    assert_memory_equal(&f->zero_share, &sum, sizeof sum);
    mem_free(values);
    assert_int_equal(f->shifts[0], 0);
    for (size_t c = 1; c < f->n_layers; c++) {
        const block v = coin_value(b, 2 * batch + 1, "shift", c);
        uint64_t shift;
        (void)wide_divide(&shift, (wide){v.hi, v.lo}, f->len);
        assert_true(f->shifts[c] == shift);
    }
}

/* No block of bits twice, nor a zero one: each is masked, and so is x~. */
static void check_fresh_bits(size_t n)
{
    block seen[3 * BLOCKS_MAX] = {{0}};
    size_t count = 1; /* zero */
    for (size_t i = 0; i < n; i++) {
        assert_true(books[i].n_x > COT_CHUNK);
        for (size_t t = 0; t < books[i].n_x; t += t < COT_CHUNK ? 1 : 3)
            seen[count++] = books[i].x[t];
        for (size_t k = 0; k < books[i].n_batches; k++) /* the mask blocks */
            seen[count++] =
                books[i].x[books[i].batches[k].first_block + books[i].batches[k].n_blocks - 1];
    }
    size_t equal = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            equal += seen[i].lo == seen[j].lo && seen[i].hi == seen[j].hi;
    }
    /* Of the mask blocks some are among those before. */
    assert_true(equal <= n * N_SEGMENTS);
    for (size_t i = 1; i < count; i++)
        assert_true((seen[i].lo | seen[i].hi) != 0);
}

/* For each batch and peer one digest of each direction. */
static void check_abchk(const book *b)
{
    const size_t n = b->s->n;
    check_different(b, RO_LABEL_ABIT_CHECK, 4);
    assert_int_equal(book_count(b, RO_LABEL_ABIT_CHECK), N_SEGMENTS * 2 * (n - 1));
    for (size_t h = 0; h < N_SEGMENTS * 2 * (n - 1); h++) {
        const hashed *r = book_nth(b, RO_LABEL_ABIT_CHECK, h);
        const uint64_t i = field_u64(r, 2);
        const uint64_t j = field_u64(r, 3);
        assert_true(field_u64(r, 1) < N_SEGMENTS);
        assert_true(i != j && i >= 1 && j >= 1 && i <= n && j <= n);
        assert_true(i == session_number(b->s->me) || j == session_number(b->s->me));
        assert_int_equal(field_len(r, 4), (MPC_KAPPA - 1) * sizeof(block));
    }
}

/* The pads of the second batch: for each t and peer two of the own keys, which differ by Delta, and
 * one of a MAC. */
static void check_pads(const book *b)
{
    size_t count;
    const size_t n = b->s->n;
    const hashed **list = sorted(b, RO_LABEL_ZERO_BLIND, &count);
    assert_int_equal(count, 128 * 3 * (n - 1));
    check_different(b, RO_LABEL_ZERO_BLIND, 6);
    for (size_t h = 0; h < count; h++) {
        const uint64_t i = field_u64(list[h], 3);
        size_t alike = 1;
        if (h > 0 && memcmp(list[h - 1]->bytes, list[h]->bytes, 64) == 0)
            alike++;
        if (h + 1 < count && memcmp(list[h + 1]->bytes, list[h]->bytes, 64) == 0)
            alike++;
        assert_int_equal(field_u64(list[h], 1), 1);
        assert_true(field_u64(list[h], 2) < 128);
        assert_true(i != field_u64(list[h], 4));
        assert_int_equal(alike, i == session_number(b->s->me) ? 2 : 1);
    }
    mem_free(list);
}

/* chi of each segment's authentication covers the inputs' wave, Lambda and a fresh seed. */
static void check_evaluation(const book *b)
{
    check_different(b, RO_LABEL_EVALUATION, 2);
    assert_int_equal(book_count(b, RO_LABEL_EVALUATION), N_SEGMENTS);
    for (size_t g = 0; g < N_SEGMENTS; g++) {
        const hashed *r = book_nth(b, RO_LABEL_EVALUATION, g);
        assert_int_equal(field_u64(r, 1), g);
        assert_memory_equal(field(r, 2), book_nth(b, RO_LABEL_TRANSCRIPT, b->inl_wave)->out, 32);
        assert_int_equal(field_len(r, 3), ((g == 0 ? segment_ands() : FEW_ANDS) + 7) / 8);
    }
    assert_memory_not_equal(field(book_nth(b, RO_LABEL_EVALUATION, 0), 4),
                            field(book_nth(b, RO_LABEL_EVALUATION, 1), 4), sizeof(block));
}

/* Form B: what everybody said in the wave before. The step is that wave. */
static void check_openings(const book *b)
{
    check_different(b, RO_LABEL_OPEN, b->s->n == 2 ? 3 : 2);
    for (size_t h = 0; h < book_count(b, RO_LABEL_OPEN); h++) {
        const hashed *r = book_nth(b, RO_LABEL_OPEN, h);
        const uint64_t id = le_get_u64(field(r, 1));
        assert_true(id < WAVES_MAX && b->all[id] != NULL);
        assert_in_range(le_get_u64(field(r, 1) + 8), 0, b->s->n > 2 ? 0 : 1);
        if (b->s->n > 2) {
            const size_t len = field_len(r, 2 + b->s->me);
            assert_true(len <= b->all_len[id]); /* INL may stand behind it */
            assert_memory_equal(field(r, 2 + b->s->me), b->all[id], len);
        }
    }
}

/* One value and nonce for each step, number and party; where one party's commitment of a wave is
 * looked at, those of all are. */
static void check_commitments(const book *b)
{
    for (size_t i = 0; i < b->n_commitments; i++) {
        const made_commitment *x = &b->commitments[i];
        unsigned parties_seen = 0;
        for (size_t j = 0; j < b->n_commitments; j++) {
            const made_commitment *y = &b->commitments[j];
            if (x->wave != y->wave)
                continue;
            assert_true(y->party >= 1 && y->party <= b->s->n);
            parties_seen |= 1u << (y->party - 1);
            if (x->number == y->number && x->party == y->party)
                assert_memory_equal(x->digest, y->digest, sizeof x->digest);
        }
        if (parties_seen != 1u << b->s->me) /* what is pending when all is done */
            assert_int_equal(parties_seen, (1u << b->s->n) - 1);
    }
}

/* Trees of different pairs have nothing in common, not even roots. */
static void check_trees(const book *b)
{
    static const uint8_t zero[sizeof(block)]; /* in the place of an unknown node */
    size_t count;
    const hashed **list = sorted(b, RO_LABEL_GGM, &count);
    assert_int_equal(book_count(b, RO_LABEL_PAIR), 2 * (b->s->n - 1));
    check_different(b, RO_LABEL_PAIR, 3);
    for (size_t i = 1; i < count; i++) {
        const bool is_known = memcmp(field(list[i], 3), zero, sizeof zero) != 0;
        assert_true(!is_known || compare_hashed(&list[i - 1], &list[i]) != 0);
        for (size_t j = 0; is_known && le_get_u32(field(list[i], 2)) == 1 && j < i; j++)
            assert_memory_not_equal(field(list[j], 3), field(list[i], 3), sizeof(block));
    }
    mem_free(list);
    check_different(b, RO_LABEL_LEAF, 3);
}

/* Each instance, side and pair has hashes of its own. */
static void check_base_ots(const book *b)
{
    const size_t n = b->s->n;
    check_different(b, RO_LABEL_BASE_OT_POINT, 5);
    check_different(b, RO_LABEL_BASE_OT_KEY, 5);
    assert_int_equal(book_count(b, RO_LABEL_BASE_OT_POINT), 3 * 128 * (n - 1));
    assert_int_equal(book_count(b, RO_LABEL_BASE_OT_KEY), 3 * 128 * (n - 1));
    for (size_t i = 0; i < b->count; i++) {
        const hashed *r = &b->list[i];
        if (!is(r->label, RO_LABEL_BASE_OT_KEY))
            continue;
        for (size_t f = 6; f < 9; f++) {
            for (size_t g = 5; g < f; g++)
                assert_memory_not_equal(field(r, f), field(r, g), 32);
        }
    }
}

/* Fresh scalars: no point B and none of the receiver's elements comes twice. */
static void check_points(const book *b)
{
    size_t count;
    const hashed **list = sorted(b, RO_LABEL_BASE_OT_KEY, &count);
    for (size_t i = 1; i < count; i++) {
        const bool same_ot = memcmp(list[i]->bytes, list[i - 1]->bytes, list[i]->ends[3]) == 0;
        for (size_t f = 5; f < 8; f++)
            assert_int_equal(memcmp(field(list[i], f), field(list[i - 1], f), 32) == 0, same_ot);
    }
    mem_free(list);
}

static void check_cot(const book *b)
{
    const block s_tri = coin_value(b, 0, "Stri", 0);
    check_base_ots(b);
    check_points(b);
    check_trees(b);
    check_abchk(b);
    check_pads(b);
    for (size_t batch = 0; batch < N_SEGMENTS; batch++) {
        check_bits(b, batch);
        check_triples(b, batch);
    }
    assert_memory_equal(&b->s->s_tri, &s_tri, sizeof s_tri);
}

/* The dealer's tags are numbered, and there is a digest for each segment and peer. */
static void check_dealt(const book *b)
{
    const size_t n = b->s->n;
    check_trees(b);
    assert_int_equal(book_count(b, RO_LABEL_DEALT_DELTA), 1);
    assert_int_equal(book_count(b, RO_LABEL_DEALT_BITS), N_SEGMENTS);
    check_different(b, RO_LABEL_DEALT_ROOT, 4);
    check_different(b, RO_LABEL_DEALT_COT, 4);
    assert_int_equal(book_count(b, RO_LABEL_DEALT_TAG), 1 + N_SEGMENTS);
    for (size_t t = 0; t < 1 + N_SEGMENTS; t++) {
        const hashed *r = book_nth(b, RO_LABEL_DEALT_TAG, t);
        assert_int_equal(field_u64(r, 2), t);
        assert_true(field_len(r, 3) > 32);
    }
    assert_int_equal(book_count(b, RO_LABEL_DEALT_COT), N_SEGMENTS * (n - 1));
    for (size_t h = 0; h < N_SEGMENTS * (n - 1); h++) {
        const hashed *r = book_nth(b, RO_LABEL_DEALT_COT, h);
        assert_int_equal(field_u64(r, 1), h / (n - 1));
        assert_int_equal(field_u64(r, 3), session_number(b->s->me));
        assert_true(field_len(r, 4) > COT_CHUNK * 32 * sizeof(block) || h / (n - 1) > 0);
    }
}

static void check_book(const book *b)
{
    const block s_gc = coin_value(b, 0, "Sgc", 0);
    check_forms(b);
    check_waves(b);
    check_coins(b);
    check_different(b, RO_LABEL_SUB, 4);
    check_evaluation(b);
    check_openings(b);
    check_commitments(b);
    assert_memory_equal(&b->s->s_gc, &s_gc, sizeof s_gc);
    if (chosen->dealer)
        check_dealt(b);
    else
        check_cot(b);
}

static void check_all(size_t n)
{
    static const char *const common[] = {RO_LABEL_SID, RO_LABEL_TRANSCRIPT, RO_LABEL_COIN,
                                         RO_LABEL_SUB, RO_LABEL_EVALUATION, RO_LABEL_OPEN};
    for (size_t i = 0; i < n; i++) {
        check_book(&books[i]);
        for (size_t c = 0; i > 0 && c < sizeof common / sizeof common[0]; c++)
            check_common(&books[0], &books[i], common[c]);
        for (size_t j = 0; j < i; j++)
            assert_true(books[i].delta.hi != books[j].delta.hi);
    }
    if (!chosen->dealer)
        check_fresh_bits(n);
}

static void book_clear(book *b)
{
    for (size_t i = 0; i < b->count; i++)
        mem_free(b->list[i].bytes);
    for (size_t w = 0; w < WAVES_MAX; w++)
        mem_free(b->all[w]);
    for (size_t k = 0; k < BATCHES_MAX; k++)
        mem_free(b->batches[k].zero_sums);
    mem_free(b->list);
    mem_free(b->commitments);
    *b = (book){0};
}

static void open_books(test_run *t)
{
    (void)t;
    for (size_t i = 0; i < PARTIES_MAX; i++)
        book_clear(&books[i]);
}

static void hashes_are_the_specified_ones(void **state)
{
    (void)state;
    block deltas[4][PARTIES_MAX];
    for (size_t n = 2; n <= 3; n++) {
        const circuit_shape shape = {.n_parties = n,
                                     .inputs = 4,
                                     .gates = (uint32_t)segment_ands() + FEW_ANDS,
                                     .outputs = 8,
                                     .and_percent = 100};
        const uint8_t inputs[12] = {1, 0, 1, 1, 0, 1};
        pt_circuit *c = test_circuit_random(&shape, n);
        assert_int_equal(c->n_and, segment_ands() + FEW_ANDS);
        test_run t = {.circuit = c,
                      .inputs = inputs,
                      .segment_ands = segment_ands(),
                      .seed = n,
                      .preparation = chosen,
                      .options = {.threads = 1}, /* whose book is its party's */
                      .prepare = open_books,
                      .hook = watch};
        test_run_parties(&t);
        test_run_assert_right(&t);
        check_all(n);
        for (size_t i = 0; i < n; i++)
            deltas[n][i] = books[i].delta;
        test_run_clear(&t);
        pt_circuit_free(c);
    }
    for (size_t i = 0; i < 2; i++) /* another session, another Delta */
        assert_true(deltas[2][i].hi != deltas[3][i].hi);
    open_books(NULL);
}

int main(int argc, char **argv)
{
    chosen = test_preparation_chosen(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_the_specified_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
