#include "cli/flags/tables.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/flags/odbc_where.h"
#include "data/csv_first_line.h"
#include "data/field.h"
#include "data/source.h"

const flag flags_table[] = {
    {"query", "SQL", "what to read from the database that --input names", true},
    {"rows", "[PARTY_I::]NAME", "give the number of rows of the table as this constant", true},
    {"pad-to", "N", "fill tables up with empty rows, to N rows", false},
    {"scale", "COLUMN:FACTOR", "multiply a column's numbers, e.g. --scale=price:100 for cents",
     true},
    {"truncate", NULL, "cut text that is too long for its [u8; N]", false},
    {"sort", NULL, "sort the rows of tables by their key, as joins need them", false},
    {"separator", "CHARACTER",
     "what stands between the values of CSV files: one of ; , | : or tab; given again, that of the "
     "next file",
     true},
    {"decimal", "CHARACTER",
     "what stands before decimal places: . or a comma; given again, that of the next table", true},
    {"header", "yes|no",
     "whether the first line of CSV files has the columns' names; given again, that of the next "
     "file",
     true},
    {"no-header", NULL, "the same as --header=no", false},
    {0},
};

static bool is_table(const tables *t, size_t nth)
{
    return t->list[nth].n_columns != 0;
}

static pt_status take_scale(tables *t, const char *text, pt_error *error)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text)
        return error_set(error, PT_ERR_USAGE,
                         "--scale takes COLUMN:FACTOR, e.g. price:100, not '%.60s'", text);
    char *copy = mem_string(text);
    if (copy == NULL)
        return error_memory(error);
    copy[colon - text] = '\0';
    t->scale_texts[t->n_scales] = copy;
    table_scale *scale = &t->scales[t->n_scales++];
    scale->column = copy;
    const pt_status status =
        args_number(&scale->factor, colon + 1, "the factor of --scale", 1, FIELD_SCALE_MAX, error);
    if (status != PT_OK)
        return status;
    for (const table_scale *other = t->scales; other < scale; other++) {
        if (strcmp(other->column, copy) == 0)
            return error_set(error, PT_ERR_USAGE, "--scale gives column '%.60s' twice", copy);
    }
    return PT_OK;
}

