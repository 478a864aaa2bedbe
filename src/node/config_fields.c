#include "node/config_fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/nearest.h"
#include "channel/http/url.h"

#define NAME_CHARS_MAX 64
#define SHA256_CHARS   64
#define TIME_MAX_S     ((uint64_t)30 * 24 * 3600)
#define LIST_MAX       ((size_t)10000)

_Static_assert(TIME_MAX_S * 1000 <= UINT32_MAX, "times fit");

pt_status field_fail(const field_reader *r, size_t line, const char *format, ...)
{
    char text[PT_ERROR_MESSAGE_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return error_set(r->error, PT_ERR_INPUT, "%s:%zu: %s", r->name, line, text);
}

/* ---- single values ---- */

/* YAML has seven ways to say nothing. */
static bool says_nothing(const yaml_item *item)
{
    static const char *const nothing[] = {"", "~", "null", "Null", "NULL", NULL};
    for (const char *const *n = nothing; !item->is_quoted && *n != NULL; n++) {
        if (strcmp(item->text, *n) == 0)
            return true;
    }
    return item->text[0] == '\0';
}

static pt_status want_text(const field_reader *r, const yaml_item *item, const char *key)
{
    if (item->kind != YAML_TEXT)
        return field_fail(r, item->line, "'%s' takes one value, not a %s", key,
                          item->kind == YAML_LIST ? "list" : "mapping");
    if (says_nothing(item))
        return field_fail(r, item->line, "'%s' has no value", key);
    return PT_OK;
}

static pt_status want_plain(const field_reader *r, const yaml_item *item, const char *key)
{
    const pt_status status = want_text(r, item, key);
    if (status == PT_OK && item->is_quoted)
        return field_fail(r, item->line, "'%s' takes no text: leave the quotes out", key);
    return status;
}

/* Decimal digits only: 010 and 0x10 mean other numbers to some. */
static bool read_digits(uint64_t *ret_number, const char *text, size_t len)
{
    uint64_t number = 0;
    if (len == 0 || len > 19 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_number = number;
    return true;
}

static pt_status read_number(const field_reader *r, void *into, const yaml_item *item,
                             const field *f)
{
    uint64_t number = 0;
    const pt_status status = want_plain(r, item, f->key);
    if (status != PT_OK)
        return status;
    if (!read_digits(&number, item->text, strlen(item->text)) || number < f->min || number > f->max)
        return field_fail(r, item->line, "'%s' is a decimal number from %llu to %llu, not '%.40s'",
                          f->key, (unsigned long long)f->min, (unsigned long long)f->max,
                          item->text);
    *(uint64_t *)into = number;
    return PT_OK;
}

static pt_status read_time(const field_reader *r, void *into, const yaml_item *item, const field *f)
{
    static const struct {
        char letter;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}};
    uint64_t number = 0;
    uint64_t unit = 1;
    pt_status status = want_plain(r, item, f->key);
    if (status != PT_OK)
        return status;
    size_t len = strlen(item->text);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (item->text[len - 1] != units[i].letter)
            continue;
        unit = units[i].seconds;
        len--;
        break;
    }
    if (!read_digits(&number, item->text, len) || number == 0 || number > TIME_MAX_S / unit)
        return field_fail(r, item->line,
                          "'%s' is a time of at most 30 days such as 90s, 10m or 2h, not '%.40s'",
                          f->key, item->text);
    *(uint32_t *)into = (uint32_t)(number * unit * 1000);
    return PT_OK;
}

/* "true, false" */
static void list_words(char *ret_text, size_t size, const field_word *words)
{
    ret_text[0] = '\0';
    for (const field_word *w = words; w->word != NULL; w++) {
        const size_t len = strlen(ret_text);
        (void)snprintf(ret_text + len, size - len, "%s%s", w == words ? "" : ", ", w->word);
    }
}

static pt_status read_word(const field_reader *r, unsigned *ret_value, const yaml_item *item,
                           const char *key, const field_word *words)
{
    char allowed[160];
    const pt_status status = want_plain(r, item, key);
    if (status != PT_OK)
        return status;
    for (const field_word *w = words; w->word != NULL; w++) {
        if (strcmp(w->word, item->text) == 0) {
            *ret_value = w->value;
            return PT_OK;
        }
    }
    list_words(allowed, sizeof allowed, words);
    return field_fail(r, item->line, "'%s' is one of %s, not '%.40s'", key, allowed, item->text);
}

