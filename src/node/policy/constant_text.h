/* A constant of a policy, JSON, as the Garble text that the compiler takes. Layer: node. */
#ifndef NODE_POLICY_CONSTANT_TEXT_H
#define NODE_POLICY_CONSTANT_TEXT_H

#include "node/policy/json_text.h"

/* {"NumUnsigned":[4,"Usize"]} is 4usize, "True" is true, 4 is 4, and other strings are Garble text
 * themselves. *ret_text: mem_free. PT_ERR_INPUT. */
MUST_CHECK pt_status constant_text(char **ret_text, json_slice value, pt_error *error);

#endif
