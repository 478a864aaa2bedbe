/* polytune completion: a shell's completion of commands, flags and files, made from the tables that
 * --help shows. */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/output.h"

static const flag *const flag_lists[] = {flags_common, NULL};

/* What a value can be, told by its placeholder; others are anything. */
typedef struct value_kind {
    const char *placeholder;
    const char *words; /* these; NULL: files */
    bool at;           /* files after an @ */
} value_kind;

static const value_kind value_kinds[] = {
    {"FILE", NULL, false},          {"PROGRAM", NULL, false},
    {"LITERAL", NULL, true},        {"SHELL", "bash zsh fish", false},
    {"FORMAT", "text json", false}, {0},
};

static const value_kind *kind_of(const char *placeholder)
{
    for (const value_kind *k = value_kinds; placeholder != NULL && k->placeholder != NULL; k++) {
        if (strcmp(k->placeholder, placeholder) == 0)
            return k;
    }
    return NULL;
}

typedef void put_flag_fn(buffer *b, const command *c, const flag *f);

static void each_flag(buffer *b, const command *c, put_flag_fn *put)
{
    for (const flag *const *list = c->flags; *list != NULL; list++)
        for (const flag *f = *list; f->name != NULL; f++)
            put(b, c, f);
}

static const char *dashes(const flag *f)
{
    return f->name[1] == '\0' ? "-" : "--";
}

/* Text within '..' of a shell that has no escapes there, but for the characters in `escaped`, which
 * get a backslash. */
static void put_quoted(buffer *b, const char *text, const char *escaped)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buffer_printf(b, "'\\''");
        else if (strchr(escaped, *text) != NULL)
            buffer_printf(b, "\\%c", *text);
        else
            buffer_put_u8(b, (uint8_t)*text);
    }
}

/* ---- bash ---- */

/* Words are taken from the line itself, for bash splits them at = and @, too; what is offered must
 * be what follows the last of these. */
static const char bash_tail[] =
    "    esac\n"
    "}\n"
    "\n"
    "_polytune() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} word= offered= prefix= head value\n"
    "    local -a words\n"
    "    COMPREPLY=()\n"
    "    IFS=$' \\t' read -r -a words <<<\"$line\"\n"
    "    if [[ $line != *[[:blank:]] ]]; then\n"
    "        word=${words[${#words[@]}-1]}\n"
    "        unset \"words[${#words[@]}-1]\"\n"
    "    fi\n"
    "    local command=${words[1]-} previous=${words[${#words[@]}-1]-}\n"
    "    if (( ${#words[@]} <= 1 )); then\n"
    "        offered=$(_polytune_flags '')\n"
    "    elif [[ $word == --*=* ]]; then\n"
    "        prefix=${word%%=*}=\n"
    "        offered=$(_polytune_values \"$command ${word%%=*}\")\n"
    "    elif [[ $previous == -* ]]; then\n"
    "        offered=$(_polytune_values \"$command $previous\")\n"
    "    fi\n"
    "    if [[ -z $offered && -z $prefix && $word == -* ]]; then\n"
    "        offered=$(_polytune_flags \"$command\")\n"
    "    elif [[ -z $offered && -z $prefix ]]; then\n"
    "        offered=$(_polytune_values \"$command\")\n"
    "    fi\n"
    "    if [[ $offered == @files && ${word#\"$prefix\"} == @* ]]; then\n"
    "        prefix=$prefix@ offered=files\n"
    "    fi\n"
    "    head=${word%\"${word##*[$COMP_WORDBREAKS]}\"}\n"
    "    while IFS= read -r value; do\n"
    "        value=$prefix$value\n"
    "        COMPREPLY+=(\"${value#\"$head\"}\")\n"
    "    done < <(\n"
    "        case $offered in\n"
    "            files) compgen -f -- \"${word#\"$prefix\"}\" ;;\n"
    "            @files | -) ;;\n"
    "            *) compgen -W \"$offered\" -- \"${word#\"$prefix\"}\" ;;\n"
    "        esac\n"
    "    )\n"
    "    if [[ $offered == files ]]; then\n"
    "        compopt -o filenames 2>/dev/null\n"
    "    elif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then\n"
    "        compopt -o nospace 2>/dev/null\n"
    "    fi\n"
    "    return 0\n"
    "}\n"
    "complete -F _polytune polytune\n";

static void bash_flag(buffer *b, const command *c, const flag *f)
{
    (void)c;
    buffer_printf(b, " %s%s%s", dashes(f), f->name,
                  f->placeholder != NULL && f->name[1] != '\0' ? "=" : "");
}

