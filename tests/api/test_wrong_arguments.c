/* Every public function is called with every combination of arguments that are missing or out of
 * range: it says PT_ERR_USAGE with a message, or answers something harmless, and never crashes. A
 * function of tests/house/abi.txt without a row here fails the test. */
#include <stdbool.h>

#include "polytune/polytune.h"
#include "support/test.h"

#define MAX_WRONG 14

/* What right arguments are taken from. */
typedef struct world {
    pt_program *program;
    const pt_circuit *circuit;
    const pt_type *type; /* u8 */
    pt_literal *literal;
    pt_constants *constants;
    pt_meter *meter;
    pt_channel channels[2];
    uint8_t bits[64];
    uint8_t packed[8];
    uint8_t key[PT_KEY_BYTES];
    pt_p2p_ticket ticket;
} world;

/* What results are written to; nothing may be. */
static struct results {
    char *text;
    size_t len;
    pt_circuit *circuit;
    pt_program *program;
    pt_signature *signature;
    pt_literal *literal;
    pt_constants *constants;
    pt_channel channels[2];
    pt_meter *meter;
    pt_traffic traffic;
    pt_program_facts facts;
    uint8_t bits[64];
    uint8_t keys[2][PT_KEY_BYTES];
    char words[PT_FINGERPRINT_SIZE];
    pt_p2p_ticket ticket;
    char ticket_text[PT_P2P_TICKET_SIZE];
} r;

static const char source[] = "pub fn main(a: u8, b: u8) -> u8 { a & b }";

/* Argument number `i` of those that may be wrong. */
#define IS_WRONG(i)    (((wrong) >> (i)) & 1u)
#define PTR(i, right)  (IS_WRONG(i) ? NULL : (right))
#define SIZE(i, right) (IS_WRONG(i) ? SIZE_MAX : (size_t)(right))

#define CALL(name) static pt_status call_##name(const world *w, unsigned wrong, pt_error *error)

/* ---- status.h ---- */

CALL(pt_status_name)
{
    (void)w, (void)wrong, (void)error;
    assert_string_equal(pt_status_name((pt_status)-1), "PT_UNKNOWN");
    assert_string_equal(pt_status_name(PT_STATUS_COUNT), "PT_UNKNOWN");
    return PT_OK;
}

CALL(pt_status_text)
{
    (void)w, (void)wrong, (void)error;
    assert_non_null(pt_status_text((pt_status)12345));
    return PT_OK;
}

CALL(pt_status_class_of)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_status_class_of((pt_status)12345), PT_CLASS_INTERNAL);
    return PT_OK;
}

CALL(pt_error_clear)
{
    (void)w, (void)wrong, (void)error;
    pt_error_clear(NULL);
    return PT_OK;
}

/* What frees something takes NULL. */
#define FREES(name)                                                                                \
    CALL(name)                                                                                     \
    {                                                                                              \
        (void)w, (void)wrong, (void)error;                                                         \
        name(NULL);                                                                                \
        return PT_OK;                                                                              \
    }
FREES(pt_text_free)
FREES(pt_circuit_free)
FREES(pt_program_free)
FREES(pt_literal_free)
FREES(pt_diagnostics_free)
FREES(pt_constants_free)
FREES(pt_meter_free)

CALL(pt_version)
{
    (void)w, (void)wrong, (void)error;
    assert_non_null(pt_version());
    return PT_OK;
}

CALL(pt_struct_size)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_struct_size(NULL), 0);
    assert_int_equal(pt_struct_size("pt_erro"), 0);
    assert_int_equal(pt_struct_size("pt_error"), sizeof(pt_error));
    return PT_OK;
}

/* ---- circuit.h ---- */

CALL(pt_circuit_read_bristol)
{
    (void)w;
    return pt_circuit_read_bristol(PTR(0, &r.circuit), PTR(1, "x"), 1, NULL, error);
}

CALL(pt_circuit_split_input)
{
    const pt_input_piece piece = {SIZE(2, 0), SIZE(3, 8)};
    return pt_circuit_split_input(PTR(0, &r.circuit), PTR(1, w->circuit), PTR(4, &piece), 1, error);
}

CALL(pt_circuit_share_input)
{
    return pt_circuit_share_input(PTR(0, &r.circuit), PTR(1, w->circuit), SIZE(2, 2), error);
}

CALL(pt_circuit_write_bristol)
{
    return pt_circuit_write_bristol(PTR(0, &r.text), PTR(1, &r.len), PTR(2, w->circuit), error);
}

CALL(pt_circuit_optimize)
{
    return pt_circuit_optimize(PTR(0, &r.circuit), PTR(1, w->circuit), error);
}

