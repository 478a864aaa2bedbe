#include "base/stop.h"

#include <stdio.h>

stop_reason stop_reason_of(pt_status status)
{
    if (status == PT_ERR_CANCELLED)
        return STOP_CANCELLED;
    if (status == PT_ERR_STOPPED)
        return STOP_OTHER;
    const pt_status_class class_of = pt_status_class_of(status);
    if (class_of == PT_CLASS_PEER)
        return STOP_CHECK;
    return class_of == PT_CLASS_TRANSPORT ? STOP_TRANSPORT : STOP_OWN;
}

void stop_note_put(uint8_t ret_bytes[STOP_NOTE_BYTES], stop_note note)
{
    ret_bytes[0] = (uint8_t)note.reason;
    ret_bytes[1] = note.party;
}

bool stop_note_get(stop_note *ret_note, const uint8_t bytes[STOP_NOTE_BYTES])
{
    if (bytes[0] < STOP_CHECK || bytes[0] > STOP_OTHER)
        return false;
    *ret_note = (stop_note){.reason = (stop_reason)bytes[0], .party = bytes[1]};
    return true;
}

pt_status stop_note_status(stop_note note)
{
    return note.reason == STOP_CHECK ? PT_PEER_ABORT : PT_ERR_STOPPED;
}

static const char *reason_text(stop_reason reason)
{
    switch (reason) {
    case STOP_CHECK:
        return "a check failed, or it disagrees on what to run";
    case STOP_CANCELLED:
        return "its user cancelled";
    case STOP_TRANSPORT:
        return "it lost a connection or waited too long";
    case STOP_OWN:
        return "its own program, input, constants or memory failed";
    case STOP_OTHER:
    case STOP_NONE:
        break;
    }
    return "another party had stopped";
}

const char *stop_note_text(char ret_text[STOP_TEXT_MAX], stop_note note, int from)
{
    const char *why = reason_text(note.reason);
    if (note.party == from)
        (void)snprintf(ret_text, STOP_TEXT_MAX, "stopped: %s", why);
    else
        (void)snprintf(ret_text, STOP_TEXT_MAX, "says that party %u stopped: %s",
                       (unsigned)note.party, why);
    return ret_text;
}