/* What _polytune_values says: files, @files, words, or - for what only the user knows. */
static void bash_put_kind(buffer *b, const value_kind *k)
{
    if (k == NULL)
        buffer_printf(b, "-");
    else if (k->words != NULL)
        buffer_printf(b, "%s", k->words);
    else
        buffer_printf(b, "%sfiles", k->at ? "@" : "");
}

static void bash_value(buffer *b, const command *c, const flag *f)
{
    if (f->placeholder == NULL)
        return;
    buffer_printf(b, "        '%s %s%s') echo '", c->name, dashes(f), f->name);
    bash_put_kind(b, kind_of(f->placeholder));
    buffer_printf(b, "' ;;\n");
}

static void put_bash(buffer *b)
{
    buffer_printf(b, "# Completion of polytune in bash; made by: polytune completion bash\n"
                     "_polytune_flags() {\n"
                     "    case $1 in\n"
                     "        '') echo '");
    for (const command *const *c = commands; *c != NULL; c++)
        buffer_printf(b, "%s%s", (*c)->hidden ? "" : " ", (*c)->hidden ? "" : (*c)->name);
    buffer_printf(b, " help --help --version' ;;\n");
    for (const command *const *c = commands; *c != NULL; c++) {
        buffer_printf(b, "        %s) echo '", (*c)->name);
        each_flag(b, *c, bash_flag);
        buffer_printf(b, "' ;;\n");
    }
    buffer_printf(b, "    esac\n"
                     "}\n\n"
                     "_polytune_values() {\n"
                     "    case $1 in\n"
                     "        help) _polytune_flags '' ;;\n");
    for (const command *const *c = commands; *c != NULL; c++) {
        buffer_printf(b, "        %s) echo '", (*c)->name);
        bash_put_kind(b, kind_of((*c)->arguments));
        buffer_printf(b, "' ;;\n");
        each_flag(b, *c, bash_value);
    }
    buffer_printf(b, "%s", bash_tail);
}

/* ---- zsh ---- */

/* Where _arguments looks for the value: a function, or nothing. */
static void zsh_put_action(buffer *b, const value_kind *k)
{
    if (k != NULL && k->words != NULL)
        buffer_printf(b, "(%s)", k->words);
    else if (k != NULL)
        buffer_printf(b, "%s", k->at ? "_polytune_at_files" : "_files");
    else
        buffer_put_u8(b, ' ');
}

/* In '..': the name of a value or a text of _arguments, in which these have a meaning. */
#define ZSH_SPECIAL ":[]\\"

static void zsh_flag(buffer *b, const command *c, const flag *f)
{
    const bool is_short = f->name[1] == '\0';
    (void)c;
    buffer_printf(b, " \\\n                '%s%s%s%s[", f->repeat ? "*" : "", dashes(f), f->name,
                  f->placeholder == NULL || is_short ? "" : "=");
    put_quoted(b, f->help, ZSH_SPECIAL);
    buffer_put_u8(b, ']');
    if (f->placeholder != NULL) {
        buffer_put_u8(b, ':');
        put_quoted(b, f->placeholder, ZSH_SPECIAL);
        buffer_put_u8(b, ':');
        zsh_put_action(b, kind_of(f->placeholder));
    }
    buffer_put_u8(b, '\'');
}

static void zsh_command(buffer *b, const command *c)
{
    buffer_printf(b, "            %s)\n            _arguments", c->name);
    each_flag(b, c, zsh_flag);
    for (size_t i = 0; i < c->n_positional; i++) {
        buffer_printf(b, " \\\n                ':%s:", c->arguments);
        zsh_put_action(b, kind_of(c->arguments));
        buffer_put_u8(b, '\'');
    }
    buffer_printf(b, "\n            ;;\n");
}

