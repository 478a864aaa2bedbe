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

static const vector vectors[] = {
    {.name = "Noise_XX_25519_ChaChaPoly_BLAKE2b",
     .prologue = "4a6f686e2047616c74",
     .init_static = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
     .init_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
     .resp_static = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
     .resp_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
     .handshake_hash =
         "8cf47d7b3cb5804c0109d48e8bcdbee2cbb65687d8ea2c92994ca361fb86151ad93627b98936cbb3"
         "2de56e8abb21def3925011ac3e35db9cbeea73ab9a4392c2",
     .n_messages = 6,
     .messages =
         {
             {"4c756477696720766f6e204d69736573",
              "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c75647769672076"
              "6f6e204d69736573"},
             {"4d757272617920526f746862617264",
              "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088430505b6745ce64a5f"
              "33f0e8e3b83f11ce8802bca507f4f2d8b564dbe277e1966116e132faa2dfd70b8b077b9f94b913df"
              "5056ae1319469b824a98d54bbaa82c325595587064f978c4b6d104f7596e6f"},
             {"462e20412e20486179656b",
              "99579e1c1ee15e422a57ddd6b16d37087b17558e8369c18991b4b2ca3a824abf904cdcf5458b5431"
              "a75af034ca9e9b982de039eaaf156775e2d580cd4e5ebae89c3f8cb2594b556d8a8169"},
             {"4361726c204d656e676572", "fc56eea290b3f3a21aac0c70cd5787b5ee99be37d2f4d751329b55"},
             {"4a65616e2d426170746973746520536179",
              "bb31c9da10d5639a4cdb88a12f5c61de41bbc7df09bf75d94f8184fe4157f5c68f"},
             {"457567656e2042f6686d20766f6e2042617765726b",
              "f6199cadb152fb27f82be0a0891ec76a33598ae92a46cab2fb5a8ed5bf48b7f267f8370af7"},
         }},
    {.name = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b",
     .prologue = "4a6f686e2047616c74",
     .psk = "54686973206973206d7920417573747269616e20706572737065637469766521",
     .init_static = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
     .init_ephemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
     .resp_static = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
     .resp_ephemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
     .handshake_hash =
         "46b5997dfa51492ae9be5b611748455e83aebdbc2ea3c47d264ec6dd408cc076e962ff056890c603"
         "98fe3e7a430bbe057f34383a84df9ff99391266dcfd638b0",
     .n_messages = 6,
     .messages =
         {
             {"4c756477696720766f6e204d69736573",
              "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79440aa831d1e3bbd16b"
              "d7ffda87e9f7b6eeca2510006499a573ac27af3392ed1b69"},
             {"4d757272617920526f746862617264",
              "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381a78489d56c9e2a"
              "c962826f25684980b25244dbfd505b7d903a94d4f4fd84004a1c7fbe94d686bc4c1f67259364f6f2"
              "a41cb40bf5198b9b3975be2cdd49d3e065a554e12c477d82029fabc6555bc1"},
             {"462e20412e20486179656b",
              "291dfeff6eff386e29adb0bdbd5a1ae9e09de4449c8695d109adcb63e80e489555792a3e9150eff7"
              "5d6d45571f824ed231173cb66e31e7da914241f86d0cbb678335ffe768a7445d2f5bc1"},
             {"4361726c204d656e676572", "6579dd60eb5e6a8b29dd60004289f5d3c2f69fcdbf683a869f59a8"},
             {"4a65616e2d426170746973746520536179",
              "24715fd39c3c7606e81b26e69e47b54d043d9d87c512f9417bae51ab48ebb17722"},
             {"457567656e2042f6686d20766f6e2042617765726b",
              "e49194a013d873712318643acbf0e3851086326bb168c500a766439ff543a7a1e2deb3215c"},
         }},
};

#define N_VECTORS (sizeof vectors / sizeof *vectors)

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

/* ---- the whole file of vectors, where it is ---- */

static const char *text_of(const json_t *v, const char *key)
{
    return json_string_value(json_object_get(v, key));
}

static void run_json_vector(const json_t *j)
{
    const json_t *psks = json_object_get(j, "init_psks");
    const json_t *messages = json_object_get(j, "messages");
    vector v = {.name = text_of(j, "protocol_name"),
                .prologue = text_of(j, "init_prologue"),
                .psk = json_string_value(json_array_get(psks, 0)),
                .init_static = text_of(j, "init_static"),
                .init_ephemeral = text_of(j, "init_ephemeral"),
                .resp_static = text_of(j, "resp_static"),
                .resp_ephemeral = text_of(j, "resp_ephemeral"),
                .handshake_hash = text_of(j, "handshake_hash"),
                .n_messages = json_array_size(messages)};
    assert_string_equal(v.name, vectors[v.psk == NULL ? 0 : 1].name);
    assert_in_range(v.n_messages, 4, MESSAGES_MAX);
    for (size_t i = 0; i < v.n_messages; i++) {
        const json_t *m = json_array_get(messages, i);
        v.messages[i] = (vector_message){text_of(m, "payload"), text_of(m, "ciphertext")};
    }
    run_vector(&v);
}

static void vectors_of_the_shared_folder(void **state)
{
    (void)state;
    char path[4096];
    const char *folder = getenv("POLYTUNE_SHARED");
    if (folder != NULL)
        (void)snprintf(path, sizeof path, "%s/data/noise/vectors.json", folder);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/data/noise/vectors.json",
                       getenv("POLYTUNE_SOURCE_DIR"));
    json_t *root = json_load_file(path, 0, NULL);
    if (root == NULL) {
        print_message("skipped: no ../shared (%s)\n", path);
        skip();
    }
    const json_t *list = json_object_get(root, "vectors");
    assert_true(json_array_size(list) > 0);
    for (size_t i = 0; i < json_array_size(list); i++)
        run_json_vector(json_array_get(list, i));
    json_decref(root);
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

static const size_t message_bytes[2][3] = {
    {NOISE_OVERHEAD_1 + 5, NOISE_OVERHEAD_2 + 5, NOISE_OVERHEAD_3 + 5},
    {NOISE_OVERHEAD_1_PSK + 5, NOISE_OVERHEAD_2 + 5, NOISE_OVERHEAD_3 + 5},
};

/* The flipped bit of message 1 of XX is noticed with message 2 only: nothing protects it before. */
static void a_flipped_bit_in_a_handshake_is_noticed(void **state)
{
    (void)state;
    for (size_t v = 0; v < N_VECTORS; v++) {
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
    for (size_t v = 0; v < N_VECTORS; v++) {
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(vectors_of_the_shared_folder),
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
    return cmocka_run_group_tests(tests, NULL, NULL);
}
