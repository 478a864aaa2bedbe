/* The table of subcommands and what they share. Layer: cli. */
#ifndef CLI_COMMANDS_COMMAND_H
#define CLI_COMMANDS_COMMAND_H

#include "cli/flags/args.h"

typedef struct command {
    const char *name;
    const char *arguments; /* positional arguments, for help */
    const char *summary;   /* one line */
    const char *details;   /* more help, or NULL */
    const flag *const *flags;
    size_t n_positional; /* at least so many */
    size_t n_optional;   /* and at most so many more */
    bool hidden;         /* for those who build packages: help does not list it */
    pt_status (*run)(const args *a, pt_error *error);
} command;

extern const command command_eval;
extern const command command_check;
extern const command command_compile;
extern const command command_simulate;
extern const command command_serve;
extern const command command_party;
extern const command command_keygen;
extern const command command_plan;
extern const command command_pre;
extern const command command_bench;
extern const command command_doctor;
extern const command command_node;
extern const command command_completion;
extern const command command_manpages;

/* All of them, ended by NULL. */
extern const command *const commands[];

/* NULL: there is none of this name. */
const command *command_find(const char *name);

/* What an exit status means, by its number; ended by NULL. */
extern const char *const exit_statuses[];

/* Flags of every command, and of those that take a program. */
extern const flag flags_common[];
extern const flag flags_program[];

#endif
