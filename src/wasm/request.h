/* Requests, read from JSON. Layer: wasm. */
#ifndef WASM_REQUEST_H
#define WASM_REQUEST_H

#include <jansson.h>

#include "base/compiler.h"
#include "polytune/polytune.h"

typedef struct request {
    json_t *json;
    pt_constant *constants;
    size_t n_constants;
    pt_compile_options program; /* borrows from the rest */
} request;

/* Reads a request with a PROGRAM and wipes the text. PT_ERR_USAGE, PT_ERR_MEMORY; request_clear in
 * any case. */
MUST_CHECK pt_status request_read(request *ret_request, char *text, size_t len, pt_error *error);
void request_clear(request *r);

/* A member: NULL or the default when it is missing, null or of another kind. */
const char *request_text(const json_t *object, const char *name);
uint64_t request_number(const json_t *object, const char *name, uint64_t otherwise);
bool request_flag(const json_t *object, const char *name);

/* The bits of a VALUE of the type, one byte each, PT_ERR_INPUT when it is none; `party` is named in
 * the message. Release with mem_free_secret. */
MUST_CHECK pt_status request_value(uint8_t **ret_bits, const json_t *value, const pt_type *type,
                                   size_t party, pt_error *error);

/* For pt_program_compile and pt_mpc_options. */
void request_progress(void *user, const char *phase, uint64_t done, uint64_t total);
bool request_cancelled(void *user);

#endif
