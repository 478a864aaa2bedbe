/* Waves and the side stream: what is sent arrives, and every wrong field of a header, wrong length,
 * replay and equivocation ends the session with the right status. */
#include "support/test.h"

#include "base/mem.h"
#include "mpc/parties.h"
#include "mpc/session/message.h"

/* ---- Parties over the memory mesh ---- */

static pt_status talk(session *s, void *user, pt_error *error)
{
    (void)user;
    wave w;
    pt_status status = wave_begin(&w, s, WAVE_TRU, error);
    if (status != PT_OK)
        return status;
    buffer_put_u64(wave_all(&w), 100 + s->me);
    for (size_t p = 0; p < s->n; p++) {
        if (p != s->me)
            buffer_put_u8(wave_to(&w, p), (uint8_t)(10 * s->me + p));
    }
    wave_expect_each(&w, 8, 1);
    status = wave_run(&w, error);
    for (size_t p = 0; status == PT_OK && p < s->n; p++) {
        assert_int_equal(wave_all_from(&w, p)[0], 100 + p);
        if (p != s->me)
            assert_int_equal(*wave_from(&w, p), 10 * p + s->me);
    }
    wave_end(&w);
    return status;
}

static pt_status talk_thrice(session *s, void *user, pt_error *error)
{
    pt_status status = PT_OK;
    for (int i = 0; status == PT_OK && i < 3; i++)
        status = talk(s, user, error);
    return status;
}

static void payloads_arrive(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 5; n++) {
        parties p;
        parties_open(&p, n, NULL);
        parties_run_ok(&p, talk_thrice, NULL);
        for (size_t i = 0; i < n; i++) {
            const pt_mpc_stats *stats = p.sessions[i].stats;
            assert_true(p.sessions[i].wave == 3);
            assert_memory_equal(p.sessions[i].transcript, p.sessions[0].transcript, DIGEST_BYTES);
            assert_true(stats->messages_sent == 3 * (n - 1));
            assert_true(stats->bytes_sent == 3 * (n - 1) * (MESSAGE_HEADER_BYTES + 32 + 8 + 1));
            assert_true(stats->bytes_received == stats->bytes_sent);
            assert_int_equal(stats->n_phases, 1);
            assert_string_equal(stats->phases[0].name, "triples");
        }
        parties_close(&p);
    }
}

/* Party 1 shows party 2 another "all" payload, in the second wave. */
static void equivocate(void *user, session *s, const char *name, size_t peer, void *data,
                       size_t len)
{
    (void)user;
    (void)len;
    if (strcmp(name, "TRU") == 0 && s->me == 1 && peer == 2 && s->wave == 1)
        ((uint8_t *)data)[3] ^= 1;
}

static void equivocation_is_noticed(void **state)
{
    (void)state;
    parties p;
    parties_open(&p, 4, NULL);
    parties_hook(&p, equivocate, NULL);
    parties_run(&p, talk_thrice, NULL);
    parties_assert_failed(&p, 0xf);
    assert_int_equal(p.status[2], PT_PEER_TRANSCRIPT);
    parties_close(&p);
}

static pt_status fail_or_talk(session *s, void *user, pt_error *error)
{
    if (s->me == 2)
        return PT_ERR_MEMORY;
    return talk(s, user, error);
}

static void an_abort_names_the_party(void **state)
{
    (void)state;
    parties p;
    const pt_mpc_options options = {.evaluator = 1};
    parties_open(&p, 3, &options);
    parties_run(&p, fail_or_talk, NULL);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(p.status[i], PT_ERR_STOPPED); /* or hears it from another */
        assert_non_null(strstr(p.errors[i].message, "party 2 stopped: its own"));
        if (p.errors[i].party != 2)
            assert_non_null(strstr(p.errors[i].message, "says that"));
        assert_string_equal(p.errors[i].phase, "TRU");
    }
    /* The session stays ended. */
    parties_run(&p, talk, NULL);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(p.status[i], PT_ERR_INTERNAL);
    parties_close(&p);
}

