/* What WebAssembly has of its host: everything that the module imports, from "env". Layer: wasm.
 *
 * A host is JavaScript (bindings/js) in a thread that may block: a browser's Worker, or one of
 * Node's. Pointers are offsets in the module's memory. */
#ifndef WASM_HOST_H
#define WASM_HOST_H

#include <stddef.h>
#include <stdint.h>

/* Fills `len` bytes with randomness of the system's. */
void host_random(void *ret_bytes, size_t len);

/* Milliseconds since some moment; never goes back. */
double host_clock(void);

/* Something to tell the user. `kind` is a word: "notice", "words", "constant" or, when the module
 * is about to end, "fault". Both are terminated. */
void host_log(const char *kind, const char *text);

/* How far it is, `phase` being a word or two; an empty phase only asks. Whether the user has
 * cancelled: once true, it stays true. */
int32_t host_progress(const char *phase, double done, double total);

enum { HOST_GET, HOST_POST, HOST_PUT, HOST_DELETE };

/* One call that the host performs before it returns. 32 bits each, in this order:
 *
 * - an HTTP request: the URL begins with http: or https:;
 * - with URL "wait:", nothing but the passing of timeout_ms;
 * - with URL "party:N", a message to (POST) or from (GET) party N of the same host;
 * - with URL "compile:", a program: the body goes to wasm_save of another instance, and the answer
 *   is 200 with the saved bytes, or 400 with what it answered instead. */
typedef struct host_call_data {
    uint32_t method;
    const char *url;
    uint32_t url_len;
    const char *headers; /* "Name: value" lines, each with a zero byte */
    uint32_t headers_len;
    const uint8_t *body;
    uint32_t body_len;
    uint32_t timeout_ms;   /* 0: the host's own idea */
    uint32_t response_max; /* bytes of a body that are wanted at most, and one more to tell */

    /* The host sets these; what is pointed to comes from wasm_alloc, and the module frees it. */
    uint32_t outcome;  /* an http_outcome */
    uint32_t status;   /* 0: no answer */
    uint8_t *response; /* or, without an answer, the text of why */
    uint32_t response_len;
    char *response_headers; /* lines "name: value\n" */
    uint32_t response_headers_len;
} host_call_data;

void host_call(host_call_data *call);

#endif
