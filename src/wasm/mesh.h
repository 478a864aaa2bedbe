/* Messages between parties that the same host runs, each with a module of its own. Layer: wasm. */
#ifndef WASM_MESH_H
#define WASM_MESH_H

#include "base/compiler.h"
#include "polytune/channel.h"

/* A channel that the host carries; close it. PT_ERR_MEMORY. */
MUST_CHECK pt_status mesh_open(pt_channel *ret_channel, size_t party, size_t parties,
                               pt_error *error);

#endif