static pt_status read_bool(const field_reader *r, void *into, const yaml_item *item, const field *f)
{
    static const field_word words[] = {{"true", 1}, {"false", 0}, {0}};
    unsigned value = 0;
    const pt_status status = read_word(r, &value, item, f->key, words);
    if (status == PT_OK)
        *(bool *)into = value == 1;
    return status;
}

static bool is_name(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t len = strlen(text);
    return len <= NAME_CHARS_MAX && strspn(text, letters) == len;
}

static pt_status keep(const field_reader *r, const char **ret_copy, const char *prefix,
                      const char *text)
{
    const size_t n = strlen(prefix);
    const size_t m = strlen(text);
    char *copy = arena_new(r->arena, n + m + 1, 1);
    if (copy == NULL)
        return error_memory(r->error);
    memcpy(copy, prefix, n);
    memcpy(copy + n, text, m);
    *ret_copy = copy;
    return PT_OK;
}

static pt_status keep_path(const field_reader *r, const char **ret_path, const char *kind,
                           const char *file)
{
    const char *folder = file[0] == '/' ? "" : r->folder;
    const char *whole = NULL;
    const pt_status status = keep(r, &whole, folder, file);
    return status == PT_OK ? keep(r, ret_path, kind, whole) : status;
}

static pt_status keep_place(const field_reader *r, const char **ret_place, const char *text)
{
    static const char *const kinds[] = {"@", "sqlite:", "odbc:@", NULL};
    for (const char *const *kind = kinds; *kind != NULL; kind++) {
        const size_t n = strlen(*kind);
        if (strncmp(text, *kind, n) == 0)
            return keep_path(r, ret_place, *kind, text + n);
    }
    return keep(r, ret_place, "", text);
}

static pt_status keep_url(const field_reader *r, const char **ret_url, const yaml_item *item,
                          const char *key)
{
    char *copy = arena_string(r->arena, item->text, strlen(item->text));
    if (copy == NULL)
        return error_memory(r->error);
    if (!url_is_good(copy) || strchr(copy, '@') != NULL)
        return field_fail(r, item->line,
                          "'%s' is a URL http(s)://HOST[:PORT][/PATH] without user, not '%.100s'",
                          key, copy);
    url_strip_slashes(copy);
    *ret_url = copy;
    return PT_OK;
}

static pt_status keep_sha256(const field_reader *r, const char **ret_text, const yaml_item *item,
                             const char *key)
{
    uint8_t bytes[SHA256_CHARS / 2];
    char text[SHA256_CHARS + 1];
    if (!hex_read(bytes, sizeof bytes, item->text))
        return field_fail(r, item->line,
                          "'%s' takes a SHA-256 of 64 hexadecimal digits, not '%.70s'", key,
                          item->text);
    hex_write(text, bytes, sizeof bytes);
    return keep(r, ret_text, "", text);
}

static pt_status read_text(const field_reader *r, void *into, const yaml_item *item, const field *f)
{
    const char **text = into;
    const pt_status status = want_text(r, item, f->key);
    if (status != PT_OK)
        return status;
    if (f->kind == FIELD_NAME && !is_name(item->text))
        return field_fail(r, item->line,
                          "'%s' is at most %d letters, digits and . _ -, not '%.70s'", f->key,
                          NAME_CHARS_MAX, item->text);
    if (f->kind == FIELD_URL)
        return keep_url(r, text, item, f->key);
    if (f->kind == FIELD_PATH)
        return keep_path(r, text, "", item->text);
    if (f->kind == FIELD_PLACE)
        return keep_place(r, text, item->text);
    if (f->kind == FIELD_SHA256)
        return keep_sha256(r, text, item, f->key);
    *text = item->text;
    return PT_OK;
}

/* ---- lists and mappings ---- */

static pt_status want_list(const field_reader *r, const yaml_item *item, const char *key)
{
    if (item->kind != YAML_LIST)
        return field_fail(r, item->line, "'%s' takes a list: [.., ..], or a line '- ..' for each",
                          key);
    if (item->n_items == 0)
        return field_fail(r, item->line, "'%s' is an empty list: leave it out", key);
    if (item->n_items > LIST_MAX)
        return field_fail(r, item->line, "'%s' has more than %zu entries", key, LIST_MAX);
    return PT_OK;
}

static pt_status read_set(const field_reader *r, void *into, const yaml_item *item, const field *f)
{
    unsigned set = 0;
    pt_status status = want_list(r, item, f->key);
    const yaml_item *entry = status == PT_OK ? item->first : NULL;
    for (; status == PT_OK && entry != NULL; entry = entry->next) {
        unsigned value = 0;
        status = read_word(r, &value, entry, f->key, f->words);
        set |= value;
    }
    if (status == PT_OK)
        *(unsigned *)into = set;
    return status;
}

