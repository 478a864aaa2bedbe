#include "lang/program_compact.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/varint.h"
#include "circuit/compact.h"
#include "lang/program_impl.h"
#include "lang/value/type_compact.h"

#define LITERAL_MAX_BYTES ((size_t)64 << 20)

/* Types take so much more memory than bytes of the file. */
#define TYPE_BYTES_A_BYTE 128u
#define TYPE_BYTES_ALWAYS ((size_t)1 << 20)

/* ---- Writing ---- */

static void put_constants(buffer *b, const pt_program *p)
{
    buffer_put_varint(b, p->n_constants);
    for (size_t i = 0; i < p->n_constants; i++) {
        text_put_compact(b, p->constants[i].party);
        text_put_compact(b, p->constants[i].name);
        text_put_compact(b, p->constants[i].literal);
    }
}

static void put_inputs(buffer *b, const lowered *l)
{
    buffer_put_varint(b, l->n_parties);
    for (size_t i = 0; i < l->n_parties; i++) {
        text_put_compact(b, l->names[i]);
        type_put_compact(b, l->inputs[i]);
    }
}

static void put_sites(buffer *b, const lowered *l)
{
    buffer_put_varint(b, l->n_sites);
    for (size_t i = 0; i < l->n_sites; i++) {
        const panic_site *site = &l->sites[i];
        buffer_put_varint(b, site->reason);
        buffer_put_varint(b, site->at.line);
        buffer_put_varint(b, site->at.column);
        buffer_put_varint(b, site->at.end_line);
        buffer_put_varint(b, site->at.end_column);
    }
}

static void put_sorted(buffer *b, const sorted_inputs *s)
{
    buffer_put_varint(b, s->n);
    for (size_t i = 0; i < s->n; i++) {
        buffer_put_varint(b, s->list[i].first_bit);
        buffer_put_varint(b, s->list[i].n_rows);
        buffer_put_varint(b, s->list[i].row_bits);
        buffer_put_varint(b, s->list[i].key_bits);
    }
}

void program_put_compact(buffer *b, const pt_program *program)
{
    text_put_compact(b, program->function);
    put_constants(b, program);
    put_inputs(b, &program->lowered);
    type_put_compact(b, program->lowered.output);
    put_sites(b, &program->lowered);
    put_sorted(b, &program->lowered.sorted);
    circuit_put_compact(b, program->lowered.circuit);
}

/* ---- Reading ---- */

static pt_status program_damaged(pt_error *error)
{
    return error_set(error, PT_ERR_CIRCUIT, "what is said of the program is damaged");
}

/* How many of what takes `bytes` bytes each, at least. */
static size_t get_list_count(reader *r, size_t bytes)
{
    return (size_t)reader_varint(r, reader_left(r) / bytes);
}

