/* Random programs: what the circuit computes is what a plain interpreter of the same tree does, the
 * value or the reason and line of the first panic. Branches, loops, lazy operators, shadowing and
 * array writes nest in each other. */
#include "lang/run.h"

#define N_VARS     4
#define LENGTH     4
#define MAX_NODES  4096
#define MAX_SOURCE 65536

typedef enum node_kind {
    NODE_NUMBER,
    NODE_VARIABLE,
    NODE_ELEMENT, /* w[x] */
    NODE_BINARY,
    NODE_CHOICE, /* if x { y } else { z }, x a condition, the branches with statements */
    NODE_BLOCK,  /* statements x, then value y */
    NODE_MATCH,  /* match x { n..=n+9 => y, k => z } */
    NODE_COMPARE,
    NODE_INPUT_BIT,
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    /* statements; `next` follows */
    NODE_LET,    /* let mut v = x, to the end of the block */
    NODE_ASSIGN, /* v op= x */
    NODE_STORE,  /* w[x] op= y */
    NODE_IF,     /* if x { y } else { z } */
    NODE_FOR,    /* n turns of y, v bound to 0, 1, .. */
} node_kind;

typedef struct node {
    node_kind kind;
    unsigned number; /* of a variable, a literal, an operator */
    char op;         /* 0: plain assignment */
    struct node *x, *y, *z, *next;
    unsigned line;
} node;

typedef struct machine {
    unsigned vars[N_VARS];
    unsigned array[LENGTH];
    bool bit;
    unsigned index;
    const char *panic;
    unsigned panic_line;
} machine;

static node nodes[MAX_NODES];
static size_t n_nodes;
static uint64_t seed;
static char source[MAX_SOURCE];
static size_t source_len;
static unsigned line;

static unsigned pick(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

/* ---- Making ---- */

static node *new_node(node_kind kind, node *x, node *y, node *z)
{
    assert_true(n_nodes < MAX_NODES);
    node *n = &nodes[n_nodes++];
    *n = (node){.kind = kind, .x = x, .y = y, .z = z};
    return n;
}

static node *make_value(unsigned depth);
static node *make_stmts(unsigned depth);

static node *make_condition(unsigned depth)
{
    const unsigned choice = depth == 0 ? 0 : pick(8);
    if (choice == 0)
        return new_node(NODE_INPUT_BIT, NULL, NULL, NULL);
    if (choice < 5) {
        node *n = new_node(NODE_COMPARE, make_value(depth - 1), make_value(depth - 1), NULL);
        n->op = "<>=!LG"[pick(6)];
        return n;
    }
    if (choice == 7)
        return new_node(NODE_NOT, make_condition(depth - 1), NULL, NULL);
    return new_node(choice == 5 ? NODE_AND : NODE_OR, make_condition(depth - 1),
                    make_condition(depth - 1), NULL);
}

static node *make_block(unsigned depth)
{
    return new_node(NODE_BLOCK, pick(2) == 0 ? NULL : make_stmts(depth), make_value(depth), NULL);
}

static node *make_value(unsigned depth)
{
    const unsigned choice = depth == 0 ? pick(3) : pick(12);
    node *n;
    if (choice == 0) {
        static const unsigned numbers[] = {0, 1, 2, 3, 7, 100, 200, 255};
        n = new_node(NODE_NUMBER, NULL, NULL, NULL);
        n->number = numbers[pick(8)];
    } else if (choice <= 2) {
        n = new_node(NODE_VARIABLE, NULL, NULL, NULL);
        n->number = pick(N_VARS);
    } else if (choice <= 4) {
        n = new_node(NODE_ELEMENT, pick(3) == 0 ? NULL : make_value(depth - 1), NULL, NULL);
    } else if (choice <= 7) {
        n = new_node(NODE_BINARY, make_value(depth - 1), make_value(depth - 1), NULL);
        n->op = "+-*/%^&|^^"[pick(10)];
    } else if (choice <= 9) {
        n = new_node(NODE_CHOICE, make_condition(depth - 1), make_block(depth - 1),
                     make_block(depth - 1));
    } else if (choice == 10) {
        n = new_node(NODE_MATCH, make_value(depth - 1), make_block(depth - 1),
                     make_block(depth - 1));
        n->number = pick(2) == 0 ? 0 : pick(240);
    } else {
        n = make_block(depth - 1);
    }
    return n;
}

static node *make_stmt(unsigned depth)
{
    const unsigned choice = depth == 0 ? pick(6) : pick(10);
    const unsigned inner = depth == 0 ? 0 : depth - 1;
    node *n;
    if (choice == 0) {
        n = new_node(NODE_LET, make_value(inner), NULL, NULL);
    } else if (choice <= 3) {
        n = new_node(NODE_ASSIGN, make_value(inner), NULL, NULL);
        n->op = "\0\0+-^|"[pick(6)];
    } else if (choice <= 5) {
        n = new_node(NODE_STORE, pick(3) == 0 ? NULL : make_value(inner), make_value(inner), NULL);
        n->op = "\0\0+^"[pick(4)];
    } else if (choice <= 8) {
        n = new_node(NODE_IF, make_condition(inner), make_stmts(inner),
                     pick(2) == 0 ? NULL : make_stmts(inner));
    } else {
        n = new_node(NODE_FOR, NULL, make_stmts(inner), NULL);
        n->op = (char)(1 + pick(3));
    }
    n->number = pick(N_VARS);
    return n;
}

static node *make_stmts(unsigned depth)
{
    node *first = NULL;
    for (unsigned i = 0; i <= pick(3); i++) {
        node *n = make_stmt(depth);
        n->next = first;
        first = n;
    }
    return first;
}

/* ---- Printing ---- */

static void put(const char *text)
{
    for (; *text != '\0'; text++) {
        assert_true(source_len + 1 < MAX_SOURCE);
        source[source_len++] = *text;
        line += *text == '\n';
    }
    source[source_len] = '\0';
}

static void put_number(const char *before, unsigned number, const char *after)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", number);
    put(before);
    put(text);
    put(after);
}

