/* A sequence of choices that a generator makes: random ones, which are kept, or given ones. Layer:
 * tests of lang.
 *
 * A failing program is made smaller by making the sequence smaller: choice 0 is always the simplest
 * thing, and past the end of given choices all are 0. */
#ifndef TESTS_LANG_CHOICES_H
#define TESTS_LANG_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHOICES_MAX 20000

typedef struct choices {
    uint64_t random; /* state of the generator */
    bool is_given;
    size_t n;  /* choices made so far, or given */
    size_t at; /* the next one */
    uint32_t made[CHOICES_MAX];
} choices;

/* Random choices from a seed. Past CHOICES_MAX all are 0. */
void choices_init(choices *c, uint64_t seed);
/* The same choices once more. */
void choices_rewind(choices *c);

/* 0 .. n-1; n > 0. */
uint32_t choose(choices *c, uint32_t n);
/* True `part` out of `whole` times; false is the simple choice. */
bool chance(choices *c, uint32_t part, uint32_t whole);
/* 64 bits. */
uint64_t choose_bits(choices *c);

/* Makes `c` (rewound after use) smaller as long as `fails` says that what is generated from it
 * still fails; `fails` is called with the choices rewound. At most `max_tries` calls. */
void choices_shrink(choices *c, bool (*fails)(choices *c, void *context), void *context,
                    size_t max_tries);

#endif
