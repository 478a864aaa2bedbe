#define _POSIX_C_SOURCE 200809L
#include "cli/help.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/wrap.h"
#include "polytune/polytune.h"

#define HELP_LINES_MAX 1024

/* Lines, each wrapped. */
static void put_lines(buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);

static void put_lines(buffer *b, const char *format, ...)
{
    char lines[HELP_LINES_MAX];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(lines, sizeof lines, format, list);
    va_end(list);
    wrap_put_lines(b, lines, wrap_columns(STDOUT_FILENO));
}

/* "Exit status: 0 done, 1 .." */
static void put_exit_statuses(buffer *b)
{
    buffer text;
    buffer_init(&text, SIZE_MAX / 4);
    buffer_printf(&text, "Exit status:");
    for (size_t i = 0; exit_statuses[i] != NULL; i++)
        buffer_printf(&text, "%s %zu %s", i == 0 ? "" : ",", i, exit_statuses[i]);
    const char *line = buffer_text(&text);
    if (line == NULL)
        b->failed = true;
    else
        put_lines(b, "%s.\n", line);
    buffer_clear(&text);
}

/* Prints the help; the exit status. */
static int end_help(buffer *text)
{
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = text->failed
                                 ? error_memory(&error)
                                 : output_text((const char *)text->bytes, text->len, &error);
    buffer_clear(text);
    if (status != PT_OK)
        report_failure(status, &error);
    return (int)pt_status_class_of(status);
}

#define SUMMARY_INDENT 23

int help_commands(void)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    put_lines(&b,
              "polytune %s: compute on data that its owners do not show each other\n\n"
              "usage: polytune COMMAND [ARGUMENTS] [FLAGS]\n\n",
              pt_version());
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->hidden)
            continue;
        buffer_printf(&b, "  %-10s %-9s ", commands[i]->name, commands[i]->arguments);
        wrap_put(&b, commands[i]->summary, wrap_columns(STDOUT_FILENO), SUMMARY_INDENT,
                 SUMMARY_INDENT);
        buffer_printf(&b, "\n");
    }
    put_lines(&b, "\npolytune COMMAND --help shows a command's flags.\n");
    put_exit_statuses(&b);
    return end_help(&b);
}

int help_first_steps(void)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(
        &b,
        "polytune %s: compute on data that its owners do not show each other\n\n"
        "Three things to try first:\n\n"
        "  1. Write down what is to be computed, here who of two is richer:\n\n"
        "       echo 'pub fn main(a: u64, b: u64) -> bool { a > b }' >richer.garble\n\n"
        "  2. Run all parties on this machine:\n\n"
        "       polytune simulate richer.garble --input=5000 --input=7000\n\n"
        "  3. Run them apart, each in a terminal of its own, and a relay between them:\n\n"
        "       polytune serve\n"
        "       polytune party http://127.0.0.1:8000 --session=try \\\n"
        "           --program=richer.garble --party=0 --input=5000\n"
        "       polytune party http://127.0.0.1:8000 --session=try \\\n"
        "           --program=richer.garble --party=1 --input=7000\n\n"
        "polytune --help lists the commands.\n",
        pt_version());
    const int status = end_help(&b);
    return status == PT_CLASS_DONE ? PT_CLASS_USAGE : status;
}

#define HELP_INDENT 30

static void flag_help(buffer *b, const flag *f)
{
    char shown[64];
    char text[512];
    const bool is_short = strlen(f->name) == 1;
    const int len = snprintf(shown, sizeof shown, "  %s%s%s%s", is_short ? "-" : "--", f->name,
                             f->placeholder == NULL ? "" : (is_short ? " " : "="),
                             f->placeholder == NULL ? "" : f->placeholder);
    (void)snprintf(text, sizeof text, "%s%s\n", f->help, f->repeat ? " (repeatable)" : "");
    if (len < HELP_INDENT)
        buffer_printf(b, "%-*s", HELP_INDENT, shown);
    else
        buffer_printf(b, "%s\n%*s", shown, HELP_INDENT, "");
    wrap_put(b, text, wrap_columns(STDOUT_FILENO), HELP_INDENT, HELP_INDENT);
}

int help_command(const command *c)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    put_lines(&b, "usage: polytune %s%s%s [FLAGS]\n\n%s\n", c->name,
              c->arguments[0] == '\0' ? "" : " ", c->arguments, c->summary);
    if (c->details != NULL)
        wrap_put_lines(&b, c->details, wrap_columns(STDOUT_FILENO));
    for (const flag *const *list = c->flags; *list != NULL; list++) {
        buffer_printf(&b, "\n");
        for (const flag *f = *list; f->name != NULL; f++)
            flag_help(&b, f);
    }
    buffer_printf(&b, "\n");
    put_exit_statuses(&b);
    return end_help(&b);
}

int help_version(void)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(&b, "polytune %s\n", pt_version());
    return end_help(&b);
}
