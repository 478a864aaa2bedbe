#include "mpc/preparation.h"

#include "mpc/abit/abit.h"
#include "mpc/dealer/dealt.h"
#include "mpc/ot/base_ot.h"
#include "mpc/triple/and_share.h"

static pt_status cot_setup(session *s, pt_error *error)
{
    return abit_setup(s, &base_ot_ristretto, error);
}

const preparation preparation_cot = {cot_setup, and_shares_blocks, and_shares_make};
const preparation preparation_dealt = {dealt_setup, dealt_shares_blocks, dealt_shares_make};
