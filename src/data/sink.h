/* Databases that a result goes to, as the command's --output names them. Layer: data.
 *
 *      sqlite:FILE     made if it is not there, and the table in it too
 *      odbc:..         the table must be there */
#ifndef DATA_SINK_H
#define DATA_SINK_H

#include "data/shape.h"
#include "data/table.h"

typedef struct sink {
    const char *argument;
    const char *odbc; /* the connection, if it is odbc:.. (odbc_link.h) */
    const char *table;
} sink;

bool sink_is_database(const char *argument);

/* Tries everything but the rows, before a long run. PT_ERR_FILE. */
MUST_CHECK pt_status sink_check(const sink *s, const row_shape *rows, pt_error *error);
/* Writes the rows of `t`, which came from `rows`: all, or none. PT_ERR_FILE. */
MUST_CHECK pt_status sink_write(const sink *s, const row_shape *rows, const table *t,
                                pt_error *error);

#endif
