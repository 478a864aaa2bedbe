#include "cli/computation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bom.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/bits_literal.h"
#include "cli/commands/command.h"
#include "cli/deadline.h"
#include "cli/flags/const_flags.h"
#include "cli/flags/split.h"
#include "cli/parts.h"
#include "cli/report.h"
#include "data/csv_first_line.h"
#include "data/source.h"
#include "polytune/private_results.h"

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t n = strlen(text);
    const size_t m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

/* A circuit begins with the number of its gates; no program begins with a digit. */
bool computation_is_bristol(const computation *c)
{
    if (c->is_saved)
        return false;
    const char *text = c->source + bom_len(c->source, c->source_len);
    const char first = text[strspn(text, " \t\r\n")];
    return (first >= '0' && first <= '9') || (first == '\0' && has_suffix(c->path, ".txt"));
}

void computation_warn(const computation *c, const const_flags *given)
{
    if (!c->is_saved && !computation_is_bristol(c))
        const_flags_warn(given, c->source);
}

static pt_compile_options compile_options(const computation *c, const args *a,
                                          const pt_constant *constants, size_t n_constants)
{
    return (pt_compile_options){
        .source = c->source,
        .source_len = c->source_len,
        .file_name = c->path,
        .function = args_get(a, "function"),
        .constants = constants,
        .n_constants = n_constants,
        .count_lines = args_get(a, "report") != NULL,
        .max_ands = c->max_ands,
        .max_bytes = c->max_bytes,
        .progress = report_compiling,
        .cancelled = deadline_came,
    };
}

static bool has_table(const args *a)
{
    for (size_t i = 0; i < args_count(a, "input"); i++)
        if (source_is_table(args_nth(a, "input", i)))
            return true;
    return false;
}

void computation_put_missing(buffer *b, const pt_diagnostics *diagnostics)
{
    static const char missing[] = "missing constant ";
    for (size_t i = 0; i < pt_diagnostics_count(diagnostics); i++) {
        const char *text = pt_diagnostics_get(diagnostics, i).message;
        if (strncmp(text, missing, sizeof missing - 1) == 0)
            buffer_printf(b, " --const=%s=LITERAL", text + sizeof missing - 1);
    }
}

/* The flags that are missing, to be typed. */
static void report_missing(const pt_diagnostics *diagnostics, const args *a)
{
    const bool is_party = args_get(a, "party") != NULL;
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    computation_put_missing(&b, diagnostics);
    const char *flags = b.len == 0 ? NULL : buffer_text(&b);
    if (flags != NULL)
        report_message(REPORT_ERROR, "give what is missing, LITERAL being e.g. 3usize:%s%s%s",
                       flags, is_party ? " (a constant PARTY_1::.. is given by party 1)" : "",
                       has_table(a) ? "; --rows=NAME in its place gives a table's number of rows"
                                    : "");
    buffer_clear(&b);
}

/* Shows and releases the errors of the program. */
static void show_diagnostics(const computation *c, const args *a, pt_status status,
                             pt_diagnostics *diagnostics, pt_error *error)
{
    report_diagnostics(c->path, diagnostics, error);
    if (status == PT_ERR_CONSTANT && diagnostics != NULL)
        report_missing(diagnostics, a);
    if (status == PT_ERR_LIMIT && c->max_ands != 0)
        report_message(REPORT_ERROR, "--max-ands and --memory say how large programs may be");
    pt_diagnostics_free(diagnostics);
}

/* Of a circuit that was read; what is compiled here is checked by the compiler. */
static pt_status check_gates(const computation *c, const pt_circuit *circuit, pt_error *error)
{
    const uint64_t n_and = pt_circuit_and_gates(circuit);
    if (c->max_ands == 0 || n_and <= c->max_ands)
        return PT_OK;
    return error_set(error, PT_ERR_LIMIT,
                     "'%s' has %" PRIu64 " AND gates, more than --max-ands=%" PRIu64, c->path,
                     n_and, c->max_ands);
}

static pt_status read_bristol(computation *c, const args *a, pt_error *error)
{
    if (args_get(a, "function") != NULL || args_count(a, "const") != 0)
        return error_set(error, PT_ERR_USAGE,
                         "'%s' is a Bristol Fashion circuit: it has no functions or constants",
                         c->path);
    pt_status status =
        pt_circuit_read_bristol(&c->bristol, c->source, c->source_len, c->path, error);
    if (status == PT_OK && split_is_given(a))
        status = split_apply(&c->bristol, c->path, a, error);
    return status == PT_OK ? check_gates(c, c->bristol, error) : status;
}