static pt_status stream_some(session *s, void *user, pt_error *error)
{
    (void)user;
    uint8_t bytes[1000];
    pt_status status = PT_OK;
    for (size_t len = 0; status == PT_OK && len <= sizeof bytes; len += 250) {
        memset(bytes, (int)(s->me + len / 250), sizeof bytes);
        for (size_t p = 0; status == PT_OK && p < s->n; p++) {
            if (p != s->me)
                status = stream_send(s, p, WAVE_GC, 7, bytes, len, error);
        }
        for (size_t p = 0; status == PT_OK && p < s->n; p++) {
            if (p == s->me)
                continue;
            status = stream_recv(s, p, WAVE_GC, 7, bytes, len, error);
            for (size_t i = 0; status == PT_OK && i < len; i++)
                assert_int_equal(bytes[i], p + len / 250);
        }
    }
    return status == PT_OK ? talk(s, NULL, error) : status;
}

static void frames_arrive(void **state)
{
    (void)state;
    parties p;
    parties_open(&p, 3, NULL);
    parties_run_ok(&p, stream_some, NULL);
    parties_close(&p);
}

/* ---- One session against a scripted peer ---- */

/* A channel that hands out one message and then nothing. */
typedef struct script {
    const uint8_t *bytes;
    size_t len;
    bool taken;
    size_t max_len; /* of what was to be received */
    size_t n_aborts_sent;
} script;

static pt_status script_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    (void)to;
    (void)phase;
    (void)error;
    if (len == MESSAGE_ABORT_BYTES && bytes[0] == MESSAGE_ABORT)
        ((script *)self)->n_aborts_sent++;
    return PT_OK;
}

static pt_status script_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    script *k = self;
    (void)from;
    (void)phase;
    (void)error;
    if (k->taken)
        return PT_ERR_TIMEOUT;
    k->max_len = max_len;
    if (k->len > max_len)
        return PT_ERR_TOO_LARGE;
    *ret_bytes = mem_new(k->len, 1);
    assert_non_null(*ret_bytes);
    memcpy(*ret_bytes, k->bytes, k->len);
    *ret_len = k->len;
    k->taken = true;
    return PT_OK;
}

static void script_close(void *self)
{
    (void)self;
}

static const pt_channel_ops script_ops = {
    .send = script_send, .recv = script_recv, .close = script_close};

#define ALL_BYTES     5
#define PRIVATE_BYTES 6
#define WAVE_BYTES    (MESSAGE_HEADER_BYTES + DIGEST_BYTES + ALL_BYTES + PRIVATE_BYTES)
#define FRAME_BYTES   (MESSAGE_HEADER_BYTES + 8 + 9)

static void session_open(session *s, const pt_channel *channel, size_t party)
{
    const pt_mpc_options options = {.party = party, .parties = 3};
    assert_int_equal(session_init(s, &options, channel, NULL), PT_OK);
    memset(s->sid, 0x51, sizeof s->sid);
    memset(s->transcript, 0x7a, sizeof s->transcript);
    s->wave = 12;
    s->stream_frames_sent[0] = 3;
    s->stream_frames_received[1] = 3;
}

/* The honest message of party 1 to party 0. */
static uint8_t *honest(message_kind kind, uint64_t id, size_t *ret_len)
{
    session peer;
    const pt_channel none = {0};
    session_open(&peer, &none, 1);
    const message_info info = {.kind = kind,
                               .id = id,
                               .body_bytes = (kind == MESSAGE_WAVE ? WAVE_BYTES : FRAME_BYTES) -
                                             MESSAGE_HEADER_BYTES};
    uint8_t *m = message_new(&peer, 0, &info);
    assert_non_null(m);
    memset(m + MESSAGE_HEADER_BYTES, 0, info.body_bytes);
    if (kind == MESSAGE_WAVE)
        memcpy(m + MESSAGE_HEADER_BYTES, peer.transcript, DIGEST_BYTES);
    else
        m[MESSAGE_HEADER_BYTES] = 42; /* the batch */
    *ret_len = MESSAGE_HEADER_BYTES + info.body_bytes;
    session_clear(&peer);
    return m;
}

static int blamed; /* by the last `feed` */
static char said[PT_ERROR_MESSAGE_MAX];

