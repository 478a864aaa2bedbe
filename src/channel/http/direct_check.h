/* What is wrong with the options of a direct channel, before anything is opened. Layer: channel. */
#ifndef CHANNEL_HTTP_DIRECT_CHECK_H
#define CHANNEL_HTTP_DIRECT_CHECK_H

#include "base/compiler.h"
#include "polytune/network.h"

/* The URLs of the parties; `parties` and `party` are good. */
MUST_CHECK pt_status direct_check_urls(const pt_direct_options *o, pt_error *error);

/* What a party says that serves at its own URL, one of those that are good: whether it is https,
 * and whether the files of its certificate can be read. */
MUST_CHECK pt_status direct_check_own(const pt_direct_options *o, pt_error *error);

#endif
