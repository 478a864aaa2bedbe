/* What a party runs, told before anything else so that parties who run different things need not
 * wait for each other in vain: fields NAME=VALUE with semicolons between them. Layer: wire.
 *
 * A relay sees them and compares, and nobody vouches for them: what counts is compared again by the
 * protocol itself. */
#ifndef WIRE_TERMS_H
#define WIRE_TERMS_H

#include <stdbool.h>
#include <stddef.h>

#define TERMS_MAX       96 /* characters */
#define TERMS_FIELD_MAX 32 /* of one field; what is longer is cut */
#define TERMS_RULE      "terms are up to 96 characters: NAME=VALUE, separated by ;"

bool terms_are_good(const char *text, size_t len);

/* Whether two terms have a field in common with different values: the first such field of each. */
bool terms_differ(char ret_a[TERMS_FIELD_MAX + 1], char ret_b[TERMS_FIELD_MAX + 1], const char *a,
                  const char *b);

#endif
