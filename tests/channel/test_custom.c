/* The example of a channel written by an embedder keeps the contract, too. */
#include "support/test.h"

#include "channel/conformance.h"
#include "polytune/polytune.h"

/* From examples/custom_channel.c. */
pt_status socket_channel_pair(pt_channel ret_channels[2], int timeout_ms);

static void open_pair(void *user, pt_channel *ret_channels, size_t parties, uint32_t timeout_ms)
{
    (void)user;
    assert_int_equal(parties, 2);
    assert_int_equal(socket_channel_pair(ret_channels, (int)timeout_ms), PT_OK);
}

/* ---- channels that break the contract ---- */

typedef struct broken {
    pt_status status; /* of every call */
    size_t len;       /* of what is received, without bytes if `has_bytes` is not set */
    bool has_bytes;
} broken;

static pt_status broken_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                             size_t len, pt_error *error)
{
    const broken *b = self;
    (void)to;
    (void)phase;
    (void)bytes;
    (void)len;
    (void)error;
    return b->status;
}

static pt_status broken_recv(void *self, size_t from, const char *phase, size_t max_len,
                             uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    const broken *b = self;
    (void)from;
    (void)phase;
    (void)max_len;
    (void)error;
    *ret_bytes = b->has_bytes ? malloc(b->len) : NULL;
    *ret_len = b->len;
    return b->status;
}

static void broken_close(void *self)
{
    (void)self;
}

static const pt_channel_ops broken_ops = {broken_send, broken_recv, broken_close, NULL};

static pt_status run_over(const pt_channel *channel, pt_error *error)
{
    static const char text[] = "1 3\n2 1 1\n1 1\n\n2 1 0 1 2 AND\n";
    pt_circuit *circuit = NULL;
    assert_int_equal(pt_circuit_read_bristol(&circuit, text, sizeof text - 1, "and", NULL), PT_OK);
    const pt_mpc_options options = {.party = 0, .parties = 2, .insecure = true};
    const uint8_t input[1] = {1};
    uint8_t output[1];
    const pt_status status =
        pt_mpc_run(output, sizeof output, channel, circuit, input, sizeof input, &options, error);
    pt_circuit_free(circuit);
    return status;
}

static void a_half_filled_channel_is_refused(void **state)
{
    broken self = {0};
    (void)state;
    for (int missing = 0; missing < 3; missing++) {
        pt_channel_ops ops = broken_ops;
        if (missing == 0)
            ops.send = NULL;
        if (missing == 1)
            ops.recv = NULL;
        if (missing == 2)
            ops.close = NULL;
        pt_channel channel = {&ops, &self};
        pt_error error;
        pt_error_clear(&error);
        assert_int_equal(run_over(&channel, &error), PT_ERR_USAGE);
        pt_meter *meter = NULL;
        assert_int_equal(pt_meter_new(&meter, 2, NULL), PT_OK);
        pt_channel wrapped = {0};
        assert_int_equal(pt_channel_metered_wrap(&wrapped, channel, meter, NULL), PT_ERR_USAGE);
        pt_meter_free(meter);
        pt_channel_close(&channel);
    }
}

static void a_message_without_bytes_ends_the_run(void **state)
{
    broken self = {.len = 10};
    const pt_channel channel = {&broken_ops, &self};
    pt_error error;
    (void)state;
    pt_error_clear(&error);
    assert_int_equal(run_over(&channel, &error), PT_ERR_INTERNAL);
    assert_non_null(strstr(error.message, "gave no bytes from party 1"));
    self = (broken){.len = (size_t)1 << 20, .has_bytes = true};
    assert_int_equal(run_over(&channel, &error), PT_ERR_INTERNAL);
    assert_non_null(strstr(error.message, "more than was asked for"));
}

static void a_failure_without_words_gets_some(void **state)
{
    broken self = {.status = PT_ERR_IO};
    const pt_channel channel = {&broken_ops, &self};
    pt_error error;
    (void)state;
    pt_error_clear(&error);
    assert_int_equal(run_over(&channel, &error), PT_ERR_IO);
    assert_non_null(strstr(error.message, pt_status_text(PT_ERR_IO)));
    assert_int_equal(error.party, 1);
}

int main(void)
{
    const struct CMUnitTest broken_channels[] = {
        cmocka_unit_test(a_half_filled_channel_is_refused),
        cmocka_unit_test(a_message_without_bytes_ends_the_run),
        cmocka_unit_test(a_failure_without_words_gets_some),
    };
    if (cmocka_run_group_tests(broken_channels, NULL, NULL) != 0)
        return 1;
    conformance_subject custom = {"custom channel of the example", 2, open_pair, NULL};
    return conformance_run(&custom);
}