static pt_status get_constants(pt_program *p, reader *r, pt_error *error)
{
    const size_t n = get_list_count(r, 3);
    p->constants = arena_new(&p->types, n, sizeof *p->constants);
    if (p->constants == NULL)
        return error_memory(error);
    for (; p->n_constants < n; p->n_constants++) {
        pt_constant *c = &p->constants[p->n_constants];
        pt_status status = name_get_compact(&c->party, &p->types, r, error);
        if (status == PT_OK)
            status = name_get_compact(&c->name, &p->types, r, error);
        if (status == PT_OK)
            status = text_get_compact(&c->literal, &p->types, r, LITERAL_MAX_BYTES, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status get_input_types(pt_program *p, reader *r, pt_error *error)
{
    lowered *l = &p->lowered;
    l->n_parties = (size_t)reader_varint(r, CIRCUIT_MAX_PARTIES);
    l->inputs = arena_new(&p->types, l->n_parties, sizeof *l->inputs);
    l->names = arena_new(&p->types, l->n_parties, sizeof *l->names);
    if (l->inputs == NULL || l->names == NULL)
        return error_memory(error);
    for (size_t i = 0; i < l->n_parties; i++) {
        pt_status status = name_get_compact(&l->names[i], &p->types, r, error);
        if (status == PT_OK)
            status = type_get_compact(&l->inputs[i], &p->types, r, error);
        if (status != PT_OK)
            return status;
    }
    return type_get_compact(&l->output, &p->types, r, error);
}

static pt_status get_sites(lowered *l, reader *r, pt_error *error)
{
    l->n_sites = get_list_count(r, 5);
    l->sites = mem_new(l->n_sites, sizeof *l->sites);
    if (l->sites == NULL)
        return error_memory(error);
    for (size_t i = 0; i < l->n_sites && !r->failed; i++) {
        panic_site *site = &l->sites[i];
        site->reason = (panic_reason)reader_varint(r, PANIC_OUT_OF_BOUNDS);
        site->at.line = (uint32_t)reader_varint(r, UINT32_MAX);
        site->at.column = (uint32_t)reader_varint(r, UINT32_MAX);
        site->at.end_line = (uint32_t)reader_varint(r, UINT32_MAX);
        site->at.end_column = (uint32_t)reader_varint(r, UINT32_MAX);
    }
    return PT_OK;
}

static pt_status get_sorted(sorted_inputs *s, reader *r, pt_error *error)
{
    s->n = get_list_count(r, 4);
    s->list = mem_new(s->n, sizeof *s->list);
    if (s->list == NULL)
        return error_memory(error);
    for (size_t i = 0; i < s->n && !r->failed; i++) {
        sorted_input *of = &s->list[i];
        of->first_bit = (uint32_t)reader_varint(r, CIRCUIT_MAX_WIRES);
        of->n_rows = (size_t)reader_varint(r, CIRCUIT_MAX_WIRES);
        of->row_bits = (size_t)reader_varint(r, CIRCUIT_MAX_WIRES);
        of->key_bits = (size_t)reader_varint(r, CIRCUIT_MAX_WIRES);
    }
    return PT_OK;
}

/* All rows are one party's, and keys are parts of rows. */
static bool sorted_input_is_sound(const sorted_input *of, const pt_circuit *c)
{
    const uint64_t end = of->first_bit + (uint64_t)of->n_rows * of->row_bits;
    size_t party = 0;
    while (party + 1 < c->n_parties && circuit_party_first_input(c, party + 1) <= of->first_bit)
        party++;
    return of->n_rows > 0 && of->key_bits > 0 && of->key_bits <= of->row_bits &&
           end <= (uint64_t)circuit_party_first_input(c, party) + c->party_inputs[party];
}

/* Whether the parts are those of one program. */
static bool program_is_sound(const lowered *l)
{
    const pt_circuit *c = l->circuit;
    const uint64_t n_outputs = (uint64_t)panic_code_bits(l->n_sites) + l->output->n_bits;
    bool ok = c->n_parties == l->n_parties && c->n_outputs == n_outputs && c->n_output_values == 1;
    for (size_t p = 0; ok && p < l->n_parties; p++)
        ok = c->party_inputs[p] == l->inputs[p]->n_bits;
    for (size_t i = 0; ok && i < l->sorted.n; i++)
        ok = sorted_input_is_sound(&l->sorted.list[i], c);
    return ok;
}

static pt_status get_parts(pt_program *p, reader *r, bool in_place, pt_error *error)
{
    lowered *l = &p->lowered;
    pt_status status = name_get_compact(&p->function, &p->types, r, error);
    if (status == PT_OK)
        status = get_constants(p, r, error);
    if (status == PT_OK)
        status = get_input_types(p, r, error);
    if (status == PT_OK)
        status = get_sites(l, r, error);
    if (status == PT_OK)
        status = get_sorted(&l->sorted, r, error);
    if (status == PT_OK && r->failed)
        status = program_damaged(error);
    if (status == PT_OK)
        status = circuit_get_compact(&l->circuit, r, in_place, error);
    if (status == PT_OK && (!reader_done(r) || !program_is_sound(l)))
        status = program_damaged(error);
    return status;
}

pt_status program_get_compact(pt_program **ret_program, reader *r, bool in_place, pt_error *error)
{
    const uint64_t room = TYPE_BYTES_ALWAYS + TYPE_BYTES_A_BYTE * (uint64_t)reader_left(r);
    pt_program *p = mem_new(1, sizeof *p);
    if (p == NULL)
        return error_memory(error);
    arena_init(&p->types, (size_t)min_u64(room, PROGRAM_MAX_TYPE_BYTES));
    const pt_status status = get_parts(p, r, in_place, error);
    if (status == PT_OK)
        *ret_program = p;
    else
        pt_program_free(p);
    return status;
}
