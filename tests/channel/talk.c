#include "channel/talk.h"

#include "channel/channel.h"
#include "support/test.h"

void send_text(const pt_channel *c, size_t to, const char *text)
{
    assert_int_equal(channel_send(c, to, "p", (const uint8_t *)text, strlen(text), NULL), PT_OK);
}

void expect_text(const pt_channel *c, size_t from, const char *text)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    if (channel_recv(c, from, "p", 1000, &bytes, &len, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(bytes, text, len);
    free(bytes);
}

void expect_failure(const pt_channel *c, size_t from, pt_status status, const char *words)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    pt_error error;
    assert_int_equal(channel_recv(c, from, "p", 1000, &bytes, &len, &error), status);
    assert_int_equal(error.party, from);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}