CALL(pt_circuit_parties)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_circuit_parties(NULL), 0);
    return PT_OK;
}

CALL(pt_circuit_input_bits)
{
    (void)error;
    assert_int_equal(pt_circuit_input_bits(PTR(0, w->circuit), SIZE(1, 0)), 0);
    return PT_OK;
}

CALL(pt_circuit_output_bits)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_circuit_output_bits(NULL), 0);
    return PT_OK;
}

CALL(pt_circuit_output_values)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_circuit_output_values(NULL), 0);
    return PT_OK;
}

CALL(pt_circuit_output_value_bits)
{
    (void)error;
    assert_int_equal(pt_circuit_output_value_bits(PTR(0, w->circuit), SIZE(1, 0)), 0);
    return PT_OK;
}

CALL(pt_circuit_eval)
{
    return pt_circuit_eval(PTR(0, r.bits), SIZE(1, pt_circuit_output_bits(w->circuit)),
                           PTR(2, w->circuit), PTR(3, w->bits), SIZE(4, 16), error);
}

CALL(pt_circuit_eval_packed)
{
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_circuit_eval_packed(PTR(0, r.bits), SIZE(1, n), PTR(2, w->circuit), PTR(3, w->packed),
                                  SIZE(4, 2), error);
}

CALL(pt_circuit_get_stats)
{
    (void)error;
    pt_circuit_stats stats = {.inputs = 7};
    pt_circuit_get_stats(PTR(0, &stats), PTR(1, w->circuit));
    assert_int_equal(stats.inputs, IS_WRONG(0) ? 7 : 0);
    return PT_OK;
}

/* ---- program.h ---- */

/* Options of which some are wrong, from argument `first` on: six. */
static const pt_compile_options *options_of(unsigned wrong, unsigned first, pt_constant *constant,
                                            pt_compile_options *options)
{
    wrong >>= first;
    *constant = (pt_constant){PTR(3, "P"), PTR(4, "N"), PTR(5, "1")};
    *options = (pt_compile_options){.source = PTR(1, source),
                                    .source_len = sizeof source - 1,
                                    .constants = PTR(2, constant),
                                    .n_constants = 1};
    return PTR(0, options);
}

CALL(pt_program_compile)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_program_compile(PTR(0, &r.program), NULL, options_of(wrong, 1, &constant, &options),
                              error);
}

CALL(pt_program_check)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_program_check(NULL, options_of(wrong, 0, &constant, &options), error);
}

CALL(pt_program_inspect)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_program_inspect(PTR(0, &r.facts), NULL, options_of(wrong, 1, &constant, &options),
                              error);
}

CALL(pt_program_save)
{
    return pt_program_save(PTR(0, &r.text), PTR(1, &r.len), PTR(2, w->program), error);
}

CALL(pt_program_load)
{
    (void)w;
    return pt_program_load(PTR(0, &r.program), PTR(1, "x"), 1, error);
}

CALL(pt_program_load_in_place)
{
    (void)w;
    return pt_program_load_in_place(PTR(0, &r.program), PTR(1, "x"), 1, error);
}

CALL(pt_program_is_saved)
{
    (void)w, (void)error;
    assert_false(pt_program_is_saved(PTR(0, "x"), 1));
    return PT_OK;
}

CALL(pt_program_function)
{
    (void)error;
    (void)pt_program_function(PTR(0, w->program));
    return PT_OK;
}

CALL(pt_program_constants)
{
    (void)error;
    (void)pt_program_constants(PTR(0, &r.len), PTR(1, w->program));
    return PT_OK;
}

CALL(pt_signature_of_program)
{
    return pt_signature_of_program(PTR(0, &r.signature), PTR(1, w->program), error);
}

CALL(pt_signature_new)
{
    (void)w;
    pt_constant constant;
    pt_compile_options options;
    return pt_signature_new(PTR(0, &r.signature), NULL, options_of(wrong, 1, &constant, &options),
                            error);
}

CALL(pt_signature_party_count)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_signature_party_count(NULL), 0);
    return PT_OK;
}

CALL(pt_signature_input_type)
{
    (void)w, (void)error;
    assert_null(pt_signature_input_type(NULL, SIZE(0, 0)));
    return PT_OK;
}

CALL(pt_signature_input_name)
{
    (void)w, (void)error;
    assert_null(pt_signature_input_name(NULL, SIZE(0, 0)));
    return PT_OK;
}

CALL(pt_signature_output_type)
{
    (void)w, (void)wrong, (void)error;
    assert_null(pt_signature_output_type(NULL));
    return PT_OK;
}

CALL(pt_signature_free)
{
    (void)w, (void)wrong, (void)error;
    pt_signature_free(NULL);
    return PT_OK;
}

