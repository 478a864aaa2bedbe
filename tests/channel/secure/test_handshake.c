/* The handshake of the encrypted channel against an independent program's (tests/vectors/
 * handshake.py): every byte of it, and the words. And each rule of its order: nobody shows its key
 * before all commitments are in, and CONFIRM is awaited with a secret, and verified always. */
#include "support/test.h"

#include <jansson.h>
#include <sodium.h>

#include "base/le.h"
#include "channel/secure/secure_mesh.h"
#include "polytune/secure.h"

#define PATIENCE_MS 60000
#define EVENTS_MAX  64
#define MESSAGE_MAX 512

enum { HELLO = 1, ANSWER, FINISH, CONFIRM, ALERT };

/* ---- Random bytes ---- */

/* The party whose random bytes this thread draws; none: they are random. */
static _Thread_local bool is_party;
static _Thread_local uint8_t party;
static _Thread_local uint32_t drawn;

void __real_randombytes_buf(void *buf, size_t size);
void __wrap_randombytes_buf(void *buf, size_t size);
void __wrap_randombytes_buf(void *buf, size_t size)
{
    uint8_t name[5] = {party};
    uint8_t all[64];
    if (!is_party) {
        __real_randombytes_buf(buf, size);
        return;
    }
    assert_true(size <= sizeof all);
    le_put_u32(name + 1, drawn++);
    (void)crypto_generichash(all, sizeof all, name, sizeof name, NULL, 0);
    memcpy(buf, all, size);
}

/* ---- A channel that keeps what passes through it ---- */

typedef struct event {
    bool sent;
    size_t peer;
    size_t len;
    uint8_t bytes[MESSAGE_MAX];
} event;

typedef struct recorder {
    pt_channel inner;
    event events[EVENTS_MAX];
    size_t count;
    /* May change what is sent; NULL: nothing. */
    void (*change)(uint8_t *bytes, size_t len);
} recorder;

static void record(recorder *r, bool sent, size_t peer, const uint8_t *bytes, size_t len)
{
    event *e = &r->events[r->count++];
    assert_true(r->count <= EVENTS_MAX && len <= MESSAGE_MAX);
    *e = (event){.sent = sent, .peer = peer, .len = len};
    memcpy(e->bytes, bytes, len);
}

static pt_status recorder_send(void *self, size_t to, const char *phase, const uint8_t *bytes,
                               size_t len, pt_error *error)
{
    recorder *r = self;
    record(r, true, to, bytes, len);
    uint8_t *sent = r->events[r->count - 1].bytes;
    if (r->change != NULL)
        r->change(sent, len);
    return channel_send(&r->inner, to, phase, sent, len, error);
}

static pt_status recorder_recv(void *self, size_t from, const char *phase, size_t max_len,
                               uint8_t **ret_bytes, size_t *ret_len, pt_error *error)
{
    recorder *r = self;
    const pt_status status =
        channel_recv(&r->inner, from, phase, max_len, ret_bytes, ret_len, error);
    if (status == PT_OK)
        record(r, false, from, *ret_bytes, *ret_len);
    return status;
}

static void recorder_close(void *self)
{
    recorder *r = self;
    pt_channel_close(&r->inner);
}

/* ---- Runs ---- */

typedef struct member {
    secure_member *m;
    size_t number;
    recorder recorder;
} member;

typedef struct talk {
    secure_mesh mesh;
    member members[SECURE_MESH_MAX];
} talk;

static void talk_init(talk *t, size_t parties)
{
    static const pt_channel_ops ops = {
        .send = recorder_send, .recv = recorder_recv, .close = recorder_close};
    memset(t, 0, sizeof *t);
    secure_mesh_init(&t->mesh, parties, PATIENCE_MS);
    for (size_t i = 0; i < parties; i++) {
        member *p = &t->members[i];
        p->m = &t->mesh.member[i];
        p->number = i;
        p->recorder.inner = p->m->inner;
        p->m->inner = (pt_channel){&ops, &p->recorder};
    }
}

static void *talk_one(void *user)
{
    const member *p = user;
    secure_member *m = p->m;
    is_party = true;
    party = (uint8_t)p->number;
    drawn = 0;
    pt_error_clear(&m->error);
    m->status = pt_channel_secure_wrap(&m->channel, m->inner, &m->options, &m->error);
    if (m->status != PT_OK)
        pt_channel_close(&m->inner);
    return NULL;
}