static void put_zsh(buffer *b)
{
    buffer_printf(b, "#compdef polytune\n"
                     "# Completion of polytune in zsh; made by: polytune completion zsh\n"
                     "_polytune_at_files() {\n"
                     "    compset -P @ && _files\n"
                     "}\n\n"
                     "_polytune() {\n"
                     "    local context state state_descr line\n"
                     "    typeset -A opt_args\n"
                     "    local -a commands=(\n");
    for (const command *const *c = commands; *c != NULL; c++) {
        if ((*c)->hidden)
            continue;
        buffer_printf(b, "        '%s:", (*c)->name);
        put_quoted(b, (*c)->summary, ":\\");
        buffer_printf(b, "'\n");
    }
    buffer_printf(b, "        'help:show the help of a command'\n"
                     "    )\n"
                     "    _arguments -C '1:command:->command' '*::argument:->argument'\n"
                     "    case $state in\n"
                     "    command) _describe command commands ;;\n"
                     "    argument)\n"
                     "        case $words[1] in\n"
                     "            help) _describe command commands ;;\n");
    for (const command *const *c = commands; *c != NULL; c++)
        zsh_command(b, *c);
    buffer_printf(b, "        esac ;;\n"
                     "    esac\n"
                     "}\n\n"
                     "if [[ $funcstack[1] == _polytune ]]; then # loaded at its first use\n"
                     "    _polytune \"$@\"\n"
                     "else\n"
                     "    compdef _polytune polytune\n"
                     "fi\n");
}

/* ---- fish ---- */

static void fish_flag(buffer *b, const command *c, const flag *f)
{
    const value_kind *k = kind_of(f->placeholder);
    buffer_printf(b, "complete -c polytune -n '__fish_seen_subcommand_from %s' -%s %s", c->name,
                  f->name[1] == '\0' ? "s" : "l", f->name);
    if (f->placeholder != NULL && k == NULL)
        buffer_printf(b, " -x");
    else if (k != NULL && k->words != NULL)
        buffer_printf(b, " -x -a '%s'", k->words);
    else if (k != NULL && k->at)
        buffer_printf(b, " -x -a '(__polytune_at_files)'");
    else if (k != NULL)
        buffer_printf(b, " -r -F");
    buffer_printf(b, " -d '");
    put_quoted(b, f->help, "\\");
    buffer_printf(b, "'\n");
}

static void fish_command(buffer *b, const command *c)
{
    const value_kind *k = kind_of(c->arguments);
    if (!c->hidden) {
        buffer_printf(b, "complete -c polytune -n __polytune_no_command -a %s -d '", c->name);
        put_quoted(b, c->summary, "\\");
        buffer_printf(b, "'\n");
    }
    if (k != NULL && k->words != NULL)
        buffer_printf(b, "complete -c polytune -n '__fish_seen_subcommand_from %s' -a '%s'\n",
                      c->name, k->words);
    else if (k != NULL)
        buffer_printf(b, "complete -c polytune -n '__fish_seen_subcommand_from %s' -F\n", c->name);
    each_flag(b, c, fish_flag);
}

static void put_fish(buffer *b)
{
    buffer_printf(b, "# Completion of polytune in fish; made by: polytune completion fish\n"
                     "function __polytune_no_command\n"
                     "    test (count (commandline -opc)) -eq 1\n"
                     "end\n\n"
                     "function __polytune_at_files\n"
                     "    set -l word (string replace -r '^--?[a-z-]+=' '' -- (commandline -ct))\n"
                     "    string match -q '@*' -- $word\n"
                     "    and printf '@%%s\\n' (__fish_complete_path (string sub -s 2 -- $word))\n"
                     "end\n\n"
                     "complete -c polytune -f\n");
    for (const command *const *c = commands; *c != NULL; c++)
        fish_command(b, *c);
}

/* ---- the command ---- */

static pt_status completion_run(const args *a, pt_error *error)
{
    static const struct {
        const char *shell;
        void (*put)(buffer *b);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    const size_t n = sizeof shells / sizeof *shells;
    const char *shell = a->positional[0];
    size_t i = 0;
    while (i < n && strcmp(shells[i].shell, shell) != 0)
        i++;
    if (i == n)
        return error_set(error, PT_ERR_USAGE, "SHELL is bash, zsh or fish, not '%.60s'", shell);
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    shells[i].put(&b);
    const pt_status status =
        b.failed ? error_memory(error) : output_text((const char *)b.bytes, b.len, error);
    buffer_clear(&b);
    return status;
}

const command command_completion = {
    .name = "completion",
    .arguments = "SHELL",
    .summary = "print what makes bash, zsh or fish complete commands and flags",
    .details = "To have it in every shell:\n"
               "  bash: echo 'source <(polytune completion bash)' >>~/.bashrc\n"
               "  zsh:  echo 'source <(polytune completion zsh)' >>~/.zshrc  # after compinit\n"
               "  fish: polytune completion fish >~/.config/fish/completions/polytune.fish\n",
    .flags = flag_lists,
    .n_positional = 1,
    .run = completion_run,
};
