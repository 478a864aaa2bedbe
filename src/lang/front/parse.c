#include "lang/front/parse.h"

#include "base/error.h"
#include "base/mem.h"
#include "lang/front/parser.h"

/* Bytes of list items under construction; sources are bounded, and so are lists. */
#define MAX_ITEM_BYTES MEM_LIMIT((uint64_t)4 << 30)

/* program = { [ "pub" ] item } [ "pub" ] */
static void parse_items(parser *p)
{
    while (!parser_next_is(p, TOKEN_END)) {
        const size_t unfinished = parser_list_start(p);
        if (parse_item(p))
            continue;
        parser_list_drop(p, unfinished);
        /* To the next keyword that starts an item; `const` may also start a size. */
        for (size_t depth = 0; !parser_at_item(p); p->at++) {
            const token_kind before_it = p->at[-1].kind;
            if (parser_next_is(p, TOKEN_CONST) && depth == 0 &&
                (before_it == TOKEN_SEMICOLON || before_it == TOKEN_RIGHT_BRACE))
                break;
            if (parser_next_is(p, TOKEN_LEFT_BRACE))
                depth++;
            else if (parser_next_is(p, TOKEN_RIGHT_BRACE) && depth > 0)
                depth--;
        }
    }
}

static void *items_of_kind(parser *p, const parsed_item *items, size_t n, token_kind kind,
                           size_t *ret_n)
{
    const size_t start = parser_list_start(p);
    for (size_t i = 0; i < n; i++)
        if (items[i].kind == kind)
            parser_list_push(p, &items[i].decl, sizeof items[i].decl);
    return parser_list_take(p, start, sizeof items->decl, ret_n);
}

pt_status parse(parsed_program *ret_program, arena *a, const token_list *tokens, pt_diagnostics *d,
                pt_error *error)
{
    parser p = {
        .a = a, .d = d, .at = tokens->tokens, .last = tokens->tokens + tokens->n_tokens - 1};
    buffer_init(&p.items, MAX_ITEM_BYTES);
    parse_items(&p);
    size_t n = 0;
    const parsed_item *items = parser_list_take(&p, 0, sizeof *items, &n);
    parsed_program program = {0};
    if (items != NULL) {
        program.constants = items_of_kind(&p, items, n, TOKEN_CONST, &program.n_constants);
        program.structs = items_of_kind(&p, items, n, TOKEN_STRUCT, &program.n_structs);
        program.enums = items_of_kind(&p, items, n, TOKEN_ENUM, &program.n_enums);
        program.functions = items_of_kind(&p, items, n, TOKEN_FN, &program.n_functions);
    }
    buffer_clear(&p.items);
    if (p.out_of_memory)
        return error_memory(error);
    *ret_program = program;
    return PT_OK;
}
