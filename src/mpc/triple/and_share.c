#include "mpc/triple/and_share.h"

#include "base/assert.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/open.h"
#include "mpc/abit/share.h"
#include "mpc/garble/input.h"
#include "mpc/garble/masks.h"
#include "mpc/session/coin.h"
#include "mpc/triple/triple.h"
#include "mpc/triple/zero_check.h"

/* What a batch holds, from one stage to the next. */
typedef enum batch_stage {
    BATCH_EMPTY,   /* nothing */
    BATCH_BITS,    /* verified bits: x and r of all layers, y of all but the gates in layer 0 */
    BATCH_MASKS,   /* y of the gates in layer 0, which is lambda_beta; their r with lambda_gamma */
    BATCH_TRIPLES, /* d, with which r is z, and zero_sums */
    BATCH_CHECKED, /* the zero check has passed */
    BATCH_OPENED   /* `opened` in the place of last_used; r_0 becomes masked_s */
} batch_stage;

/* The triples of a batch, in the run's pool. */
typedef struct triple_batch {
    batch_stage stage;
    bucket_size size;
    size_t n; /* parties */
    triple_layers layers;
    union {
        block *last_used; /* y_1 .. y_{B-1}, x_0, which nothing reads once `opened` is made */
        block *opened;    /* shares of e_1 .. e_{B-1}, x-hat of the gates, without gaps */
    };
    uint8_t *d;    /* of all triples, packed */
    block *room;   /* for corrections, until BATCH_BITS */
    block *deltas; /* the bits of DC, or NULL */
    block *q;      /* the bits of ZB, or NULL */
    block *q_keys;
} triple_batch;

/* Every stage follows the one before it. */
static void triple_batch_enter(triple_batch *b, batch_stage stage)
{
    PT_ASSERT(b->stage + 1 == stage);
    b->stage = stage;
}

static size_t triple_batch_size(const triple_batch *b)
{
    return b->size.layers * (size_t)b->size.len;
}

and_share_size and_shares_size(const session *s, uint64_t n_and, uint64_t n_inputs, bool first,
                               bool blinded)
{
    and_share_size size = {.bits = n_and};
    if (first)
        size.bits += n_inputs + (s->n > 2 ? MPC_DELTA_CHECK_REPETITIONS : 0);
    if (n_and == 0)
        return size;
    const bucket_size bucket = bucket_choose(n_and, s->rho);
    size.triples = bucket.layers * bucket.len;
    size.opened = bucket.layers * n_and;
    size.bits += 3 * size.triples - n_and + (blinded ? ZERO_CHECK_BLIND_BITS : 0);
    return size;
}

/* Blocks of the sums S_{i,h}. */
static uint64_t sums_blocks(uint64_t triples)
{
    return (triples + 1) / 2;
}

/* The blocks of the sums hold nothing before the bits are verified: until then they are room for
 * the corrections. What these take beyond that. */
static uint64_t room_behind(const session *s, uint64_t triples, uint64_t n_bits)
{
    const uint64_t idle = sums_blocks(triples);
    const uint64_t corrections = abit_correction_blocks(s, n_bits);
    return corrections > idle ? corrections - idle : 0;
}

uint64_t and_shares_blocks(const session *s, uint64_t n_and, uint64_t n_inputs)
{
    const and_share_size size = and_shares_size(s, n_and, n_inputs, true, true);
    const uint64_t keys = keys_kept(s->n);
    return n_and * s->n + size.triples * (3 * s->n + keys) + sums_blocks(size.triples) +
           room_behind(s, size.triples, size.bits) + MPC_DELTA_CHECK_REPETITIONS * s->n +
           ZERO_CHECK_BLIND_BITS * (s->n + keys);
}

/* Of the segment's batch. */
static and_share_size batch_size(const mpc_run *r, const segment *g)
{
    return and_shares_size(r->s, g->n_and, r->circuit->n_inputs, g->number == 0,
                           r->s->first_inl_sent);
}

static block *take_keys(mpc_run *r, size_t count)
{
    return r->s->n == 2 ? NULL : run_take(r, count, keys_kept(r->s->n));
}

