/* Whether a configuration's parts fit together: names that something has, keys that are keys,
 * rules that say what they allow, files that are nobody else's. Layer: node. */
#ifndef NODE_CONFIG_CHECK_H
#define NODE_CONFIG_CHECK_H

#include "node/config_fields.h"

MUST_CHECK pt_status config_check(const field_reader *r, node_config *c);

/* A file that only its owner may read, or one that only its owner may write. PT_ERR_FILE. */
MUST_CHECK pt_status config_check_files(const node_config *c, pt_error *error);

#endif