CALL(pt_program_check_input)
{
    return pt_program_check_input(PTR(0, w->program), SIZE(1, 0), PTR(2, w->bits), SIZE(3, 8),
                                  error);
}

CALL(pt_program_check_input_packed)
{
    return pt_program_check_input_packed(PTR(0, w->program), SIZE(1, 0), PTR(2, w->packed),
                                         SIZE(3, 1), error);
}

CALL(pt_program_decode)
{
    return pt_program_decode(PTR(0, &r.literal), NULL, PTR(1, w->program), PTR(2, w->bits),
                             pt_circuit_output_bits(w->circuit), error);
}

CALL(pt_program_decode_packed)
{
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_program_decode_packed(PTR(0, &r.literal), NULL, PTR(1, w->program), PTR(2, w->packed),
                                    SIZE(3, n), error);
}

CALL(pt_program_write_bristol)
{
    return pt_program_write_bristol(PTR(0, &r.text), PTR(1, &r.len), PTR(2, w->program), error);
}

CALL(pt_program_party_count)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_program_party_count(NULL), 0);
    return PT_OK;
}

CALL(pt_program_circuit)
{
    (void)w, (void)wrong, (void)error;
    assert_null(pt_program_circuit(NULL));
    return PT_OK;
}

CALL(pt_program_line_counts)
{
    (void)error;
    assert_null(pt_program_line_counts(PTR(0, &r.len), PTR(1, w->program)));
    return PT_OK;
}

CALL(pt_program_input_type)
{
    (void)error;
    assert_null(pt_program_input_type(PTR(0, w->program), SIZE(1, 0)));
    return PT_OK;
}

CALL(pt_program_input_name)
{
    (void)error;
    assert_null(pt_program_input_name(PTR(0, w->program), SIZE(1, 0)));
    return PT_OK;
}

CALL(pt_program_output_type)
{
    (void)w, (void)wrong, (void)error;
    assert_null(pt_program_output_type(NULL));
    return PT_OK;
}

CALL(pt_diagnostics_count)
{
    (void)w, (void)wrong, (void)error;
    assert_int_equal(pt_diagnostics_count(NULL), 0);
    return PT_OK;
}

CALL(pt_diagnostics_get)
{
    (void)w, (void)wrong, (void)error;
    assert_string_equal(pt_diagnostics_get(NULL, SIZE_MAX).message, "");
    return PT_OK;
}

CALL(pt_diagnostics_print)
{
    (void)w;
    return pt_diagnostics_print(PTR(0, &r.text), NULL, false, 0, error);
}

/* ---- literal.h ---- */

CALL(pt_literal_parse)
{
    return pt_literal_parse(PTR(0, &r.literal), PTR(1, w->type), PTR(2, "1"), 1, error);
}

CALL(pt_literal_from_json)
{
    return pt_literal_from_json(PTR(0, &r.literal), PTR(1, w->type), PTR(2, "1"), 1, error);
}

CALL(pt_literal_from_bits)
{
    return pt_literal_from_bits(PTR(0, &r.literal), PTR(1, w->type), PTR(2, w->bits), 8, error);
}

CALL(pt_literal_from_packed)
{
    return pt_literal_from_packed(PTR(0, &r.literal), PTR(1, w->type), PTR(2, w->packed), 1, error);
}

CALL(pt_literal_to_bits)
{
    return pt_literal_to_bits(PTR(0, r.bits), SIZE(1, 8), PTR(2, w->literal), error);
}

CALL(pt_literal_to_packed)
{
    return pt_literal_to_packed(PTR(0, r.bits), SIZE(1, 1), PTR(2, w->literal), error);
}

CALL(pt_literal_print)
{
    return pt_literal_print(PTR(0, &r.text), PTR(1, w->literal), error);
}

CALL(pt_literal_to_json)
{
    return pt_literal_to_json(PTR(0, &r.text), PTR(1, w->literal), error);
}

CALL(pt_type_print)
{
    return pt_type_print(PTR(0, &r.text), PTR(1, w->type), error);
}

/* What tells of a type has nothing to tell of none. */
#define TELLS(name, nothing)                                                                       \
    CALL(name)                                                                                     \
    {                                                                                              \
        (void)w, (void)wrong, (void)error;                                                         \
        assert_true(name(NULL) == (nothing));                                                      \
        return PT_OK;                                                                              \
    }
TELLS(pt_type_bits, 0)
TELLS(pt_type_kind, PT_KIND_TUPLE)
TELLS(pt_type_name, NULL)
TELLS(pt_type_element, NULL)
TELLS(pt_type_length, 0)
TELLS(pt_type_field_count, 0)
TELLS(pt_type_variant_count, 0)