static void talk_run(talk *t)
{
    for (size_t i = 0; i < t->mesh.parties; i++)
        assert_int_equal(pthread_create(&t->mesh.member[i].thread, NULL, talk_one, &t->members[i]),
                         0);
    for (size_t i = 0; i < t->mesh.parties; i++)
        (void)pthread_join(t->mesh.member[i].thread, NULL);
}

/* ---- Known answers ---- */

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    assert_non_null(text);
    return text;
}

static size_t number_of(const json_t *o, const char *key)
{
    const json_t *number = json_object_get(o, key);
    assert_true(json_is_integer(number));
    return (size_t)json_integer_value(number);
}

/* The nth message that a party sent to another. */
static const event *sent_to(const recorder *r, size_t to, size_t nth)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->events[i].sent && r->events[i].peer == to && nth-- == 0)
            return &r->events[i];
    }
    return NULL;
}

static void check_messages(const talk *t, const json_t *messages)
{
    size_t seen[SECURE_MESH_MAX][SECURE_MESH_MAX] = {{0}};
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *m = json_array_get(messages, i);
        const size_t from = number_of(m, "from");
        const size_t to = number_of(m, "to");
        const event *e = sent_to(&t->members[from].recorder, to, seen[from][to]++);
        char hex[2 * MESSAGE_MAX + 1];
        assert_non_null(e);
        (void)sodium_bin2hex(hex, sizeof hex, e->bytes, e->len);
        assert_string_equal(hex, text_of(m, "bytes"));
    }
    for (size_t from = 0; from < t->mesh.parties; from++) {
        for (size_t to = 0; to < t->mesh.parties; to++)
            assert_null(sent_to(&t->members[from].recorder, to, seen[from][to]));
    }
}

static void run_vector(const json_t *v)
{
    const size_t parties = number_of(v, "parties");
    const char *secret = text_of(v, "secret");
    uint8_t keys[SECURE_MESH_MAX][PT_KEY_BYTES];
    char words[PT_FINGERPRINT_SIZE];
    talk t;
    talk_init(&t, parties);
    for (size_t i = 0; i < parties; i++) {
        pt_secure_options *o = &t.mesh.member[i].options;
        o->session = text_of(v, "session");
        o->session_len = strlen(o->session);
        memset(keys[i], (int)(100 + i), sizeof keys[i]);
        o->private_key = json_is_true(json_object_get(v, "own_keys")) ? keys[i] : NULL;
    }
    if (*secret != '\0')
        secure_mesh_use_secret(&t.mesh, secret);
    talk_run(&t);
    secure_mesh_assert_open(&t.mesh);
    check_messages(&t, json_object_get(v, "messages"));
    for (size_t i = 0; i < parties; i++) {
        assert_int_equal(pt_channel_secure_fingerprint(words, &t.mesh.member[i].channel, NULL),
                         PT_OK);
        assert_string_equal(words, text_of(v, "words"));
    }
    secure_mesh_close(&t.mesh);
}

static void handshakes_are_those_of_another_program(void **state)
{
    (void)state;
    char path[4096];
    json_error_t why;
    (void)snprintf(path, sizeof path, "%s/tests/vectors/handshake.json",
                   getenv("POLYTUNE_SOURCE_DIR"));
    json_t *file = json_load_file(path, 0, &why);
    if (file == NULL)
        fail_msg("%s: %s", path, why.text);
    const json_t *vectors = json_object_get(file, "vectors");
    assert_int_equal(json_array_size(vectors), 3);
    for (size_t i = 0; i < json_array_size(vectors); i++)
        run_vector(json_array_get(vectors, i));
    json_decref(file);
}

/* ---- Order ---- */

static bool is_kind(const event *e, int kind)
{
    return e->len > 4 && memcmp(e->bytes, "PTsc", 4) == 0 && e->bytes[4] == kind;
}

static size_t count_before(const recorder *r, size_t end, bool sent, int kind)
{
    size_t n = 0;
    for (size_t i = 0; i < end; i++)
        n += r->events[i].sent == sent && is_kind(&r->events[i], kind);
    return n;
}

/* From HELLO on everything follows when all that it must wait for is there. */
static void check_order(const recorder *r, size_t me, size_t parties)
{
    for (size_t i = 0; i < r->count; i++) {
        const event *e = &r->events[i];
        if (!e->sent || is_kind(e, HELLO))
            continue;
        /* ANSWER and FINISH show key and nonce. */
        assert_int_equal(count_before(r, i, false, HELLO), parties - 1);
    }
    assert_int_equal(count_before(r, r->count, true, ANSWER), me);
    assert_int_equal(count_before(r, r->count, false, FINISH), me);
    assert_int_equal(count_before(r, r->count, true, FINISH), parties - 1 - me);
    /* Without a secret nobody waits for these, but looks at them before anything else. */
    assert_int_equal(count_before(r, r->count, true, CONFIRM), me);
    assert_int_equal(count_before(r, r->count, false, CONFIRM), 0);
}