static pt_status take_scales(tables *t, pt_error *error)
{
    const size_t n = args_count(t->a, "scale");
    t->scales = mem_new(n, sizeof *t->scales);
    t->scale_texts = mem_new(n, sizeof *t->scale_texts);
    if (t->scales == NULL || t->scale_texts == NULL)
        return error_memory(error);
    for (size_t i = 0; i < n; i++) {
        const pt_status status = take_scale(t, args_nth(t->a, "scale", i), error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* How many inputs that are tables came so far, of files and of databases. */
typedef struct table_counts {
    size_t files;
    size_t databases;
} table_counts;

/* The value of a flag for the nth of what it is given for; one alone is for all. NULL: none. */
static const char *nth_value(const tables *t, const char *name, size_t nth)
{
    return args_nth(t->a, name, args_count(t->a, name) == 1 ? 0 : nth);
}

/* A blank, a tab or a mark; as a word, too, for a tab is hard to type. */
static pt_status parse_separator(char *ret_separator, const char *text, pt_error *error)
{
    const bool is_tab = strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0;
    *ret_separator = is_tab ? '\t' : text[0];
    if (!is_tab && (strlen(text) != 1 || strchr(CSV_SEPARATORS, text[0]) == NULL))
        return error_set(error, PT_ERR_USAGE,
                         "--separator is one of ; , | : or a blank, or tab, not '%.20s'", text);
    return PT_OK;
}

static pt_status file_header(source_options *options, const tables *t, size_t nth, pt_error *error)
{
    const char *header = nth_value(t, "header", nth);
    const bool has_none = args_get(t->a, "no-header") != NULL;
    options->header = has_none ? HEADER_ROW : HEADER_UNSAID;
    if (header == NULL)
        return PT_OK;
    if (has_none)
        return error_set(error, PT_ERR_USAGE,
                         "--no-header says the same as --header=no of all "
                         "files: give one of them");
    options->header = strcmp(header, "no") == 0 ? HEADER_ROW : HEADER_NAMES;
    if (options->header == HEADER_NAMES && strcmp(header, "yes") != 0)
        return error_set(error, PT_ERR_USAGE, "--header is yes or no, not '%.20s'", header);
    return PT_OK;
}

/* What the flags say of the nth file. */
static pt_status file_options(source_options *options, const tables *t, size_t nth, pt_error *error)
{
    const char *separator = nth_value(t, "separator", nth);
    const pt_status status = file_header(options, t, nth, error);
    if (status != PT_OK || separator == NULL)
        return status;
    return parse_separator(&options->separator, separator, error);
}

/* What the flags say of the nth table, of whichever kind. */
static pt_status any_options(source_options *options, const tables *t, size_t nth, pt_error *error)
{
    const char *decimal = nth_value(t, "decimal", nth);
    if (decimal != NULL && !source_read_decimal(&options->has_decimal_comma, decimal))
        return error_set(error, PT_ERR_USAGE, "--decimal is . or a comma, not '%.20s'", decimal);
    return PT_OK;
}

/* A flag that is given several times goes with one file or table after the other. */
static pt_status check_times(const tables *t, const char *name, const char *what, size_t n,
                             pt_error *error)
{
    const size_t n_given = args_count(t->a, name);
    if (n_given <= 1 || n_given == n)
        return PT_OK;
    return error_set(error, PT_ERR_USAGE,
                     "--%s is given %zu times, and there %s %zu %s%s: give it once for all, or "
                     "once for each in the order of their --input",
                     name, n_given, n == 1 ? "is" : "are", n, what, n == 1 ? "" : "s");
}

static pt_status check_files_flags(const tables *t, const table_counts *n, pt_error *error)
{
    static const char *const flags[] = {"separator", "header", "no-header"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (args_get(t->a, flags[i]) != NULL && n->files == 0 && n->databases != 0)
            return error_set(error, PT_ERR_USAGE, "--%s without an --input that is a file",
                             flags[i]);
        const pt_status status = check_times(t, flags[i], "file", n->files, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status check_counts(const tables *t, pt_error *error)
{
    table_counts n = {0};
    for (size_t i = 0; i < t->n; i++) {
        const char *argument = args_nth(t->a, "input", i);
        n.databases += source_needs_query(argument);
        n.files += source_is_table(argument) && !source_needs_query(argument);
    }
    if (n.databases < args_count(t->a, "query"))
        return error_set(error, PT_ERR_USAGE, "--query without an --input that is a database");
    const pt_status status = check_files_flags(t, &n, error);
    if (status != PT_OK)
        return status;
    return check_times(t, "decimal", "table", n.files + n.databases, error);
}

/* The nth input; `counts` are of those before it. */
static pt_status read_table(tables *t, size_t nth, table_counts *counts, pt_error *error)
{
    const char *argument = args_nth(t->a, "input", nth);
    const bool is_database = source_needs_query(argument);
    source_options options = {0};
    char *where = NULL;
    pt_status status = any_options(&options, t, counts->files + counts->databases, error);
    if (is_database)
        options.query = args_nth(t->a, "query", counts->databases++);
    else if (status == PT_OK)
        status = file_options(&options, t, counts->files++, error);
    if (status != PT_OK)
        return status;
    if (is_database && options.query == NULL)
        return error_set(error, PT_ERR_USAGE, "an --input that is a database needs a --query");
    status = odbc_where(&where, argument, error);
    options.odbc = where;
    if (status == PT_OK)
        status = source_read(&t->list[nth], argument, &options, error);
    odbc_where_free(where);
    return status;
}

static pt_status read_tables(tables *t, pt_error *error)
{
    table_counts counts = {0};
    pt_status status = check_counts(t, error);
    for (size_t i = 0; i < t->n && status == PT_OK; i++) {
        if (source_is_table(args_nth(t->a, "input", i)))
            status = read_table(t, i, &counts, error);
    }
    return status;
}

static bool has_column(const tables *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++) {
        if (is_table(t, i) && table_find_column(&t->list[i], name) < t->list[i].n_columns)
            return true;
    }
    return false;
}

static pt_status no_column(const tables *t, const char *name, pt_error *error)
{
    nearest n;
    nearest_init(&n, name, strlen(name));
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->list[i].n_columns; k++)
            nearest_offer(&n, t->list[i].columns[k]);
    }
    if (n.best == NULL)
        return error_set(error, PT_ERR_USAGE, "--scale: there is no column '%.60s'", name);
    return error_set(error, PT_ERR_USAGE, "--scale: there is no column '%.60s'; is it '%.60s'?",
                     name, n.best);
}

/* A table's file whose @ was forgotten, or an example. */
static const char *file_without_at(const tables *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const char *argument = args_nth(t->a, "input", i);
        if (source_is_table_name(argument))
            return argument;
    }
    return "patients.csv";
}

/* A flag that does nothing is a mistake. */
static pt_status check_used(const tables *t, pt_error *error)
{
    size_t n_tables = 0;
    for (size_t i = 0; i < t->n; i++)
        n_tables += is_table(t, i);
    for (const flag *f = flags_table; n_tables == 0 && f->name != NULL; f++) {
        if (args_get(t->a, f->name) != NULL)
            return error_set(
                error, PT_ERR_USAGE,
                "--%s needs a table as --input: @ and a name that ends in .csv or .tsv, "
                "e.g. --input=@%.100s, or a database",
                f->name, file_without_at(t));
    }
    for (size_t i = 0; i < t->n_scales; i++) {
        if (!has_column(t, t->scales[i].column))
            return no_column(t, t->scales[i].column, error);
    }
    return PT_OK;
}

static pt_status check_lengths(const tables *t, pt_error *error)
{
    for (size_t i = 0; i < t->n && t->pad_to != 0; i++) {
        if (is_table(t, i) && table_rows(&t->list[i]) > t->pad_to)
            return error_set(error, PT_ERR_INPUT, "%s has %zu rows, more than --pad-to=%llu",
                             t->list[i].source, table_rows(&t->list[i]),
                             (unsigned long long)t->pad_to);
    }
    return PT_OK;
}

pt_status tables_init(tables *ret_tables, const args *a, pt_error *error)
{
    tables *t = ret_tables;
    *t = (tables){.a = a, .n = args_count(a, "input")};
    t->list = mem_new(t->n, sizeof *t->list);
    pt_status status = t->list == NULL ? error_memory(error) : PT_OK;
    if (status == PT_OK && args_get(a, "pad-to") != NULL)
        status =
            args_number(&t->pad_to, args_get(a, "pad-to"), "--pad-to", 1, TABLE_ROWS_MAX, error);
    if (status == PT_OK)
        status = take_scales(t, error);
    if (status == PT_OK)
        status = read_tables(t, error);
    if (status == PT_OK)
        status = check_used(t, error);
    return status == PT_OK ? check_lengths(t, error) : status;
}

void tables_clear(tables *t)
{
    for (size_t i = 0; t->list != NULL && i < t->n; i++)
        table_clear(&t->list[i]);
    for (size_t i = 0; i < t->n_scales; i++)
        mem_free(t->scale_texts[i]);
    mem_free(t->list);
    mem_free(t->scales);
    mem_free(t->scale_texts);
    *t = (tables){0};
}

/* Which --input the constant `name` counts the rows of: the party's of that number. */
static pt_status find_table(const tables *t, size_t *ret_nth, const char *name,
                            const char *own_party, pt_error *error)
{
    const char *colons = strstr(name, "::");
    const int len = colons == NULL ? 0 : (int)(colons - name);
    char party[32];
    *ret_nth = 0;
    if (own_party != NULL) {
        if (colons == NULL ||
            (strlen(own_party) == (size_t)len && strncmp(name, own_party, (size_t)len) == 0))
            return PT_OK;
        return error_set(error, PT_ERR_USAGE, "--rows=%.60s: this is %s, and the rows are its own",
                         name, own_party);
    }
    for (size_t i = 0; i < t->n; i++) {
        (void)snprintf(party, sizeof party, "PARTY_%zu", i);
        if (strlen(party) != (size_t)len || strncmp(name, party, (size_t)len) != 0)
            continue;
        if (!is_table(t, i))
            return error_set(error, PT_ERR_USAGE,
                             "--rows=%.60s: the --input of party %zu is not a table, for its name "
                             "does not end in .csv or .tsv, nor is it a database",
                             name, i);
        *ret_nth = i;
        return PT_OK;
    }
    return error_set(error, PT_ERR_USAGE,
                     "--rows takes PARTY_I::NAME with the number of a party whose --input is a "
                     "table, e.g. PARTY_0::ROWS, not '%.60s'",
                     name);
}

static pt_status add_constant(const tables *t, const_flags *constants, const char *name,
                              const char *own_party, pt_error *error)
{
    size_t nth = 0;
    pt_status status = find_table(t, &nth, name, own_party, error);
    if (status != PT_OK)
        return status;
    const size_t n_rows = t->pad_to != 0 ? (size_t)t->pad_to : table_rows(&t->list[nth]);
    const size_t size = strlen(name) + 40;
    char *text = mem_new(size, 1);
    if (text == NULL)
        return error_memory(error);
    (void)snprintf(text, size, "%s=%zuusize", name, n_rows);
    status = const_flags_add(constants, text, own_party, error);
    mem_free(text);
    return status;
}

pt_status tables_add_constants(const tables *t, const_flags *constants, const char *own_party,
                               pt_error *error)
{
    for (size_t i = 0; i < args_count(t->a, "rows"); i++) {
        const pt_status status =
            add_constant(t, constants, args_nth(t->a, "rows", i), own_party, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status table_input(uint8_t **ret_bits, const tables *t, const table *from,
                             const computation *c, size_t party, pt_error *error)
{
    const to_bits_options options = {
        .scales = t->scales,
        .n_scales = t->n_scales,
        .truncate = args_get(t->a, "truncate") != NULL,
        .pad = t->pad_to != 0,
        .sort = args_get(t->a, "sort") != NULL,
    };
    if (c->signature == NULL)
        return error_set(error, PT_ERR_USAGE,
                         "'%s' is a Bristol Fashion circuit: it takes 0x.. and 0b.., no tables",
                         c->path);
    uint8_t *packed = NULL;
    const size_t n_bits = computation_input_bits(c, party);
    const pt_status status =
        table_to_bits(&packed, from, pt_signature_input_type(c->signature, party), &options, error);
    if (status != PT_OK)
        return status;
    uint8_t *bits = mem_new(n_bits, 1);
    for (size_t i = 0; bits != NULL && i < n_bits; i++)
        bits[i] = (uint8_t)bits_get(packed, i);
    mem_free_secret(packed, bits_bytes(n_bits));
    if (bits == NULL)
        return error_memory(error);
    *ret_bits = bits;
    return PT_OK;
}

pt_status tables_input(uint8_t **ret_bits, tables *t, size_t nth, const computation *c,
                       size_t party, pt_error *error)
{
    if (!is_table(t, nth))
        return computation_input(ret_bits, c, party, args_nth(t->a, "input", nth), error);
    const pt_status status = table_input(ret_bits, t, &t->list[nth], c, party, error);
    table_clear(&t->list[nth]);
    return status;
}

pt_status tables_check_input(const tables *t, size_t nth, const computation *c, size_t party,
                             const uint8_t *bits, pt_error *error)
{
    pt_error inner;
    if (c->program == NULL)
        return PT_OK;
    const size_t n_bits = computation_input_bits(c, party);
    const pt_status status = pt_program_check_input(c->program, party, bits, n_bits, &inner);
    if (status == PT_OK)
        return PT_OK;
    const char *input = args_nth(t->a, "input", nth);
    const bool is_file = source_is_table(input) && !source_needs_query(input);
    const char *hint = "; --sort sorts a table";
    if (!source_is_table(input))
        hint = "";
    else if (args_get(t->a, "sort") != NULL)
        hint = " (--sort puts empty rows last: the program is to give them keys of their own)";
    return error_set(error, status, "input of party %zu%s%.200s: %s%s", party,
                     is_file ? " in " : "", is_file ? input + 1 : "", inner.message, hint);
}
