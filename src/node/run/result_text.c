#include "node/run/result_text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static char *success_text(const char *details)
{
    static const char head[] = "{\"type\":\"success\",\"details\":";
    const size_t size = sizeof head + strlen(details) + 1;
    char *text = mem_new(size, 1);
    if (text != NULL)
        (void)snprintf(text, size, "%s%s}", head, details);
    return text;
}

char *result_text(bool is_success, const char *details, const char *reason)
{
    if (is_success)
        return details == NULL ? NULL : success_text(details);
    char line[1024];
    (void)snprintf(line, sizeof line, "Error: %.1000s\n", reason);
    /* Cut in the middle of a letter, it would be no JSON. */
    const size_t len = strlen(line);
    if (!utf8_is_valid(line, len))
        for (size_t i = 0; i < len; i++)
            line[i] = (unsigned char)line[i] < 0x80 ? line[i] : '?';
    json_t *all = json_pack("{s:s, s:s}", "type", "error", "details", line);
    char *dumped = all == NULL ? NULL : json_dumps(all, JSON_COMPACT);
    char *text = dumped == NULL ? NULL : mem_string(dumped);
    json_decref(all);
    free(dumped);
    return text;
}