static void nobody_shows_its_key_before_all_commitments_are_in(void **state)
{
    (void)state;
    for (size_t parties = 2; parties <= 5; parties++) {
        talk t;
        talk_init(&t, parties);
        talk_run(&t);
        secure_mesh_assert_open(&t.mesh);
        for (size_t i = 0; i < parties; i++)
            check_order(&t.members[i].recorder, i, parties);
        secure_mesh_close(&t.mesh);
    }
}

static void assert_fails(const talk *t, size_t number, pt_status status)
{
    const secure_member *m = &t->mesh.member[number];
    if (m->status != status)
        fail_msg("party %zu: %s: %s", number, pt_status_name(m->status), m->error.message);
}

static void close_open(talk *t)
{
    for (size_t i = 0; i < t->mesh.parties; i++) {
        if (t->mesh.member[i].status == PT_OK)
            pt_channel_close(&t->mesh.member[i].channel);
    }
}

static void change_confirm(uint8_t *bytes, size_t len)
{
    if (bytes[4] == CONFIRM)
        bytes[len - 1] ^= 1;
}

/* As if the first message after it had come in its place. */
static void replace_confirm(uint8_t *bytes, size_t len)
{
    if (bytes[4] == CONFIRM)
        memset(bytes, 7, len);
}

/* The responder has done its part and is open; the initiator is not, or not for long. */
static void a_wrong_confirm_is_no_confirm(void **state)
{
    (void)state;
    for (int with_secret = 0; with_secret < 2; with_secret++) {
        talk t;
        talk_init(&t, 2);
        if (with_secret)
            secure_mesh_use_secret(&t.mesh, "correct horse");
        t.members[1].recorder.change = change_confirm;
        talk_run(&t);
        assert_true((t.mesh.member[0].status == PT_OK) == (with_secret == 0));
        secure_mesh_hear(&t.mesh, 0);
        assert_fails(&t, 0, PT_PEER_ALTERED);
        close_open(&t);
    }
}

/* With a secret it is awaited; without, it comes before anything else. */
static void what_comes_before_confirm_is_refused(void **state)
{
    (void)state;
    talk t;
    talk_init(&t, 2);
    t.members[1].recorder.change = replace_confirm;
    talk_run(&t);
    assert_int_equal(t.mesh.member[0].status, PT_OK);
    secure_mesh_hear(&t.mesh, 0);
    assert_fails(&t, 0, PT_PEER_MALFORMED);
    close_open(&t);
}

/* What a responder's HELLO ends with is zero. */
static void change_zeros(uint8_t *bytes, size_t len)
{
    if (bytes[4] == HELLO)
        bytes[len - 1] ^= 1;
}

static void the_zeros_of_hello_are_looked_at(void **state)
{
    (void)state;
    for (size_t at = 0; at < 2; at++) {
        talk t;
        talk_init(&t, 2);
        t.members[at].recorder.change = change_zeros;
        talk_run(&t);
        assert_fails(&t, 1 - at, PT_PEER_MALFORMED);
        close_open(&t);
    }
}

/* FINISH instead of ANSWER and the like: each message has its place. */
static void change_kind(uint8_t *bytes, size_t len)
{
    (void)len;
    if (bytes[4] == ANSWER || bytes[4] == FINISH)
        bytes[4] = (uint8_t)(ANSWER + FINISH - bytes[4]);
}

static void a_message_of_another_kind_is_refused(void **state)
{
    (void)state;
    for (size_t at = 0; at < 2; at++) {
        talk t;
        talk_init(&t, 2);
        t.members[at].recorder.change = change_kind;
        talk_run(&t);
        assert_fails(&t, 1 - at, PT_PEER_MALFORMED);
        close_open(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshakes_are_those_of_another_program),
        cmocka_unit_test(nobody_shows_its_key_before_all_commitments_are_in),
        cmocka_unit_test(a_wrong_confirm_is_no_confirm),
        cmocka_unit_test(what_comes_before_confirm_is_refused),
        cmocka_unit_test(the_zeros_of_hello_are_looked_at),
        cmocka_unit_test(a_message_of_another_kind_is_refused),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
