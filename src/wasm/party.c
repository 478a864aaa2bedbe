/* Taking part in a computation: what `polytune party` does, asked for in JSON. */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/http/relay.h"
#include "polytune/private_results.h"
#include "wasm/answer.h"
#include "wasm/apart.h"
#include "wasm/host.h"
#include "wasm/mesh.h"
#include "wasm/request.h"
#include "wasm/terms.h"
#include "wasm/wasm.h"

/* Of a round trip, the steps from here to the host's HTTP and back included. So near, a link
 * carries k = 2 sooner than this code computes k = 4, whose 36 bytes less for an AND gate cost it
 * some 4 us. */
#define NEAR_SECONDS 10e-3

/* All parties of a mesh share one host's memory, and wait for messages no longer the more there
 * are: smaller segments than others have take 60 MB less for a party of a million AND gates. */
#define MESH_SEGMENT_ANDS (1u << 17)

typedef struct party {
    request r;
    size_t index;
    size_t parties;
    const char *session;
    apart compiled;
    pt_diagnostics *diagnostics;
    uint8_t *input_bits;
    size_t n_input_bits;
    pt_channel channel;
    pt_channel relay;    /* within it; no operations before it is open, or on a mesh */
    buffer session_data; /* what the protocol compares besides the circuit */
    terms terms;
    pt_mpc_stats stats;
    char fingerprint[PT_FINGERPRINT_SIZE];
    json_t *result;
} party;

/* ---- the channel ---- */

static void tell(void *user, const char *text)
{
    (void)user;
    host_log("notice", text);
}

static pt_status open_relay(pt_channel *ret_channel, const party *p, size_t seats, pt_error *error)
{
    const json_t *asked = p->r.json;
    char terms[PT_TERMS_SIZE];
    const pt_terms run = {.parties = p->parties,
                          .dealer = request_flag(asked, "dealer"),
                          .circuit = pt_program_circuit(p->compiled.program),
                          .session = p->session};
    const pt_status status = pt_terms_print(terms, &run, error);
    if (status != PT_OK)
        return status;
    const pt_relay_options options = {
        .url = request_text(json_object_get(asked, "relay"), "url"),
        .session = p->session,
        .party = p->index,
        .parties = seats,
        .network = {.timeout_ms = (uint32_t)request_number(asked, "timeout", 0),
                    .wait_ms = (uint32_t)request_number(asked, "wait", 0),
                    .deadline_ms = (uint32_t)request_number(asked, "deadline", 0),
                    .terms = terms,
                    .notice = tell,
                    .cancelled = request_cancelled}};
    return pt_channel_relay_open(ret_channel, &options, error);
}

static pt_status read_key(uint8_t ret_key[PT_KEY_BYTES], const json_t *text, bool is_private,
                          const char *whose, pt_error *error)
{
    pt_error inner;
    pt_error_clear(&inner);
    if (!json_is_string(text))
        return error_set(error, PT_ERR_USAGE, "%s is a text, %s", whose,
                         is_private ? "sk:..." : "pk:...");
    const pt_status status = pt_channel_secure_key_parse(
        ret_key, json_string_value(text), json_string_length(text), is_private, &inner);
    return status == PT_OK ? PT_OK : error_set(error, status, "%s: %s", whose, inner.message);
}

