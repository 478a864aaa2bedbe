/* What the files of the checker call: reporting, memory, making types. */
#include "lang/check/checker.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a type shown in a message. */
#define MAX_TYPE_TEXT 300

void type_error(checker *c, span at, const char *format, ...)
{
    char text[DIAG_MAX_MESSAGE];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0)
        diag_add_text(c->d, DIAG_TYPE, at, text,
                      (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

const char *type_text(checker *c, const ctype *t)
{
    buffer out;
    buffer_init(&out, MAX_TYPE_TEXT * 100);
    ctype_print(&out, t);
    const char *printed = buffer_text(&out);
    char *text = NULL;
    if (printed == NULL) {
        text = arena_string(c->a, "..", 2);
    } else if (out.len <= MAX_TYPE_TEXT) {
        text = arena_string(c->a, printed, out.len);
    } else {
        text = arena_string(c->a, printed, MAX_TYPE_TEXT);
        if (text != NULL)
            memset(text + MAX_TYPE_TEXT - 2, '.', 2);
    }
    buffer_clear(&out);
    c->out_of_memory = c->out_of_memory || text == NULL;
    return text != NULL ? text : "..";
}

/* "(i64)" is a tuple, other than "(5)". */
static bool is_tuple_of_one(const ctype *t, const ctype *element)
{
    return t->kind == CTYPE_TUPLE && t->as.tuple.n_elements == 1 &&
           ctype_equal(t->as.tuple.elements[0], element);
}

void report_mismatch(checker *c, span at, const ctype *expected, const ctype *found)
{
    const char *advice = "";
    const bool is_number = ctype_is_integer(found) && !ctype_is_unsuffixed(found);
    if (is_tuple_of_one(expected, found) || is_tuple_of_one(found, expected))
        advice = "; a type in parentheses is a tuple of one: leave them out";
    else if (ctype_is_integer(expected) && !ctype_is_unsuffixed(expected) && is_number)
        advice = "; convert it with `as`";
    else if (expected->kind == CTYPE_BOOL && ctype_is_integer(found))
        advice = "; compare it, as in `n != 0`";
    type_error(c, at, "type mismatch: expected %s, found %s%s", type_text(c, expected),
               type_text(c, found), advice);
}

void *checker_new(checker *c, size_t count, size_t size)
{
    void *memory = arena_new(c->a, count, size);
    c->out_of_memory = c->out_of_memory || memory == NULL;
    return memory;
}

void checker_push(checker *c, buffer *list, const void *item, size_t size)
{
    buffer_put(list, item, size);
    c->out_of_memory = c->out_of_memory || list->failed;
}

symbol *symbol_of(checker *c, const char *name)
{
    return &c->symbols[name_idx(c->names, name)];
}

static const ctype *made_type(checker *c, span at, const ctype *t, bool too_large)
{
    if (t == NULL && too_large)
        type_error(c, at, "this type is too large: it has too many parts or is nested too deeply");
    c->out_of_memory = c->out_of_memory || (t == NULL && !too_large);
    return t;
}

const ctype *make_tuple(checker *c, span at, const ctype **elements, size_t n_elements)
{
    for (size_t i = 0; i < n_elements; i++)
        if (elements[i] == NULL)
            return NULL;
    bool too_large = false;
    const ctype *t = ctype_tuple(c->a, elements, n_elements, &too_large);
    return made_type(c, at, t, too_large);
}

const ctype *make_array(checker *c, span at, const ctype *element, array_size size)
{
    if (element == NULL)
        return NULL;
    bool too_large = false;
    const ctype *t = ctype_array(c->a, element, size, &too_large);
    return made_type(c, at, t, too_large);
}
