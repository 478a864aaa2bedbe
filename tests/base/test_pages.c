/* What is passed leaves memory page by page, and nothing beside it does. Large memory asks for
 * large pages before it is written. */
#define _GNU_SOURCE
#include "support/test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/pages.h"

#define PAGES 8

static uint8_t *memory; /* PAGES of them */
static size_t page;
static unsigned n_given[PAGES]; /* how often each was given back */
static void *large;             /* what large pages were asked for last, and how many bytes */
static size_t large_bytes;

int __wrap_madvise(void *at, size_t len, int advice);
int __wrap_madvise(void *at, size_t len, int advice)
{
    if (advice == MADV_HUGEPAGE) {
        large = at;
        large_bytes = len;
        return 0;
    }
    const size_t first = (size_t)((uint8_t *)at - memory);
    assert_int_equal(advice, MADV_PAGEOUT);
    assert_true(first % page == 0 && len % page == 0 && first + len <= PAGES * page);
    for (size_t i = first / page; i < (first + len) / page; i++)
        n_given[i]++;
    return 0;
}

static int map_pages(void **state)
{
    (void)state;
    page = (size_t)sysconf(_SC_PAGESIZE);
    memory = mmap(NULL, PAGES * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED;
}

static int unmap_pages(void **state)
{
    (void)state;
    return munmap(memory, PAGES * page);
}

/* Asserts that pages first .. end-1 were given back once, and no other, and forgets them. */
static void assert_given(size_t first, size_t end)
{
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(n_given[i], i >= first && i < end);
    memset(n_given, 0, sizeof n_given);
}

static void only_whole_pages_are_given_back(void **state)
{
    (void)state;
    assert_int_equal(pages_passed(memory + page, 2 * page), 2 * page);
    assert_given(1, 3);
    assert_int_equal(pages_passed(memory + page + 1, 2 * page), 2 * page - 1);
    assert_given(2, 3);
    assert_int_equal(pages_passed(memory + page - 1, 2 * page), page + 1);
    assert_given(1, 2);
    assert_int_equal(pages_passed(memory + page + 1, page), 0);
    assert_int_equal(pages_passed(memory + 1, page - 2), 0);
    assert_int_equal(pages_passed(memory + 5, 0), 0);
    assert_given(0, 0);
}

/* In steps that end within pages; none is missed. */
static void steps_give_each_page_back(void **state)
{
    (void)state;
    const uint8_t *passed = memory + page / 2;
    const uint8_t *end = memory + PAGES * page - 1;
    for (const uint8_t *at = passed; at <= end; at += page / 3)
        passed += pages_passed(passed, (size_t)(at - passed));
    passed += pages_passed(passed, (size_t)(end - passed));
    assert_ptr_equal(passed, memory + (PAGES - 1) * page);
    assert_given(1, PAGES - 1);
}

typedef void *allocation(size_t count, size_t size);

static void large_memory_asks_for_large_pages(void **state)
{
    (void)state;
    allocation *const kinds[] = {mem_new_aligned, mem_new_unset};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        large = NULL;
        void *small = kinds[i](1000, 16);
        assert_non_null(small);
        assert_null(large);
        mem_free(small);
        uint8_t *all = kinds[i](9, HUGE_PAGE_BYTES / 2);
        assert_non_null(all);
        assert_non_null(large);
        assert_true((uint8_t *)large >= all && (uint8_t *)large < all + HUGE_PAGE_BYTES);
        assert_true(large_bytes >= 3 * HUGE_PAGE_BYTES);
        assert_true((uint8_t *)large + large_bytes <= all + 9 * HUGE_PAGE_BYTES / 2);
        all[9 * HUGE_PAGE_BYTES / 2 - 1] = 1;
        mem_free(all);
        assert_null(kinds[i](SIZE_MAX, 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_whole_pages_are_given_back),
        cmocka_unit_test(steps_give_each_page_back),
        cmocka_unit_test(large_memory_asks_for_large_pages),
    };
    return cmocka_run_group_tests(tests, map_pages, unmap_pages);
}
