/* The command `polytune`: finds the subcommand, runs it, turns its status into a message and an
 * exit status. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/nearest.h"
#include "cli/commands/command.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/wrap.h"
#include "polytune/polytune.h"

static const command *const commands[] = {
    &command_eval,  &command_check, &command_compile, &command_simulate, &command_serve,
    &command_party, &command_pre,   &command_keygen,  &command_bench,    NULL,
};

const flag flags_common[] = {
    {"quiet", NULL, "say nothing on stderr but errors", false},
    {"log-format", "FORMAT", "text (default) or json, for what goes to stderr", false},
    {"help", NULL, "show this help", false},
    {"h", NULL, "the same", false},
    {0},
};

const flag flags_program[] = {
    {"function", "NAME", "the function to run (default main)", false},
    {"const", "[PARTY::]NAME=LITERAL", "the value of an external constant of the program", true},
    {"json", NULL, "print one JSON object on stdout", false},
    {0},
};

static const char *const exit_text =
    "Exit status: 0 done, 1 internal error, 2 usage, 3 the program does not compile, 4 an input, "
    "constant or circuit is invalid or a file cannot be read or written, 5 the program panicked, "
    "6 a peer or relay could not be reached, timed out or closed, 7 a party deviated or the "
    "parties disagree on what to run.\n";

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

static int help(void)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(&b,
                  "polytune %s: compute on data that its owners do not show each other\n\n"
                  "usage: polytune COMMAND [ARGUMENTS] [FLAGS]\n\n",
                  pt_version());
    for (size_t i = 0; commands[i] != NULL; i++) {
        buffer_printf(&b, "  %-9s %-10s ", commands[i]->name, commands[i]->arguments);
        wrap_put(&b, commands[i]->summary, SUMMARY_INDENT, SUMMARY_INDENT);
        buffer_printf(&b, "\n");
    }
    buffer_printf(&b, "\npolytune COMMAND --help shows a command's flags.\n");
    wrap_put_lines(&b, exit_text);
    return end_help(&b);
}

/* What to do first, to be copied line by line. */
static int first_steps(void)
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
    wrap_put(b, text, HELP_INDENT, HELP_INDENT);
}

static int command_help(const command *c)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(&b, "usage: polytune %s%s%s [FLAGS]\n\n%s\n", c->name,
                  c->arguments[0] == '\0' ? "" : " ", c->arguments, c->summary);
    if (c->details != NULL)
        wrap_put_lines(&b, c->details);
    for (const flag *const *list = c->flags; *list != NULL; list++) {
        buffer_printf(&b, "\n");
        for (const flag *f = *list; f->name != NULL; f++)
            flag_help(&b, f);
    }
    buffer_printf(&b, "\n");
    wrap_put_lines(&b, exit_text);
    return end_help(&b);
}

static int usage(const char *format, ...) PRINTF_LIKE(1, 2);

static int usage(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)fputs("polytune: ", stderr);
    (void)vfprintf(stderr, format, list);
    (void)fputs("\n", stderr);
    va_end(list);
    return PT_CLASS_USAGE;
}

static int unknown_command(const char *name)
{
    nearest n;
    nearest_init(&n, name, strlen(name));
    for (size_t i = 0; commands[i] != NULL; i++)
        nearest_offer(&n, commands[i]->name);
    if (n.best != NULL)
        return usage("unknown command '%.60s'; did you mean '%s'?", name, n.best);
    return usage("unknown command '%.60s'; polytune --help lists the commands", name);
}

static pt_status check_positional(const command *c, const args *a, pt_error *error)
{
    const char *blank = c->arguments[0] == '\0' ? "" : " ";
    if (a->n_positional == c->n_positional)
        return PT_OK;
    if (a->n_positional > c->n_positional)
        return error_set(error, PT_ERR_USAGE,
                         "'%.60s' is one argument too many; usage: polytune %s%s%s [FLAGS]; "
                         "polytune %s --help tells more",
                         a->positional[c->n_positional], c->name, blank, c->arguments, c->name);
    return error_set(error, PT_ERR_USAGE,
                     "usage: polytune %s%s%s [FLAGS]; polytune %s --help tells more", c->name,
                     blank, c->arguments, c->name);
}

/* For arguments that are not understood: whether --json is among them, and a flag of the command.
 */
static bool asks_json(const command *c, int argc, const char *const *argv)
{
    bool asked = false;
    for (int i = 0; i < argc; i++)
        asked = asked || strcmp(argv[i], "--json") == 0;
    for (const flag *const *list = c->flags; asked && *list != NULL; list++)
        for (const flag *f = *list; f->name != NULL; f++)
            if (strcmp(f->name, "json") == 0)
                return true;
    return false;
}

static int command_run(const command *c, int argc, const char *const *argv)
{
    args a;
    pt_error error;
    pt_error_clear(&error);
    pt_status status = args_parse(&a, c->flags, argc, argv, &error);
    const bool json = status != PT_OK ? asks_json(c, argc, argv) : args_get(&a, "json") != NULL;
    if (status == PT_OK && (args_get(&a, "help") != NULL || args_get(&a, "h") != NULL)) {
        args_clear(&a);
        return command_help(c);
    }
    if (status == PT_OK)
        status = report_init(&a, &error);
    if (status == PT_OK)
        status = check_positional(c, &a, &error);
    if (status == PT_OK)
        status = c->run(&a, &error);
    report_progress_end();
    if (status != PT_OK) {
        report_failure(status, &error);
        if (json && output_json(report_errors_json(status, &error), &error) != PT_OK)
            report_failure(error.status, &error);
    }
    report_clear();
    args_clear(&a);
    if (status != PT_OK)
        interrupt_finish();
    return (int)pt_status_class_of(status);
}

static const command *find_command(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int version(void)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    buffer_printf(&b, "polytune %s\n", pt_version());
    return end_help(&b);
}

/* A standard stream that the caller closed is opened so that using it fails; otherwise the next
 * socket or file would take its number, and get the messages. */
static void keep_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return first_steps();
    const bool asks_help = strcmp(argv[1], "help") == 0;
    const char *name = asks_help && argc > 2 ? argv[2] : argv[1];
    const command *c = find_command(name);
    if (c != NULL)
        return asks_help ? command_help(c)
                         : command_run(c, argc - 2, (const char *const *)argv + 2);
    if (asks_help && argc > 2)
        return unknown_command(name);
    if (asks_help || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help();
    if (strcmp(name, "--version") == 0)
        return version();
    if (argv[1][0] == '-')
        return usage(
            "the first argument is a command, not the flag '%.60s'; polytune --help lists them",
            argv[1]);
    return unknown_command(argv[1]);
}
