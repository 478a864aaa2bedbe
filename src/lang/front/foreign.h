/* What people write who come from other languages, and what Garble has in its place, for messages.
 * Layer: lang. Each is NULL for a name that it does not know. */
#ifndef LANG_FRONT_FOREIGN_H
#define LANG_FRONT_FOREIGN_H

const char *foreign_type(const char *name);     /* f64, Vec */
const char *foreign_method(const char *name);   /* a.len() */
const char *foreign_macro(const char *name);    /* println!(..) */
const char *foreign_function(const char *name); /* max(a, b) */
const char *foreign_name(const char *name);     /* break, None */
/* At the beginning of a statement, with more behind it: `while x {`. */
const char *foreign_statement(const char *name);
/* Amid an expression (`and`), or in place of an item (`use`). */
const char *foreign_word(const char *name);

#endif
