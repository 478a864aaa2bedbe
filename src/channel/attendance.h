/* Who has come while a channel waits for all, in words. Layer: channel. */
#ifndef CHANNEL_ATTENDANCE_H
#define CHANNEL_ATTENDANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "channel/channel.h"

#define ATTENDANCE_TEXT 128 /* a list, terminated */

typedef struct attendance {
    size_t parties;
    bool is_here[CHANNEL_MAX_PARTIES];
    bool was_here[CHANNEL_MAX_PARTIES]; /* at some time */
} attendance;

/* Notes that a party is there, or not any more. */
void attendance_note(attendance *a, size_t party, bool is_here);

size_t attendance_count(const attendance *a);

/* One that is not here: the first that never was, else the first that left; `parties` for none. */
size_t attendance_missing(const attendance *a);

/* All who are not here, and never were or, with `were_here`, have left: "party 2", "parties 1, 2
 * and 4", or "" for nobody. */
void attendance_list(char ret_text[ATTENDANCE_TEXT], const attendance *a, bool were_here);

/* The end of a sentence about those who never came: "; party 1 was there and left", or "". */
void attendance_list_left(char ret_text[ATTENDANCE_TEXT + 32], const attendance *a);

#endif