static void print_stmts(node *n);
static void print_value(node *n);

static void print_index(node *x)
{
    if (x == NULL) {
        put("ix");
        return;
    }
    put("((");
    print_value(x);
    put(") % 5u8) as usize");
}

static void print_condition(node *n)
{
    if (n->kind == NODE_INPUT_BIT) {
        put("c");
    } else if (n->kind == NODE_NOT) {
        put("!(");
        print_condition(n->x);
        put(")");
    } else {
        const bool compares = n->kind == NODE_COMPARE;
        put("(");
        compares ? print_value(n->x) : print_condition(n->x);
        put(n->kind == NODE_AND  ? " && "
            : n->kind == NODE_OR ? " || "
            : n->op == '<'       ? " < "
            : n->op == '>'       ? " > "
            : n->op == '='       ? " == "
            : n->op == '!'       ? " != "
            : n->op == 'L'       ? " <= "
                                 : " >= ");
        compares ? print_value(n->y) : print_condition(n->y);
        put(")");
    }
}

static void print_block(node *n)
{
    n->line = line;
    put("{");
    print_stmts(n->x);
    print_value(n->y);
    put("}");
}

/* Notes the line on which the node's span begins: parentheses do not count (G17). */
static void print_value(node *n)
{
    const char op[] = {' ', n->op, ' ', '\0'};
    n->line = line;
    if (n->kind == NODE_NUMBER) {
        put_number("", n->number, "u8");
    } else if (n->kind == NODE_VARIABLE) {
        put_number("v", n->number, "");
    } else if (n->kind == NODE_ELEMENT) {
        put("\n");
        n->line = line;
        put("w[");
        print_index(n->x);
        put("]");
    } else if (n->kind == NODE_BINARY) {
        put("(\n");
        print_value(n->x);
        n->line = n->x->line;
        put(op);
        print_value(n->y);
        put(")");
    } else if (n->kind == NODE_CHOICE) {
        put("(if ");
        print_condition(n->x);
        print_block(n->y);
        put(" else ");
        print_block(n->z);
        put(")");
    } else if (n->kind == NODE_MATCH) {
        put("(match ");
        print_value(n->x);
        put_number(" { ", n->number, "..=");
        put_number("", n->number + 9, " => ");
        print_block(n->y);
        put(" k => {let mut v0 = k; ");
        print_stmts(n->z->x);
        print_value(n->z->y);
        put("}})");
    } else {
        put("(");
        print_block(n);
        put(")");
    }
}

