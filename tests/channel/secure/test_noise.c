/* The Noise handshake and transport ciphers: published vectors, then tampering. */
#include "support/test.h"

#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>

#include "channel/secure/noise.h"

#define MESSAGES_MAX 8

/* A vector in the form that Noise libraries exchange; everything but the counts in hexadecimal. */
typedef struct vector_message {
    const char *payload;
    const char *ciphertext;
} vector_message;

typedef struct vector {
    const char *name;
    const char *prologue;
    const char *psk; /* NULL for XX */
    const char *init_static;
    const char *init_ephemeral;
    const char *resp_static;
    const char *resp_ephemeral;
    const char *handshake_hash; /* NULL when the vector has none */
    size_t n_messages;
    vector_message messages[MESSAGES_MAX];
} vector;

/* Those of tests/vectors/noise.json, from the group's set-up on: XX, XXpsk3, and XX of another
 * library, whose transport begins with another side. */
#define N_VECTORS  3
#define N_PATTERNS 2
static vector vectors[N_VECTORS];
static json_t *vector_file; /* holds their texts */

typedef struct bytes {
    uint8_t at[256];
    size_t len;
} bytes;

static bytes unhex(const char *hex)
{
    bytes b = {.len = 0};
    assert_int_equal(sodium_hex2bin(b.at, sizeof b.at, hex, strlen(hex), NULL, &b.len, NULL), 0);
    return b;
}

static noise_keypair pair_of(const char *hex)
{
    noise_keypair pair;
    const bytes secret = unhex(hex);
    assert_int_equal(secret.len, NOISE_KEY_BYTES);
    noise_keypair_of(&pair, secret.at);
    return pair;
}

/* Both sides of a vector's handshake. */
typedef struct talk {
    noise_handshake side[2]; /* the initiator first */
    noise_cipher send[2];
    noise_cipher recv[2];
} talk;

static void talk_init(talk *t, const vector *v)
{
    const bytes prologue = unhex(v->prologue);
    const bytes psk = unhex(v->psk == NULL ? "" : v->psk);
    for (size_t i = 0; i < 2; i++) {
        const noise_keypair own_static = pair_of(i == 0 ? v->init_static : v->resp_static);
        const noise_keypair ephemeral = pair_of(i == 0 ? v->init_ephemeral : v->resp_ephemeral);
        const noise_options options = {.initiator = i == 0,
                                       .psk = v->psk == NULL ? NULL : psk.at,
                                       .prologue = prologue.at,
                                       .prologue_len = prologue.len,
                                       .own_static = &own_static,
                                       .own_ephemeral = &ephemeral};
        noise_handshake_init(&t->side[i], &options);
    }
}

/* Handshake message `number`, 0 to 2, as its sender writes it. */
static bytes talk_write(talk *t, size_t number, const bytes *payload)
{
    bytes out = {.len = 0};
    assert_int_equal(
        noise_handshake_write(&t->side[number % 2], out.at, &out.len, payload->at, payload->len),
        NOISE_OK);
    return out;
}

static noise_result talk_read(talk *t, size_t number, const bytes *message, bytes *ret_payload)
{
    return noise_handshake_read(&t->side[1 - number % 2], ret_payload->at, &ret_payload->len,
                                message->at, message->len);
}

static void talk_split(talk *t)
{
    for (size_t i = 0; i < 2; i++)
        noise_handshake_split(&t->side[i], &t->send[i], &t->recv[i]);
}

static void assert_bytes(const bytes *got, const bytes *expected)
{
    assert_int_equal(got->len, expected->len);
    assert_memory_equal(got->at, expected->at, got->len);
}

static void run_transport(talk *t, size_t number, const bytes *payload, const bytes *expected)
{
    bytes out = {.len = payload->len + NOISE_TAG_BYTES};
    assert_int_equal(noise_seal(&t->send[number % 2], out.at, payload->at, payload->len), NOISE_OK);
    assert_bytes(&out, expected);
    /* In place. */
    assert_int_equal(noise_open(&t->recv[1 - number % 2], out.at, out.at, out.len), NOISE_OK);
    out.len -= NOISE_TAG_BYTES;
    assert_bytes(&out, payload);
}