/* The same, past the last. */
#define TELLS_AT(name, nothing)                                                                    \
    CALL(name)                                                                                     \
    {                                                                                              \
        (void)error;                                                                               \
        assert_true(name(PTR(0, w->type), SIZE(1, 0)) == (nothing));                               \
        return PT_OK;                                                                              \
    }
TELLS_AT(pt_type_field_name, NULL)
TELLS_AT(pt_type_field_type, NULL)
TELLS_AT(pt_type_variant_name, NULL)
TELLS_AT(pt_type_variant_field_count, 0)

CALL(pt_type_variant_field_type)
{
    (void)error;
    assert_null(pt_type_variant_field_type(PTR(0, w->type), SIZE(1, 0), SIZE(2, 0)));
    return PT_OK;
}

/* ---- channel.h, meter.h, secure.h ---- */

CALL(pt_channel_close)
{
    (void)w, (void)error;
    pt_channel none = {0};
    pt_channel_close(PTR(0, &none));
    return PT_OK;
}

CALL(pt_channel_memory_mesh)
{
    (void)w;
    return pt_channel_memory_mesh(PTR(0, r.channels), SIZE(1, 2), 0, error);
}

CALL(pt_meter_new)
{
    (void)w;
    return pt_meter_new(PTR(0, &r.meter), SIZE(1, 2), error);
}

CALL(pt_meter_read)
{
    (void)error;
    assert_false(pt_meter_read(PTR(0, &r.traffic), PTR(1, w->meter), SIZE(2, 0)));
    return PT_OK;
}

CALL(pt_channel_metered_wrap)
{
    const pt_channel inner = {PTR(1, w->channels[0].ops), w->channels[0].self};
    return pt_channel_metered_wrap(PTR(0, r.channels), inner, PTR(2, w->meter), error);
}

CALL(pt_channel_secure_keygen)
{
    (void)w;
    return pt_channel_secure_keygen(PTR(0, r.keys[0]), PTR(1, r.keys[1]), error);
}

CALL(pt_channel_secure_public_key)
{
    return pt_channel_secure_public_key(PTR(0, r.keys[0]), PTR(1, w->key), error);
}

CALL(pt_channel_secure_key_print)
{
    (void)error;
    pt_channel_secure_key_print(PTR(0, r.ticket_text), PTR(1, w->key), false);
    return PT_OK;
}

CALL(pt_channel_secure_key_parse)
{
    (void)w;
    return pt_channel_secure_key_parse(PTR(0, r.keys[0]), PTR(1, source), SIZE(2, 3), false, error);
}

CALL(pt_channel_secure_fingerprint)
{
    return pt_channel_secure_fingerprint(PTR(0, r.words), PTR(1, &w->channels[0]), error);
}

CALL(pt_channel_secure_round_trip)
{
    double seconds = 0;
    return pt_channel_secure_round_trip(PTR(0, &seconds), PTR(1, &w->channels[0]), error);
}

CALL(pt_channel_secure_secret_bits)
{
    (void)w, (void)error;
    assert_int_equal(pt_channel_secure_secret_bits(PTR(0, "four"), 4), IS_WRONG(0) ? 0 : 8);
    return PT_OK;
}

CALL(pt_channel_secure_wrap)
{
    const pt_channel inner = {PTR(1, w->channels[0].ops), w->channels[0].self};
    const pt_secure_options options = {.party = SIZE(3, 0),
                                       .parties = SIZE(4, 2),
                                       .session = PTR(5, "s"),
                                       .session_len = 1,
                                       .session_secret = PTR(6, "secret"),
                                       .session_secret_len = 6};
    return pt_channel_secure_wrap(PTR(0, r.channels), inner, PTR(2, &options), error);
}

/* ---- network.h ---- */

CALL(pt_channel_relay_open)
{
    (void)w;
    const pt_relay_options options = {.url = PTR(2, "http://127.0.0.1:1"),
                                      .session = PTR(3, "s"),
                                      .party = SIZE(4, 0),
                                      .parties = SIZE(5, 2)};
    return pt_channel_relay_open(PTR(0, r.channels), PTR(1, &options), error);
}

CALL(pt_channel_p2p_open)
{
    (void)w;
    const pt_p2p_options options = {.relay = PTR(2, "http://127.0.0.1:1"),
                                    .session = PTR(3, "s"),
                                    .party = SIZE(4, 0),
                                    .parties = SIZE(5, 2)};
    return pt_channel_p2p_open(PTR(0, r.channels), PTR(1, &options), error);
}