/* What has become of a program that was compiled before. */
static pt_status opened_saved(computation *c, pt_status status, const pt_error *inner,
                              pt_error *error)
{
    c->is_saved = true;
    if (status == PT_OK)
        return PT_OK;
    return error_set(error, status, "'%.200s': %s", c->path, inner->message);
}

/* From memory, of which nothing but the program is kept. */
static pt_status open_saved(computation *c, pt_error *error)
{
    pt_error inner;
    pt_error_clear(&inner);
    const pt_status status = pt_program_load(&c->program, c->source, c->source_len, &inner);
    mem_free(c->source);
    c->source = NULL;
    c->source_len = 0;
    return opened_saved(c, status, &inner, error);
}

static pt_status open_mapped(computation *c, pt_error *error)
{
    pt_error inner;
    pt_error_clear(&inner);
    const pt_status status =
        pt_program_load_in_place(&c->program, c->file.bytes, c->file.len, &inner);
    return opened_saved(c, status, &inner, error);
}

/* One error in place of one for each byte. */
static pt_status check_text(const computation *c, pt_error *error)
{
    const char *known = csv_no_text(c->source, c->source_len);
    if (known == NULL && (c->source_len == 0 || memchr(c->source, '\0', c->source_len) == NULL))
        return PT_OK;
    return error_set(error, PT_ERR_PROGRAM, "'%.200s' is no program: %s", c->path,
                     known != NULL ? known : "there are bytes in it that no text has");
}

pt_status computation_open(computation *ret_computation, const char *path, pt_error *error)
{
    computation *c = ret_computation;
    *c = (computation){.path = path};
    if (file_map_open(&c->file, path)) {
        if (pt_program_is_saved(c->file.bytes, c->file.len))
            return open_mapped(c, error);
        file_map_close(&c->file);
    }
    const pt_status status = file_read(&c->source, &c->source_len, path, error);
    if (status != PT_OK)
        return status;
    /* One that was cut off may have lost what it is known by. */
    if (pt_program_is_saved(c->source, c->source_len) || has_suffix(path, ".ptc"))
        return open_saved(c, error);
    return check_text(c, error);
}

/* What a program was compiled with cannot be chosen any more. */
static pt_status check_saved_flags(const computation *c, const args *a, pt_error *error)
{
    static const char *const fixed[] = {"const", "rows", "split", "share", "report"};
    const char *function = args_get(a, "function");
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (args_count(a, fixed[i]) != 0)
            return error_set(error, PT_ERR_USAGE,
                             "'%s' is a compiled program: --%s is for its text", c->path, fixed[i]);
    }
    if (function != NULL && strcmp(function, pt_program_function(c->program)) != 0)
        return error_set(error, PT_ERR_USAGE,
                         "'%s' is a compiled program, of the function %.60s alone", c->path,
                         pt_program_function(c->program));
    return PT_OK;
}

pt_status computation_add_constants(const computation *c, const_flags *given, pt_error *error)
{
    size_t n = 0;
    const pt_constant *list = c->is_saved ? pt_program_constants(&n, c->program) : NULL;
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < n; i++) {
        buffer b;
        buffer_init(&b, SIZE_MAX / 4);
        buffer_printf(&b, "%s::%s=%s", list[i].party, list[i].name, list[i].literal);
        const char *text = buffer_text(&b);
        status = text == NULL ? error_memory(error) : const_flags_add(given, text, NULL, error);
        buffer_clear(&b);
    }
    return status;
}

static pt_status declare_saved(computation *c, const args *a, pt_error *error)
{
    pt_status status = check_saved_flags(c, a, error);
    if (status == PT_OK && c->signature == NULL)
        status = pt_signature_of_program(&c->signature, c->program, error);
    c->parties = pt_program_party_count(c->program);
    return status == PT_OK ? check_gates(c, pt_program_circuit(c->program), error) : status;
}

pt_status computation_inspect(pt_program_facts *ret_facts, const computation *c, const args *a,
                              const pt_constant *constants, size_t n_constants, pt_error *error)
{
    pt_diagnostics *diagnostics = NULL;
    *ret_facts = (pt_program_facts){0};
    if (computation_is_bristol(c))
        return PT_OK;
    if (c->is_saved) {
        (void)pt_program_constants(&ret_facts->n_externals, c->program);
        ret_facts->n_parties = pt_program_party_count(c->program);
        return check_saved_flags(c, a, error);
    }
    const pt_compile_options options = compile_options(c, a, constants, n_constants);
    const pt_status status = pt_program_inspect(ret_facts, &diagnostics, &options, error);
    report_diagnostics(c->path, diagnostics, error);
    pt_diagnostics_free(diagnostics);
    return status;
}

