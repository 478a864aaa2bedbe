#include "node/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/bom.h"
#include "base/error.h"

typedef struct yaml_reader {
    yaml_parser_t parser;
    arena *arena;
    const char *name;
    size_t n_nodes;
    pt_error *error;
} yaml_reader;

#define LINE_OF(mark) ((mark).line + 1)

static pt_status yaml_fail(const yaml_reader *r, size_t line, const char *what)
{
    return error_set(r->error, PT_ERR_INPUT, "%s:%zu: %s", r->name, line, what);
}

static pt_status next_event(yaml_reader *r, yaml_event_t *ret_event)
{
    if (yaml_parser_parse(&r->parser, ret_event) != 0)
        return PT_OK;
    if (r->parser.error == YAML_MEMORY_ERROR)
        return error_memory(r->error);
    /* What is wrong with the bytes themselves has an offset in place of a line. */
    const char *problem = r->parser.problem != NULL ? r->parser.problem : "it cannot be read";
    if (r->parser.error == YAML_READER_ERROR)
        return error_set(r->error, PT_ERR_INPUT, "%s: byte %zu: %s", r->name,
                         r->parser.problem_offset, problem);
    return error_set(r->error, PT_ERR_INPUT, "%s:%zu: %s%s%s", r->name,
                     LINE_OF(r->parser.problem_mark), problem, r->parser.context != NULL ? " " : "",
                     r->parser.context != NULL ? r->parser.context : "");
}

static bool has_anchor_or_tag(const yaml_event_t *e)
{
    switch ((int)e->type) {
    case YAML_SCALAR_EVENT:
        return e->data.scalar.anchor != NULL || e->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return e->data.sequence_start.anchor != NULL || e->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return e->data.mapping_start.anchor != NULL || e->data.mapping_start.tag != NULL;
    default:
        return false;
    }
}

static pt_status check_event(yaml_reader *r, const yaml_event_t *e)
{
    const size_t line = LINE_OF(e->start_mark);
    if (e->type == YAML_ALIAS_EVENT)
        return yaml_fail(r, line,
                         "an alias (*name): write out what it stands for; text that "
                         "begins with * goes in quotes");
    if (has_anchor_or_tag(e))
        return yaml_fail(r, line,
                         "anchors (&name) and tags (!name) are not used here; text that "
                         "begins with & or ! goes in quotes");
    if (++r->n_nodes > YAML_NODES_MAX)
        return yaml_fail(r, line, "it is too large");
    return PT_OK;
}

static pt_status take_text(yaml_reader *r, yaml_item *item, const yaml_event_t *e)
{
    const char *text = (const char *)e->data.scalar.value;
    const size_t len = e->data.scalar.length;
    if (memchr(text, '\0', len) != NULL)
        return yaml_fail(r, LINE_OF(e->start_mark), "text with a NUL character");
    item->kind = YAML_TEXT;
    item->is_quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    item->text = arena_string(r->arena, text, len);
    return item->text == NULL ? error_memory(r->error) : PT_OK;
}

static pt_status read_items(yaml_reader *r, yaml_item *into, unsigned depth);

/* The node that begins with the event, which stays the caller's. */
static pt_status read_node(yaml_reader *r, yaml_item *item, const yaml_event_t *e, unsigned depth)
{
    pt_status status = check_event(r, e);
    if (status != PT_OK)
        return status;
    item->line = LINE_OF(e->start_mark);
    if (e->type == YAML_SCALAR_EVENT)
        return take_text(r, item, e);
    if (depth == YAML_DEPTH_MAX)
        return yaml_fail(r, item->line, "it is nested too deeply");
    item->kind = e->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
    return read_items(r, item, depth + 1);
}

