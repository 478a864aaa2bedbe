#include "cli/flags/const_flags.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/report.h"

static const char blanks[] = " \t\r\n";

/* How long the name is that `text` begins with. */
static size_t name_len(const char *text)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return text[0] >= '0' && text[0] <= '9' ? 0 : strspn(text, word);
}

static bool is_name(const char *text)
{
    const size_t len = name_len(text);
    return len != 0 && text[len] == '\0';
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

/* The name at `at` with the one after its :: as "PARTY::NAME" in `ret_text`; what follows in
 * *ret_rest. False when there is no such pair; then only the first name is passed over. */
static bool read_pair(char ret_text[NEAREST_MAX_LEN + 1], const char **ret_rest, const char *at)
{
    const size_t first = name_len(at);
    const char *colons = at + first + strspn(at + first, blanks);
    const char *name = colons + (strncmp(colons, "::", 2) == 0 ? 2 : 0);
    name += strspn(name, blanks);
    const size_t second = name_len(name);
    *ret_rest = at + first;
    if (strncmp(colons, "::", 2) != 0 || second == 0 || first + 2 + second > NEAREST_MAX_LEN)
        return false;
    (void)snprintf(ret_text, NEAREST_MAX_LEN + 1, "%.*s::%.*s", (int)first, at, (int)second, name);
    return true;
}

/* Whether the text has the name, comments included; else one that is close, "" for none. */
static bool find_name(char ret_best[NEAREST_MAX_LEN + 1], const char *source, const char *wanted)
{
    char found[NEAREST_MAX_LEN + 1];
    nearest n;
    nearest_init(&n, wanted, strlen(wanted));
    ret_best[0] = '\0';
    while (*source != '\0') {
        const char *rest = source + 1;
        if (name_len(source) != 0 && read_pair(found, &rest, source)) {
            if (strcmp(found, wanted) == 0)
                return true;
            nearest_offer(&n, found);
            if (n.best == found)
                memcpy(ret_best, found, sizeof found);
            n.best = NULL;
        }
        source = rest;
    }
    return false;
}

void const_flags_warn(const const_flags *c, const char *source)
{
    for (size_t i = 0; i < c->n; i++) {
        char wanted[NEAREST_MAX_LEN + 1];
        char best[NEAREST_MAX_LEN + 1];
        const int len =
            snprintf(wanted, sizeof wanted, "%s::%s", c->list[i].party, c->list[i].name);
        if (len < 0 || (size_t)len >= sizeof wanted || find_name(best, source, wanted))
            continue;
        report_message(
            REPORT_WARN,
            "the program has no constant %s: what --const or --rows gives is not used%s%s%s",
            wanted, best[0] == '\0' ? "" : "; did you mean ", best, best[0] == '\0' ? "" : "?");
    }
}

void const_flags_clear(const_flags *c)
{
    for (size_t i = 0; c->texts != NULL && i < c->n; i++)
        mem_free(c->texts[i]);
    mem_free(c->texts);
    mem_free(c->list);
    *c = (const_flags){0};
}
