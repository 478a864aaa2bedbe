/* Short texts over a channel, for tests of channels. */
#ifndef TESTS_CHANNEL_TALK_H
#define TESTS_CHANNEL_TALK_H

#include <stddef.h>

#include "polytune/channel.h"

void send_text(const pt_channel *c, size_t to, const char *text);
void expect_text(const pt_channel *c, size_t from, const char *text);
/* Receiving fails, with these words in the message, because of `from`. */
void expect_failure(const pt_channel *c, size_t from, pt_status status, const char *words);

#endif
