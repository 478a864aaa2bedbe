#define _DEFAULT_SOURCE /* mincore */
#include "support/remains.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACES ((size_t)1 << 18) /* of the table; a power of two */
#define SIEVE_BITS                                                                                 \
    ((size_t)1 << 16) /* which words may be in the table; small enough to stay near */
#define DISGUISE   0x5bd1e9955bd1e995u
#define WORD_BYTES 8
#define PAGE_BYTES ((size_t)4096)

static struct {
    pthread_mutex_t lock;
    uint64_t words[PLACES]; /* disguised; 0: free */
    const char *what[PLACES];
    uint8_t sieve[SIEVE_BITS / 8];
    size_t count;
} watched = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline size_t spread(uint64_t disguised)
{
    return (size_t)(disguised * 0x9e3779b97f4a7c15u >> 46);
}

static size_t place_of(uint64_t disguised)
{
    size_t at = spread(disguised) & (PLACES - 1);
    while (watched.words[at] != 0 && watched.words[at] != disguised)
        at = (at + 1) & (PLACES - 1);
    return at;
}

/* Lengths, pointers and padding are no secrets; of random words few are left out. */
static bool looks_random(uint64_t word)
{
    unsigned different = 0;
    uint8_t bytes[WORD_BYTES];
    memcpy(bytes, &word, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= bytes[j] == bytes[i];
        different += !again && bytes[i] != 0 && bytes[i] != 0xff;
    }
    return different >= 6;
}

void remains_reset(void)
{
    pthread_mutex_lock(&watched.lock);
    memset(watched.words, 0, sizeof watched.words);
    memset(watched.sieve, 0, sizeof watched.sieve);
    watched.count = 0;
    pthread_mutex_unlock(&watched.lock);
}

void remains_watch(const char *what, const void *bytes, size_t len)
{
    pthread_mutex_lock(&watched.lock);
    for (size_t at = 0; at + WORD_BYTES <= len; at += WORD_BYTES) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)bytes + at, sizeof word);
        if (!looks_random(word))
            continue;
        const size_t place = place_of(word ^ DISGUISE);
        watched.count += watched.words[place] == 0;
        if (watched.count > PLACES / 2)
            abort(); /* too much to watch */
        watched.words[place] = word ^ DISGUISE;
        watched.what[place] = what;
        const size_t bit = spread(word ^ DISGUISE) % SIEVE_BITS;
        watched.sieve[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    pthread_mutex_unlock(&watched.lock);
}

size_t remains_watched(void)
{
    return watched.count;
}

static size_t find_in_page(const uint8_t *page, size_t len, const char **ret_what)
{
    size_t found = 0;
    for (size_t at = 0; at + WORD_BYTES <= len; at++) {
        uint64_t word;
        memcpy(&word, page + at, sizeof word);
        word ^= DISGUISE;
        const size_t bit = spread(word) % SIEVE_BITS;
        if ((watched.sieve[bit / 8] >> bit % 8 & 1u) == 0)
            continue;
        const size_t place = place_of(word);
        if (word != 0 && watched.words[place] == word) {
            *ret_what = watched.what[place];
            found++;
        }
    }
    return found;
}

/* Pages that were never touched hold nothing. */
static size_t find_in_range(const uint8_t *from, const uint8_t *to, const char **ret_what)
{
    static unsigned char here[1 << 16];
    size_t found = 0;
    while (from < to) {
        size_t pages = (size_t)(to - from) / PAGE_BYTES;
        pages = pages < sizeof here ? pages : sizeof here;
        if (mincore((void *)(uintptr_t)from, pages * PAGE_BYTES, here) != 0)
            return found;
        for (size_t i = 0; i < pages; i++) {
            const uint8_t *page = from + i * PAGE_BYTES;
            const size_t more = i + 1 < pages && (here[i + 1] & 1) != 0 ? WORD_BYTES - 1 : 0;
            /* Not in the own list, which is disguised. */
            const bool own = page >= (const uint8_t *)&watched &&
                             page + PAGE_BYTES <= (const uint8_t *)(&watched + 1);
            if ((here[i] & 1) != 0 && !own)
                found += find_in_page(page, PAGE_BYTES + more, ret_what);
        }
        from += pages * PAGE_BYTES;
    }
    return found;
}

bool remains_can_find(void)
{
    return true;
}

size_t remains_find(const char **ret_what)
{
    /* Read as a whole first: stdio would allocate while its own memory is searched. */
    static char maps[1 << 18];
    size_t len = 0;
    ssize_t got = 0;
    size_t found = 0;
    const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        abort();
    while ((got = read(fd, maps + len, sizeof maps - 1 - len)) > 0)
        len += (size_t)got;
    (void)close(fd);
    maps[len] = '\0';
    for (char *line = maps; *line != '\0';) {
        char *end = strchr(line, '\n');
        char *at = line;
        const uintptr_t from = (uintptr_t)strtoull(at, &at, 16);
        const uintptr_t to = (uintptr_t)strtoull(at + 1, &at, 16);
        if (strncmp(at, " rw", 3) == 0)
            found += find_in_range((const uint8_t *)from, (const uint8_t *)to, ret_what);
        line = end == NULL ? line + strlen(line) : end + 1;
    }
    return found;
}
