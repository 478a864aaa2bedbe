#include "cli/parts.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "polytune/private_results.h"

const flag flags_private[] = {
    {"private-results", NULL,
     "the result is a tuple or an array with an element for each party, who learns that and no "
     "other; whether the program panicked everybody learns",
     false},
    {0},
};

static pt_status check_type(const computation *c, pt_error *error)
{
    const pt_type *result = pt_signature_output_type(c->signature);
    char *text = NULL;
    if (pt_private_results_type(result, c->parties, 0) != NULL)
        return PT_OK;
    pt_status status = pt_type_print(&text, result, error);
    if (status != PT_OK)
        return status;
    status = error_set(error, PT_ERR_USAGE,
                       "--private-results: the result must be a tuple or an array of %zu, an "
                       "element for each party; it is %.200s",
                       c->parties, text);
    pt_text_free(text);
    return status;
}

pt_status parts_check(const computation *c, pt_error *error)
{
    if (c->signature != NULL)
        return check_type(c, error);
    const size_t n = pt_circuit_output_values(c->bristol);
    if (n != c->parties)
        return error_set(error, PT_ERR_USAGE,
                         "--private-results: '%s' has %zu output value%s for %zu part%s; each must "
                         "have one",
                         c->path, n, n == 1 ? "" : "s", c->parties, c->parties == 1 ? "y" : "ies");
    return PT_OK;
}

const pt_type *parts_type(const computation *c, size_t party)
{
    if (c->signature == NULL)
        return NULL;
    return pt_private_results_type(pt_signature_output_type(c->signature), c->parties, party);
}

static size_t part_bits(const computation *c, size_t party)
{
    const pt_type *type = parts_type(c, party);
    return type != NULL ? pt_type_bits(type) : pt_circuit_output_value_bits(c->circuit, party);
}

size_t parts_first_bit(const computation *c, size_t party)
{
    size_t at = pt_circuit_output_bits(c->circuit);
    for (size_t p = party; p < c->parties; p++)
        at -= part_bits(c, p);
    return at;
}

pt_status parts_init(parts *ret_parts, const computation *c, pt_error *error)
{
    parts p = {.receivers = mem_new(c->parties + 1, sizeof *p.receivers),
               .n = c->parties + 1,
               .parties = mem_new(c->parties, sizeof *p.parties)};
    *ret_parts = p;
    if (p.receivers == NULL || p.parties == NULL)
        return error_memory(error);
    if (c->program != NULL)
        return pt_private_results_receivers(p.receivers, p.parties, c->parties, c->program, error);
    for (size_t i = 0; i < c->parties; i++) { /* no panic code: the first range is empty */
        p.parties[i] = i;
        p.receivers[i + 1] = (pt_mpc_receivers){part_bits(c, i), &p.parties[i], 1};
    }
    return PT_OK;
}

void parts_clear(parts *p)
{
    mem_free(p->receivers);
    mem_free(p->parties);
    *p = (parts){0};
}

/* Adds a party's part to what is shown. */
static pt_status show_part(buffer *text, buffer *json, json_t *texts, const computation *c,
                           size_t party, const uint8_t *bits, pt_error *error)
{
    char *own_text = NULL;
    char *own_json = NULL;
    const pt_status status = computation_result(&own_text, &own_json, c, party, bits, error);
    if (status == PT_OK) {
        buffer_printf(text, "%sparty %zu: %s", party == 0 ? "" : "\n", party, own_text);
        buffer_printf(json, "%s%s", party == 0 ? "[" : ",", own_json);
        (void)json_array_append_new(texts, json_string(own_text));
    }
    mem_free(own_text);
    mem_free(own_json);
    return status;
}

static pt_status show_parts(parts_shown *s, const computation *c, const uint8_t *const *outputs,
                            pt_error *error)
{
    size_t len = 0;
    buffer text;
    buffer json;
    pt_status status = PT_OK;
    buffer_init(&text, SIZE_MAX / 4);
    buffer_init(&json, SIZE_MAX / 4);
    s->texts = json_array();
    for (size_t p = 0; status == PT_OK && p < c->parties; p++)
        status = show_part(&text, &json, s->texts, c, p, outputs[p], error);
    buffer_put_u8(&json, ']');
    if (status == PT_OK && (buffer_text(&text) == NULL || buffer_text(&json) == NULL))
        status = error_memory(error);
    if (status == PT_OK) {
        s->text = (char *)buffer_take(&text, &len);
        s->json = (char *)buffer_take(&json, &len);
    }
    buffer_clear(&text);
    buffer_clear(&json);
    return status;
}

pt_status parts_show(parts_shown *ret_shown, const computation *c, const uint8_t *const *outputs,
                     pt_error *error)
{
    *ret_shown = (parts_shown){0};
    if (c->private_results)
        return show_parts(ret_shown, c, outputs, error);
    const pt_status status =
        computation_result(&ret_shown->text, &ret_shown->json, c, 0, outputs[0], error);
    if (status == PT_OK)
        ret_shown->texts = json_string(ret_shown->text);
    return status;
}

void parts_shown_clear(parts_shown *s)
{
    mem_free(s->text);
    mem_free(s->json);
    json_decref(s->texts);
    *s = (parts_shown){0};
}
