/* What --help and --version print. Each returns the exit status. Layer: cli. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/commands/command.h"

/* The commands, in a line each. */
int help_commands(void);

/* A command and its flags. */
int help_command(const command *c);

/* What to do first, to be copied line by line; wrong usage. */
int help_first_steps(void);

int help_version(void);

#endif
