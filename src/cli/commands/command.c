#include "cli/commands/command.h"

#include <string.h>

const command *const commands[] = {
    &command_eval,   &command_check, &command_compile,    &command_plan,     &command_simulate,
    &command_serve,  &command_party, &command_pre,        &command_keygen,   &command_bench,
    &command_doctor, &command_node,  &command_completion, &command_manpages, NULL,
};

const char *const exit_statuses[] = {
    "done",
    "internal error",
    "usage",
    "the program does not compile",
    "an input, constant or circuit is invalid or a file cannot be read or written",
    "the program panicked",
    "a peer or relay could not be reached, timed out or closed",
    "a party deviated or the parties disagree on what to run",
    NULL,
};

const flag flags_common[] = {
    {"quiet", NULL, "say nothing on stderr but errors, and who is not authenticated", false},
    {"log-format", "FORMAT", "text (default) or json, for what goes to stderr", false},
    {"log-time", NULL, "begin each line on stderr with the time; JSON has it anyway", false},
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

const command *command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}