static pt_status declare_types(computation *c, const args *a, const pt_constant *constants,
                               size_t n_constants, pt_error *error)
{
    const pt_compile_options options = compile_options(c, a, constants, n_constants);
    pt_diagnostics *diagnostics = NULL;
    pt_status status = PT_OK;
    if (c->is_saved)
        return declare_saved(c, a, error);
    if (computation_is_bristol(c)) {
        status = read_bristol(c, a, error);
        c->parties = status == PT_OK ? pt_circuit_parties(c->bristol) : 0;
        return status;
    }
    if (split_is_given(a))
        return error_set(
            error, PT_ERR_USAGE,
            "--split and --share are for circuits; '%s' is a program, whose parameters "
            "are the parties' inputs",
            c->path);
    status = pt_signature_new(&c->signature, &diagnostics, &options, error);
    show_diagnostics(c, a, status, diagnostics, error);
    if (status == PT_OK)
        c->parties = pt_signature_party_count(c->signature);
    return status;
}

pt_status computation_declare(computation *c, const args *a, const pt_constant *constants,
                              size_t n_constants, pt_error *error)
{
    const pt_status status = declare_types(c, a, constants, n_constants, error);
    c->private_results = args_get(a, "private-results") != NULL;
    if (status != PT_OK || !c->private_results)
        return status;
    return parts_check(c, error);
}

pt_status computation_compile(computation *c, const args *a, const pt_constant *constants,
                              size_t n_constants, pt_error *error)
{
    const pt_compile_options options = compile_options(c, a, constants, n_constants);
    pt_diagnostics *diagnostics = NULL;
    c->circuit = c->is_saved ? pt_program_circuit(c->program) : c->bristol;
    if (c->circuit != NULL)
        return PT_OK;
    const pt_status status = pt_program_compile(&c->program, &diagnostics, &options, error);
    show_diagnostics(c, a, status, diagnostics, error);
    if (status == PT_OK)
        c->circuit = pt_program_circuit(c->program);
    return status;
}

pt_status computation_init(computation *ret_computation, const char *path, const args *a,
                           pt_error *error)
{
    const_flags given = {0};
    pt_status status = computation_open(ret_computation, path, error);
    if (status == PT_OK)
        status = const_flags_init(&given, a, NULL, error);
    if (status == PT_OK)
        computation_warn(ret_computation, &given);
    if (status == PT_OK)
        status = computation_declare(ret_computation, a, given.list, given.n, error);
    if (status == PT_OK)
        status = computation_compile(ret_computation, a, given.list, given.n, error);
    const_flags_clear(&given);
    return status;
}

void computation_clear(computation *c)
{
    pt_program_free(c->program);
    pt_signature_free(c->signature);
    pt_circuit_free(c->bristol);
    mem_free(c->source);
    file_map_close(&c->file);
    *c = (computation){0};
}

size_t computation_input_bits(const computation *c, size_t party)
{
    if (c->signature == NULL)
        return pt_circuit_input_bits(c->bristol, party);
    return pt_type_bits(pt_signature_input_type(c->signature, party));
}

static pt_status parse_literal(uint8_t *ret_bits, const computation *c, size_t party,
                               const char *text, size_t len, bool json, pt_error *error)
{
    const size_t n_bits = computation_input_bits(c, party);
    if (c->signature == NULL)
        return bits_literal_parse(ret_bits, n_bits, text, len, error);
    pt_literal *literal = NULL;
    const pt_type *type = pt_signature_input_type(c->signature, party);
    pt_status status = PT_OK;
    if (json)
        status = pt_literal_from_json(&literal, type, text, len, error);
    else
        status = pt_literal_parse(&literal, type, text, len, error);
    if (status == PT_OK)
        status = pt_literal_to_bits(ret_bits, n_bits, literal, error);
    pt_literal_free(literal);
    return status;
}

/* The file's text without the white space at its end. */
static size_t trimmed(char *text, size_t len)
{
    while (len > 0 && memchr(" \t\r\n", text[len - 1], 4) != NULL)
        text[--len] = '\0';
    return len;
}

static pt_status input_fail(pt_error *error, pt_status status, size_t party, const char *argument,
                            const char *message)
{
    if (argument[0] == '@')
        return error_set(error, status, "input of party %zu in %s: %s%s", party, argument + 1,
                         message, source_foreign_hint(argument));
    if (strcmp(argument, "-") == 0)
        return error_set(error, status, "input of party %zu: %s; --input=@- reads standard input",
                         party, message);
    if (source_lacks_at(argument))
        return error_set(error, status, "input of party %zu: %s; --input=@%.100s reads the file",
                         party, message, argument);
    return error_set(error, status, "input of party %zu: %s", party, message);
}

