/* Waves, HELLO, openings and stream frames against peers that send anything. The first byte says
 * what runs; with its high bit set the header and T of each message are made right, so that the
 * bytes reach the payload checks. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/plan.h"
#include "mpc/abit/abit.h"
#include "mpc/abit/open.h"
#include "mpc/session/coin.h"
#include "mpc/session/fault.h"
#include "mpc/session/hello.h"
#include "mpc/session/message.h"
#include "peer_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTIES 3
#define BITS    20

/* Header and T as an honest peer would write them around these bytes. */
static void repair(void *user, size_t from, uint8_t *m, size_t len)
{
    const session *s = user;
    if (len < MESSAGE_HEADER_BYTES)
        return;
    const bool stream = m[0] & 1u;
    size_t index = 0;
    while (s->roster[index] != from)
        index++;
    const message_info info = {.kind = stream ? MESSAGE_STREAM : MESSAGE_WAVE,
                               .id = stream ? s->stream_frames_received[index] : s->wave,
                               .body_bytes = len - MESSAGE_HEADER_BYTES};
    uint8_t *honest = message_new(s, index, &info);
    if (honest == NULL)
        return;
    honest[2] = (uint8_t)from; /* sender and receiver */
    honest[3] = (uint8_t)s->roster[s->me];
    memcpy(m, honest, MESSAGE_HEADER_BYTES);
    message_free(honest, &info);
    if (!stream && len >= MESSAGE_HEADER_BYTES + DIGEST_BYTES)
        memcpy(m + MESSAGE_HEADER_BYTES, s->transcript, DIGEST_BYTES);
}

static pt_status run_hello(session *s)
{
    static uint32_t inputs[] = {1, 1, 0}, outputs[] = {2}, widths[] = {1};
    static uint8_t code[] = {GATE_AND, 1, 0, 0, 0, 0, 0}; /* w2 = w0 & w1, in register 2 */
    static pt_circuit circuit = {.n_parties = PARTIES,
                                 .party_inputs = inputs,
                                 .n_inputs = 2,
                                 .n_gates = 1,
                                 .code = code,
                                 .code_len = sizeof code - PLAN_PADDING,
                                 .n_registers = 3,
                                 .n_outputs = 1,
                                 .outputs = outputs,
                                 .output_registers = outputs,
                                 .n_output_values = 1,
                                 .output_value_bits = widths,
                                 .n_and = 1};
    const hello_facts facts = {.circuit = &circuit, .segment_ands = 1};
    uint64_t segment_ands = 0;
    return session_hello(s, &facts, &segment_ands, NULL);
}

static pt_status run_coin(session *s)
{
    uint8_t coin[COIN_BYTES];
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_BOT1, NULL);
    if (status == PT_OK) {
        coin_commit_first(s, &w);
        wave_expect_each(&w, COIN_COMMITMENT_BYTES, 0);
        status = wave_run(&w, NULL);
    }
    if (status == PT_OK)
        coin_commit_first_received(s, &w, 0);
    wave_end(&w);
    return status == PT_OK ? coin_toss(s, coin, NULL, NULL) : status;
}

static pt_status run_open(session *s, bool to_one)
{
    block shares[BITS * PARTIES] = {{0}};
    uint8_t bits[BITS];
    opening o = {.s = s, .name = WAVE_OUT, .shares = shares, .count = BITS};
    if (!to_one)
        return open_public(s, WAVE_OPEN, shares, BITS, bits, NULL, NULL, NULL);
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_OUT, NULL);
    if (status == PT_OK) {
        wave_expect_each(&w, 0, open_to_bytes(s, BITS));
        status = wave_run(&w, NULL);
    }
    for (size_t p = 0; status == PT_OK && p < PARTIES; p++)
        o.from[p] = p == s->me ? NULL : wave_from(&w, p);
    if (status == PT_OK)
        status = open_to_check(&o, bits, NULL);
    wave_end(&w);
    return status;
}

static pt_status run_delta_check(session *s)
{
    static const block shares[MPC_DELTA_CHECK_REPETITIONS * PARTIES];
    delta_check c;
    const wave_along *const steps[] = {&c.dc1, &c.dc2, &c.dc3};
    pt_status status = delta_check_init(&c, s, shares, NULL);
    for (size_t i = 0; status == PT_OK && i < sizeof steps / sizeof *steps; i++)
        status = wave_run_alone(s, steps[i], NULL);
    delta_check_clear(&c);
    return status;
}

static pt_status run_stream(session *s)
{
    uint8_t bytes[64];
    pt_status status = PT_OK;
    for (size_t len = 0; status == PT_OK && len < sizeof bytes; len += 16)
        status =
            stream_recv(s, (s->me + 1 + len / 16 % 2) % PARTIES, WAVE_COT, 0, bytes, len, NULL);
    return status;
}

static pt_status run(session *s, unsigned what)
{
    switch (what % 7) {
    case 0:
        return run_hello(s);
    case 1:
        return run_coin(s);
    case 2:
        return run_open(s, false);
    case 3:
        return run_open(s, true);
    case 4:
        return run_stream(s);
    case 5:
        return run_delta_check(s);
    default:
        return abit_setup(s, &base_ot_ristretto, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    session s;
    peer_bytes peers = {
        .at = data + 1, .left = size - 1, .change = data[0] >> 7 ? repair : NULL, .user = &s};
    const pt_channel channel = peer_bytes_channel(&peers);
    const pt_mpc_options options = {.parties = PARTIES, .evaluator = data[0] & 1u};
    if (session_init(&s, &options, &channel, NULL) != PT_OK)
        abort();
    rng_init_seed(&s.rng, block_make(1, 2));
    s.segment_min = 1; /* of which the seeds are */
    const pt_status status = run(&s, data[0] >> 1 & 0x3fu);
    if (status != PT_OK)
        session_abort(&s, status);
    session_clear(&s);
    return 0;
}