/* The sums, and what the corrections take behind them. */
static void triple_batch_init_room(triple_batch *b, mpc_run *r, segment *g)
{
    const and_share_size size = batch_size(r, g);
    b->room = run_take(r, (size_t)sums_blocks(size.triples), 1);
    b->layers.sums = g->gamma_sums = (uint64_t *)b->room;
    b->layers.n_masked = g->n_and;
    (void)run_take(r, (size_t)room_behind(r->s, size.triples, size.bits), 1);
}

static void triple_batch_init_triples(triple_batch *b, mpc_run *r, segment *g)
{
    const size_t n = b->n;
    b->size = bucket_choose(g->n_and, r->s->rho);
    const size_t len = (size_t)b->size.len;
    triple_layers *t = &b->layers;
    t->n_layers = b->size.layers;
    t->len = len;
    b->last_used = run_take(r, triple_batch_size(b), n);
    for (unsigned c = 0; c < t->n_layers; c++) {
        t->x[c] = c == 0 ? b->last_used + (t->n_layers - 1) * len * n : run_take(r, len, n);
        t->y[c] = c == 0 ? run_take(r, len, n) : b->last_used + (c - 1) * len * n;
        t->r[c] = run_take(r, len, n);
        t->x_keys[c] = take_keys(r, len);
    }
    PT_ASSERT(b->size.len >= g->n_and);
    PT_ASSERT(bucket_is_admissible(b->size.layers, b->size.len, r->s->rho));
    g->lambda_beta = t->y[0];
    g->masked_s = t->r[0];
}

static void triple_batch_init(triple_batch *b, mpc_run *r, segment *g)
{
    const size_t n = r->s->n;
    *b = (triple_batch){.n = n};
    triple_batch_init_room(b, r, g);
    g->lambda_gamma = run_take(r, g->n_and, n);
    if (g->number == 0 && n > 2)
        b->deltas = run_take(r, MPC_DELTA_CHECK_REPETITIONS, n);
    if (g->n_and > 0 && r->s->first_inl_sent) {
        b->q = run_take(r, ZERO_CHECK_BLIND_BITS, n);
        b->q_keys = take_keys(r, ZERO_CHECK_BLIND_BITS);
    }
    if (g->n_and > 0)
        triple_batch_init_triples(b, r, g);
}

/* The batch's bits in the order of section 3.1. */
static pt_status triple_batch_bits(triple_batch *b, mpc_run *r, const segment *g, pt_error *error)
{
    session *s = r->s;
    const triple_layers *t = &b->layers;
    abit_range ranges[2 + 3 * MPC_BUCKET_MAX + 2];
    size_t n_ranges = 0;
    ranges[n_ranges++] = (abit_range){g->n_and, g->lambda_gamma, NULL};
    if (g->number == 0)
        ranges[n_ranges++] = (abit_range){r->circuit->n_inputs, r->input_masks, NULL};
    for (unsigned c = 0; c < t->n_layers; c++) {
        /* y-in-place: of layer 0 only the dummies are fresh. */
        const size_t in_place = c == 0 ? g->n_and : 0;
        ranges[n_ranges++] = (abit_range){t->len, t->x[c], t->x_keys[c]};
        ranges[n_ranges++] = (abit_range){t->len - in_place, t->y[c] + in_place * s->n, NULL};
        ranges[n_ranges++] = (abit_range){t->len, t->r[c], NULL};
    }
    if (b->deltas != NULL)
        ranges[n_ranges++] = (abit_range){MPC_DELTA_CHECK_REPETITIONS, b->deltas, NULL};
    if (b->q != NULL)
        ranges[n_ranges++] = (abit_range){ZERO_CHECK_BLIND_BITS, b->q, b->q_keys};
    PT_ASSERT(abit_ranges_bits(ranges, n_ranges) == batch_size(r, g).bits);
    const pt_status status = abit_batch(s, ranges, n_ranges, b->room, error);
    if (status != PT_OK)
        return status;
    r->verified.bits++;
    triple_batch_enter(b, BATCH_BITS);
    return PT_OK;
}

/* NULL for a step of a check that there is none of. */
static const wave_along *travelling(const wave_along *step)
{
    return step->put == NULL ? NULL : step;
}