static pt_status read_refs(const field_reader *r, void *into, const yaml_item *item, const field *f)
{
    node_refs refs = {0};
    pt_status status = want_list(r, item, f->key);
    if (status != PT_OK)
        return status;
    refs.list = arena_new(r->arena, item->n_items, sizeof *refs.list);
    if (refs.list == NULL)
        return error_memory(r->error);
    for (const yaml_item *entry = item->first; entry != NULL; entry = entry->next) {
        node_ref *ref = &refs.list[refs.n++];
        *ref = (node_ref){entry->text, entry->line};
        status = want_text(r, entry, f->key);
        if (status == PT_OK && f->kind == FIELD_SHAS)
            status = keep_sha256(r, &ref->text, entry, f->key);
        if (status != PT_OK)
            return status;
    }
    *(node_refs *)into = refs;
    return PT_OK;
}

static pt_status read_list(field_reader *r, void *into, const yaml_item *item, const field *f)
{
    pt_status status = want_list(r, item, f->key);
    if (status != PT_OK)
        return status;
    uint8_t *list = arena_new(r->arena, item->n_items, f->table->size);
    if (list == NULL)
        return error_memory(r->error);
    size_t n = 0;
    for (const yaml_item *entry = item->first; entry != NULL; entry = entry->next) {
        status = fields_read(r, list + n++ * f->table->size, entry, f->table);
        if (status != PT_OK)
            return status;
    }
    memcpy((uint8_t *)into + f->at, &list, sizeof list);
    memcpy((uint8_t *)into + f->n_at, &n, sizeof n);
    return PT_OK;
}

static pt_status read_field(field_reader *r, void *into, const yaml_item *item, const field *f)
{
    void *member = (uint8_t *)into + f->at;
    switch (f->kind) {
    case FIELD_NUMBER:
        return read_number(r, member, item, f);
    case FIELD_TIME:
        return read_time(r, member, item, f);
    case FIELD_YES:
        return read_bool(r, member, item, f);
    case FIELD_WORD:
        return read_word(r, member, item, f->key, f->words);
    case FIELD_SET:
        return read_set(r, member, item, f);
    case FIELD_REFS:
    case FIELD_SHAS:
        return read_refs(r, member, item, f);
    case FIELD_MAP:
        return fields_read(r, into, item, f->table);
    case FIELD_LIST:
        return read_list(r, into, item, f);
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_URL:
    case FIELD_PATH:
    case FIELD_PLACE:
    case FIELD_SHA256:
        break;
    }
    return read_text(r, member, item, f);
}

static const field *find_field(const field_table *table, const char *key)
{
    for (const field *f = table->fields; f->key != NULL; f++) {
        if (strcmp(f->key, key) == 0)
            return f;
    }
    return NULL;
}

static pt_status unknown_key(const field_reader *r, const yaml_item *item, const field_table *table)
{
    char known[PT_ERROR_MESSAGE_MAX / 2] = "";
    nearest n;
    nearest_init(&n, item->key, strlen(item->key));
    for (const field *f = table->fields; f->key != NULL; f++)
        nearest_offer(&n, f->key);
    if (n.best != NULL)
        return field_fail(r, item->line, "%s has no key '%.60s'; did you mean '%s'?", table->what,
                          item->key, n.best);
    for (const field *f = table->fields; f->key != NULL; f++) {
        const size_t len = strlen(known);
        (void)snprintf(known + len, sizeof known - len, "%s%s", f == table->fields ? "" : ", ",
                       f->key);
    }
    return field_fail(r, item->line, "%s has no key '%.60s'; it has %s", table->what, item->key,
                      known);
}

pt_status fields_read(field_reader *r, void *into, const yaml_item *map, const field_table *table)
{
    if (map->kind != YAML_MAP)
        return field_fail(r, map->line, "%s is a mapping, with lines KEY: VALUE", table->what);
    if (table->line_at != SIZE_MAX)
        memcpy((uint8_t *)into + table->line_at, &map->line, sizeof map->line);
    for (const yaml_item *item = map->first; item != NULL; item = item->next) {
        const field *f = find_field(table, item->key);
        if (f == NULL)
            return unknown_key(r, item, table);
        const pt_status status = read_field(r, into, item, f);
        if (status != PT_OK)
            return status;
    }
    for (const field *f = table->fields; f->key != NULL; f++) {
        if (f->is_required && yaml_get(map, f->key) == NULL)
            return field_fail(r, map->line, "%s needs a key '%s'", table->what, f->key);
    }
    return PT_OK;
}
