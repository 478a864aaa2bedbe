/* Why a party stopped, as it tells the others. Layer: base.
 *
 * A byte in messages that mpc and api send. It never says which check failed: STOP_CHECK stands for
 * all of them, and for disagreement on what to run. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "polytune/status.h"

typedef enum stop_reason {
    STOP_NONE = 0, /* never on the wire */
    STOP_CHECK,
    STOP_CANCELLED,
    STOP_TRANSPORT,
    STOP_OWN,  /* input, constants, memory: never which */
    STOP_OTHER /* another party stopped, for a reason that is not known any more */
} stop_reason;

/* Who stopped first, by the caller's number, and why. */
typedef struct stop_note {
    stop_reason reason;
    uint8_t party;
} stop_note;

#define STOP_NOTE_BYTES 2
#define STOP_TEXT_MAX   128

stop_reason stop_reason_of(pt_status status);

void stop_note_put(uint8_t ret_bytes[STOP_NOTE_BYTES], stop_note note);
/* False if it is none. */
bool stop_note_get(stop_note *ret_note, const uint8_t bytes[STOP_NOTE_BYTES]);

/* What to fail with at hearing of it: PT_PEER_ABORT for a failed check, else PT_ERR_STOPPED. */
pt_status stop_note_status(stop_note note);

/* What the party `from` did that sent the note: "stopped: its user cancelled", or "says that party
 * 2 stopped: ..". */
const char *stop_note_text(char ret_text[STOP_TEXT_MAX], stop_note note, int from);

#endif
