/* Everything of libpolytune in one include. */
#ifndef POLYTUNE_POLYTUNE_H
#define POLYTUNE_POLYTUNE_H

#include "polytune/channel.h"
#include "polytune/circuit.h"
#include "polytune/constants.h"
#include "polytune/literal.h"
#include "polytune/meter.h"
#include "polytune/mpc.h"
#include "polytune/network.h"
#include "polytune/plan.h"
#include "polytune/private_results.h"
#include "polytune/program.h"
#include "polytune/secure.h"
#include "polytune/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version, "major.minor.patch". */
PT_API const char *pt_version(void);

/* How many bytes a struct of these headers has in this library ("pt_error"), 0 for a name that is
 * none's. For those who load the library without compiling its headers: they compare before they
 * pass one. */
PT_API size_t pt_struct_size(const char *name);

#ifdef __cplusplus
}
#endif
#endif