static void run_vector(const vector *v)
{
    talk t;
    bytes got = {.len = 0};
    talk_init(&t, v);
    for (size_t i = 0; i < v->n_messages; i++) {
        const bytes payload = unhex(v->messages[i].payload);
        const bytes expected = unhex(v->messages[i].ciphertext);
        if (i >= 3) {
            run_transport(&t, i, &payload, &expected);
            continue;
        }
        const bytes message = talk_write(&t, i, &payload);
        assert_bytes(&message, &expected);
        assert_int_equal(talk_read(&t, i, &message, &got), NOISE_OK);
        assert_bytes(&got, &payload);
        if (i == 2 && v->handshake_hash != NULL) {
            const bytes hash = unhex(v->handshake_hash);
            for (size_t side = 0; side < 2; side++)
                assert_memory_equal(t.side[side].hash, hash.at, NOISE_HASH_BYTES);
        }
        if (i == 2)
            talk_split(&t);
    }
}

static void published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++)
        run_vector(&vectors[i]);
}

/* ---- tampering ---- */

static const bytes hello = {"hello", 5};

/* Runs a handshake up to message `number`, changed by `change`; what reading it says. */
static noise_result read_changed(const vector *v, size_t number, void (*change)(bytes *, size_t),
                                 size_t at)
{
    talk t;
    bytes ignored;
    talk_init(&t, v);
    for (size_t i = 0; i < number; i++) {
        const bytes message = talk_write(&t, i, &hello);
        assert_int_equal(talk_read(&t, i, &message, &ignored), NOISE_OK);
    }
    bytes message = talk_write(&t, number, &hello);
    change(&message, at);
    const noise_result result = talk_read(&t, number, &message, &ignored);
    noise_handshake *reader = &t.side[1 - number % 2];
    if (result != NOISE_OK) { /* then nothing works any more, and no secret is left */
        assert_int_equal(talk_read(&t, number, &message, &ignored), NOISE_DEAD);
        assert_true(sodium_is_zero(reader->own_static.secret_key, NOISE_KEY_BYTES));
        assert_true(sodium_is_zero(reader->chaining_key, NOISE_HASH_BYTES));
        assert_true(sodium_is_zero(reader->cipher.key, NOISE_KEY_BYTES));
    }
    return result;
}

