/* Every domain-separation label of the random oracle, one use each (protocol spec, section 0.4).
 * Layer: crypto. */
#ifndef CRYPTO_RO_LABELS_H
#define CRYPTO_RO_LABELS_H

#define RO_LABEL_COMMIT        "mpcag/commit"     /* 0.4  commitments */
#define RO_LABEL_TRANSCRIPT    "mpcag/tr"         /* 0.6  transcript digest T_w */
#define RO_LABEL_COIN          "mpcag/coin"       /* 0.7  coins */
#define RO_LABEL_SUB           "mpcag/sub"        /* 0.7  values derived from a coin */
#define RO_LABEL_SID           "mpcag/sid"        /* 0.8  session id */
#define RO_LABEL_CIRCUIT       "mpcag/circuit"    /* 0.8  circuit hash */
#define RO_LABEL_PARAMETERS    "mpcag/parameters" /* 0.8  parameter hash */
#define RO_LABEL_ROSTER        "mpcag/roster"     /* 0.8  roster hash */
#define RO_LABEL_RECEIVERS     "mpcag/receivers"  /* 0.8  who learns which output bits */
#define RO_LABEL_SESSION_DATA  "mpcag/session"    /* 0.8  hash of the application's session data */
#define RO_LABEL_CONSTANTS     "mpcag/constants"  /* api/constants.c  what a party sent */
#define RO_LABEL_TERMS         "mpcag/terms"      /* api/terms.c  what a party tells a relay */
#define RO_LABEL_BASE_OT_POINT "mpcag/bot-hg"     /* 1    hash to group */
#define RO_LABEL_BASE_OT_KEY   "mpcag/bot-key"    /* 1    keys */
#define RO_LABEL_PAIR          "mpcag/pair"       /* 2.1  directed pair */
#define RO_LABEL_GGM           "mpcag/ggm"        /* 2.1  tree nodes */
#define RO_LABEL_LEAF          "mpcag/leaf"       /* 2.2  leaf expansion */
#define RO_LABEL_PPRF          "mpcag/pprf"       /* 2.2  tree consistency digest */
#define RO_LABEL_ABIT_CHECK    "mpcag/abchk"      /* 3.2  plane hashes */
#define RO_LABEL_OPEN          "mpcag/open"       /* 3.4  challenge of an opening */
#define RO_LABEL_ZERO_BLIND    "mpcag/zb"         /* 4.4  pads of the blinded zero check */
#define RO_LABEL_EVALUATION    "mpcag/ev"         /* 6.4  challenge of EV1 */
#define RO_LABEL_DEALT_DELTA   "mpcag/dl-delta"   /* 7    Delta_i from the dealer's seed */
#define RO_LABEL_DEALT_BITS    "mpcag/dl-bits"    /* 7    key of P_i's bits */
#define RO_LABEL_DEALT_ROOT    "mpcag/dl-root"    /* 7    roots of P_i's trees */
#define RO_LABEL_DEALT_TAG     "mpcag/dl-tag"     /* 7    tag of a message of the dealer */
#define RO_LABEL_DEALT_COT     "mpcag/dl-cot"     /* 7    digest of a pair's corrections */

#define RO_LABEL_PROGRAM_FILE                                                                      \
    "mpcag/ptc" /* checksum of a compiled program; no part of the protocol */

#endif
