/* "Did you mean": the known name closest to one that is unknown. Layer: base.
 *
 *      nearest n;
 *      nearest_init(&n, given, strlen(given));
 *      for every known name: nearest_offer(&n, name);
 *      if (n.best != NULL) ..
 *
 * Close is an edit distance (insertions, deletions, replacements, swaps of neighbours) of one, or
 * at most a third of the name's length, but less than either name's length; names that differ in
 * case only are one apart. Of equally close names the first wins. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* Longer names are not compared. */
#define NEAREST_MAX_LEN 64

typedef struct nearest {
    const char *name; /* not terminated */
    size_t len;
    const char *best; /* NULL: none is close */
    size_t limit;     /* what is closer than this is better */
} nearest;

/* Borrows `name`. */
void nearest_init(nearest *n, const char *name, size_t len);
/* Keeps `known`, terminated, if it is better than the ones before. */
void nearest_offer(nearest *n, const char *known);

#endif
