/* What the WebAssembly module exports. Layer: wasm.
 *
 * The host calls _initialize and wasm_start once, and then the rest as often as it likes, one call
 * at a time. What a module imports is in host.h. A call takes a request, `len` bytes of JSON, and
 * returns an answer, terminated JSON text, which wasm_free releases; NULL when out of memory. A
 * request is wiped before the call returns.
 *
 * Requests name things as below; what is missing or null has the default. Bits are hexadecimal, in
 * bytes as in PT_PACKED_BYTES (status.h). TYPE is
 *
 *      {"kind": "bool"|"int"|"array"|"tuple"|"struct"|"enum", "text": as in Garble,
 *       "name", "signed", "bits"        of integers; "name" of structs and enums
 *       "element": TYPE, "length"       of arrays
 *       "elements": [TYPE..]            of tuples
 *       "fields": [{"name", "type"}..]  of structs
 *       "variants": [{"name", "fields": [TYPE..]}..]  of enums
 *
 * PROGRAM is the members "source", "function" and "constants": [["PARTY_0", "ROWS", "3usize"]..],
 * TERMS are "outputParties": [..], or "privateResults": true for each party's element alone;
 * "dealer", "evaluator", "rho", "cotBits". VALUE is one of {"text": Garble} and {"json": JSON in a
 * string}. RESULT is
 *
 *      {"text": as in Garble, "json": Garble JSON in a string, "bits", "type": TYPE}
 *
 * Every answer may be {"error": {"status", "class", "message", "party", "phase", "panic",
 * "diagnostics"}}, of which "status" is a name such as "PT_ERR_INPUT", "party" and "phase" may be
 * null, and "diagnostics" is what wasm_check answers. */
#ifndef WASM_WASM_H
#define WASM_WASM_H

#include <stddef.h>

void wasm_start(void);

/* Memory for the host to put a request into, or what its imports give. wasm_free wipes nothing. */
void *wasm_alloc(size_t len);
void wasm_free(void *memory);

/* PROGRAM -> {"diagnostics": [{"phase", "message", "line", "column", "endLine", "endColumn"}..]}:
 * the mistakes of a program, none when it is good. */
char *wasm_check(char *request, size_t len);

/* PROGRAM and TERMS -> {"parties", "inputs": [{"name", "type": TYPE}..], "output": TYPE, "and",
 * "xor", "not", "depth", "cost": null with one party, or {"segments", "delays", "seats":
 * [{"bytesSent", "bytesReceived", "messagesSent", "messagesReceived", "delays", "memoryBytes"}..]},
 * the dealer's last, as in pt_plan_seat}. */
char *wasm_compile(char *request, size_t len);

/* PROGRAM -> {"at", "length"}: where in the module's memory the bytes of pt_program_save are, which
 * wasm_free releases. For another instance's "compile:" (host.h). With "inputs": [VALUE or null..]
 * they are looked at before, and the answer is {} when wasm_party should be asked first: because it
 * refuses them or the rest of the request, or, without "constantsKnown": true, learns constants
 * from the others. */
char *wasm_save(char *request, size_t len);

/* PROGRAM and "inputs": [VALUE..] -> RESULT, without cryptography; or with "privateResults": true,
 * {"parts": [RESULT..]}, element i of it for party i. */
char *wasm_evaluate(char *request, size_t len);

/* Takes part in a computation.
 *
 * PROGRAM, TERMS, "party", "parties" (when that depends on constants of others), "input": VALUE;
 * how the parties meet: "relay": {"url", "session"}, or "mesh": true for parties of the same host;
 * "key" and "roster": [key or null..] or "sessionSecret", as in the command; "timeout", "wait",
 * "deadline" in milliseconds. Constants whose party is "" are this party's own.
 *
 * -> {"result": RESULT or null, "fingerprint": words or null, "stats": {"and", "microseconds",
 *     "bytesSent", "bytesReceived", "messagesSent", "phases": [{"name", "microseconds",
 *     "bytesSent"}..]}}
 */
char *wasm_party(char *request, size_t len);

/* A private key as text, or nothing for a fresh one -> {"key", "publicKey"} */
char *wasm_keygen(char *key, size_t len);

/* Any bytes -> {"sha256"} */
char *wasm_hash(char *bytes, size_t len);

#endif
