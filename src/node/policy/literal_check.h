/* Whether JSON can be a Garble literal of any type, before the type is known. Layer: node. */
#ifndef NODE_POLICY_LITERAL_CHECK_H
#define NODE_POLICY_LITERAL_CHECK_H

#include "node/policy/json_text.h"

/* False when a number that says its kind, {"NumUnsigned": [..]} or {"NumSigned": [..]}, is none of
 * that kind. All else is left to the literal's own reader, which knows the type. */
MUST_CHECK bool literal_may_be_good(json_slice value);

#endif
