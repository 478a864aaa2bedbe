#include "node/run/input.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/mem.h"
#include "data/field.h"
#include "data/source.h"
#include "httpd/text.h"
#include "node/run/odbc_connection.h"
#include "polytune/literal.h"

/* ---- reading ---- */

static pt_status read_source(input *in, pt_error *error)
{
    const node_source *s = in->source;
    char *odbc = NULL;
    pt_status status = odbc_connection(&odbc, s->from, error);
    const source_options options = {
        .query = s->query,
        .odbc = odbc,
        .separator = s->separator == NULL ? '\0' : s->separator[0],
        .header = (source_header)s->header,
        .has_decimal_comma = s->decimal != NULL && s->decimal[0] == ',',
    };
    if (status == PT_OK)
        status = source_read(&in->table, s->from, &options, error);
    odbc_connection_free(odbc);
    if (status != PT_OK)
        return status;
    in->rows = in->n_data = table_rows(&in->table);
    if (s->pad_to == 0)
        return PT_OK;
    if (in->rows > s->pad_to)
        return error_set(error, PT_ERR_INPUT, "source %s has %zu rows, more than pad-to: %llu",
                         s->name, in->rows, (unsigned long long)s->pad_to);
    in->rows = (size_t)s->pad_to;
    return PT_OK;
}

pt_status input_open(input *ret_input, const policy *p, const node_config *config, pt_error *error)
{
    input *in = ret_input;
    *in = (input){.policy = p};
    (void)snprintf(in->party, sizeof in->party, "PARTY_%zu", p->party);
    if (p->source == NULL)
        return PT_OK;
    in->source = node_config_source(config, p->source);
    if (in->source == NULL)
        return error_set(error, PT_ERR_INPUT, "this node has no source %s", p->source);
    const pt_status status = read_source(in, error);
    if (status != PT_OK || in->source->rows == NULL)
        return status;
    (void)snprintf(in->constant, sizeof in->constant, "%s", in->source->rows);
    (void)snprintf(in->constant_text, sizeof in->constant_text, "%zuusize", in->rows);
    return PT_OK;
}

void input_clear(input *in)
{
    table_clear(&in->table);
    *in = (input){0};
}

/* ---- constants ---- */

pt_status input_constants(pt_constant **ret_list, size_t *ret_n, const input *in, pt_error *error)
{
    const policy *p = in->policy;
    pt_constant *list = mem_new(p->n_constants + 1, sizeof *list);
    if (list == NULL)
        return error_memory(error);
    size_t n = 0;
    for (; n < p->n_constants; n++)
        list[n] = p->constants[n];
    for (size_t i = 0; in->constant[0] != '\0' && i < n; i++) {
        if (strcmp(list[i].name, in->constant) != 0)
            continue;
        mem_free(list);
        return error_set(
            error, PT_ERR_CONSTANT,
            "constant %s is the number of rows of source %s: it is not the caller's to "
            "give",
            in->constant, in->source->name);
    }
    if (in->constant[0] != '\0')
        list[n++] =
            (pt_constant){.party = in->party, .name = in->constant, .literal = in->constant_text};
    *ret_list = list;
    *ret_n = n;
    return PT_OK;
}

/* ---- bits ---- */

/* COLUMN:FACTOR of the configuration, which has checked it. */
static bool split_scale(table_scale *ret_scale, char *text)
{
    char *colon = strrchr(text, ':');
    if (colon == NULL)
        return false;
    *colon = '\0';
    ret_scale->column = text;
    return text_number(colon + 1, strlen(colon + 1), FIELD_SCALE_MAX, &ret_scale->factor);
}

static pt_status read_scales(table_scale **ret_scales, char ***ret_texts, const node_source *s,
                             pt_error *error)
{
    *ret_scales = mem_new(s->scales.n, sizeof **ret_scales);
    *ret_texts = mem_new(s->scales.n, sizeof **ret_texts);
    if (*ret_scales == NULL || *ret_texts == NULL)
        return error_memory(error);
    for (size_t i = 0; i < s->scales.n; i++) {
        (*ret_texts)[i] = mem_string(s->scales.list[i].text);
        if ((*ret_texts)[i] == NULL)
            return error_memory(error);
        if (!split_scale(&(*ret_scales)[i], (*ret_texts)[i]))
            return error_set(error, PT_ERR_INPUT, "source %s: scale takes COLUMN:FACTOR", s->name);
    }
    return PT_OK;
}

/* One byte for each bit. */
static uint8_t *unpack(const uint8_t *packed, size_t n_bits)
{
    uint8_t *bits = mem_new(n_bits, 1);
    for (size_t i = 0; bits != NULL && i < n_bits; i++)
        bits[i] = (uint8_t)bits_get(packed, i);
    return bits;
}

static pt_status table_bits(uint8_t **ret_bits, const input *in, const pt_type *type,
                            pt_error *error)
{
    const size_t n_bits = pt_type_bits(type);
    table_scale *scales = NULL;
    char **texts = NULL;
    uint8_t *packed = NULL;
    pt_status status = read_scales(&scales, &texts, in->source, error);
    if (status == PT_OK) {
        const to_bits_options options = {
            .scales = scales,
            .n_scales = in->source->scales.n,
            .truncate = in->source->truncates,
            .pad = in->source->pad_to != 0,
            .sort = in->source->sorts,
        };
        status = table_to_bits(&packed, &in->table, type, &options, error);
    }
    for (size_t i = 0; texts != NULL && i < in->source->scales.n; i++)
        mem_free(texts[i]);
    mem_free(texts);
    mem_free(scales);
    if (status != PT_OK)
        return status;
    *ret_bits = unpack(packed, n_bits);
    mem_free_secret(packed, bits_bytes(n_bits));
    return *ret_bits == NULL ? error_memory(error) : PT_OK;
}

static pt_status literal_bits(uint8_t **ret_bits, const input *in, const pt_type *type,
                              pt_error *error)
{
    const size_t n_bits = pt_type_bits(type);
    pt_literal *literal = NULL;
    pt_status status = pt_literal_from_json(&literal, type, (const char *)in->policy->input,
                                            in->policy->input_len, error);
    if (status != PT_OK)
        return status;
    uint8_t *bits = mem_new(n_bits, 1);
    status = bits == NULL ? error_memory(error) : pt_literal_to_bits(bits, n_bits, literal, error);
    pt_literal_free(literal);
    if (status == PT_OK)
        *ret_bits = bits;
    else
        mem_free_secret(bits, n_bits);
    return status;
}

pt_status input_bits(uint8_t **ret_bits, input *in, const pt_type *type, pt_error *error)
{
    if (in->source == NULL)
        return literal_bits(ret_bits, in, type, error);
    const pt_status status = table_bits(ret_bits, in, type, error);
    table_clear(&in->table);
    return status;
}
