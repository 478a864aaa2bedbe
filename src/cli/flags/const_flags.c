#include "cli/flags/const_flags.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static bool is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char digits[] = "0123456789";
    size_t len = strspn(text, letters);
    if (len == 0)
        return false;
    while (text[len] != '\0' &&
           (strchr(letters, text[len]) != NULL || strchr(digits, text[len]) != NULL))
        len++;
    return text[len] == '\0';
}

/* Splits `text`; the pieces point into it, or to `own_party`. */
static bool split(pt_constant *ret_constant, char *text, const char *own_party)
{
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return false;
    *equals = '\0';
    char *colons = strstr(text, "::");
    if (colons != NULL)
        *colons = '\0';
    *ret_constant = (pt_constant){.party = colons != NULL ? text : own_party,
                                  .name = colons != NULL ? colons + 2 : text,
                                  .literal = equals + 1};
    return ret_constant->party != NULL && is_name(ret_constant->party) &&
           is_name(ret_constant->name);
}

static bool make_room(const_flags *c)
{
    pt_constant *list = mem_resize(c->list, c->n + 1, sizeof *list);
    if (list != NULL)
        c->list = list;
    char **texts = mem_resize(c->texts, c->n + 1, sizeof *texts);
    if (texts != NULL)
        c->texts = texts;
    return list != NULL && texts != NULL;
}

pt_status const_flags_add(const_flags *c, const char *text, const char *own_party, pt_error *error)
{
    if (!make_room(c))
        return error_memory(error);
    pt_constant *added = &c->list[c->n];
    char *copy = c->texts[c->n] = mem_string(text);
    if (copy == NULL)
        return error_memory(error);
    c->n++;
    if (!split(added, copy, own_party))
        return error_set(error, PT_ERR_USAGE,
                         "--const takes PARTY::NAME=LITERAL, e.g. PARTY_0::ROWS=3usize%s, not "
                         "'%.80s'",
                         own_party == NULL ? "" : ", or NAME=LITERAL for this party's own", text);
    for (size_t i = 0; i + 1 < c->n; i++) {
        if (strcmp(c->list[i].party, added->party) == 0 &&
            strcmp(c->list[i].name, added->name) == 0)
            return error_set(error, PT_ERR_USAGE, "--const gives %.80s::%.80s twice", added->party,
                             added->name);
    }
    return PT_OK;
}

pt_status const_flags_init(const_flags *ret_flags, const args *a, const char *own_party,
                           pt_error *error)
{
    const_flags *c = ret_flags;
    *c = (const_flags){0};
    for (size_t i = 0; i < args_count(a, "const"); i++) {
        const pt_status status = const_flags_add(c, args_nth(a, "const", i), own_party, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

void const_flags_clear(const_flags *c)
{
    for (size_t i = 0; c->texts != NULL && i < c->n; i++)
        mem_free(c->texts[i]);
    mem_free(c->texts);
    mem_free(c->list);
    *c = (const_flags){0};
}
