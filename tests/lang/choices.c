#include "lang/choices.h"

#include <stdlib.h>
#include <string.h>

void choices_init(choices *c, uint64_t seed)
{
    c->random = seed;
    c->is_given = false;
    c->n = 0;
    c->at = 0;
}

void choices_rewind(choices *c)
{
    c->is_given = true;
    c->at = 0;
}

/* splitmix64 */
static uint64_t next_random(choices *c)
{
    uint64_t z = c->random += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint32_t next(choices *c)
{
    if (c->at >= (c->is_given ? c->n : CHOICES_MAX))
        return 0;
    if (!c->is_given)
        c->made[c->n++] = (uint32_t)(next_random(c) >> 32);
    return c->made[c->at++];
}

uint32_t choose(choices *c, uint32_t n)
{
    return next(c) % n;
}

bool chance(choices *c, uint32_t part, uint32_t whole)
{
    return next(c) % whole >= whole - part;
}

uint64_t choose_bits(choices *c)
{
    const uint64_t high = next(c);
    return high << 32 | next(c);
}

typedef struct shrinking {
    choices *best;
    choices *trial;
    bool (*fails)(choices *c, void *context);
    void *context;
    size_t tries_left;
} shrinking;

/* Keeps the trial if it still fails. */
static bool try_it(shrinking *s)
{
    if (s->tries_left == 0)
        return false;
    s->tries_left--;
    choices_rewind(s->trial);
    const bool fails = s->fails(s->trial, s->context);
    if (fails) {
        s->trial->n = s->trial->at < s->trial->n ? s->trial->at : s->trial->n;
        *s->best = *s->trial;
    }
    return fails;
}

static bool try_without(shrinking *s, size_t first, size_t n)
{
    *s->trial = *s->best;
    memmove(s->trial->made + first, s->trial->made + first + n,
            (s->trial->n - first - n) * sizeof *s->trial->made);
    s->trial->n -= n;
    return try_it(s);
}

static bool try_value(shrinking *s, size_t at, uint32_t choice)
{
    *s->trial = *s->best;
    s->trial->made[at] = choice;
    return try_it(s);
}

static bool shrink_once(shrinking *s)
{
    bool progress = false;
    for (size_t n = 64; n > 0; n /= 2)
        for (size_t first = 0; first + n <= s->best->n;)
            if (try_without(s, first, n))
                progress = true;
            else
                first += n;
    for (size_t i = 0; i < s->best->n; i++) {
        if (s->best->made[i] == 0)
            continue;
        /* Choices count modulo small numbers, so only small ones are worth trying. */
        for (uint32_t v = 0; v < 3 && i < s->best->n && v < s->best->made[i]; v++)
            if (try_value(s, i, v)) {
                progress = true;
                break;
            }
    }
    return progress;
}

void choices_shrink(choices *c, bool (*fails)(choices *c, void *context), void *context,
                    size_t max_tries)
{
    choices *trial = malloc(sizeof *trial);
    if (trial == NULL)
        abort();
    shrinking s = {c, trial, fails, context, max_tries};
    while (s.tries_left > 0 && shrink_once(&s))
        continue;
    free(trial);
    choices_rewind(c);
}
