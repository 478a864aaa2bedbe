/* A configuration file's text as a tree. Layer: node.
 *
 * The part of YAML that has one meaning: mappings, lists and plain or quoted text, in one document.
 * Aliases, anchors, tags and repeated keys are refused, and an empty file is an error. Nothing is
 * converted: `no`, `010` and `0x10` stay text until somebody knows what they are to be. Every node
 * knows its line. */
#ifndef NODE_YAML_H
#define NODE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "polytune/status.h"

#define YAML_DEPTH_MAX 8
#define YAML_KEYS_MAX  ((size_t)100) /* of one mapping */
#define YAML_NODES_MAX ((size_t)100000)

typedef enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP } yaml_kind;

typedef struct yaml_item yaml_item;

/* A node, and where it is one of a list's or map's items, what stands before and after it. */
struct yaml_item {
    yaml_kind kind;
    size_t line;      /* from 1; of the key, if it has one */
    const char *key;  /* of a map's item; else NULL */
    const char *text; /* YAML_TEXT: terminated, without NUL inside */
    bool is_quoted;
    size_t n_items; /* YAML_LIST, YAML_MAP */
    yaml_item *first;
    yaml_item *last;
    yaml_item *next; /* within the list or map around it */
};

/* The tree of `len` bytes, in `arena`. PT_ERR_INPUT: "NAME:LINE: ..". */
MUST_CHECK pt_status yaml_parse(yaml_item **ret_root, arena *a, const char *name, const char *text,
                                size_t len, pt_error *error);

/* The map's item of that key; NULL: it has none. */
yaml_item *yaml_get(const yaml_item *map, const char *key);

#endif