/* What party 0 makes of these bytes. */
static pt_status feed(message_kind kind, const uint8_t *bytes, size_t len)
{
    script k = {.bytes = bytes, .len = len};
    const pt_channel channel = {&script_ops, &k};
    session s;
    pt_error error = {0};
    uint8_t frame[9];
    pt_status status;
    session_open(&s, &channel, 0);
    if (kind == MESSAGE_WAVE) {
        wave w;
        assert_int_equal(wave_begin(&w, &s, WAVE_TRS, NULL), PT_OK);
        wave_expect_each(&w, ALL_BYTES, PRIVATE_BYTES);
        status = wave_run(&w, &error);
        wave_end(&w);
        /* Party 2 never answers, so a good message ends in its timeout. */
        assert_int_not_equal(status, PT_OK);
    } else {
        status = stream_recv(&s, 1, WAVE_COT, 42, frame, sizeof frame, &error);
    }
    /* No more than what is due, or than can be looked at. */
    assert_in_range(k.max_len, 1, 4096);
    if (status != PT_OK) {
        assert_true(s.aborted);
        assert_int_equal(k.n_aborts_sent, 2);
    }
    if (pt_status_class_of(status) == PT_CLASS_PEER)
        assert_int_equal(error.party,
                         strstr(error.message, "cannot be told") != NULL ? PT_NO_PARTY : 1);
    blamed = error.party;
    memcpy(said, error.message, sizeof said);
    session_clear(&s);
    return status;
}

static void every_byte_of_a_header_is_checked(void **state)
{
    (void)state;
    const message_kind kinds[] = {MESSAGE_WAVE, MESSAGE_STREAM};
    for (size_t k = 0; k < 2; k++) {
        size_t len;
        const bool is_wave = kinds[k] == MESSAGE_WAVE;
        const pt_status good = is_wave ? PT_ERR_TIMEOUT : PT_OK;
        uint8_t *m = honest(kinds[k], is_wave ? 12 : 3, &len);
        assert_int_equal(feed(kinds[k], m, len), good);
        for (size_t at = 0; at < len; at++) {
            pt_status expected = PT_PEER_MALFORMED;
            if (at == 1)
                expected = PT_PEER_SETUP; /* the version */
            else if (is_wave && at >= MESSAGE_HEADER_BYTES)
                expected = at < MESSAGE_HEADER_BYTES + DIGEST_BYTES ? PT_PEER_TRANSCRIPT : good;
            else if (!is_wave && at >= MESSAGE_HEADER_BYTES + 8)
                expected = good;
            m[at] ^= (uint8_t)(1u << at % 8);
            assert_int_equal(feed(kinds[k], m, len), expected);
            /* Party 2 may be the reason why the session or the transcript differs. */
            if (expected == PT_PEER_TRANSCRIPT || (at >= 4 && at < 4 + SID_BYTES))
                assert_int_equal(blamed, PT_NO_PARTY);
            else if (expected != good)
                assert_int_equal(blamed, 1);
            m[at] ^= (uint8_t)(1u << at % 8);
        }
        mem_free(m);
    }
}

static void an_ended_session_takes_and_gives_no_frames(void **state)
{
    (void)state;
    size_t len;
    uint8_t *m = honest(MESSAGE_STREAM, 3, &len);
    script k = {.bytes = m, .len = len};
    const pt_channel channel = {&script_ops, &k};
    uint8_t frame[9] = {0};
    session s;
    pt_error error;
    session_open(&s, &channel, 0);
    s.aborted = true;
    assert_int_equal(stream_recv(&s, 1, WAVE_COT, 42, frame, sizeof frame, &error),
                     PT_ERR_INTERNAL);
    assert_int_equal(stream_send(&s, 1, WAVE_COT, 42, frame, sizeof frame, &error),
                     PT_ERR_INTERNAL);
    assert_false(k.taken);
    session_clear(&s);
    mem_free(m);
}

static void every_wrong_length_is_refused(void **state)
{
    (void)state;
    const message_kind kinds[] = {MESSAGE_WAVE, MESSAGE_STREAM};
    for (size_t k = 0; k < 2; k++) {
        size_t len;
        uint8_t *m = honest(kinds[k], kinds[k] == MESSAGE_WAVE ? 12 : 3, &len);
        for (size_t cut = 0; cut < len; cut++) {
            assert_int_equal(feed(kinds[k], m, cut), PT_PEER_MALFORMED);
            assert_int_equal(strstr(said, "without a header") != NULL, cut < MESSAGE_HEADER_BYTES);
        }
        uint8_t *longer = mem_new(100000, 1);
        assert_non_null(longer);
        memcpy(longer, m, len);
        assert_int_equal(feed(kinds[k], longer, len + 1), PT_PEER_MALFORMED);
        assert_int_equal(feed(kinds[k], longer, 4096), PT_PEER_MALFORMED);
        assert_int_equal(feed(kinds[k], longer, 4097), PT_PEER_MALFORMED);
        assert_int_equal(feed(kinds[k], longer, 100000), PT_PEER_MALFORMED);
        mem_free(longer);
        mem_free(m);
    }
}