static void print_stmt(node *n)
{
    put("\n");
    n->line = line;
    if (n->kind == NODE_LET) {
        put_number("let mut v", n->number, " = ");
        print_value(n->x);
        put(";");
    } else if (n->kind == NODE_ASSIGN || n->kind == NODE_STORE) {
        const char op[] = {n->op, '=', ' ', '\0'};
        if (n->kind == NODE_ASSIGN) {
            put_number("v", n->number, " ");
        } else {
            put("w[");
            print_index(n->x);
            put("] ");
        }
        put(n->op == '\0' ? "= " : op);
        print_value(n->kind == NODE_ASSIGN ? n->x : n->y);
        put(";");
    } else if (n->kind == NODE_IF) {
        put("if ");
        print_condition(n->x);
        put(" {");
        print_stmts(n->y);
        put("}");
        if (n->z != NULL) {
            put(" else {");
            print_stmts(n->z);
            put("}");
        }
    } else {
        put_number("for v", n->number, " in ");
        put_number("0u8..", (unsigned)n->op, "u8 {");
        put_number("let mut v", n->number, " = ");
        put_number("v", n->number, ";");
        print_stmts(n->y);
        put("}");
    }
}

static void print_stmts(node *n)
{
    for (; n != NULL; n = n->next)
        print_stmt(n);
    put("let end = 0u8;");
}

/* ---- Interpreting ---- */

static unsigned value_of(machine *m, const node *n);
static void execute(machine *m, const node *n);

static unsigned fail_at(machine *m, const char *reason, unsigned at)
{
    if (m->panic == NULL) {
        m->panic = reason;
        m->panic_line = at;
    }
    return 0;
}

static unsigned compute(machine *m, char op, unsigned x, unsigned y, unsigned at)
{
    if ((op == '/' || op == '%') && y == 0)
        return fail_at(m, "Division By Zero", at);
    const unsigned result = op == '+'   ? x + y
                            : op == '-' ? x - y
                            : op == '*' ? x * y
                            : op == '/' ? x / y
                            : op == '%' ? x % y
                            : op == '^' ? x ^ y
                            : op == '&' ? (x & y)
                                        : (x | y);
    return result > 255 ? fail_at(m, "Overflow", at) : result;
}

static unsigned index_of(machine *m, const node *x, unsigned at)
{
    const unsigned i = x == NULL ? m->index : value_of(m, x) % 5;
    return i >= LENGTH ? fail_at(m, "Array Access Out Of Bounds", at) : i;
}

static bool holds(machine *m, const node *n)
{
    if (n->kind == NODE_INPUT_BIT)
        return m->bit;
    if (n->kind == NODE_NOT)
        return !holds(m, n->x);
    if (n->kind == NODE_AND)
        return holds(m, n->x) && holds(m, n->y);
    if (n->kind == NODE_OR)
        return holds(m, n->x) || holds(m, n->y);
    const unsigned x = value_of(m, n->x);
    const unsigned y = value_of(m, n->y);
    return n->op == '<'   ? x < y
           : n->op == '>' ? x > y
           : n->op == '=' ? x == y
           : n->op == '!' ? x != y
           : n->op == 'L' ? x <= y
                          : x >= y;
}

/* Statements, then a value; variables bound by `let` in it end with the block. */
static unsigned run_block(machine *m, const node *stmts, const node *result)
{
    bool bound[N_VARS] = {false};
    unsigned outer[N_VARS];
    for (const node *n = stmts; n != NULL && m->panic == NULL; n = n->next) {
        if (n->kind == NODE_LET) {
            const unsigned x = value_of(m, n->x);
            if (!bound[n->number])
                outer[n->number] = m->vars[n->number];
            bound[n->number] = true;
            m->vars[n->number] = x;
        } else {
            execute(m, n);
        }
    }
    const unsigned x = result == NULL || m->panic != NULL ? 0 : value_of(m, result);
    for (unsigned v = 0; v < N_VARS; v++) {
        if (bound[v])
            m->vars[v] = outer[v];
    }
    return x;
}

static unsigned value_of(machine *m, const node *n)
{
    if (m->panic != NULL)
        return 0;
    if (n->kind == NODE_NUMBER)
        return n->number;
    if (n->kind == NODE_VARIABLE)
        return m->vars[n->number];
    if (n->kind == NODE_ELEMENT) {
        unsigned before[LENGTH];
        memcpy(before, m->array, sizeof before);
        return before[index_of(m, n->x, n->line)];
    }
    if (n->kind == NODE_BINARY) {
        const unsigned x = value_of(m, n->x);
        return compute(m, n->op, x, value_of(m, n->y), n->line);
    }
    if (n->kind == NODE_CHOICE) {
        const node *taken = holds(m, n->x) ? n->y : n->z;
        return run_block(m, taken->x, taken->y);
    }
    if (n->kind == NODE_MATCH) {
        const unsigned x = value_of(m, n->x);
        if (x >= n->number && x <= n->number + 9)
            return run_block(m, n->y->x, n->y->y);
        const unsigned outer = m->vars[0];
        m->vars[0] = x;
        const unsigned result = run_block(m, n->z->x, n->z->y);
        m->vars[0] = outer;
        return result;
    }
    return run_block(m, n->x, n->y);
}

