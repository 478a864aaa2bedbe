/* Authenticated openings, forms A, B and C: honest shares open to the right bits, and every
 * changed bit, tag or MAC is noticed. */
#include "support/test.h"

#include "base/bits.h"
#include "base/mem.h"
#include "mpc/abit/open.h"
#include "mpc/abit/share.h"
#include "mpc/parties.h"

#define COUNT 333
#define LARGE (OPEN_FORM_C_MAX + 5) /* for form B */

/* Shares of COUNT or LARGE bits at all parties, and what each opened. */
typedef struct fixture {
    parties p;
    block *shares[PARTIES_MAX];
    uint8_t opened[PARTIES_MAX][(LARGE + 7) / 8];
    size_t m;        /* bits to open */
    size_t receiver; /* of a one-receiver opening */
    const uint32_t *index;
    bool cheat_done;
} fixture;

static void fixture_init_m(fixture *f, size_t n, mpc_hook_fn hook, size_t m)
{
    memset(f, 0, sizeof *f);
    parties_open(&f->p, n, NULL);
    for (size_t i = 0; i < n; i++) {
        f->shares[i] = mem_new_aligned(m * n, sizeof(block));
        assert_non_null(f->shares[i]);
    }
    parties_deal(&f->p, f->shares, NULL, m);
    if (hook != NULL)
        parties_hook(&f->p, hook, f);
    f->m = m;
}

static void fixture_init(fixture *f, size_t n, mpc_hook_fn hook)
{
    fixture_init_m(f, n, hook, COUNT);
}

static void fixture_clear(fixture *f)
{
    for (size_t i = 0; i < f->p.n; i++)
        mem_free(f->shares[i]);
    parties_close(&f->p);
}

static unsigned true_bit(const fixture *f, size_t h)
{
    unsigned v = 0;
    for (size_t i = 0; i < f->p.n; i++)
        v ^= share_bit(f->shares[i] + h * f->p.n);
    return v;
}

static pt_status open_all(session *s, void *user, pt_error *error)
{
    fixture *f = user;
    return open_public(s, WAVE_OPEN, f->shares[s->me], f->m, f->opened[s->me], NULL, NULL, error);
}

static pt_status open_one(session *s, void *user, pt_error *error)
{
    fixture *f = user;
    const size_t offset = 3; /* the opening need not come first */
    opening o = {
        .s = s, .name = WAVE_OUT, .shares = f->shares[s->me], .index = f->index, .count = f->m};
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_OUT, error);
    if (status != PT_OK)
        return status;
    if (s->me == f->receiver) {
        wave_expect_each(&w, 0, offset + open_to_bytes(s, f->m));
    } else {
        buffer_put(wave_to(&w, f->receiver), "abc", offset);
        open_to_put(&w, f->receiver, f->shares[s->me], f->index, f->m);
    }
    status = wave_run(&w, error);
    for (size_t p = 0; status == PT_OK && s->me == f->receiver && p < s->n; p++)
        o.from[p] = p == s->me ? NULL : wave_from(&w, p) + offset;
    if (status == PT_OK && s->me == f->receiver)
        status = open_to_check(&o, f->opened[s->me], error);
    wave_end(&w);
    return status;
}

static void public_openings_are_right(void **state)
{
    (void)state;
    static fixture f;
    const size_t counts[] = {1, 8, 63, 64, 65, COUNT, OPEN_FORM_C_MAX, LARGE};
    for (size_t n = 2; n <= 6; n++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            fixture_init_m(&f, n, NULL, counts[c]);
            parties_run_ok(&f.p, open_all, &f);
            for (size_t i = 0; i < n; i++) {
                assert_true(bits_padding_is_zero(f.opened[i], f.m));
                assert_true(f.p.sessions[i].wave == (n > 2 && f.m == LARGE ? 2 : 1));
                for (size_t h = 0; h < f.m; h++)
                    assert_int_equal(bits_get(f.opened[i], h), true_bit(&f, h));
            }
            fixture_clear(&f);
        }
    }
}

