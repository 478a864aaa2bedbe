#include "mpc/preparations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpc/abit/abit.h"
#include "mpc/triple/and_share.h"

static pt_status ideal_ot_setup(session *s, pt_error *error)
{
    return abit_setup(s, &ideal_base_ot, error);
}

static const preparation ideal_ot_preparation = {ideal_ot_setup, and_shares_blocks,
                                                 and_shares_make};

#define BITS_WAVES "COT COIN_O ABCHK "
#define COT_WAVES                                                                                  \
    .setup_waves = "BOT1 BOT2 ",                                                                   \
    .first_waves = BITS_WAVES "BARRIER DC1 TRU TRS DC2 COIN_O DC3 ZC INM ZO OPEN INL ",            \
    .later_waves = BITS_WAVES "BARRIER TRU TRS COIN_O ZB ZC ZO OPEN ",                             \
    .empty_waves = BITS_WAVES "DC1 DC2 DC3 INM INL "

const test_preparation test_cot = {.name = "cot", .table = &preparation_cot, COT_WAVES};
const test_preparation test_ideal_ot = {
    .name = "ideal_ot", .table = &ideal_ot_preparation, COT_WAVES};
const test_preparation test_dealer = {.name = "dealer",
                                      .table = &preparation_dealt,
                                      .dealer = true,
                                      .setup_waves = "BARRIER DLREQ ",
                                      .first_waves = "COT COIN_O OPEN INM INL ",
                                      .later_waves = "DLREQ COT OPEN ",
                                      .empty_waves = "COT COIN_O INM INL "};
const test_preparation test_ideal = {.name = "ideal",
                                     .table = &ideal_preparation,
                                     .setup_waves = "",
                                     .first_waves = "INM INL ",
                                     .later_waves = "",
                                     .empty_waves = "INM INL "};

const test_preparation *test_preparation_chosen(int argc, char **argv)
{
    static const test_preparation *const all[] = {&test_cot, &test_ideal_ot, &test_dealer,
                                                  &test_ideal};
    for (size_t i = 0; argc == 2 && i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(argv[1], all[i]->name) == 0)
            return all[i];
    }
    (void)fprintf(stderr, "usage: %s cot|ideal_ot|dealer|ideal\n", argv[0]);
    exit(EXIT_FAILURE);
}
