#include "data/csv_write.h"

#include <csv.h>
#include <string.h>

static bool needs_quotes(const char *text, size_t len, char separator)
{
    if (len == 0 || text[0] == ' ' || text[len - 1] == ' ')
        return true;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == separator || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            return true;
    }
    return false;
}

static void put_value(buffer *out, const char *text, size_t len, char separator)
{
    if (!needs_quotes(text, len, separator)) {
        buffer_put(out, text, len);
        return;
    }
    const size_t most = 2 * len + 2;
    uint8_t *at = buffer_extend(out, most);
    if (at != NULL)
        out->len -= most - csv_write(at, most, text, len);
}

void csv_write_table(buffer *out, const table *t, char separator)
{
    table_cursor cursor;
    table_cell cell;
    for (size_t i = 0; i < t->n_columns; i++) {
        put_value(out, t->columns[i], strlen(t->columns[i]), separator);
        buffer_put_u8(out, (uint8_t)(i + 1 < t->n_columns ? separator : '\n'));
    }
    table_cursor_init(&cursor, t);
    for (size_t i = 1; table_next(&cursor, &cell); i++) {
        if (!cell.is_missing)
            put_value(out, cell.text, cell.len, separator);
        buffer_put_u8(out, (uint8_t)(i % t->n_columns != 0 ? separator : '\n'));
    }
}
