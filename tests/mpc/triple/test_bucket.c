/* The bucket rule at every threshold, and which triples are together (protocol spec, sections 4.5,
 * 4.6, 10.3, 10.4). */
#include "support/test.h"

#include "mpc/session/coin.h"
#include "mpc/triple/bucket.h"

typedef struct threshold {
    unsigned rho;
    unsigned layers;
    uint64_t len_min;
} threshold;

/* The table of section 4.6, with its two rounded numbers in full. */
static const threshold thresholds[] = {
    {40, 3, 321124}, {40, 4, 4096}, {40, 5, 431},     {40, 6, 112},        {40, 7, 46},
    {40, 8, 24},     {40, 9, 15},   {64, 4, 1048576}, {64, 5, 27555},      {64, 6, 3105},
    {64, 7, 725},    {64, 8, 256},  {64, 9, 118},     {64, 3, 1315059856},
};

static void test_thresholds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        const threshold t = thresholds[i];
        assert_int_equal(bucket_len_min(t.layers, t.rho), t.len_min);
        assert_true(bucket_is_admissible(t.layers, t.len_min, t.rho));
        assert_false(bucket_is_admissible(t.layers, t.len_min - 1, t.rho));
        assert_true(bucket_is_admissible(t.layers, t.len_min + 1, t.rho));
    }
}

/* bucket_choose against the rule's own words, over a range of sizes around each threshold. */
static void check_choice(uint64_t n_and, unsigned rho)
{
    const bucket_size got = bucket_choose(n_and, rho);
    assert_true(bucket_is_admissible(got.layers, got.len, rho));
    assert_true(got.len >= n_and);
    for (unsigned layers = MPC_BUCKET_MIN; layers <= MPC_BUCKET_MAX; layers++) {
        const uint64_t len_min = bucket_len_min(layers, rho);
        const uint64_t len = n_and > len_min ? n_and : len_min;
        if (!bucket_is_admissible(layers, len, rho))
            continue;
        assert_true(got.layers * got.len <= layers * len);
        if (layers == got.layers)
            assert_int_equal(got.len, len);
        if (layers < got.layers)
            assert_true(got.layers * got.len < layers * len);
    }
}

static void test_choice(void **state)
{
    (void)state;
    for (unsigned rho = MPC_RHO_DEFAULT; rho <= MPC_RHO_MAX; rho += 8) {
        for (unsigned layers = MPC_BUCKET_MIN; layers <= MPC_BUCKET_MAX; layers++) {
            const uint64_t len = bucket_len_min(layers, rho);
            check_choice(len - 1, rho);
            check_choice(len, rho);
            if (len < MPC_MAX_AND)
                check_choice(len + 1, rho);
        }
    }
    assert_int_equal(bucket_choose(1, 40).layers, 14);
    assert_int_equal(bucket_choose(1, 40).len, 4);
}

static bucket_map map_of(size_t number, bucket_size size)
{
    const session s = {.n = 2};
    uint8_t coin[COIN_BYTES] = {0};
    bucket_map map;
    memcpy(coin, &number, sizeof number);
    bucket_map_of_coin(&map, &s, coin, size);
    assert_int_equal(map.shifts[0], 0);
    for (unsigned c = 1; c < size.layers; c++)
        assert_true(map.shifts[c] < size.len);
    return map;
}

