#include "data/insert_text.h"

#include <string.h>

/* Whether columns go by their names: all of them have one. */
static bool by_name(const row_shape *rows)
{
    for (size_t i = 0; i < rows->row.n_cells; i++) {
        if (rows->cells[i]->name == NULL)
            return false;
    }
    return true;
}

void insert_put_name(buffer *sql, const char *name, size_t len, char quote)
{
    buffer_put_u8(sql, (uint8_t)quote);
    for (size_t i = 0; i < len; i++) {
        if (name[i] == quote)
            buffer_put_u8(sql, (uint8_t)quote);
        buffer_put_u8(sql, (uint8_t)name[i]);
    }
    buffer_put_u8(sql, (uint8_t)quote);
}

void insert_put_table(buffer *sql, const char *name, char quote)
{
    const char *point = strchr(name, '.');
    for (; point != NULL; point = strchr(name, '.')) {
        insert_put_name(sql, name, (size_t)(point - name), quote);
        buffer_put_u8(sql, '.');
        name = point + 1;
    }
    insert_put_name(sql, name, strlen(name), quote);
}

static void put_names(buffer *sql, const row_shape *rows, char quote)
{
    for (size_t i = 0; i < rows->row.n_cells; i++) {
        const char *name = rows->cells[i]->name;
        buffer_printf(sql, "%s", i == 0 ? "" : ", ");
        insert_put_name(sql, name, strlen(name), quote);
    }
}

void insert_put_select(buffer *sql, const char *name, const row_shape *rows, char quote)
{
    buffer_printf(sql, "SELECT ");
    if (by_name(rows))
        put_names(sql, rows, quote);
    else
        buffer_printf(sql, "*");
    buffer_printf(sql, " FROM ");
    insert_put_table(sql, name, quote);
}

void insert_put_statement(buffer *sql, const char *name, const row_shape *rows, char quote)
{
    buffer_printf(sql, "INSERT INTO ");
    insert_put_table(sql, name, quote);
    if (by_name(rows)) {
        buffer_printf(sql, " (");
        put_names(sql, rows, quote);
        buffer_printf(sql, ")");
    }
    for (size_t i = 0; i < rows->row.n_cells; i++)
        buffer_printf(sql, "%s", i == 0 ? " VALUES (?" : ", ?");
    buffer_printf(sql, ")");
}
