#include "wasm/apart.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "wasm/answer.h"
#include "wasm/host.h"

#define STATUS_DONE 200

/* What wasm_save takes. */
static char *request_to_save(const request *r, const pt_constant *constants, size_t n_constants)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n_constants; i++)
        (void)json_array_append_new(list, json_pack("[s, s, s]", constants[i].party,
                                                    constants[i].name, constants[i].literal));
    return answer_text(json_pack("{s:O, s:O?, s:o}", "source", json_object_get(r->json, "source"),
                                 "function", json_object_get(r->json, "function"), "constants",
                                 list));
}

static pt_status status_named(const char *name)
{
    pt_status status = PT_ERR_INTERNAL;
    while (name != NULL && status < PT_STATUS_COUNT && strcmp(pt_status_name(status), name) != 0)
        status++;
    return name == NULL || status == PT_STATUS_COUNT ? PT_ERR_INTERNAL : status;
}

/* Not compiled: the host's answer says why. */
static pt_status take_fault(json_t **ret_fault, const host_call_data *answer, pt_error *error)
{
    *ret_fault = json_loadb((const char *)answer->response, answer->response_len, 0, NULL);
    const json_t *inner = json_object_get(*ret_fault, "error");
    const pt_status status = status_named(request_text(inner, "status"));
    return error_set(error, status, "%s", pt_status_text(status));
}

pt_status apart_compile(apart *ret_apart, const request *r, const pt_constant *constants,
                        size_t n_constants, pt_error *error)
{
    static const char url[] = "compile:";
    char *text = request_to_save(r, constants, n_constants);
    if (text == NULL)
        return error_memory(error);
    host_call_data call = {.method = HOST_POST,
                           .url = url,
                           .url_len = sizeof url - 1,
                           .body = (const uint8_t *)text,
                           .body_len = (uint32_t)strlen(text),
                           .response_max = UINT32_MAX - 1};
    host_call(&call);
    mem_free(text);
    ret_apart->bytes = call.response;
    if (call.status != STATUS_DONE)
        return take_fault(&ret_apart->fault, &call, error);
    if (call.response == NULL)
        return error_memory(error);
    return pt_program_load_in_place(&ret_apart->program, call.response, call.response_len, error);
}

void apart_clear(apart *a)
{
    pt_program_free(a->program);
    mem_free(a->bytes);
    json_decref(a->fault);
}
