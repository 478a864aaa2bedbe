/* --link=RATE,RTT. Layer: cli. */
#ifndef CLI_FLAGS_LINK_H
#define CLI_FLAGS_LINK_H

#include "base/compiler.h"
#include "polytune/plan.h"

/* From a text such as "100mbit,50ms": bits a second (kbit, mbit, gbit) each way, and the round
 * trip. PT_ERR_USAGE; *ret_link is untouched then. */
MUST_CHECK pt_status link_flag_parse(pt_plan_link *ret_link, const char *text, pt_error *error);

#endif