static void replays_are_recognised(void **state)
{
    (void)state;
    size_t len;
    uint8_t *m = honest(MESSAGE_WAVE, 11, &len);
    assert_int_equal(feed(MESSAGE_WAVE, m, len), PT_PEER_MALFORMED);
    assert_int_equal(feed(MESSAGE_STREAM, m, len), PT_PEER_MALFORMED);
    mem_free(m);
    m = honest(MESSAGE_STREAM, 2, &len);
    assert_int_equal(feed(MESSAGE_STREAM, m, len), PT_PEER_MALFORMED);
    mem_free(m);
}

static void aborts_say_why(void **state)
{
    (void)state;
    static const struct {
        stop_reason reason;
        pt_status status;
        const char *why;
    } cases[] = {
        {STOP_CHECK, PT_PEER_ABORT, "a check failed"},
        {STOP_CANCELLED, PT_ERR_STOPPED, "its user cancelled"},
        {STOP_TRANSPORT, PT_ERR_STOPPED, "lost a connection or waited too long"},
        {STOP_OWN, PT_ERR_STOPPED, "its own"},
        {STOP_OTHER, PT_ERR_STOPPED, "another party had stopped"},
        {STOP_NONE, PT_PEER_MALFORMED, "without a header"},
        {STOP_OTHER + 1, PT_PEER_MALFORMED, "without a header"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned by = 1; by < 3; by++) { /* itself, or another as it says */
            uint8_t m[MESSAGE_ABORT_BYTES];
            message_abort_put(m, (stop_note){cases[i].reason, (uint8_t)by});
            assert_int_equal(feed(MESSAGE_WAVE, m, sizeof m), cases[i].status);
            assert_int_equal(feed(MESSAGE_STREAM, m, sizeof m), cases[i].status);
            assert_int_equal(blamed, 1);
            assert_non_null(strstr(said, cases[i].why));
            assert_int_equal(strstr(said, "says that party 2 stopped") != NULL,
                             by == 2 && cases[i].status != PT_PEER_MALFORMED);
            m[1] ^= 1;
            assert_int_equal(feed(MESSAGE_WAVE, m, sizeof m), PT_PEER_SETUP);
        }
    }
}

/* All that fails a check gives the same byte. */
static void reasons_follow_from_the_status(void **state)
{
    (void)state;
    for (int status = PT_OK + 1; status < PT_STATUS_COUNT; status++) {
        const pt_status_class class_of = pt_status_class_of((pt_status)status);
        const stop_reason reason = stop_reason_of((pt_status)status);
        assert_int_equal(reason == STOP_CHECK, class_of == PT_CLASS_PEER);
        assert_int_equal(reason == STOP_OWN,
                         class_of != PT_CLASS_PEER && class_of != PT_CLASS_TRANSPORT);
        assert_int_equal(reason == STOP_CANCELLED, status == PT_ERR_CANCELLED);
        assert_int_equal(reason == STOP_OTHER, status == PT_ERR_STOPPED);
    }
}

static void options_are_checked(void **state)
{
    (void)state;
    const pt_channel none = {0};
    const size_t outputs[] = {0, 3};
    const pt_mpc_options bad[] = {
        {.parties = 1},
        {.parties = 256},
        {.parties = 3, .party = 3},
        {.parties = 3, .evaluator = 3},
        {.parties = 3, .output_parties = outputs, .n_output_parties = 2},
        {.parties = 3, .statistical_security = 39},
        {.parties = 3, .statistical_security = 81},
        {.parties = 3, .cot_field_bits = 3},
        {.parties = 3, .cot_field_bits = 16},
        {.parties = 3, .segment_ands = 1},
        {.parties = 3, .segment_ands = (uint32_t)MPC_SEGMENT_ANDS_MIN - 1},
        {.parties = 3, .segment_ands = (uint32_t)MPC_SEGMENT_ANDS_MAX + 1},
    };
    session s;
    pt_error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(session_init(&s, &bad[i], &none, &error), PT_ERR_USAGE);
    const pt_mpc_options good = {.parties = 4,
                                 .party = 1,
                                 .evaluator = 2,
                                 .output_parties = outputs,
                                 .n_output_parties = 2,
                                 .segment_ands = (uint32_t)MPC_SEGMENT_ANDS_MIN};
    assert_int_equal(session_init(&s, &good, &none, &error), PT_OK);
    assert_int_equal(s.me, 2);
    const size_t roster[] = {2, 0, 1, 3};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(s.roster[i], roster[i]);
        assert_int_equal(receivers_count(&s.receivers, roster[i], 7),
                         roster[i] == 0 || roster[i] == 3 ? 7 : 0);
    }
    session_clear(&s);
}