/* x-hat in the place of x_0. */
static void fill_x_hat(const triple_batch *b, const segment *g, const bucket_map *map)
{
    const size_t n = b->n;
    for (size_t p = 0, count; p < g->n_and; p += count) {
        bucket_place at[MPC_BUCKET_MAX];
        count = bucket_places(map, p, g->n_and - p, at);
        block *x_hat = b->layers.x[0] + p * n;
        share_xor(x_hat, x_hat, g->lambda_alpha + p * n, count * n);
        for (unsigned c = 1; c < b->size.layers; c++)
            share_xor(x_hat, x_hat, b->layers.x[at[c].layer] + at[c].place * n, count * n);
    }
}

/* Makes `opened` of what it replaces. */
static void fill_opened(triple_batch *b, const segment *g, const bucket_map *map)
{
    const size_t blocks = g->n_and * b->n;
    triple_batch_enter(b, BATCH_OPENED);
    fill_x_hat(b, g, map);
    bucket_gather(map, b->layers.y, b->n);
    for (unsigned c = 1; c < b->size.layers; c++)
        share_xor(b->layers.y[c], b->layers.y[c], g->lambda_beta, blocks);
    for (unsigned c = 1; b->layers.len > g->n_and && c < b->size.layers; c++)
        memmove(b->opened + c * blocks, b->last_used + c * b->layers.len * b->n,
                blocks * sizeof(block));
}

/* `one`: the share of the constant 1. */
static ALWAYS_INLINE void combine_of(const bucket_view *b, size_t n, block *const *r,
                                     block *const *x, const block *y_0, const block *one)
{
    const unsigned n_layers = b->map->size.layers;
    const size_t len = (size_t)b->map->size.len;
    const size_t n_e = (n_layers - 1) * b->n_and;
    for (size_t p = 0, count; p < b->n_and; p += count) {
        bucket_place at[MPC_BUCKET_MAX];
        count = bucket_places(b->map, p, b->n_and - p, at);
        for (size_t i = 0; i < count; i++) {
            block *sum = r[0] + (p + i) * n;
            unsigned d = bits_get(b->d, p + i);
            for (unsigned c = 1; c < n_layers; c++) {
                const size_t place = at[c].place + i;
                share_xor(sum, sum, r[at[c].layer] + place * n, n);
                share_xor_if(sum, bits_get(b->opened, (c - 1) * b->n_and + p + i),
                             x[at[c].layer] + place * n, n);
                d ^= bits_get(b->d, at[c].layer * len + place);
            }
            share_xor_if(sum, bits_get(b->opened, n_e + p + i), y_0 + (p + i) * n, n);
            share_xor_if(sum, d, one, n);
        }
    }
}

void and_shares_combine(const session *s, const bucket_view *b, block *const *r, block *const *x,
                        const block *y_0)
{
    block one[MPC_MAX_PARTIES];
    const size_t bytes = s->n * sizeof *one;
    memset(one, 0, bytes);
    share_xor_const(s, one, 1);
    switch (s->n) {
    case 2:
        combine_of(b, 2, r, x, y_0, one);
        break;
    case 3:
        combine_of(b, 3, r, x, y_0, one);
        break;
    default:
        combine_of(b, s->n, r, x, y_0, one);
        break;
    }
    mem_wipe(one, bytes); /* Delta */
}

/* OPEN and the linear part: [r_0], with lambda_gamma, becomes masked_s. */
static pt_status combine_layers(triple_batch *b, mpc_run *r, segment *g, const bucket_map *map,
                                pt_error *error)
{
    session *s = r->s;
    const size_t n_opened = b->size.layers * g->n_and;
    PT_ASSERT(n_opened == and_shares_size(s, g->n_and, 0, false, false).opened);
    fill_opened(b, g, map);
    uint8_t *bits = mem_new(bits_bytes(n_opened), 1);
    if (bits == NULL)
        return error_memory(error);
    HOOK(s, "bucket_shares", b->opened, n_opened * s->n * sizeof(block));
    PT_ASSERT(r->verified.zero_sums == g->number + 1);
    input_steps *in = r->inputs;
    const pt_status status =
        open_public(s, WAVE_OPEN, b->opened, n_opened, bits, in != NULL ? &in->inl : NULL,
                    in != NULL ? &in->lbl : NULL, error);
    if (status == PT_OK) {
        r->verified.openings++;
        const bucket_view view = {map, g->n_and, b->d, bits};
        and_shares_combine(s, &view, b->layers.r, b->layers.x, g->lambda_beta);
    }
    mem_free(bits);
    HOOK(s, "and_shares", g, sizeof *g);
    return status;
}

