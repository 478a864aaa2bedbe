/* Keys of the configuration as tables: from the tree of its text to structs. Layer: node. */
#ifndef NODE_CONFIG_FIELDS_H
#define NODE_CONFIG_FIELDS_H

#include "node/config.h"
#include "node/yaml.h"

typedef enum field_kind {
    FIELD_TEXT,   /* const char * */
    FIELD_NAME,   /* const char *: letters, digits, . _ - */
    FIELD_URL,    /* const char *: http or https, without slashes at the end */
    FIELD_PATH,   /* const char *: a file's name, made relative to the configuration's folder */
    FIELD_PLACE,  /* the same within @FILE, sqlite:FILE, odbc:@FILE; others as they are */
    FIELD_SHA256, /* const char *: 64 digits, made small */
    FIELD_NUMBER, /* uint64_t in [min, max] */
    FIELD_TIME,   /* uint32_t, milliseconds, of 90s, 10m, 2h or seconds */
    FIELD_YES,    /* bool: true or false */
    FIELD_WORD,   /* unsigned: a value of `words` */
    FIELD_SET,    /* unsigned: a list of `words`, a bit each */
    FIELD_REFS,   /* node_refs: a list of texts */
    FIELD_SHAS,   /* node_refs: a list of SHA-256 */
    FIELD_MAP,    /* keys of `table`, into the same struct */
    FIELD_LIST    /* `table`'s struct *, and a size_t with their number */
} field_kind;

typedef struct field_word {
    const char *word; /* NULL ends the list */
    unsigned value;
} field_word;

typedef struct field field;

/* The keys of a mapping; a struct's `line` is set if it has one. */
typedef struct field_table {
    const char *what;    /* "a rule" */
    const field *fields; /* ended by a NULL key */
    size_t size;
    size_t line_at; /* SIZE_MAX: none */
} field_table;

struct field {
    const char *key;
    field_kind kind;
    bool is_required;
    size_t at;   /* in the struct */
    size_t n_at; /* FIELD_LIST */
    uint64_t min, max;
    const field_word *words;
    const field_table *table;
};

typedef struct field_reader {
    arena *arena;
    const char *name;   /* of the file */
    const char *folder; /* "" or with a slash at its end */
    pt_error *error;
} field_reader;

/* Fills the struct of `table`, whose other members keep what they hold. */
MUST_CHECK pt_status fields_read(field_reader *r, void *into, const yaml_item *map,
                                 const field_table *table);

/* PT_ERR_INPUT: "FILE:LINE: .." */
pt_status field_fail(const field_reader *r, size_t line, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
