/* SQL that names a table and its columns. Layer: data.
 *
 * Columns go by name if all of them have one, else by place. */
#ifndef DATA_INSERT_TEXT_H
#define DATA_INSERT_TEXT_H

#include "base/buffer.h"
#include "data/shape.h"

/* A name in quotes, with the quotes in it doubled. */
void insert_put_name(buffer *sql, const char *name, size_t len, char quote);
/* A table's name; a point stands between schema and table. */
void insert_put_table(buffer *sql, const char *name, char quote);

/* INSERT INTO "t" ("a", "b") VALUES (?, ?) */
void insert_put_statement(buffer *sql, const char *name, const row_shape *rows, char quote);
/* SELECT "a", "b" FROM "t" */
void insert_put_select(buffer *sql, const char *name, const row_shape *rows, char quote);

#endif
