#include "cli/flags/args.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"

/* Bytes of an unknown name shown in a message. */
#define NAME_SHOWN 60

static const flag *find_flag(const flag *const *lists, const char *name, size_t len)
{
    for (; *lists != NULL; lists++) {
        for (const flag *f = *lists; f->name != NULL; f++) {
            if (strlen(f->name) == len && strncmp(f->name, name, len) == 0)
                return f;
        }
    }
    return NULL;
}

static pt_status unknown_flag(const flag *const *lists, const char *given, pt_error *error)
{
    nearest n;
    const size_t dashes = strspn(given, "-");
    const char *name = given + dashes;
    const size_t len = strcspn(name, "=");
    const int shown = len < NAME_SHOWN ? (int)len : NAME_SHOWN;
    nearest_init(&n, name, len);
    for (size_t i = 0; lists[i] != NULL; i++) {
        for (const flag *f = lists[i]; f->name != NULL; f++)
            nearest_offer(&n, f->name);
    }
    const flag *best = n.best == NULL ? NULL : find_flag(lists, n.best, strlen(n.best));
    if (best != NULL && strlen(best->name) == 1) /* -o=FILE, --o=FILE */
        return error_set(error, PT_ERR_USAGE, "unknown flag '%.*s%.*s'; did you mean '-%s%s%s'?",
                         dashes < 2 ? (int)dashes : 2, given, shown, name, best->name,
                         best->placeholder == NULL ? "" : " ",
                         best->placeholder == NULL ? "" : best->placeholder);
    if (n.best != NULL)
        return error_set(error, PT_ERR_USAGE, "unknown flag '%.*s%.*s'; did you mean '--%s'?",
                         dashes < 2 ? (int)dashes : 2, given, shown, name, n.best);
    return error_set(error, PT_ERR_USAGE, "unknown flag '%.*s%.*s'; --help lists the flags",
                     dashes < 2 ? (int)dashes : 2, given, shown, name);
}

/* Takes the flag at argv[*at], and its value from the same or the next argument. */
static pt_status take_flag(args *a, int argc, const char *const *argv, int *at, pt_error *error)
{
    const char *given = argv[*at];
    const bool is_short = given[1] != '-';
    const char *name = given + (is_short ? 1 : 2);
    const size_t len = is_short ? strlen(name) : strcspn(name, "=");
    const flag *f = find_flag(a->lists, name, len);
    if (f == NULL || (is_short && len != 1) || (!is_short && len == 1))
        return unknown_flag(a->lists, given, error);
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    if (f->placeholder == NULL && value != NULL)
        return error_set(error, PT_ERR_USAGE, "flag '--%s' takes no value", f->name);
    if (f->placeholder != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return error_set(error, PT_ERR_USAGE, "flag '%.*s' needs a value: %s",
                             (int)(len + (is_short ? 1 : 2)), given, f->placeholder);
        value = argv[++*at];
        if (strncmp(value, "--", 2) == 0)
            return error_set(error, PT_ERR_USAGE,
                             "flag '%.*s' needs a value: %s; '%.60s' is a flag itself",
                             (int)(len + (is_short ? 1 : 2)), given, f->placeholder, value);
    }
    if (!f->repeat && args_get(a, f->name) != NULL)
        return error_set(error, PT_ERR_USAGE, "flag '%s%s' is given twice", is_short ? "-" : "--",
                         f->name);
    a->given_names[a->n_given] = f->name;
    a->given_values[a->n_given] = value == NULL ? "" : value;
    a->n_given++;
    return PT_OK;
}

pt_status args_parse(args *ret_args, const flag *const *lists, int argc, const char *const *argv,
                     pt_error *error)
{
    const size_t most = argc > 0 ? (size_t)argc : 1;
    args *a = ret_args;
    *a = (args){.lists = lists};
    a->positional = mem_new(most, sizeof *a->positional);
    a->given_names = mem_new(most, sizeof *a->given_names);
    a->given_values = mem_new(most, sizeof *a->given_values);
    if (a->positional == NULL || a->given_names == NULL || a->given_values == NULL)
        return error_memory(error);
    bool only_positional = false;
    for (int i = 0; i < argc; i++) {
        if (only_positional || argv[i][0] != '-' || argv[i][1] == '\0') {
            a->positional[a->n_positional++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_positional = true;
        } else {
            const pt_status status = take_flag(a, argc, argv, &i, error);
            if (status != PT_OK)
                return status;
        }
    }
    return PT_OK;
}

void args_clear(args *a)
{
    mem_free(a->positional);
    mem_free(a->given_names);
    mem_free(a->given_values);
    *a = (args){0};
}

const char *args_get(const args *a, const char *name)
{
    for (size_t i = a->n_given; i > 0; i--) {
        if (strcmp(a->given_names[i - 1], name) == 0)
            return a->given_values[i - 1];
    }
    return NULL;
}

size_t args_count(const args *a, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < a->n_given; i++)
        count += strcmp(a->given_names[i], name) == 0;
    return count;
}