static void flip(bytes *message, size_t bit)
{
    message->at[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

static void cut(bytes *message, size_t len)
{
    message->len = len;
}

static const size_t message_bytes[N_PATTERNS][3] = {
    {NOISE_OVERHEAD_1 + 5, NOISE_OVERHEAD_2 + 5, NOISE_OVERHEAD_3 + 5},
    {NOISE_OVERHEAD_1_PSK + 5, NOISE_OVERHEAD_2 + 5, NOISE_OVERHEAD_3 + 5},
};

/* The flipped bit of message 1 of XX is noticed with message 2 only: nothing protects it before. */
static void a_flipped_bit_in_a_handshake_is_noticed(void **state)
{
    (void)state;
    for (size_t v = 0; v < N_PATTERNS; v++) {
        for (size_t number = v == 0 ? 1 : 0; number < 3; number++) {
            for (size_t bit = 0; bit < 8 * message_bytes[v][number]; bit += 5)
                assert_true(read_changed(&vectors[v], number, flip, bit) != NOISE_OK);
        }
    }
}

static void message_1_is_bound_into_message_2(void **state)
{
    (void)state;
    talk t;
    bytes ignored;
    talk_init(&t, &vectors[0]);
    bytes first = talk_write(&t, 0, &hello);
    flip(&first, 8 * NOISE_KEY_BYTES); /* of the payload */
    assert_int_equal(talk_read(&t, 0, &first, &ignored), NOISE_OK);
    const bytes second = talk_write(&t, 1, &hello);
    assert_int_equal(talk_read(&t, 1, &second, &ignored), NOISE_STATIC);
}

static void a_handshake_message_of_any_wrong_length_is_refused(void **state)
{
    (void)state;
    for (size_t v = 0; v < N_PATTERNS; v++) {
        for (size_t number = 0; number < 3; number++) {
            const size_t whole = message_bytes[v][number];
            for (size_t len = 0; len < whole; len++) {
                const noise_result result = read_changed(&vectors[v], number, cut, len);
                if (len < whole - 5)
                    assert_int_equal(result, NOISE_LENGTH);
                else if (v != 0 || number != 0) /* a shorter plain payload is nobody's business */
                    assert_int_equal(result, NOISE_PAYLOAD);
            }
        }
    }
}

/* Points of small order on the curve and its twist (RFC 7748, section 6.1 asks for the check). */
static void a_key_with_which_everything_is_zero_is_refused(void **state)
{
    (void)state;
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        talk t;
        bytes message, ignored;
        const bytes point = unhex(points[i]);
        /* As the initiator's ephemeral key: the responder notices when it uses it. */
        talk_init(&t, &vectors[0]);
        message = talk_write(&t, 0, &hello);
        memcpy(message.at, point.at, point.len);
        assert_int_equal(talk_read(&t, 0, &message, &ignored), NOISE_OK);
        size_t len = 0;
        assert_int_equal(noise_handshake_write(&t.side[1], ignored.at, &len, NULL, 0), NOISE_POINT);
        assert_int_equal(noise_handshake_write(&t.side[1], ignored.at, &len, NULL, 0), NOISE_DEAD);
        /* As the responder's. */
        talk_init(&t, &vectors[0]);
        message = talk_write(&t, 0, &hello);
        assert_int_equal(talk_read(&t, 0, &message, &ignored), NOISE_OK);
        message = talk_write(&t, 1, &hello);
        memcpy(message.at, point.at, point.len);
        assert_int_equal(talk_read(&t, 1, &message, &ignored), NOISE_POINT);
        /* As a static key, honestly encrypted. */
        talk_init(&t, &vectors[0]);
        memcpy(t.side[0].own_static.public_key, point.at, point.len);
        for (size_t n = 0; n < 2; n++) {
            message = talk_write(&t, n, &hello);
            assert_int_equal(talk_read(&t, n, &message, &ignored), NOISE_OK);
        }
        message = talk_write(&t, 2, &hello);
        assert_int_equal(talk_read(&t, 2, &message, &ignored), NOISE_POINT);
    }
}

/* What message 2 or 3 of a handshake says when the sides differ in one thing. */
static noise_result with_difference(vector a, const vector *b, size_t number)
{
    talk ours, theirs;
    bytes ignored;
    talk_init(&ours, &a);
    talk_init(&theirs, b);
    ours.side[1] = theirs.side[1];
    for (size_t i = 0; i < number; i++) {
        const bytes message = talk_write(&ours, i, &hello);
        assert_int_equal(talk_read(&ours, i, &message, &ignored), NOISE_OK);
    }
    const bytes message = talk_write(&ours, number, &hello);
    return talk_read(&ours, number, &message, &ignored);
}

static void different_prologues_or_psks_are_noticed(void **state)
{
    (void)state;
    vector other = vectors[0];
    other.prologue = "4a6f686e2047616c75";
    assert_int_equal(with_difference(vectors[0], &other, 1), NOISE_STATIC);
    other = vectors[1];
    other.prologue = "4a6f686e2047616c75";
    assert_int_equal(with_difference(vectors[1], &other, 0), NOISE_PAYLOAD);
    other = vectors[1];
    other.psk = "54686973206973206d7920417573747269616e20706572737065637469766522";
    assert_int_equal(with_difference(vectors[1], &other, 2), NOISE_PAYLOAD);
    assert_int_equal(with_difference(vectors[1], &vectors[0], 1), NOISE_STATIC);
}

/* ---- transport ---- */

static void transport_open(talk *t)
{
    bytes ignored;
    talk_init(t, &vectors[0]);
    for (size_t i = 0; i < 3; i++) {
        const bytes message = talk_write(t, i, &hello);
        assert_int_equal(talk_read(t, i, &message, &ignored), NOISE_OK);
    }
    assert_true(noise_handshake_done(&t->side[0]) && noise_handshake_done(&t->side[1]));
    talk_split(t);
    assert_true(sodium_is_zero(t->side[0].chaining_key, NOISE_HASH_BYTES));
}

static void each_transport_message_is_taken_once_in_order_and_unchanged(void **state)
{
    (void)state;
    talk t;
    uint8_t sealed[3][21], opened[21];
    transport_open(&t);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(noise_seal(&t.send[0], sealed[i], hello.at, 5), NOISE_OK);
    assert_int_equal(noise_open(&t.recv[1], opened, sealed[1], 21), NOISE_PAYLOAD); /* early */
    for (size_t bit = 0; bit < 8 * 21; bit++) {
        uint8_t changed[21];
        memcpy(changed, sealed[0], 21);
        changed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(noise_open(&t.recv[1], opened, changed, 21), NOISE_PAYLOAD);
    }
    for (size_t len = 0; len < 21; len++)
        assert_int_equal(noise_open(&t.recv[1], opened, sealed[0], len),
                         len < NOISE_TAG_BYTES ? NOISE_LENGTH : NOISE_PAYLOAD);
    assert_int_equal(noise_open(&t.recv[0], opened, sealed[0], 21), NOISE_PAYLOAD); /* back */
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(noise_open(&t.recv[1], opened, sealed[i], 21), NOISE_OK);
        assert_int_equal(noise_open(&t.recv[1], opened, sealed[i], 21), NOISE_PAYLOAD); /* again */
    }
}

