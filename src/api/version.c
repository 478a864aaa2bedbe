#include "polytune/polytune.h"

#include <string.h>

const char *pt_version(void)
{
    return POLYTUNE_VERSION;
}

/* Every struct of the public headers that has members; tests/house/abi.py looks. */
#define PUBLIC_STRUCTS(X)                                                                          \
    X(pt_channel)                                                                                  \
    X(pt_channel_ops)                                                                              \
    X(pt_circuit_stats)                                                                            \
    X(pt_compile_options)                                                                          \
    X(pt_constant)                                                                                 \
    X(pt_diagnostic)                                                                               \
    X(pt_direct_options)                                                                           \
    X(pt_error)                                                                                    \
    X(pt_input_piece)                                                                              \
    X(pt_line_count)                                                                               \
    X(pt_mpc_options)                                                                              \
    X(pt_mpc_receivers)                                                                            \
    X(pt_mpc_stats)                                                                                \
    X(pt_network_options)                                                                          \
    X(pt_p2p_options)                                                                              \
    X(pt_p2p_ticket)                                                                               \
    X(pt_panic)                                                                                    \
    X(pt_plan)                                                                                     \
    X(pt_plan_link)                                                                                \
    X(pt_plan_seat)                                                                                \
    X(pt_program_facts)                                                                            \
    X(pt_relay_options)                                                                            \
    X(pt_secure_options)                                                                           \
    X(pt_terms)                                                                                    \
    X(pt_traffic)

size_t pt_struct_size(const char *name)
{
#define X(type) {#type, sizeof(type)},
    static const struct {
        const char *name;
        size_t size;
    } structs[] = {PUBLIC_STRUCTS(X)};
#undef X
    for (size_t i = 0; name != NULL && i < sizeof structs / sizeof *structs; i++)
        if (strcmp(structs[i].name, name) == 0)
            return structs[i].size;
    return 0;
}
