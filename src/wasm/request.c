#include "wasm/request.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "wasm/host.h"

const char *request_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

uint64_t request_number(const json_t *object, const char *name, uint64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return otherwise;
    return (uint64_t)json_integer_value(value);
}

bool request_flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

void request_progress(void *user, const char *phase, uint64_t done, uint64_t total)
{
    (void)user;
    (void)host_progress(phase, (double)done, (double)total);
}

bool request_cancelled(void *user)
{
    (void)user;
    return host_progress("", 0, 0) != 0;
}

static pt_status read_constants(request *r, pt_error *error)
{
    const json_t *list = json_object_get(r->json, "constants");
    r->n_constants = json_array_size(list);
    r->constants = mem_new(r->n_constants, sizeof *r->constants);
    if (r->constants == NULL)
        return error_memory(error);
    for (size_t i = 0; i < r->n_constants; i++) {
        const json_t *item = json_array_get(list, i);
        pt_constant *c = &r->constants[i];
        c->party = json_string_value(json_array_get(item, 0));
        c->name = json_string_value(json_array_get(item, 1));
        c->literal = json_string_value(json_array_get(item, 2));
        if (c->party == NULL || c->name == NULL || c->literal == NULL)
            return error_set(error, PT_ERR_USAGE, "a constant is three texts: party, name, value");
    }
    return PT_OK;
}

pt_status request_read(request *ret_request, char *text, size_t len, pt_error *error)
{
    request *r = ret_request;
    json_error_t problem;
    *r = (request){.json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &problem)};
    mem_wipe(text, len);
    if (r->json == NULL)
        return error_set(error, PT_ERR_USAGE, "the request is no JSON: %s", problem.text);
    const json_t *source = json_object_get(r->json, "source");
    if (!json_is_string(source))
        return error_set(error, PT_ERR_USAGE, "a program must be given, as text");
    const pt_status status = read_constants(r, error);
    r->program = (pt_compile_options){.source = json_string_value(source),
                                      .source_len = json_string_length(source),
                                      .function = request_text(r->json, "function"),
                                      .constants = r->constants,
                                      .n_constants = r->n_constants,
                                      .progress = request_progress,
                                      .cancelled = request_cancelled};
    return status;
}

void request_clear(request *r)
{
    json_decref(r->json);
    mem_free(r->constants);
    *r = (request){0};
}

static pt_status parse_value(uint8_t *ret_bits, const json_t *value, const pt_type *type,
                             pt_error *error)
{
    const json_t *text = json_object_get(value, "text");
    const json_t *json = json_object_get(value, "json");
    pt_literal *literal = NULL;
    pt_status status = PT_OK;
    if (json_is_string(text))
        status = pt_literal_parse(&literal, type, json_string_value(text), json_string_length(text),
                                  error);
    else if (json_is_string(json))
        status = pt_literal_from_json(&literal, type, json_string_value(json),
                                      json_string_length(json), error);
    else
        return error_set(error, PT_ERR_USAGE, "there is none");
    if (status == PT_OK)
        status = pt_literal_to_bits(ret_bits, pt_type_bits(type), literal, error);
    pt_literal_free(literal);
    return status;
}

pt_status request_value(uint8_t **ret_bits, const json_t *value, const pt_type *type, size_t party,
                        pt_error *error)
{
    const size_t n_bits = pt_type_bits(type);
    uint8_t *bits = mem_new(n_bits, 1);
    pt_error inner;
    if (bits == NULL)
        return error_memory(error);
    pt_error_clear(&inner);
    const pt_status status = parse_value(bits, value, type, &inner);
    if (status != PT_OK) {
        mem_free_secret(bits, n_bits);
        return error_set(error, status, "input of party %zu: %s", party, inner.message);
    }
    *ret_bits = bits;
    return PT_OK;
}