static void sums_and_constants_open(void **state)
{
    (void)state;
    static fixture f;
    for (size_t n = 2; n <= 4; n++) {
        uint8_t expected[COUNT];
        fixture_init(&f, n, NULL);
        for (size_t h = 0; h + 1 < COUNT; h++)
            expected[h] = (uint8_t)(true_bit(&f, h) ^ true_bit(&f, h + 1) ^ (h % 3 == 0));
        for (size_t i = 0; i < n; i++) {
            block before[PARTIES_MAX];
            for (size_t h = 0; h + 1 < COUNT; h++) {
                block *share = f.shares[i] + h * n;
                share_xor(share, share, share + n, n);
                share_xor_const(&f.p.sessions[i], share, h % 3 == 0);
                /* The constant rule twice is the identity. */
                memcpy(before, share, n * sizeof(block));
                share_xor_const(&f.p.sessions[i], share, 1);
                share_xor_const(&f.p.sessions[i], share, 1);
                assert_memory_equal(before, share, n * sizeof(block));
            }
        }
        f.m = COUNT - 1;
        parties_run_ok(&f.p, open_all, &f);
        for (size_t h = 0; h < f.m; h++)
            assert_int_equal(bits_get(f.opened[n - 1], h), expected[h]);
        fixture_clear(&f);
    }
}

static void one_receiver_openings_are_right(void **state)
{
    (void)state;
    static fixture f;
    static const uint32_t index[] = {7, 0, 332, 7, 100};
    for (size_t n = 2; n <= 6; n++) {
        for (size_t receiver = 0; receiver < n; receiver++) {
            fixture_init(&f, n, NULL);
            f.receiver = receiver;
            parties_run_ok(&f.p, open_one, &f);
            for (size_t h = 0; h < COUNT; h++)
                assert_int_equal(bits_get(f.opened[receiver], h), true_bit(&f, h));
            f.index = index;
            f.m = 5;
            parties_run_ok(&f.p, open_one, &f);
            for (size_t h = 0; h < 5; h++)
                assert_int_equal(bits_get(f.opened[receiver], h), true_bit(&f, index[h]));
            f.m = 0;
            parties_run_ok(&f.p, open_one, &f);
            fixture_clear(&f);
        }
    }
}

/* ---- Cheating: party 1 ---- */

/* Form A has bits and a tag in one message to the peer, form B first the bits for all and then a
 * tag for each, form C a MAC for each bit. */
static bool is_form_b(const fixture *f)
{
    return f->m == LARGE;
}

static void flip_bit_everywhere(void *user, session *s, const char *name, size_t peer, void *data,
                                size_t len)
{
    fixture *f = user;
    const size_t due = is_form_b(f) ? 1 : 0;
    if (strcmp(name, "OPEN") == 0 && s->me == 1 && peer == due && len != 0 && !f->cheat_done) {
        ((uint8_t *)data)[s->n == 2 || is_form_b(f) ? 5 : 5 * sizeof(block)] ^= 1;
        f->cheat_done = true;
    }
}

/* What comes last: the tag, or a MAC. */
static void flip_tag(void *user, session *s, const char *name, size_t peer, void *data, size_t len)
{
    const fixture *f = user;
    if (strcmp(name, "OPEN") == 0 && s->me == 1 && peer == 0 && (!is_form_b(f) || s->wave == 1))
        ((uint8_t *)data)[len - 9] ^= 1;
}

static void set_padding(void *user, session *s, const char *name, size_t peer, void *data,
                        size_t len)
{
    const fixture *f = user;
    if (strcmp(name, "OPEN") != 0 || s->me != 1 || len == 0)
        return;
    if (is_form_b(f) && peer == 1)
        ((uint8_t *)data)[len - 1] ^= 0x80;
    if (!is_form_b(f) && peer == 0)
        ((uint8_t *)data)[len - 1 - sizeof(block)] ^= 0x80;
}

/* To party 2 something else than to the others: form C, where each has its own MACs. */
static void show_another_bit(void *user, session *s, const char *name, size_t peer, void *data,
                             size_t len)
{
    (void)user;
    (void)len;
    if (strcmp(name, "OPEN") == 0 && s->me == 1 && peer == 2 && s->wave == 0)
        ((uint8_t *)data)[0] ^= 1;
}

/* Form C: parties 1 and 2 shift a MAC between them, so that only the sum is right. */
static void shift_macs(void *user, session *s, const char *name, size_t peer, void *data,
                       size_t len)
{
    (void)user;
    (void)len;
    if (strcmp(name, "OPEN") == 0 && (s->me == 1 || s->me == 2) && peer == 0)
        ((uint8_t *)data)[3 * sizeof(block)] ^= 0x55;
}