pt_status computation_input(uint8_t **ret_bits, const computation *c, size_t party,
                            const char *argument, pt_error *error)
{
    const bool from_file = argument[0] == '@';
    const size_t n_bits = computation_input_bits(c, party);
    char *text = NULL;
    size_t len = 0;
    uint8_t *bits = mem_new(n_bits, 1);
    pt_error inner;
    pt_error_clear(&inner);
    pt_status status = PT_OK;
    if (from_file) {
        status = file_read(&text, &len, argument + 1, error);
        len = status == PT_OK ? trimmed(text, len) : 0;
    } else {
        text = mem_string(argument);
        len = strlen(argument);
    }
    if (status == PT_OK && (bits == NULL || text == NULL))
        status = error_memory(error);
    if (status == PT_OK) {
        status = parse_literal(bits, c, party, text, len,
                               from_file && has_suffix(argument, ".json"), &inner);
        if (status != PT_OK)
            status = input_fail(error, status, party, argument, inner.message);
    }
    mem_free_secret(text, len);
    if (status != PT_OK) {
        mem_free_secret(bits, n_bits);
        return status;
    }
    *ret_bits = bits;
    return PT_OK;
}

/* The output values from `first` on in 0x..., apart by blanks; as JSON a string, or an array of
 * strings. */
static pt_status bristol_values(char **ret_text, char **ret_json, const computation *c,
                                size_t first, size_t n, const uint8_t *bits, pt_error *error)
{
    size_t len = 0;
    buffer text;
    buffer json;
    buffer_init(&text, SIZE_MAX / 4);
    buffer_init(&json, SIZE_MAX / 4);
    if (n != 1)
        buffer_put_u8(&json, '[');
    for (size_t i = 0; i < n; i++) {
        const size_t n_bits = pt_circuit_output_value_bits(c->circuit, first + i);
        buffer_printf(&text, "%s", i > 0 ? " " : "");
        bits_literal_print(&text, bits, n_bits);
        buffer_printf(&json, "%s", i > 0 ? ",\"" : "\"");
        bits_literal_print(&json, bits, n_bits);
        buffer_put_u8(&json, '"');
        bits += n_bits;
    }
    if (n != 1)
        buffer_put_u8(&json, ']');
    if (buffer_text(&text) == NULL || buffer_text(&json) == NULL) {
        buffer_clear(&text);
        buffer_clear(&json);
        return error_memory(error);
    }
    *ret_text = (char *)buffer_take(&text, &len);
    *ret_json = (char *)buffer_take(&json, &len);
    return PT_OK;
}

static pt_status bristol_result(char **ret_text, char **ret_json, const computation *c,
                                size_t party, const uint8_t *bits, pt_error *error)
{
    const size_t n = pt_circuit_output_values(c->circuit);
    if (!c->private_results)
        return bristol_values(ret_text, ret_json, c, 0, n, bits, error);
    return bristol_values(ret_text, ret_json, c, party, 1, bits + parts_first_bit(c, party), error);
}

static pt_status decode(pt_literal **ret_literal, pt_panic *ret_panic, const computation *c,
                        size_t party, const uint8_t *bits, pt_error *error)
{
    const size_t n_bits = pt_circuit_output_bits(c->circuit);
    if (!c->private_results)
        return pt_program_decode(ret_literal, ret_panic, c->program, bits, n_bits, error);
    return pt_private_results_decode(ret_literal, ret_panic, c->program, party, bits, n_bits,
                                     error);
}

static pt_status program_result(char **ret_text, char **ret_json, const computation *c,
                                size_t party, const uint8_t *bits, pt_error *error)
{
    pt_literal *literal = NULL;
    char *text = NULL;
    pt_panic panic = {0};
    pt_status status = decode(&literal, &panic, c, party, bits, error);
    if (status == PT_ERR_PANIC)
        report_panic(c->path, &panic, error->message);
    if (status == PT_OK)
        status = pt_literal_print(&text, literal, error);
    if (status == PT_OK)
        status = pt_literal_to_json(ret_json, literal, error);
    pt_literal_free(literal);
    if (status != PT_OK) {
        pt_text_free(text);
        return status;
    }
    *ret_text = text;
    return PT_OK;
}

pt_status computation_result(char **ret_text, char **ret_json, const computation *c, size_t party,
                             const uint8_t *output_bits, pt_error *error)
{
    if (c->program == NULL)
        return bristol_result(ret_text, ret_json, c, party, output_bits, error);
    return program_result(ret_text, ret_json, c, party, output_bits, error);
}
