#include "cli/flags/split.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

const flag flags_split[] = {
    {"split", "P:BITS,..",
     "divides the one input value of a circuit: its first BITS bits are party P's, and so on",
     false},
    {"share", "N",
     "N parties give shares of the one input value of a circuit, each as long as that; it is the "
     "XOR of them",
     false},
    {0},
};

#define SPLIT_MAX_PIECES 4096

bool split_is_given(const args *a)
{
    return args_get(a, "split") != NULL || args_get(a, "share") != NULL;
}

static pt_status bad_piece(const char *at, size_t len, pt_error *error)
{
    return error_set(error, PT_ERR_USAGE,
                     "--split takes PARTY:BITS with commas, e.g. 0:64,1:64, not '%.*s'",
                     (int)(len < 60 ? len : 60), at);
}

/* One PARTY:BITS of `len` characters. */
static pt_status parse_piece(pt_input_piece *ret_piece, const char *at, size_t len, pt_error *error)
{
    char text[32];
    uint64_t party = 0;
    uint64_t bits = 0;
    if (len >= sizeof text)
        return bad_piece(at, len, error);
    memcpy(text, at, len);
    text[len] = '\0';
    char *colon = strchr(text, ':');
    if (colon == NULL)
        return bad_piece(at, len, error);
    *colon = '\0';
    pt_status status =
        args_number(&party, text, "a party in --split", 0, PT_MPC_MAX_PARTIES - 1, error);
    if (status == PT_OK)
        status = args_number(&bits, colon + 1, "a number of bits in --split", 0, UINT32_MAX, error);
    *ret_piece = (pt_input_piece){(size_t)party, (size_t)bits};
    return status;
}

static pt_status parse_pieces(pt_input_piece **ret_pieces, size_t *ret_count, const char *list,
                              pt_error *error)
{
    pt_input_piece *pieces = mem_new(SPLIT_MAX_PIECES, sizeof *pieces);
    size_t n = 0;
    pt_status status = pieces == NULL ? error_memory(error) : PT_OK;
    for (const char *at = list; status == PT_OK; at++) {
        const size_t len = strcspn(at, ",");
        if (n == SPLIT_MAX_PIECES)
            status = error_set(error, PT_ERR_USAGE, "--split has more than %d pieces", (int)n);
        else
            status = parse_piece(&pieces[n++], at, len, error);
        at += len;
        if (*at == '\0')
            break;
    }
    *ret_pieces = pieces;
    *ret_count = n;
    return status;
}

static pt_status split_input(pt_circuit **ret_circuit, const pt_circuit *circuit, const char *list,
                             pt_error *error)
{
    pt_input_piece *pieces = NULL;
    size_t n = 0;
    pt_status status = parse_pieces(&pieces, &n, list, error);
    if (status == PT_OK)
        status = pt_circuit_split_input(ret_circuit, circuit, pieces, n, error);
    mem_free(pieces);
    return status;
}

static pt_status share_input(pt_circuit **ret_circuit, const pt_circuit *circuit, const char *text,
                             pt_error *error)
{
    uint64_t parties = 0;
    const pt_status status = args_number(&parties, text, "--share", 1, PT_MPC_MAX_PARTIES, error);
    if (status != PT_OK)
        return status;
    return pt_circuit_share_input(ret_circuit, circuit, (size_t)parties, error);
}

pt_status split_apply(pt_circuit **circuit, const char *path, const args *a, pt_error *error)
{
    const char *split = args_get(a, "split");
    const char *share = args_get(a, "share");
    const char *flag_name = split != NULL ? "--split" : "--share";
    pt_circuit *divided = NULL;
    pt_error inner;
    pt_status status = PT_OK;
    pt_error_clear(&inner);
    if (split != NULL && share != NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--split divides the input, and --share has every party give a share of "
                         "all of it: use one of them");
    if (split != NULL)
        status = split_input(&divided, *circuit, split, &inner);
    else
        status = share_input(&divided, *circuit, share, &inner);
    if (status != PT_OK)
        return error_set(error, status, "%s and '%s': %s", flag_name, path, inner.message);
    pt_circuit_free(*circuit);
    *circuit = divided;
    return PT_OK;
}
