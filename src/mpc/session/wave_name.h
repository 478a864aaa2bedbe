/* The names of the waves (protocol spec, section 0.9), and what statistics and progress make of
 * them. Layer: mpc.
 *
 * Side streams carry the name of the wave that follows them. */
#ifndef MPC_SESSION_WAVE_NAME_H
#define MPC_SESSION_WAVE_NAME_H

/* The rows of the statistics. STATS_SAME: that of the wave before, for coins and barriers. */
typedef enum stats_row {
    STATS_SAME,
    STATS_DEALER,
    STATS_SETUP,
    STATS_BASE_OT,
    STATS_BITS,
    STATS_KEY_CHECK,
    STATS_TRIPLES,
    STATS_GARBLING,
    STATS_INPUTS,
    STATS_EVALUATION,
    STATS_OUTPUTS,
    STATS_ROWS
} stats_row;

/* X(name, row of the statistics, what progress calls the work for it, at which per cent of a
 * segment's time that starts, how many it takes), as measured with two parties at the default k.
 * Garbling and evaluation are the same work at different parties. */
/* clang-format off */
#define WAVE_LIST(X)                                     \
    X(HELLO,   STATS_SETUP,      NULL,          0,   0)  \
    X(BARRIER, STATS_SAME,       NULL,          0,   0)  \
    X(DLREQ,   STATS_DEALER,     NULL,          0,   0)  \
    X(DLSEED,  STATS_DEALER,     NULL,          0,   0)  \
    X(DEAL,    STATS_DEALER,     "dealing",     0, 100)  \
    X(BOT1,    STATS_BASE_OT,    NULL,          0,   0)  \
    X(BOT2,    STATS_BASE_OT,    NULL,          0,   0)  \
    X(COT,     STATS_BITS,       "COT",         0,  50)  \
    X(COIN_O,  STATS_SAME,       NULL,          0,   0)  \
    X(ABCHK,   STATS_BITS,       NULL,          0,   0)  \
    X(DC1,     STATS_KEY_CHECK,  NULL,          0,   0)  \
    X(DC2,     STATS_KEY_CHECK,  NULL,          0,   0)  \
    X(DC3,     STATS_KEY_CHECK,  NULL,          0,   0)  \
    X(TRU,     STATS_TRIPLES,    "triples",    50,  20)  \
    X(TRS,     STATS_TRIPLES,    NULL,          0,   0)  \
    X(ZB,      STATS_TRIPLES,    NULL,          0,   0)  \
    X(ZC,      STATS_TRIPLES,    NULL,          0,   0)  \
    X(ZO,      STATS_TRIPLES,    NULL,          0,   0)  \
    X(OPEN,    STATS_TRIPLES,    NULL,          0,   0)  \
    X(INM,     STATS_INPUTS,     NULL,          0,   0)  \
    X(INL,     STATS_INPUTS,     NULL,          0,   0)  \
    X(LBL,     STATS_INPUTS,     NULL,          0,   0)  \
    X(GC,      STATS_GARBLING,   "garbling",   70,  30)  \
    X(EV1,     STATS_EVALUATION, "evaluation", 70,  30)  \
    X(EV2,     STATS_EVALUATION, NULL,          0,   0)  \
    X(OUT,     STATS_OUTPUTS,    NULL,          0,   0)  \
    X(ABORT,   STATS_SAME,       NULL,          0,   0)
/* clang-format on */

#define WAVE_ENUM(name, row, work, start, share) WAVE_##name,
typedef enum wave_name { WAVE_LIST(WAVE_ENUM) WAVE_NAMES } wave_name;
#undef WAVE_ENUM

typedef struct wave_facts {
    const char *text; /* for the channel, errors and hooks */
    stats_row row;
    const char *work; /* NULL: too little to tell of */
    unsigned start;
    unsigned share;
} wave_facts;

const wave_facts *wave_facts_of(wave_name name);
const char *wave_text(wave_name name);

/* NULL for STATS_SAME. */
const char *stats_row_text(stats_row row);

#endif