/* TRU, TRS, COIN_O, with which DC1, DC2, DC3 travel. */
static pt_status make_triples(triple_batch *b, mpc_run *r, const segment *g, delta_check *deltas,
                              uint8_t ret_coin[COIN_BYTES], pt_error *error)
{
    session *s = r->s;
    PT_ASSERT(r->verified.bits == g->number + 1);
    HOOK(s, "triples_before", &b->layers, sizeof b->layers);
    pt_status status = triples_correct(s, &b->layers, travelling(&deltas->dc1), error);
    if (status != PT_OK)
        return status;
    r->verified.bits_agreed++;
    status = triples_sum(s, &b->layers, b->d, travelling(&deltas->dc2), error);
    HOOK(s, "triples_after", &b->layers, sizeof b->layers);
    if (status != PT_OK)
        return status;
    triple_batch_enter(b, BATCH_TRIPLES);
    status = coin_toss(s, ret_coin, travelling(&deltas->dc3), error);
    r->verified.deltas |= status == PT_OK;
    delta_check_clear(deltas); /* its two sums give Delta: no longer than needed */
    return status;
}

/* [ZB,] ZC with INM, ZO, OPEN. */
static pt_status check_triples(triple_batch *b, mpc_run *r, segment *g,
                               const uint8_t coin[COIN_BYTES], pt_error *error)
{
    session *s = r->s;
    bucket_map map;
    bucket_map_of_coin(&map, s, coin, b->size);
    HOOK(s, "shifts", map.shifts, b->size.layers * sizeof *map.shifts);
    HOOK(s, "exchange", map.exchange, sizeof map.exchange);
    const block chi = coin_sub(s, coin, "chiz", 0);
    block t = zero_check_sum(b->layers.zero_sums, triple_batch_size(b), chi);
    PT_ASSERT(r->verified.deltas);
    const pt_status status =
        zero_check(s, t, b->q, b->q_keys, r->inputs != NULL ? &r->inputs->inm : NULL, error);
    mem_wipe(&t, sizeof t);
    if (status != PT_OK)
        return status;
    r->verified.zero_sums++;
    triple_batch_enter(b, BATCH_CHECKED);
    return combine_layers(b, r, g, &map, error);
}

/* Without triples the Delta check has waves of its own. */
static pt_status check_deltas_alone(mpc_run *r, const delta_check *deltas, pt_error *error)
{
    const wave_along *const steps[] = {&deltas->dc1, &deltas->dc2, &deltas->dc3};
    for (size_t i = 0; deltas->run != NULL && i < sizeof steps / sizeof *steps; i++) {
        const pt_status status = wave_run_alone(r->s, steps[i], error);
        if (status != PT_OK)
            return status;
    }
    r->verified.bits_agreed++;
    r->verified.deltas = true;
    r->verified.zero_sums++; /* nothing to check */
    r->verified.openings++;
    return PT_OK;
}

/* Section 4.2, from the bits on. */
static pt_status shares_from_bits(triple_batch *b, mpc_run *r, segment *g, delta_check *deltas,
                                  pt_error *error)
{
    uint8_t coin[COIN_BYTES];
    if (g->n_and == 0)
        return check_deltas_alone(r, deltas, error);
    b->d = mem_new(triples_trs_bytes(triple_batch_size(b)), 1);
    if (b->d == NULL)
        return error_memory(error);
    const pt_status status = make_triples(b, r, g, deltas, coin, error);
    return status == PT_OK ? check_triples(b, r, g, coin, error) : status;
}

pt_status and_shares_make(mpc_run *r, segment *g, pt_error *error)
{
    triple_batch b;
    delta_check deltas = {0};
    triple_batch_init(&b, r, g);
    pt_status status = triple_batch_bits(&b, r, g, error);
    if (status != PT_OK)
        return status;
    masks_walk(r, g);
    triple_batch_enter(&b, BATCH_MASKS);
    if (b.deltas != NULL)
        status = delta_check_init(&deltas, r->s, b.deltas, error);
    if (status == PT_OK)
        status = shares_from_bits(&b, r, g, &deltas, error);
    delta_check_clear(&deltas);
    mem_free(b.d); /* public */
    return status;
}
