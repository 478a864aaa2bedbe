#include "mpc/session/wave_name.h"

#include <stddef.h>

#include "base/assert.h"

const wave_facts *wave_facts_of(wave_name name)
{
#define WAVE_FACTS(name, row, work, start, share) [WAVE_##name] = {#name, row, work, start, share},
    static const wave_facts facts[WAVE_NAMES] = {WAVE_LIST(WAVE_FACTS)};
#undef WAVE_FACTS
    PT_ASSERT(name < WAVE_NAMES);
    return &facts[name];
}

const char *wave_text(wave_name name)
{
    return wave_facts_of(name)->text;
}

const char *stats_row_text(stats_row row)
{
    static const char *const texts[STATS_ROWS] = {
        [STATS_DEALER] = "dealer",         [STATS_SETUP] = "set-up",
        [STATS_BASE_OT] = "base OT",       [STATS_BITS] = "bits",
        [STATS_KEY_CHECK] = "key check",   [STATS_TRIPLES] = "triples",
        [STATS_GARBLING] = "garbling",     [STATS_INPUTS] = "inputs",
        [STATS_EVALUATION] = "evaluation", [STATS_OUTPUTS] = "outputs",
    };
    PT_ASSERT(row < STATS_ROWS);
    return texts[row];
}
