/* What src/wasm has in place of wasi-libc's malloc. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PIECES 400u
#define PAGE   65536u

typedef struct piece {
    uint8_t *bytes; /* all the same, `value` */
    size_t len;
    uint8_t value;
} piece;

static size_t pages(void)
{
    return __builtin_wasm_memory_size(0);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Many small ones, some large. */
static size_t random_len(uint32_t *state)
{
    return next_random(state) % ((size_t)1 << next_random(state) % 18);
}

static void fill(piece *p, size_t from)
{
    if (p->len > from)
        memset(p->bytes + from, p->value, p->len - from);
}

static void check(const piece *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        assert_int_equal(p->bytes[i], p->value);
}

static void make(piece *p, uint32_t *state)
{
    void *memory = NULL;
    p->len = random_len(state);
    p->value = (uint8_t)next_random(state);
    switch (next_random(state) % 3) {
    case 0:
        memory = malloc(p->len);
        break;
    case 1:
        memory = calloc(p->len, 1);
        for (size_t i = 0; i < p->len; i++)
            assert_int_equal(((uint8_t *)memory)[i], 0);
        break;
    default: {
        const size_t alignment = (size_t)8 << next_random(state) % 10;
        assert_int_equal(posix_memalign(&memory, alignment, p->len), 0);
        assert_int_equal((uintptr_t)memory % alignment, 0);
    }
    }
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % 16, 0);
    p->bytes = memory;
    fill(p, 0);
}

static void change(piece *p, uint32_t *state)
{
    const size_t was = p->len;
    p->len = random_len(state);
    p->bytes = realloc(p->bytes, p->len);
    assert_non_null(p->bytes);
    check(p, was < p->len ? was : p->len);
    fill(p, was);
}

static void pieces_keep_what_is_in_them(void **unused)
{
    (void)unused;
    static piece pieces[PIECES];
    uint32_t state = 1;
    for (unsigned i = 0; i < 100000; i++) {
        piece *p = &pieces[next_random(&state) % PIECES];
        const unsigned what = next_random(&state) % 4;
        if (p->bytes == NULL) {
            make(p, &state);
        } else if (what == 0) {
            change(p, &state);
        } else {
            check(p, p->len);
            free(p->bytes);
            p->bytes = NULL;
        }
    }
    for (unsigned i = 0; i < PIECES; i++) {
        if (pieces[i].bytes != NULL)
            check(&pieces[i], pieces[i].len);
        free(pieces[i].bytes);
        pieces[i].bytes = NULL;
    }
}

/* All that was freed is one piece again. */
static void memory_comes_back_whole(void **unused)
{
    (void)unused;
    static void *pieces[1000];
    for (unsigned order = 0; order < 3; order++) {
        for (unsigned i = 0; i < 1000; i++)
            assert_non_null(pieces[i] = malloc(i * 16));
        const size_t before = pages();
        for (unsigned i = 0; i < 1000; i++)
            free(pieces[order == 0 ? i : order == 1 ? 999 - i : i * 501 % 1000]);
        void *all = malloc((before - 40) * PAGE);
        assert_non_null(all);
        assert_int_equal(pages(), before);
        free(all);
    }
}

/* A list that grows moves seldom, and not at all at the end of memory. */
static void what_grows_stays_where_it_is(void **unused)
{
    (void)unused;
    char *list = malloc(1);
    const size_t before = pages();
    size_t len = 1;
    for (; len < 8 * 1024 * 1024; len *= 2) {
        list = realloc(list, len);
        assert_non_null(list);
    }
    assert_true(pages() - before <= len / PAGE + 1);
    free(list);
}

static void what_is_not_there_is_refused(void **unused)
{
    (void)unused;
    void *memory = NULL;
    const size_t before = pages();
    static const size_t too_much[] = {SIZE_MAX, SIZE_MAX - 8, SIZE_MAX - 24, 0xfff00000u};
    char *small = malloc(10);
    assert_non_null(small);
    small[9] = 'x';
    for (size_t i = 0; i < sizeof too_much / sizeof too_much[0]; i++) {
        assert_null(malloc(too_much[i]));
        assert_null(calloc(1, too_much[i]));
        assert_null(realloc(small, too_much[i]));
        assert_int_not_equal(posix_memalign(&memory, 64, too_much[i]), 0);
    }
    assert_null(calloc(SIZE_MAX / 2, 3));
    assert_null(calloc(65536, 65536));
    assert_int_equal(small[9], 'x');
    assert_int_equal(pages(), before);
    free(small);
    free(NULL);
    assert_non_null(small = realloc(NULL, 0));
    free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_keep_what_is_in_them),
        cmocka_unit_test(memory_comes_back_whole),
        cmocka_unit_test(what_grows_stays_where_it_is),
        cmocka_unit_test(what_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