/* ---- Exchanges of many frames ---- */

#define EXCHANGE_FRAMES 100

typedef struct exchange_run {
    session *s;
    size_t sent, received, most_ahead;
} exchange_run;

static pt_status exchange_send(void *user, size_t frame, pt_error *error)
{
    exchange_run *r = user;
    assert_int_equal(frame, r->sent++);
    if (r->sent - r->received > r->most_ahead)
        r->most_ahead = r->sent - r->received;
    for (size_t p = 0; p < r->s->n; p++) {
        const pt_status status =
            p == r->s->me ? PT_OK : stream_send(r->s, p, WAVE_COT, 0, &frame, sizeof frame, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status exchange_recv(void *user, size_t frame, pt_error *error)
{
    exchange_run *r = user;
    assert_int_equal(frame, r->received++);
    for (size_t p = 0; p < r->s->n; p++) {
        size_t got = SIZE_MAX;
        if (p == r->s->me)
            continue;
        const pt_status status = stream_recv(r->s, p, WAVE_COT, 0, &got, sizeof got, error);
        if (status != PT_OK)
            return status;
        assert_int_equal(got, frame);
    }
    return PT_OK;
}

/* `user`: the bytes that a frame is said to have. */
static pt_status exchange(session *s, void *user, pt_error *error)
{
    const size_t *frame_bytes = user;
    exchange_run r = {.s = s};
    const stream_exchange x = {.frames = EXCHANGE_FRAMES,
                               .frame_bytes = *frame_bytes,
                               .send = exchange_send,
                               .recv = exchange_recv,
                               .user = &r};
    const pt_status status = stream_exchange_run(s, &x, error);
    const size_t window = stream_window(s, *frame_bytes);
    assert_int_equal(r.received, EXCHANGE_FRAMES);
    assert_int_equal(r.most_ahead, window < EXCHANGE_FRAMES ? window : EXCHANGE_FRAMES);
    return status;
}

static void an_exchange_is_ahead_by_a_window(void **state)
{
    (void)state;
    static const size_t frame_bytes[] = {1, (size_t)64 << 10, (size_t)3 << 20};
    for (size_t i = 0; i < sizeof frame_bytes / sizeof *frame_bytes; i++) {
        parties p;
        parties_open(&p, 3, NULL);
        parties_run_ok(&p, exchange, (void *)(uintptr_t)&frame_bytes[i]);
        parties_close(&p);
    }
}

/* 2 MiB a peer, 8 MiB over all of them, and never nothing. */
static void windows_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(stream_window(&(session){.n = 2}, (size_t)32 << 10), 128);
    assert_int_equal(stream_window(&(session){.n = 5}, (size_t)32 << 10), 64);
    assert_int_equal(stream_window(&(session){.n = 9}, (size_t)32 << 10), 32);
    assert_int_equal(stream_window(&(session){.n = 255}, (size_t)32 << 10), 1);
    assert_int_equal(stream_window(&(session){.n = 255}, (size_t)64 << 10), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_arrive),
        cmocka_unit_test(frames_arrive),
        cmocka_unit_test(equivocation_is_noticed),
        cmocka_unit_test(an_abort_names_the_party),
        cmocka_unit_test(every_byte_of_a_header_is_checked),
        cmocka_unit_test(every_wrong_length_is_refused),
        cmocka_unit_test(an_ended_session_takes_and_gives_no_frames),
        cmocka_unit_test(replays_are_recognised),
        cmocka_unit_test(aborts_say_why),
        cmocka_unit_test(reasons_follow_from_the_status),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(an_exchange_is_ahead_by_a_window),
        cmocka_unit_test(windows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