/* A map's key: the item gets its name and its line. */
static pt_status take_key(yaml_reader *r, const yaml_item *map, yaml_item *item,
                          const yaml_event_t *e)
{
    yaml_item key = {0};
    if (e->type != YAML_SCALAR_EVENT && e->type != YAML_ALIAS_EVENT)
        return yaml_fail(r, LINE_OF(e->start_mark), "a key is a word, not a list or a mapping");
    const pt_status status = read_node(r, &key, e, YAML_DEPTH_MAX);
    if (status != PT_OK)
        return status;
    if (map->n_items == YAML_KEYS_MAX)
        return yaml_fail(r, key.line, "too many keys");
    const yaml_item *earlier = yaml_get(map, key.text);
    if (earlier != NULL)
        return error_set(r->error, PT_ERR_INPUT,
                         "%s:%zu: '%.60s' is given twice, first in line %zu", r->name, key.line,
                         key.text, earlier->line);
    item->key = key.text;
    return PT_OK;
}

static void append(yaml_item *into, yaml_item *item)
{
    if (into->last == NULL)
        into->first = item;
    else
        into->last->next = item;
    into->last = item;
    into->n_items++;
}

/* One item of a list or map whose first event is `e`. */
static pt_status read_item(yaml_reader *r, yaml_item *into, const yaml_event_t *e, unsigned depth)
{
    yaml_event_t value;
    yaml_item *item = arena_new(r->arena, 1, sizeof *item);
    if (item == NULL)
        return error_memory(r->error);
    pt_status status = PT_OK;
    if (into->kind == YAML_LIST) {
        status = read_node(r, item, e, depth);
    } else {
        status = take_key(r, into, item, e);
        if (status == PT_OK)
            status = next_event(r, &value);
        if (status != PT_OK)
            return status;
        status = read_node(r, item, &value, depth);
        item->line = LINE_OF(e->start_mark);
        yaml_event_delete(&value);
    }
    if (status == PT_OK)
        append(into, item);
    return status;
}

static pt_status read_items(yaml_reader *r, yaml_item *into, unsigned depth)
{
    for (;;) {
        yaml_event_t e;
        pt_status status = next_event(r, &e);
        if (status != PT_OK)
            return status;
        const bool is_end = e.type == YAML_SEQUENCE_END_EVENT || e.type == YAML_MAPPING_END_EVENT;
        if (!is_end)
            status = read_item(r, into, &e, depth);
        yaml_event_delete(&e);
        if (is_end || status != PT_OK)
            return status;
    }
}

/* Takes the next event, which must be of that type; else fails with `what`. */
static pt_status expect_event(yaml_reader *r, yaml_event_type_t type, const char *what)
{
    yaml_event_t e;
    pt_status status = next_event(r, &e);
    if (status != PT_OK)
        return status;
    if (e.type != type)
        status = yaml_fail(r, LINE_OF(e.start_mark), what);
    yaml_event_delete(&e);
    return status;
}

static pt_status read_document(yaml_reader *r, yaml_item *root)
{
    yaml_event_t e;
    pt_status status = expect_event(r, YAML_STREAM_START_EVENT, "it is no YAML");
    if (status == PT_OK)
        status = expect_event(r, YAML_DOCUMENT_START_EVENT, "it is empty");
    if (status == PT_OK)
        status = next_event(r, &e);
    if (status != PT_OK)
        return status;
    status = read_node(r, root, &e, 0);
    yaml_event_delete(&e);
    if (status == PT_OK)
        status = expect_event(r, YAML_DOCUMENT_END_EVENT, "something follows its end");
    if (status == PT_OK)
        status = expect_event(r, YAML_STREAM_END_EVENT,
                              "a second document (---) begins: a file holds one");
    return status;
}

pt_status yaml_parse(yaml_item **ret_root, arena *a, const char *name, const char *text, size_t len,
                     pt_error *error)
{
    yaml_reader r = {.arena = a, .name = name, .error = error};
    yaml_item *root = arena_new(a, 1, sizeof *root);
    if (root == NULL || yaml_parser_initialize(&r.parser) == 0)
        return error_memory(error);
    const size_t mark = bom_len(text, len);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text + mark, len - mark);
    const pt_status status = read_document(&r, root);
    yaml_parser_delete(&r.parser);
    if (status == PT_OK)
        *ret_root = root;
    return status;
}

yaml_item *yaml_get(const yaml_item *map, const char *key)
{
    for (yaml_item *item = map->first; item != NULL; item = item->next) {
        if (strcmp(item->key, key) == 0)
            return item;
    }
    return NULL;
}