/* Everybody's public keys; zeros where one is not known. */
static pt_status read_roster(uint8_t **ret_roster, const json_t *list, size_t seats,
                             pt_error *error)
{
    if (json_array_size(list) > seats)
        return error_set(error, PT_ERR_USAGE, "the roster has keys for %zu, but %zu take part",
                         json_array_size(list), seats);
    *ret_roster = mem_new(seats, PT_KEY_BYTES);
    if (*ret_roster == NULL)
        return error_memory(error);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *key = json_array_get(list, i);
        char whose[40];
        (void)snprintf(whose, sizeof whose, "the key of party %zu", i);
        const pt_status status =
            json_is_null(key) ? PT_OK
                              : read_key(*ret_roster + i * PT_KEY_BYTES, key, false, whose, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* What tells who the others are, as options of the encryption. */
static pt_status read_identities(pt_secure_options *options, uint8_t ret_key[PT_KEY_BYTES],
                                 uint8_t **ret_roster, const json_t *asked, pt_error *error)
{
    const json_t *key = json_object_get(asked, "key");
    const json_t *roster = json_object_get(asked, "roster");
    pt_status status = PT_OK;
    if (key != NULL && !json_is_null(key)) {
        status = read_key(ret_key, key, true, "the key", error);
        options->private_key = ret_key;
    }
    if (status == PT_OK && json_is_array(roster)) {
        status = read_roster(ret_roster, roster, options->parties, error);
        options->roster = *ret_roster;
    }
    return status;
}

static pt_status encrypt(party *p, size_t seats, pt_error *error)
{
    const char *secret = request_text(p->r.json, "sessionSecret");
    uint8_t key[PT_KEY_BYTES];
    uint8_t *roster = NULL;
    pt_secure_options options = {.party = p->index,
                                 .parties = seats,
                                 .session = p->session,
                                 .session_len = strlen(p->session),
                                 .session_secret = secret,
                                 .session_secret_len = secret == NULL ? 0 : strlen(secret)};
    pt_status status = read_identities(&options, key, &roster, p->r.json, error);
    if (status == PT_OK)
        status = pt_channel_secure_wrap(&p->channel, p->channel, &options, error);
    mem_wipe(key, sizeof key);
    mem_free(roster);
    if (status != PT_OK)
        return status;
    status = pt_channel_secure_fingerprint(p->fingerprint, &p->channel, error);
    if (status == PT_OK)
        host_log("words", p->fingerprint);
    return status;
}

static pt_status open_channel(party *p, pt_error *error)
{
    const bool dealer = request_flag(p->r.json, "dealer");
    const size_t seats = p->parties + (dealer ? 1 : 0); /* the dealer's is the last */
    if (request_flag(p->r.json, "mesh"))
        return mesh_open(&p->channel, p->index, seats, error);
    const pt_status status = open_relay(&p->channel, p, seats, error);
    if (status != PT_OK)
        return status;
    const pt_channel relay = p->channel;
    const pt_status encrypted = encrypt(p, seats, error);
    if (encrypted == PT_OK)
        p->relay = relay;
    return encrypted;
}

/* Asked while this party computes, when nobody else tells the relay that it lives. */
static bool is_over(void *user)
{
    const party *p = user;
    if (p->relay.ops != NULL)
        relay_channel_show_life(&p->relay);
    return request_cancelled(NULL);
}

/* ---- the program ---- */

static pt_status set_parties(party *p, size_t parties, pt_error *error)
{
    const pt_status status = terms_read(&p->terms, p->r.json, parties, error);
    if (status != PT_OK)
        return status;
    if (p->index >= parties)
        return error_set(error, PT_ERR_USAGE, "party %zu: the program's parties are 0 to %zu",
                         p->index, parties - 1);
    p->parties = parties;
    return PT_OK;
}

static pt_status compile(party *p, const pt_compile_options *options, pt_error *error)
{
    pt_status status =
        apart_compile(&p->compiled, &p->r, options->constants, options->n_constants, error);
    if (status == PT_OK)
        status = pt_program_check_input(p->compiled.program, p->index, p->input_bits,
                                        p->n_input_bits, error);
    if (status == PT_OK)
        status = terms_divide(&p->terms, p->r.json, p->compiled.program, error);
    return status;
}

/* Reads the input before it compiles, for that may take long. */
static pt_status prepare(party *p, const pt_constant *constants, size_t n_constants,
                         pt_error *error)
{
    pt_signature *signature = NULL;
    pt_compile_options options = p->r.program;
    options.constants = constants;
    options.n_constants = n_constants;
    pt_status status = pt_signature_new(&signature, &p->diagnostics, &options, error);
    if (status != PT_OK)
        return status;
    const size_t parties = pt_signature_party_count(signature);
    const pt_type *type = pt_signature_input_type(signature, p->index);
    if (p->parties == 0)
        status = set_parties(p, parties, error);
    else if (p->parties != parties)
        status = error_set(error, PT_ERR_CONSTANT,
                           "with the constants of all parties, the program is for %zu parties, not "
                           "%zu",
                           parties, p->parties);
    if (status == PT_OK) {
        p->n_input_bits = pt_type_bits(type);
        status = request_value(&p->input_bits, json_object_get(p->r.json, "input"), type, p->index,
                               error);
    }
    pt_signature_free(signature);
    if (status != PT_OK)
        return status;
    return compile(p, &options, error);
}

/* Learns the others' constants, prepares, and makes sure that all saw the same. */
static pt_status agree(party *p, pt_error *error)
{
    uint8_t digest[PT_CONSTANTS_DIGEST_BYTES];
    pt_constants *all = NULL;
    size_t n = 0;
    pt_status status = pt_constants_exchange(&all, &p->channel, p->index, p->parties,
                                             p->r.constants, p->r.n_constants, error);
    if (status != PT_OK)
        return status;
    const pt_constant *list = pt_constants_list(&n, all);
    for (size_t i = 0; i < n; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s::%s = %.100s", list[i].party, list[i].name,
                       list[i].literal);
        host_log("constant", text);
    }
    status = prepare(p, list, n, error);
    status = pt_constants_confirm(all, &p->channel, status, error);
    pt_constants_digest(digest, all);
    buffer_put_u8(&p->session_data, 0);
    buffer_put(&p->session_data, digest, sizeof digest);
    pt_constants_free(all);
    return status;
}

static pt_status meet_with_constants(party *p, const pt_program_facts *facts, pt_error *error)
{
    const size_t stated = (size_t)request_number(p->r.json, "parties", 0);
    if (facts->n_parties == 0 && stated == 0)
        return error_set(error, PT_ERR_USAGE,
                         "how many parties there are depends on a constant that is not given: say "
                         "how many");
    pt_status status = set_parties(p, facts->n_parties != 0 ? facts->n_parties : stated, error);
    if (status == PT_OK)
        status = open_channel(p, error);
    if (status == PT_OK)
        status = agree(p, error);
    if (status != PT_OK && request_flag(p->r.json, "dealer") && p->channel.ops != NULL)
        pt_dealer_dismiss(&p->channel, p->index, p->parties, status);
    return status;
}

static pt_status meet(party *p, pt_error *error)
{
    pt_program_facts facts = {0};
    pt_status status = pt_program_inspect(&facts, &p->diagnostics, &p->r.program, error);
    if (status != PT_OK)
        return status;
    if (facts.n_externals != 0)
        return meet_with_constants(p, &facts, error);
    status = prepare(p, NULL, 0, error);
    return status == PT_OK ? open_channel(p, error) : status;
}

/* ---- the run ---- */

static pt_status take_result(party *p, const uint8_t *out, size_t n_out, pt_error *error)
{
    const pt_type *type = pt_program_output_type(p->compiled.program);
    pt_literal *literal = NULL;
    pt_status status = PT_OK;
    if (!terms_receives(&p->terms, p->index))
        return PT_OK;
    if (p->terms.receivers == NULL) {
        status = pt_program_decode(&literal, NULL, p->compiled.program, out, n_out, error);
    } else {
        type = pt_private_results_type(type, p->parties, p->index);
        status = pt_private_results_decode(&literal, NULL, p->compiled.program, p->index, out,
                                           n_out, error);
    }
    if (status == PT_OK)
        p->result = answer_result(literal, type);
    pt_literal_free(literal);
    return status == PT_OK && p->result == NULL ? error_memory(error) : status;
}

/* Whether others are in this host or a short way off, where messages cost less than work. */
static bool is_near(const party *p)
{
    double seconds = 0;
    if (request_flag(p->r.json, "mesh"))
        return true;
    return pt_channel_secure_round_trip(&seconds, &p->channel, NULL) == PT_OK && seconds > 0 &&
           seconds < NEAR_SECONDS;
}

static pt_status run(party *p, pt_error *error)
{
    const pt_circuit *circuit = pt_program_circuit(p->compiled.program);
    const size_t n_out = pt_circuit_output_bits(circuit);
    pt_mpc_options options = terms_options(&p->terms, p->r.json);
    options.party = p->index;
    options.session = p->session_data.bytes;
    options.session_len = p->session_data.len;
    options.progress = request_progress;
    options.cancelled = is_over;
    options.cancelled_user = p;
    options.stats = &p->stats;
    if (request_flag(p->r.json, "mesh"))
        options.segment_ands = MESH_SEGMENT_ANDS;
    if (options.cot_field_bits == 0 && is_near(p))
        options.cot_field_bits = 2; /* the least work */
    uint8_t *out = mem_new(n_out, 1);
    pt_status status = out == NULL || p->session_data.failed ? error_memory(error) : PT_OK;
    if (status == PT_OK)
        status = pt_mpc_run(out, n_out, &p->channel, circuit, p->input_bits, p->n_input_bits,
                            &options, error);
    if (status == PT_OK)
        status = take_result(p, out, n_out, error);
    mem_free_secret(out, n_out);
    return status;
}

static pt_status take_part(party *p, pt_error *error)
{
    const char *session = request_text(json_object_get(p->r.json, "relay"), "session");
    p->index = (size_t)request_number(p->r.json, "party", PT_MPC_MAX_PARTIES);
    if (p->index >= PT_MPC_MAX_PARTIES)
        return error_set(error, PT_ERR_USAGE, "the party must be a number from 0 to %d",
                         PT_MPC_MAX_PARTIES - 1);
    if (session == NULL && !request_flag(p->r.json, "mesh"))
        return error_set(error, PT_ERR_USAGE, "a relay and the session's name must be given");
    p->session = session == NULL ? "mesh" : session;
    buffer_put(&p->session_data, p->session, strlen(p->session));
    const pt_status status = meet(p, error);
    return status == PT_OK ? run(p, error) : status;
}

/* ---- the answer ---- */

static json_int_t microseconds(double seconds)
{
    return (json_int_t)(seconds * 1e6);
}

static json_t *answer_stats(const pt_mpc_stats *s)
{
    json_t *phases = json_array();
    for (size_t i = 0; i < s->n_phases; i++)
        (void)json_array_append_new(phases,
                                    json_pack("{s:s, s:I, s:I}", "name", s->phases[i].name,
                                              "microseconds", microseconds(s->phases[i].seconds),
                                              "bytesSent", (json_int_t)s->phases[i].bytes_sent));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "and", (json_int_t)s->and_gates,
                     "microseconds", microseconds(s->seconds), "bytesSent",
                     (json_int_t)s->bytes_sent, "bytesReceived", (json_int_t)s->bytes_received,
                     "messagesSent", (json_int_t)s->messages_sent, "phases", phases);
}

static void party_clear(party *p)
{
    pt_channel_close(&p->channel);
    mem_free_secret(p->input_bits, p->n_input_bits);
    apart_clear(&p->compiled);
    pt_diagnostics_free(p->diagnostics);
    terms_clear(&p->terms);
    buffer_clear(&p->session_data);
    request_clear(&p->r);
}

char *wasm_party(char *text, size_t len)
{
    party p = {0};
    pt_error error;
    pt_error_clear(&error);
    buffer_init(&p.session_data, SIZE_MAX / 4);
    pt_status status = request_read(&p.r, text, len, &error);
    if (status == PT_OK)
        status = take_part(&p, &error);
    json_t *answer = NULL;
    if (status == PT_OK)
        answer = json_pack("{s:O?, s:o, s:s?}", "result", p.result, "stats", answer_stats(&p.stats),
                           "fingerprint", p.fingerprint[0] == '\0' ? NULL : p.fingerprint);
    else if (p.compiled.fault != NULL)
        answer = json_incref(p.compiled.fault);
    else
        answer = answer_error(status, &error, p.diagnostics);
    json_decref(p.result);
    party_clear(&p);
    mem_wipe_stack();
    return answer_text(answer);
}