CALL(pt_channel_direct_open)
{
    (void)w;
    const char *const urls[2] = {"https://127.0.0.1:1", PTR(3, "http://127.0.0.1:2")};
    const pt_direct_options options = {.urls = PTR(2, urls),
                                       .party = SIZE(4, 0),
                                       .parties = SIZE(5, 2),
                                       .tls_cert = PTR(6, "cert.pem"),
                                       .tls_key = IS_WRONG(6) ? "key.pem" : "no such file"};
    return pt_channel_direct_open(PTR(0, r.channels), PTR(1, &options), error);
}

CALL(pt_p2p_ticket_new)
{
    return pt_p2p_ticket_new(PTR(0, &r.ticket), PTR(1, "http://r"), SIZE(2, 0), PTR(3, w->key),
                             error);
}

CALL(pt_p2p_ticket_print)
{
    return pt_p2p_ticket_print(PTR(0, r.ticket_text), PTR(1, &w->ticket), error);
}

CALL(pt_p2p_ticket_parse)
{
    (void)w;
    return pt_p2p_ticket_parse(PTR(0, &r.ticket), PTR(1, "p2p:x"), error);
}

/* ---- constants.h ---- */

CALL(pt_constants_exchange)
{
    const pt_constant given = {PTR(5, "P"), PTR(6, "N"), PTR(7, "1")};
    return pt_constants_exchange(PTR(0, &r.constants), PTR(1, &w->channels[0]), SIZE(2, 0),
                                 SIZE(3, 1), PTR(4, &given), 1, error);
}

CALL(pt_constants_list)
{
    (void)error;
    assert_null(pt_constants_list(PTR(0, &r.len), NULL));
    assert_non_null(pt_constants_list(PTR(0, &r.len), w->constants));
    return PT_OK;
}

CALL(pt_constants_confirm)
{
    return pt_constants_confirm(PTR(0, w->constants), PTR(1, &w->channels[0]), PT_OK, error);
}

CALL(pt_constants_digest)
{
    (void)error;
    pt_constants_digest(PTR(0, r.bits), PTR(1, w->constants));
    return PT_OK;
}

/* ---- mpc.h ---- */

static pt_mpc_options mpc_options(unsigned wrong, const size_t *receivers)
{
    return (pt_mpc_options){.party = SIZE(0, 0),
                            .parties = SIZE(1, 2),
                            .evaluator = SIZE(2, 0),
                            .session = PTR(3, (const uint8_t *)"s"),
                            .session_len = 1,
                            .statistical_security = IS_WRONG(4) ? 1000 : 40,
                            .cot_field_bits = IS_WRONG(5) ? 3 : 4,
                            .output_parties = receivers,
                            .n_output_parties = 1};
}

CALL(pt_mpc_run)
{
    const size_t receiver = SIZE(13, 0);
    const pt_mpc_options options = mpc_options(wrong >> 7, &receiver);
    return pt_mpc_run(PTR(0, r.bits), SIZE(1, pt_circuit_output_bits(w->circuit)),
                      PTR(2, &w->channels[0]), PTR(3, w->circuit), PTR(4, w->bits), SIZE(5, 8),
                      PTR(6, &options), error);
}

CALL(pt_private_results_type)
{
    (void)error;
    (void)pt_private_results_type(PTR(0, w->type), SIZE(1, 2), SIZE(2, 0));
    return PT_OK;
}

CALL(pt_private_results_receivers)
{
    pt_mpc_receivers receivers[3];
    size_t parties[2];
    return pt_private_results_receivers(PTR(0, receivers), PTR(1, parties), SIZE(2, 2),
                                        PTR(3, w->program), error);
}

CALL(pt_private_results_decode)
{
    return pt_private_results_decode(PTR(0, &r.literal), NULL, PTR(1, w->program), SIZE(2, 0),
                                     PTR(3, w->bits), pt_circuit_output_bits(w->circuit), error);
}

CALL(pt_private_results_decode_packed)
{
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_private_results_decode_packed(PTR(0, &r.literal), NULL, PTR(1, w->program),
                                            SIZE(2, 0), PTR(3, w->packed), SIZE(4, n), error);
}

CALL(pt_mpc_run_packed)
{
    const size_t receiver = SIZE(13, 0);
    const pt_mpc_options options = mpc_options(wrong >> 7, &receiver);
    const size_t n = PT_PACKED_BYTES(pt_circuit_output_bits(w->circuit));
    return pt_mpc_run_packed(PTR(0, r.bits), SIZE(1, n), PTR(2, &w->channels[0]),
                             PTR(3, w->circuit), PTR(4, w->packed), SIZE(5, 1), PTR(6, &options),
                             error);
}