static void store(machine *m, const node *n)
{
    unsigned before[LENGTH];
    memcpy(before, m->array, sizeof before);
    const unsigned i = index_of(m, n->x, n->line);
    const unsigned y = value_of(m, n->y);
    before[i] = n->op == '\0' ? y : compute(m, n->op, before[i], y, n->line);
    memcpy(m->array, before, sizeof before);
}

static void execute(machine *m, const node *n)
{
    if (n->kind == NODE_STORE) {
        store(m, n);
    } else if (n->kind == NODE_ASSIGN) {
        const unsigned before = m->vars[n->number];
        const unsigned x = value_of(m, n->x);
        m->vars[n->number] = n->op == '\0' ? x : compute(m, n->op, before, x, n->line);
    } else if (n->kind == NODE_IF) {
        const node *taken = holds(m, n->x) ? n->y : n->z;
        (void)run_block(m, taken, NULL);
    } else {
        const unsigned outer = m->vars[n->number];
        for (unsigned i = 0; i < (unsigned)n->op && m->panic == NULL; i++) {
            m->vars[n->number] = i;
            (void)run_block(m, n->y, NULL);
        }
        m->vars[n->number] = outer;
    }
}

/* ---- The test ---- */

static void expected_result(char text[256], const node *stmts, machine m)
{
    for (const node *n = stmts; n != NULL && m.panic == NULL; n = n->next) {
        if (n->kind == NODE_LET)
            m.vars[n->number] = value_of(&m, n->x);
        else
            execute(&m, n);
    }
    if (m.panic != NULL)
        (void)snprintf(text, 256, "PANIC %s @%u:", m.panic, m.panic_line);
    else
        (void)snprintf(text, 256, "([%u, %u, %u, %u], [%u, %u, %u, %u])", m.vars[0], m.vars[1],
                       m.vars[2], m.vars[3], m.array[0], m.array[1], m.array[2], m.array[3]);
}

static node *make_program(uint64_t number)
{
    seed = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    n_nodes = 0;
    source_len = 0;
    line = 1;
    node *stmts = make_stmts(4);
    put("pub fn main(a: u8, b: u8, c: bool, ix: usize) -> ([u8; 4], [u8; 4]) {\n"
        "let mut v0 = a; let mut v1 = b; let mut v2 = 1u8; let mut v3 = 2u8;\n"
        "let mut w = [a, b, 3u8, 4u8];");
    print_stmts(stmts);
    put("([v0, v1, v2, v3], w) }");
    return stmts;
}

static void check_program(uint64_t number)
{
    const node *stmts = make_program(number);
    pt_program *program = run_compile(source, NULL);
    for (unsigned turn = 0; turn < 6; turn++) {
        static const unsigned values[] = {0, 1, 2, 9, 100, 255};
        char text[4][16];
        char expected[256];
        char result[RUN_MAX_RESULT];
        const unsigned a = values[pick(6)];
        const unsigned b = values[pick(6)];
        const machine m = {
            .vars = {a, b, 1, 2}, .array = {a, b, 3, 4}, .bit = pick(2) != 0, .index = pick(6)};
        (void)snprintf(text[0], sizeof text[0], "%u", a);
        (void)snprintf(text[1], sizeof text[1], "%u", b);
        (void)snprintf(text[2], sizeof text[2], "%s", m.bit ? "true" : "false");
        (void)snprintf(text[3], sizeof text[3], "%u", m.index);
        run_program(result, program, (const char *const[]){text[0], text[1], text[2], text[3]});
        expected_result(expected, stmts, m);
        /* of a panic's place only the first line is compared */
        if (strncmp(result, expected, strlen(expected)) != 0)
            fail_msg("program %u\n%s\ninputs %s | %s | %s | %s\nexpected %s\nfound    %s",
                     (unsigned)number, source, text[0], text[1], text[2], text[3], expected,
                     result);
    }
    pt_program_free(program);
}

static void circuits_do_what_the_interpreter_does(void **state)
{
    (void)state;
    for (uint64_t number = 1; number <= 400; number++)
        check_program(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circuits_do_what_the_interpreter_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
