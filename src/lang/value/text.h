/* Text handed to callers of the library. Layer: lang. */
#ifndef LANG_VALUE_TEXT_H
#define LANG_VALUE_TEXT_H

#include "base/buffer.h"
#include "polytune/status.h"

/* Longest text made: what fits a size_t with room to spare; memory is the real limit. */
#define TEXT_MAX (SIZE_MAX / 4)

/* Moves the text in `out` to *ret_text, terminated; release with pt_text_free. Empties `out` in any
 * case; PT_ERR_MEMORY when it had failed. */
MUST_CHECK pt_status text_take(char **ret_text, buffer *out, pt_error *error);

#endif