CALL(pt_dealer_run)
{
    const pt_mpc_options options = {.parties = SIZE(2, 2)};
    return pt_dealer_run(PTR(0, &w->channels[0]), PTR(1, &options), error);
}

CALL(pt_dealer_dismiss)
{
    (void)error;
    pt_dealer_dismiss(PTR(0, &w->channels[0]), SIZE(1, 0), SIZE(2, 1), PT_ERR_PROGRAM);
    return PT_OK;
}

CALL(pt_plan_cot_bits)
{
    unsigned k = 0;
    const pt_plan_link link = {.bits_per_second = IS_WRONG(6) ? -1.0 : 1e8,
                               .round_trip_seconds = IS_WRONG(7) ? 1e30 : 0.05};
    const pt_mpc_options options = {.parties = SIZE(4, 2), .evaluator = SIZE(5, 0)};
    return pt_plan_cot_bits(PTR(0, &k), PTR(1, w->circuit), PTR(2, &options), PTR(3, &link), error);
}

CALL(pt_plan_segment_ands)
{
    uint32_t ands = 0;
    const pt_mpc_options options = {.parties = SIZE(3, 2), .evaluator = SIZE(4, 0)};
    return pt_plan_segment_ands(PTR(0, &ands), PTR(1, w->circuit), PTR(2, &options), UINT64_MAX,
                                error);
}

CALL(pt_plan_threads)
{
    unsigned threads = 0;
    const pt_mpc_options options = {.parties = SIZE(3, 2), .evaluator = SIZE(4, 0)};
    return pt_plan_threads(PTR(0, &threads), PTR(1, w->circuit), PTR(2, &options), 0, error);
}

CALL(pt_plan_make)
{
    pt_plan plan;
    pt_plan_seat seats[2];
    const pt_plan_link link = {.bits_per_second = IS_WRONG(7) ? -1.0 : 1e8,
                               .round_trip_seconds = IS_WRONG(8) ? 1e30 : 0.05};
    const pt_mpc_options options = {.parties = SIZE(5, 2), .evaluator = SIZE(6, 0)};
    return pt_plan_make(PTR(0, &plan), PTR(1, &seats[0]), SIZE(2, 2), PTR(3, w->circuit),
                        PTR(4, &options), wrong == 0 ? NULL : &link, error);
}

CALL(pt_terms_print)
{
    char text[PT_TERMS_SIZE];
    const pt_terms terms = {
        .parties = SIZE(2, 2), .circuit = w->circuit, .session = PTR(3, (const char *)"s")};
    return pt_terms_print(PTR(0, &text[0]), PTR(1, &terms), error);
}

/* ---- The table ---- */

typedef struct row {
    const char *name;
    pt_status (*call)(const world *w, unsigned wrong, pt_error *error);
    unsigned n_wrong; /* arguments that may be wrong; each of them is enough for `expected` */
    pt_status expected;
} row;

