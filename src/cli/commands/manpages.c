/* polytune manpages: a manual page for every command, made from the tables that --help shows. For
 * the build, which installs them. */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/file_out.h"
#include "polytune/polytune.h"

static const flag *const flag_lists[] = {flags_common, NULL};

/* ---- troff ---- */

/* Text so that it is shown as it is written, and can be copied. */
static void put_troff(buffer *b, const char *text, size_t len)
{
    static const struct {
        char c;
        const char *escape;
    } escapes[] = {{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"},
                   {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
    if (len != 0 && text[0] == '.')
        buffer_printf(b, "\\&"); /* at the start of a line it would be a request */
    for (size_t i = 0; i < len; i++) {
        const char *escape = NULL;
        for (size_t e = 0; e < sizeof escapes / sizeof *escapes; e++)
            if (escapes[e].c == text[i])
                escape = escapes[e].escape;
        if (escape != NULL)
            buffer_printf(b, "%s", escape);
        else
            buffer_put_u8(b, (uint8_t)text[i]);
    }
}

static void put_troff_line(buffer *b, const char *text)
{
    put_troff(b, text, strlen(text));
    buffer_put_u8(b, '\n');
}

static void put_tagged(buffer *b, const char *tag, size_t tag_len, const char *text, size_t len)
{
    buffer_printf(b, ".TP\n\\fB");
    put_troff(b, tag, tag_len);
    buffer_printf(b, "\\fR\n");
    put_troff(b, text, len);
    buffer_put_u8(b, '\n');
}

/* What a line of a command's details is. */
typedef enum line_kind { LINE_TEXT, LINE_EXAMPLE, LINE_TAGGED } line_kind;

/* An example is indented; with a name, two blanks and a text it is of a list. */
static line_kind kind_of_line(const char *line, size_t len)
{
    const size_t blanks = strspn(line, " ");
    const char *gap = strstr(line + blanks, "  ");
    if (blanks == 0)
        return LINE_TEXT;
    return gap != NULL && gap < line + len ? LINE_TAGGED : LINE_EXAMPLE;
}

static void put_list_line(buffer *b, const char *line, size_t len)
{
    const char *name = line + strspn(line, " ");
    const char *gap = strstr(name, "  ");
    const char *text = gap + strspn(gap, " ");
    put_tagged(b, name, (size_t)(gap - name), text, (size_t)(line + len - text));
}

/* Lines that follow each other are paragraphs, those of an example stay together. */
static void put_details(buffer *b, const char *lines)
{
    bool in_example = false;
    bool is_first = true;
    for (size_t len = 0; *lines != '\0'; lines += len + (lines[len] == '\n')) {
        len = strcspn(lines, "\n");
        const line_kind kind = kind_of_line(lines, len);
        if (in_example && kind != LINE_EXAMPLE)
            buffer_printf(b, ".fi\n");
        if (kind == LINE_EXAMPLE && !in_example)
            buffer_printf(b, ".PP\n.nf\n");
        in_example = kind == LINE_EXAMPLE;
        if (len == 0)
            continue;
        if (kind == LINE_TAGGED) {
            put_list_line(b, lines, len);
            continue;
        }
        if (kind == LINE_TEXT && !is_first)
            buffer_printf(b, ".PP\n");
        is_first = false;
        put_troff(b, lines, len);
        buffer_put_u8(b, '\n');
    }
    if (in_example)
        buffer_printf(b, ".fi\n");
}

/* ---- pages ---- */

static void put_title(buffer *b, const char *name, const char *summary)
{
    buffer_printf(b, ".TH \"%s\" 1 \"\" \"polytune %s\" \"Polytune\"\n.SH NAME\n", name,
                  pt_version());
    put_troff(b, name, strlen(name));
    buffer_printf(b, " \\- ");
    put_troff_line(b, summary);
}

static void put_ending(buffer *b)
{
    static const struct {
        const char *name, *text;
    } variables[] = {
        {"POLYTUNE_LOG", "error, warn, info (default), debug or trace: what goes to stderr"},
        {"POLYTUNE_SESSION_SECRET", "in place of --session-secret"},
        {"POLYTUNE_STORE", "in place of --store"},
        {"NO_COLOR", "if it is set, nothing is coloured"},
    };
    buffer_printf(b, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        put_tagged(b, variables[i].name, strlen(variables[i].name), variables[i].text,
                   strlen(variables[i].text));
    buffer_printf(b, ".SH EXIT STATUS\n");
    for (size_t i = 0; exit_statuses[i] != NULL; i++)
        buffer_printf(b, ".TP\n\\fB%zu\\fR\n%s\n", i, exit_statuses[i]);
}

static void put_flag(buffer *b, const flag *f)
{
    const bool is_short = f->name[1] == '\0';
    buffer_printf(b, ".TP\n\\fB%s", is_short ? "\\-" : "\\-\\-");
    put_troff(b, f->name, strlen(f->name));
    buffer_printf(b, "\\fR");
    if (f->placeholder != NULL) {
        buffer_printf(b, "%s\\fI", is_short ? " " : "=");
        put_troff(b, f->placeholder, strlen(f->placeholder));
        buffer_printf(b, "\\fR");
    }
    buffer_put_u8(b, '\n');
    put_troff(b, f->help, strlen(f->help));
    buffer_printf(b, "%s\n", f->repeat ? " (repeatable)" : "");
}

static void put_command_page(buffer *b, const command *c)
{
    buffer name;
    buffer_init(&name, SIZE_MAX / 4);
    buffer_printf(&name, "polytune-%s", c->name);
    put_title(b, buffer_text(&name) == NULL ? "" : buffer_text(&name), c->summary);
    b->failed = b->failed || name.failed;
    buffer_clear(&name);
    buffer_printf(b, ".SH SYNOPSIS\n\\fBpolytune %s\\fR", c->name);
    if (c->arguments[0] != '\0')
        buffer_printf(b, " \\fI%s\\fR", c->arguments);
    buffer_printf(b, " [\\fIFLAGS\\fR]\n");
    if (c->details != NULL) {
        buffer_printf(b, ".SH DESCRIPTION\n");
        put_details(b, c->details);
    }
    buffer_printf(b, ".SH OPTIONS\n");
    for (const flag *const *list = c->flags; *list != NULL; list++)
        for (const flag *f = *list; f->name != NULL; f++)
            put_flag(b, f);
    put_ending(b);
    buffer_printf(b, ".SH SEE ALSO\n\\fBpolytune\\fR(1)\n");
}

static void put_main_page(buffer *b)
{
    put_title(b, "polytune", "compute on data that its owners do not show each other");
    buffer_printf(b, ".SH SYNOPSIS\n\\fBpolytune\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR] "
                     "[\\fIFLAGS\\fR]\n.SH COMMANDS\nEach has a manual page of its own.\n");
    for (const command *const *c = commands; *c != NULL; c++) {
        if ((*c)->hidden)
            continue;
        buffer_printf(b, ".TP\n\\fBpolytune\\-%s\\fR(1)\n", (*c)->name);
        put_troff_line(b, (*c)->summary);
    }
    put_ending(b);
}

/* `command`: NULL for the page of all. */
static pt_status write_page(const char *folder, const command *c, pt_error *error)
{
    buffer path;
    buffer page;
    file_out out = {0};
    buffer_init(&path, SIZE_MAX / 4);
    buffer_init(&page, SIZE_MAX / 4);
    buffer_printf(&path, "%s/polytune%s%s.1", folder, c == NULL ? "" : "-",
                  c == NULL ? "" : c->name);
    if (c == NULL)
        put_main_page(&page);
    else
        put_command_page(&page, c);
    const char *name = buffer_text(&path);
    pt_status status = name == NULL || page.failed ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = file_out_open(&out, name, error);
    if (status == PT_OK)
        status = file_out_commit(&out, (const char *)page.bytes, page.len, error);
    file_out_clear(&out);
    buffer_clear(&path);
    buffer_clear(&page);
    return status;
}

static pt_status manpages_run(const args *a, pt_error *error)
{
    pt_status status = write_page(a->positional[0], NULL, error);
    for (const command *const *c = commands; *c != NULL && status == PT_OK; c++) {
        if (!(*c)->hidden)
            status = write_page(a->positional[0], *c, error);
    }
    return status;
}

const command command_manpages = {
    .name = "manpages",
    .arguments = "FOLDER",
    .summary = "write the manual pages",
    .flags = flag_lists,
    .n_positional = 1,
    .hidden = true,
    .run = manpages_run,
};
