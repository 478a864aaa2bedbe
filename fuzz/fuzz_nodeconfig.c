/* Any text as a node's configuration: it is refused with a line, or rules can be asked, and decide
 * the same twice. The same text as a program: it bears no signature of a key that nobody has. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "node/program_signature.h"
#include "node/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const node_config *c)
{
    const char *participants[2] = {"http://us",
                                   c->n_participants == 0 ? "http://b" : c->participants[0].url};
    const rules_request request = {.program = "pub fn main(a: u8, b: u8) -> u8 { a }",
                                   .program_len = 37,
                                   .participants = participants,
                                   .n_participants = 2,
                                   .caller = c->n_callers == 0 ? "office" : c->callers[0].name,
                                   .source = c->n_sources == 0 ? NULL : c->sources[0].name,
                                   .n_ands = RULES_UNKNOWN,
                                   .n_rows = RULES_UNKNOWN};
    node_decision first, second;
    rules_decide(&first, c, &request);
    rules_decide(&second, c, &request);
    PT_ASSERT(first.outcome == second.outcome && first.rule == second.rule);
    PT_ASSERT(first.outcome != RULES_ALLOW || first.rule != NULL);
    PT_ASSERT((first.outcome == RULES_MEASURE) == (first.needs_ands || first.needs_rows));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nobody[SIGNING_PUBLIC_BYTES] = {9};
    node_config c;
    pt_error error;
    pt_error_clear(&error);
    const char *text = size == 0 ? "" : (const char *)data;
    const pt_status status = node_config_parse(&c, "n.yaml", text, size, &error);
    PT_ASSERT(status == PT_OK || status == PT_ERR_INPUT || status == PT_ERR_MEMORY);
    PT_ASSERT((status == PT_OK) == (error.message[0] == '\0'));
    if (status == PT_OK)
        ask(&c);
    node_config_clear(&c);
    PT_ASSERT(!program_is_signed_by(text, size, nobody));
    return 0;
}