/* Fails with PT_ERR_USAGE, or cannot fail and is harmless. */
#define ROWS(FAILS, HARMLESS)                                                                      \
    HARMLESS(pt_channel_close, 1)                                                                  \
    FAILS(pt_channel_direct_open, 7)                                                               \
    FAILS(pt_channel_memory_mesh, 2)                                                               \
    FAILS(pt_channel_metered_wrap, 3)                                                              \
    FAILS(pt_channel_p2p_open, 6)                                                                  \
    FAILS(pt_channel_relay_open, 6)                                                                \
    FAILS(pt_channel_secure_fingerprint, 2)                                                        \
    FAILS(pt_channel_secure_key_parse, 2)                                                          \
    HARMLESS(pt_channel_secure_key_print, 2)                                                       \
    FAILS(pt_channel_secure_keygen, 2)                                                             \
    FAILS(pt_channel_secure_public_key, 2)                                                         \
    FAILS(pt_channel_secure_round_trip, 2)                                                         \
    HARMLESS(pt_channel_secure_secret_bits, 1)                                                     \
    FAILS(pt_channel_secure_wrap, 7)                                                               \
    FAILS(pt_circuit_eval, 5)                                                                      \
    FAILS(pt_circuit_eval_packed, 5)                                                               \
    HARMLESS(pt_circuit_free, 1)                                                                   \
    HARMLESS(pt_circuit_get_stats, 2)                                                              \
    HARMLESS(pt_circuit_input_bits, 2)                                                             \
    FAILS(pt_circuit_optimize, 2)                                                                  \
    HARMLESS(pt_circuit_output_bits, 1)                                                            \
    HARMLESS(pt_circuit_output_value_bits, 2)                                                      \
    HARMLESS(pt_circuit_output_values, 1)                                                          \
    HARMLESS(pt_circuit_parties, 1)                                                                \
    FAILS(pt_circuit_read_bristol, 2)                                                              \
    FAILS(pt_circuit_share_input, 3)                                                               \
    FAILS(pt_circuit_split_input, 5)                                                               \
    FAILS(pt_circuit_write_bristol, 3)                                                             \
    FAILS(pt_constants_confirm, 2)                                                                 \
    HARMLESS(pt_constants_digest, 2)                                                               \
    FAILS(pt_constants_exchange, 8)                                                                \
    HARMLESS(pt_constants_free, 1)                                                                 \
    HARMLESS(pt_constants_list, 1)                                                                 \
    HARMLESS(pt_dealer_dismiss, 3)                                                                 \
    FAILS(pt_dealer_run, 3)                                                                        \
    HARMLESS(pt_diagnostics_count, 1)                                                              \
    HARMLESS(pt_diagnostics_free, 1)                                                               \
    HARMLESS(pt_diagnostics_get, 1)                                                                \
    FAILS(pt_diagnostics_print, 1)                                                                 \
    HARMLESS(pt_error_clear, 1)                                                                    \
    HARMLESS(pt_literal_free, 1)                                                                   \
    FAILS(pt_literal_from_bits, 3)                                                                 \
    FAILS(pt_literal_from_json, 3)                                                                 \
    FAILS(pt_literal_from_packed, 3)                                                               \
    FAILS(pt_literal_parse, 3)                                                                     \
    FAILS(pt_literal_print, 2)                                                                     \
    FAILS(pt_literal_to_bits, 3)                                                                   \
    FAILS(pt_literal_to_json, 2)                                                                   \
    FAILS(pt_literal_to_packed, 3)                                                                 \
    HARMLESS(pt_meter_free, 1)                                                                     \
    FAILS(pt_meter_new, 2)                                                                         \
    HARMLESS(pt_meter_read, 3)                                                                     \
    FAILS(pt_mpc_run, 14)                                                                          \
    FAILS(pt_mpc_run_packed, 14)                                                                   \
    FAILS(pt_p2p_ticket_new, 4)                                                                    \
    FAILS(pt_p2p_ticket_parse, 2)                                                                  \
    FAILS(pt_p2p_ticket_print, 2)                                                                  \
    FAILS(pt_plan_cot_bits, 8)                                                                     \
    FAILS(pt_plan_make, 9)                                                                         \
    FAILS(pt_plan_segment_ands, 5)                                                                 \
    FAILS(pt_plan_threads, 5)                                                                      \
    FAILS(pt_private_results_decode, 4)                                                            \
    FAILS(pt_private_results_decode_packed, 5)                                                     \
    FAILS(pt_private_results_receivers, 4)                                                         \
    HARMLESS(pt_private_results_type, 3)                                                           \
    FAILS(pt_program_check, 6)                                                                     \
    FAILS(pt_program_check_input, 4)                                                               \
    FAILS(pt_program_check_input_packed, 4)                                                        \
    HARMLESS(pt_program_circuit, 1)                                                                \
    HARMLESS(pt_program_constants, 2)                                                              \
    HARMLESS(pt_program_function, 1)                                                               \
    HARMLESS(pt_program_is_saved, 1)                                                               \
    FAILS(pt_program_load, 2)                                                                      \
    FAILS(pt_program_load_in_place, 2)                                                             \
    FAILS(pt_program_save, 3)                                                                      \
    FAILS(pt_signature_of_program, 2)                                                              \
    FAILS(pt_program_compile, 7)                                                                   \
    FAILS(pt_program_decode, 3)                                                                    \
    FAILS(pt_program_decode_packed, 4)                                                             \
    HARMLESS(pt_program_free, 1)                                                                   \
    HARMLESS(pt_program_input_name, 2)                                                             \
    HARMLESS(pt_program_input_type, 2)                                                             \
    FAILS(pt_program_inspect, 7)                                                                   \
    HARMLESS(pt_program_line_counts, 2)                                                            \
    HARMLESS(pt_program_output_type, 1)                                                            \
    HARMLESS(pt_program_party_count, 1)                                                            \
    FAILS(pt_program_write_bristol, 3)                                                             \
    HARMLESS(pt_signature_free, 1)                                                                 \
    HARMLESS(pt_signature_input_name, 1)                                                           \
    HARMLESS(pt_signature_input_type, 1)                                                           \
    FAILS(pt_signature_new, 7)                                                                     \
    HARMLESS(pt_signature_output_type, 1)                                                          \
    HARMLESS(pt_signature_party_count, 1)                                                          \
    HARMLESS(pt_status_class_of, 1)                                                                \
    HARMLESS(pt_status_name, 1)                                                                    \
    HARMLESS(pt_status_text, 1)                                                                    \
    HARMLESS(pt_struct_size, 1)                                                                    \
    FAILS(pt_terms_print, 4)                                                                       \
    HARMLESS(pt_text_free, 1)                                                                      \
    HARMLESS(pt_type_bits, 1)                                                                      \
    HARMLESS(pt_type_element, 1)                                                                   \
    HARMLESS(pt_type_field_count, 1)                                                               \
    HARMLESS(pt_type_field_name, 2)                                                                \
    HARMLESS(pt_type_field_type, 2)                                                                \
    HARMLESS(pt_type_kind, 1)                                                                      \
    HARMLESS(pt_type_length, 1)                                                                    \
    HARMLESS(pt_type_name, 1)                                                                      \
    FAILS(pt_type_print, 2)                                                                        \
    HARMLESS(pt_type_variant_count, 1)                                                             \
    HARMLESS(pt_type_variant_field_count, 2)                                                       \
    HARMLESS(pt_type_variant_field_type, 3)                                                        \
    HARMLESS(pt_type_variant_name, 2)                                                              \
    HARMLESS(pt_version, 1)