static pt_status cheat_publicly(size_t n, mpc_hook_fn hook, size_t at, size_t m)
{
    static fixture f;
    fixture_init_m(&f, n, hook, m);
    parties_run(&f.p, open_all, &f);
    const pt_status status = f.p.status[at];
    if (status != PT_OK) {
        static const uint8_t untouched[sizeof f.opened[0]];
        assert_memory_equal(f.opened[at], untouched, sizeof untouched);
    }
    fixture_clear(&f);
    return status;
}

static void changed_public_openings_are_noticed(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 4; n++) {
        for (size_t m = COUNT; m <= LARGE; m += LARGE - COUNT) {
            if (n == 2 && m == LARGE)
                break;
            assert_int_equal(cheat_publicly(n, flip_bit_everywhere, 0, m), PT_PEER_OPENING);
            assert_int_equal(cheat_publicly(n, flip_tag, 0, m), PT_PEER_OPENING);
            if (n == 2 || m == LARGE) /* form C has no bits */
                assert_int_equal(cheat_publicly(n, set_padding, 0, m), PT_PEER_MALFORMED);
        }
    }
    assert_int_equal(cheat_publicly(3, show_another_bit, 2, LARGE), PT_PEER_TRANSCRIPT);
    assert_int_equal(cheat_publicly(3, show_another_bit, 2, COUNT), PT_PEER_OPENING);
    assert_int_equal(cheat_publicly(3, show_another_bit, 0, COUNT), PT_OK);
    assert_int_equal(cheat_publicly(4, shift_macs, 0, COUNT), PT_OK); /* the bits are right */
}

/* Party 1 takes a bit for another, so that its tags fit what it says. Whichever bit it is. */
static void a_lie_about_any_bit_is_noticed(void **state)
{
    (void)state;
    static fixture f;
    for (size_t n = 2; n <= 3; n++) {
        for (size_t h = 0; h < COUNT; h += h < 130 ? 1 : 29) {
            fixture_init(&f, n, NULL);
            for (size_t slot = 0; slot < n; slot++)
                f.shares[1][h * n + slot].lo ^= 1;
            parties_run(&f.p, open_all, &f);
            assert_int_equal(f.p.status[0], PT_PEER_OPENING);
            fixture_clear(&f);
        }
    }
}

/* Which byte of party 1's one-receiver opening changes. */
static size_t changed_byte;

static void change_output(void *user, session *s, const char *name, size_t peer, void *data,
                          size_t len)
{
    const fixture *f = user;
    if (strcmp(name, "OUT") == 0 && s->me == 1 && peer == f->receiver)
        ((uint8_t *)data)[3 + changed_byte % (len - 3)] ^= 1;
}

static void changed_one_receiver_openings_are_noticed(void **state)
{
    (void)state;
    static fixture f;
    for (size_t n = 2; n <= 4; n++) {
        /* Form A: bits and tag; form C: the bit and the rest of a MAC. */
        for (changed_byte = 0; changed_byte < 2000; changed_byte += 13) {
            fixture_init(&f, n, change_output);
            parties_run(&f.p, open_one, &f);
            assert_int_equal(f.p.status[0], PT_PEER_OPENING);
            if (n == 2)
                assert_int_equal(f.p.errors[0].party, 1);
            static const uint8_t zero[sizeof f.opened[0]];
            assert_memory_equal(f.opened[0], zero, sizeof zero);
            fixture_clear(&f);
        }
    }
}

/* Steps and challenges differ from wave to wave. */
static void openings_work_after_others(void **state)
{
    (void)state;
    static fixture f;
    fixture_init(&f, 3, NULL);
    parties_run_ok(&f.p, open_all, &f);
    f.receiver = 2;
    parties_run_ok(&f.p, open_one, &f);
    parties_run_ok(&f.p, open_all, &f);
    for (size_t h = 0; h < COUNT; h++)
        assert_int_equal(bits_get(f.opened[2], h), true_bit(&f, h));
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_openings_are_right),
        cmocka_unit_test(sums_and_constants_open),
        cmocka_unit_test(one_receiver_openings_are_right),
        cmocka_unit_test(changed_public_openings_are_noticed),
        cmocka_unit_test(a_lie_about_any_bit_is_noticed),
        cmocka_unit_test(changed_one_receiver_openings_are_noticed),
        cmocka_unit_test(openings_work_after_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
