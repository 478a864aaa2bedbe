/* What people write who come from other languages, and what Garble has in its place, for messages.
 * Layer: lang. */
#ifndef LANG_FRONT_FOREIGN_H
#define LANG_FRONT_FOREIGN_H

/* Where the name stands. */
typedef enum foreign_place {
    FOREIGN_TYPE = 1,       /* f64, Vec */
    FOREIGN_METHOD = 2,     /* a.len() */
    FOREIGN_MACRO = 4,      /* println!(..) */
    FOREIGN_FUNCTION = 8,   /* max(a, b) */
    FOREIGN_NAME = 16,      /* break, None */
    FOREIGN_STATEMENT = 32, /* at its beginning, with more behind it: while x { */
    FOREIGN_WORD = 64       /* amid an expression, as `and`, or in place of an item, as `use` */
} foreign_place;

/* NULL for a name that is not known there. */
const char *foreign_advice(foreign_place place, const char *name);

#endif