/* Computed from the spec by another program. */
static void test_known_maps(void **state)
{
    (void)state;
    static const struct {
        size_t number;
        bucket_map map;
    } known[] = {
        {1, {{3, 321124}, {0, 263038, 314966}, {UINT64_C(0xa9a855161708827b), 0}}},
        {2, {{3, 321124}, {0, 202867, 214108}, {UINT64_C(0xc375a90c154aba51), 1}}},
        {1, {{4, 4096}, {0, 542, 2188, 1588}, {0, 0}}},
        {2, {{4, 4096}, {0, 2051, 3406, 101}, {0, 0}}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const bucket_map got = map_of(known[i].number, known[i].map.size);
        assert_memory_equal(got.shifts, known[i].map.shifts, sizeof got.shifts);
        assert_memory_equal(got.exchange, known[i].map.exchange, sizeof got.exchange);
    }
}

static double chi_square(const size_t *counts, size_t n, size_t samples)
{
    const double expected = (double)samples / (double)n;
    double sum = 0;
    for (size_t v = 0; v < n; v++)
        sum += ((double)counts[v] - expected) * ((double)counts[v] - expected) / expected;
    return sum;
}

/* chi-square of shift 1 over many coins; 99.99 % of uniform ones stay below the bound. */
static double shift_chi_square(unsigned layers, uint64_t len, size_t samples)
{
    size_t *counts = calloc(len, sizeof *counts);
    assert_non_null(counts);
    for (size_t i = 0; i < samples; i++)
        counts[map_of(i, (bucket_size){layers, len}).shifts[1]]++;
    const double sum = chi_square(counts, len, samples);
    free(counts);
    return sum;
}

static void test_shifts_uniform(void **state)
{
    (void)state;
    assert_true(shift_chi_square(4, 7, 7000) < 28);       /* 6 degrees of freedom */
    assert_true(shift_chi_square(4, 1000, 20000) < 1170); /* 999 */
    assert_true(shift_chi_square(3, 1000, 20000) < 1170);
}

/* With B = 3 the second shift is uniform over what is 64 places or more from the first, both ways
 * around. */
static void test_shifts_apart(void **state)
{
    (void)state;
    enum { LEN = 2 * BUCKET_GROUP + 9, APART = LEN - 2 * BUCKET_GROUP + 1 };
    const size_t samples = 20000;
    size_t counts[APART] = {0};
    for (size_t i = 0; i < samples; i++) {
        const bucket_map map = map_of(i, (bucket_size){3, LEN});
        const size_t apart = (map.shifts[2] + LEN - map.shifts[1]) % LEN;
        assert_in_range(apart, BUCKET_GROUP, LEN - BUCKET_GROUP);
        counts[apart - BUCKET_GROUP]++;
    }
    assert_true(chi_square(counts, APART, samples) < 34); /* 9 degrees of freedom */
}

/* Whether group g exchanges. */
static bool is_exchanged(bucket_map map, size_t group)
{
    bucket_place at[3];
    map.shifts[1] = group * BUCKET_GROUP;
    assert_true(bucket_places(&map, 0, 1, at) == 1 && at[1].place == map.shifts[1]);
    return at[1].layer == 2;
}

static void test_exchange_is_as_written(void **state)
{
    (void)state;
    const bucket_size size = {3, 321124};
    for (size_t number = 0; number < 20; number++) {
        const bucket_map map = map_of(number, size);
        for (uint64_t g = 0; g * BUCKET_GROUP < size.len; g++) {
            unsigned sum = (unsigned)map.exchange[1];
            for (unsigned t = 0; t < 64; t++)
                sum += (unsigned)(g >> t & map.exchange[0] >> t & 1);
            assert_int_equal(is_exchanged(map, (size_t)g), sum % 2);
        }
    }
}

/* For two groups all four outcomes are as likely, whichever bit of the number they differ in. */
static void test_exchanges_are_independent(void **state)
{
    (void)state;
    const size_t samples = 20000;
    for (unsigned bit = 0; bit < 13; bit++) {
        size_t counts[4] = {0};
        for (size_t i = 0; i < samples; i++) {
            const bucket_map map = map_of(i, (bucket_size){3, 321124});
            const unsigned first = is_exchanged(map, 0);
            counts[2 * first + is_exchanged(map, (size_t)1 << bit)]++;
        }
        assert_true(chi_square(counts, 4, samples) < 22); /* 3 degrees of freedom */
    }
}

/* Every triple is in one bucket; what is gathered is what bucket_places says; runs end where the
 * layers change. */
static void check_partition(const bucket_map *m)
{
    enum { MOST = 4 * 200 };
    const size_t len = (size_t)m->size.len;
    const unsigned layers = m->size.layers;
    block values[MOST];
    block *of_layer[MPC_BUCKET_MAX];
    unsigned seen[MOST] = {0};
    assert_true(len * layers <= MOST);
    for (unsigned c = 0; c < layers; c++) {
        of_layer[c] = values + c * len;
        for (size_t p = 0; p < len; p++)
            of_layer[c][p] = block_make(c, p);
    }
    bucket_gather(m, of_layer, 1);
    for (size_t p = 0, count; p < len; p += count) {
        bucket_place at[MPC_BUCKET_MAX];
        count = bucket_places(m, p, len - p, at);
        assert_in_range(count, 1, len - p);
        for (size_t i = 0; i < count; i++) {
            for (unsigned c = 0; c < layers; c++) {
                const size_t place = at[c].place + i;
                assert_true(place < len);
                seen[at[c].layer * len + place]++;
                assert_true(of_layer[c][p + i].hi == at[c].layer && of_layer[c][p + i].lo == place);
            }
        }
    }
    for (size_t h = 0; h < layers * len; h++)
        assert_int_equal(seen[h], 1);
}

static void test_partition(void **state)
{
    (void)state;
    for (size_t number = 0; number < 500; number++) {
        for (uint64_t len = 128; len <= 200; len += 24) {
            for (unsigned layers = 3; layers <= 4; layers++) {
                const bucket_map map = map_of(number, (bucket_size){layers, len});
                check_partition(&map);
            }
        }
    }
}

/* Of all maps at one length, how many bring each pair of triples to gate 0: at most one in
 * 2 len (len - 127), and that many of those in different groups (section 4.6). */
static void test_pairs(void **state)
{
    (void)state;
    enum { LEN = 200, APART = LEN - 2 * BUCKET_GROUP + 1, KEYS = 8 };
    static unsigned counts[2 * LEN][2 * LEN]; /* the triple of the first shift, of the second */
    memset(counts, 0, sizeof counts);
    for (size_t first = 0; first < LEN; first++) {
        for (size_t apart = 0; apart < APART; apart++) {
            for (uint64_t keys = 0; keys < KEYS; keys++) { /* groups have two bits */
                const bucket_map map = {{3, LEN},
                                        {0, first, (first + BUCKET_GROUP + apart) % LEN},
                                        {keys / 2, keys % 2}};
                bucket_place at[3];
                (void)bucket_places(&map, 0, 1, at);
                counts[(at[1].layer - 1) * LEN + at[1].place]
                      [(at[2].layer - 1) * LEN + at[2].place]++;
            }
        }
    }
    const unsigned maps = LEN * APART * KEYS;
    for (size_t i = 0; i < 2 * LEN; i++) {
        for (size_t j = 0; j < i; j++) {
            const size_t distance = i % LEN > j % LEN ? i % LEN - j % LEN : j % LEN - i % LEN;
            const bool may = distance >= BUCKET_GROUP && distance <= LEN - BUCKET_GROUP;
            assert_int_equal((counts[i][j] + counts[j][i]) * 2 * LEN * APART, may ? maps : 0);
        }
    }
}

/* B = 3 is admissible where no number of attacked triples, a_0 in layer 0 and a in the others, has
 * a better chance than 2^-rho: a_0 pairs(a) / (2 len (len - 127)) 2^-(a_0 + a). */
static void test_three_against_all_attacks(void **state)
{
    (void)state;
    const uint64_t len_min = bucket_len_min(3, 40);
    for (uint64_t len = len_min - 3; len < len_min + 3; len++) {
        bool is_sound = true;
        for (uint64_t a_0 = 1; a_0 <= 8; a_0++) {
            for (uint64_t a = 2; a <= 12; a++) {
                const uint64_t leaked = a_0 * (a * (a - 1) / 2) << 40;
                is_sound = is_sound && leaked <= 2 * len * (len - 127) << (a_0 + a);
            }
        }
        assert_int_equal(bucket_is_admissible(3, len, 40), is_sound);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_known_maps),
        cmocka_unit_test(test_shifts_uniform),
        cmocka_unit_test(test_shifts_apart),
        cmocka_unit_test(test_exchange_is_as_written),
        cmocka_unit_test(test_exchanges_are_independent),
        cmocka_unit_test(test_partition),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_three_against_all_attacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