static void nonces_and_lengths_end(void **state)
{
    (void)state;
    static uint8_t large[NOISE_MESSAGE_MAX + 1];
    talk t;
    transport_open(&t);
    const size_t most = NOISE_MESSAGE_MAX - NOISE_TAG_BYTES;
    assert_int_equal(noise_seal(&t.send[0], large, large, most), NOISE_OK);
    assert_int_equal(noise_open(&t.recv[1], large, large, NOISE_MESSAGE_MAX), NOISE_OK);
    assert_int_equal(noise_seal(&t.send[0], large, large, most + 1), NOISE_LENGTH);
    assert_int_equal(noise_open(&t.recv[1], large, large, NOISE_MESSAGE_MAX + 1), NOISE_LENGTH);
    t.send[0].nonce = t.recv[1].nonce = UINT64_MAX - 1;
    assert_int_equal(noise_seal(&t.send[0], large, hello.at, 5), NOISE_OK);
    assert_int_equal(noise_open(&t.recv[1], large, large, 21), NOISE_OK);
    assert_int_equal(noise_seal(&t.send[0], large, hello.at, 5), NOISE_EXHAUSTED);
    assert_int_equal(noise_open(&t.recv[1], large, large, 21), NOISE_EXHAUSTED);
}

/* ---- the vectors ---- */

static const char *text_of(const json_t *v, const char *key)
{
    return json_string_value(json_object_get(v, key));
}

static void load_vector(vector *v, const json_t *j)
{
    const json_t *messages = json_object_get(j, "messages");
    *v = (vector){.name = text_of(j, "protocol_name"),
                  .prologue = text_of(j, "init_prologue"),
                  .psk = json_string_value(json_array_get(json_object_get(j, "init_psks"), 0)),
                  .init_static = text_of(j, "init_static"),
                  .init_ephemeral = text_of(j, "init_ephemeral"),
                  .resp_static = text_of(j, "resp_static"),
                  .resp_ephemeral = text_of(j, "resp_ephemeral"),
                  .handshake_hash = text_of(j, "handshake_hash"),
                  .n_messages = json_array_size(messages)};
    assert_in_range(v->n_messages, 4, MESSAGES_MAX);
    for (size_t i = 0; i < v->n_messages; i++) {
        const json_t *m = json_array_get(messages, i);
        v->messages[i] = (vector_message){text_of(m, "payload"), text_of(m, "ciphertext")};
    }
}

static int load_vectors(void **state)
{
    (void)state;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/tests/vectors/noise.json", getenv("POLYTUNE_SOURCE_DIR"));
    vector_file = json_load_file(path, 0, NULL);
    const json_t *list = json_object_get(vector_file, "vectors");
    assert_int_equal(json_array_size(list), N_VECTORS);
    for (size_t i = 0; i < N_VECTORS; i++)
        load_vector(&vectors[i], json_array_get(list, i));
    assert_string_equal(vectors[0].name, "Noise_XX_25519_ChaChaPoly_BLAKE2b");
    assert_string_equal(vectors[1].name, "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b");
    return 0;
}

static int drop_vectors(void **state)
{
    (void)state;
    json_decref(vector_file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(a_flipped_bit_in_a_handshake_is_noticed),
        cmocka_unit_test(message_1_is_bound_into_message_2),
        cmocka_unit_test(a_handshake_message_of_any_wrong_length_is_refused),
        cmocka_unit_test(a_key_with_which_everything_is_zero_is_refused),
        cmocka_unit_test(different_prologues_or_psks_are_noticed),
        cmocka_unit_test(each_transport_message_is_taken_once_in_order_and_unchanged),
        cmocka_unit_test(nonces_and_lengths_end),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, load_vectors, drop_vectors);
}