#define ROW_FAILS(name, n)    {#name, call_##name, n, PT_ERR_USAGE},
#define ROW_HARMLESS(name, n) {#name, call_##name, n, PT_OK},
static const row rows[] = {ROWS(ROW_FAILS, ROW_HARMLESS)};

#define N_ROWS (sizeof rows / sizeof rows[0])

static void world_init(world *w)
{
    const pt_compile_options options = {.source = source, .source_len = sizeof source - 1};
    const pt_constant given = {"P", "N", "1"};
    pt_channel alone;
    *w = (world){0};
    assert_int_equal(pt_program_compile(&w->program, NULL, &options, NULL), PT_OK);
    w->circuit = pt_program_circuit(w->program);
    w->type = pt_program_input_type(w->program, 0);
    assert_int_equal(pt_literal_parse(&w->literal, w->type, "3", 1, NULL), PT_OK);
    assert_int_equal(pt_channel_memory_mesh(&alone, 1, 1, NULL), PT_OK);
    assert_int_equal(pt_constants_exchange(&w->constants, &alone, 0, 1, &given, 1, NULL), PT_OK);
    pt_channel_close(&alone);
    assert_int_equal(pt_channel_memory_mesh(w->channels, 2, 1, NULL), PT_OK);
    assert_int_equal(pt_meter_new(&w->meter, 2, NULL), PT_OK);
    assert_int_equal(pt_p2p_ticket_new(&w->ticket, "http://r", 0, w->key, NULL), PT_OK);
}

static void world_clear(world *w)
{
    pt_channel_close(&w->channels[0]);
    pt_channel_close(&w->channels[1]);
    pt_meter_free(w->meter);
    pt_constants_free(w->constants);
    pt_literal_free(w->literal);
    pt_program_free(w->program);
}

static void check_call(const row *of, const world *w, unsigned wrong)
{
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = of->call(w, wrong, &error);
    if (status != of->expected)
        fail_msg("%s, wrong arguments %#x: %s: %s", of->name, wrong, pt_status_name(status),
                 error.message);
    if (status != PT_OK && (error.status != status || error.message[0] == '\0'))
        fail_msg("%s, wrong arguments %#x: no message", of->name, wrong);
    assert_int_equal(of->call(w, wrong, NULL), status);
}

static void test_wrong_arguments(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    for (size_t i = 0; i < N_ROWS; i++) {
        assert_true(rows[i].n_wrong >= 1 && rows[i].n_wrong <= MAX_WRONG);
        for (unsigned wrong = 1; wrong < 1u << rows[i].n_wrong; wrong++)
            check_call(&rows[i], &w, wrong);
    }
    assert_null(r.text);
    assert_null(r.circuit);
    assert_null(r.program);
    assert_null(r.literal);
    assert_null(r.constants);
    assert_null(r.meter);
    assert_null(r.channels[0].ops);
    world_clear(&w);
}

static bool has_row(const char *name, size_t len)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return true;
    }
    return false;
}

static void test_every_function_has_a_row(void **state)
{
    (void)state;
    char path[4096];
    char line[1024];
    size_t n = 0;
    (void)snprintf(path, sizeof path, "%s/tests/house/abi.txt", getenv("POLYTUNE_SOURCE_DIR"));
    FILE *list = fopen(path, "r");
    assert_non_null(list);
    for (; fgets(line, sizeof line, list) != NULL; n++) {
        if (!has_row(line, strcspn(line, " ")))
            fail_msg("no row for %s", line);
    }
    (void)fclose(list);
    assert_int_equal(n, N_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_every_function_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