const char *args_nth(const args *a, const char *name, size_t n)
{
    for (size_t i = 0; i < a->n_given; i++) {
        if (strcmp(a->given_names[i], name) == 0 && n-- == 0)
            return a->given_values[i];
    }
    return NULL;
}

static bool is_file(const struct stat *file, const char *path)
{
    struct stat info;
    return path != NULL && stat(path, &info) == 0 && info.st_dev == file->st_dev &&
           info.st_ino == file->st_ino;
}

/* The file that a value names with what may be before its name. */
static const char *file_of(const char *value)
{
    static const char *const prefixes[] = {"odbc:@", "sqlite:", "@"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        const size_t len = strlen(prefixes[i]);
        if (strncmp(value, prefixes[i], len) == 0)
            return value + len;
    }
    return value;
}

/* Whether `path` is a file that is read: an argument, or what any other flag names. */
static bool is_read_from(const args *a, const char *path)
{
    struct stat file;
    if (stat(path, &file) != 0 || !S_ISREG(file.st_mode))
        return false;
    for (size_t i = 0; i < a->n_positional; i++)
        if (is_file(&file, a->positional[i]))
            return true;
    for (size_t i = 0; i < a->n_given; i++) {
        const char *name = a->given_names[i];
        const char *value = a->given_values[i];
        const bool is_output = strcmp(name, "o") == 0 || strcmp(name, "output") == 0;
        const bool is_literal = strcmp(name, "input") == 0 && file_of(value) == value;
        if (!is_output && !is_literal && is_file(&file, file_of(value)))
            return true;
    }
    return false;
}

pt_status args_output(const char **ret_path, const args *a, pt_error *error)
{
    const char *brief = args_get(a, "o");
    const char *full = args_get(a, "output");
    if (brief != NULL && full != NULL)
        return error_set(error, PT_ERR_USAGE, "-o and --output are the same: give one of them");
    const char *path = brief != NULL ? brief : full;
    if (path != NULL && is_read_from(a, path))
        return error_set(error, PT_ERR_USAGE,
                         "--output=%s would overwrite what is read: give another name", path);
    *ret_path = path;
    return PT_OK;
}

/* The number at the start of `text`; NULL if there is none that fits, else what follows. */
static const char *read_digits(uint64_t *ret_number, const char *text)
{
    uint64_t value = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        const uint64_t digit = (uint64_t)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return NULL;
        value = value * 10 + digit;
    }
    *ret_number = value;
    return c == text ? NULL : c;
}

pt_status args_number(uint64_t *ret_number, const char *text, const char *what, uint64_t min,
                      uint64_t max, pt_error *error)
{
    uint64_t value = 0;
    const char *rest = read_digits(&value, text);
    if (rest == NULL || *rest != '\0' || value < min || value > max)
        return error_set(error, PT_ERR_USAGE, "%s must be a number from %llu to %llu, not '%.60s'",
                         what, (unsigned long long)min, (unsigned long long)max, text);
    *ret_number = value;
    return PT_OK;
}

pt_status args_size(uint64_t *ret_bytes, const char *text, const char *what, uint64_t max,
                    pt_error *error)
{
    static const char units[] = "KMG";
    uint64_t value = 0;
    const char *rest = read_digits(&value, text);
    const char *unit = rest == NULL || *rest == '\0' ? NULL : strchr(units, *rest);
    const unsigned shift = unit == NULL ? 0 : 10 * (unsigned)(unit - units + 1);
    if (rest == NULL || rest[unit != NULL] != '\0' || value == 0 || value > max >> shift)
        return error_set(error, PT_ERR_USAGE,
                         "%s takes a number of bytes such as 67108864, 64M or 2G, at most %llu, "
                         "not '%.60s'",
                         what, (unsigned long long)max, text);
    *ret_bytes = value << shift;
    return PT_OK;
}
