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

#include "base/compiler.h"
#include "base/error.h"
#include "base/nearest.h"
#include "cli/commands/command.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/no_core.h"
#include "cli/output.h"
#include "cli/report.h"
#include "polytune/polytune.h"

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
    const size_t most = c->n_positional + c->n_optional;
    if (a->n_positional >= c->n_positional && a->n_positional <= most)
        return PT_OK;
    if (a->n_positional > most)
        return error_set(error, PT_ERR_USAGE,
                         "'%.60s' is one argument too many; usage: polytune %s%s%s [FLAGS]; "
                         "polytune %s --help tells more",
                         a->positional[most], c->name, blank, c->arguments, c->name);
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
        return help_command(c);
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
        if (json && !report_has_result() &&
            output_json(report_errors_json(status, &error), &error) != PT_OK)
            report_failure(error.status, &error);
    }
    report_clear();
    args_clear(&a);
    if (status != PT_OK)
        interrupt_finish();
    return (int)pt_status_class_of(status);
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
    (void)signal(SIGXFSZ, SIG_IGN); /* writing past a limit fails then, and is told */
    interrupt_as_first_process();
    no_core_files();
    if (argc < 2)
        return help_first_steps();
    const bool asks_help = strcmp(argv[1], "help") == 0;
    const char *name = asks_help && argc > 2 ? argv[2] : argv[1];
    const command *c = command_find(name);
    if (strcmp(name, "serve") != 0) /* a relay has no inputs, and its operator may look at it */
        no_core_readers();
    if (c != NULL)
        return asks_help ? help_command(c)
                         : command_run(c, argc - 2, (const char *const *)argv + 2);
    if (asks_help && argc > 2)
        return unknown_command(name);
    if (asks_help || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help_commands();
    if (strcmp(name, "--version") == 0)
        return help_version();
    if (argv[1][0] == '-')
        return usage(
            "the first argument is a command, not the flag '%.60s'; polytune --help lists them",
            argv[1]);
    return unknown_command(argv[1]);
}
