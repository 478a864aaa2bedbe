/* Connections that a peer makes, accepted by a punch: the peer is a test that says what it likes,
 * when it likes. */
#include "support/still_clock.h"
#include "support/test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/p2p/punch.h"

#define HELLO_BYTES 40
#define OWN         0 /* the lower party: it waits for the other's choice */
#define PEER        1
#define TURNS       20000
#define NOWHERE     "http://127.0.0.1:1" /* a relay */

#define SILENCE_MS 3000  /* without a hello */
#define CHOICE_MS  10000 /* and, behind that, without a choice */

typedef struct scene {
    punch *punch;
    candidate at; /* where it listens */
    uint8_t hello[HELLO_BYTES];
} scene;

static void turn(punch *p)
{
    punch_turn(p, -1, clock_ms() + 1);
}

static bool must_wait(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* How many bytes come, up to `len`; 0 when the connection is closed. */
static size_t hear(punch *p, int fd, void *ret_bytes, size_t len)
{
    size_t done = 0;
    for (int i = 0; i < TURNS && done < len; i++) {
        const ssize_t n = recv(fd, (uint8_t *)ret_bytes + done, len - done, MSG_DONTWAIT);
        if (n > 0)
            done += (size_t)n;
        else if (!must_wait(n))
            return 0;
        else
            turn(p);
    }
    assert_int_equal(done, len);
    return done;
}

static bool is_open(punch *p, int fd)
{
    uint8_t byte;
    for (int i = 0; i < 3; i++)
        turn(p);
    return must_wait(recv(fd, &byte, 1, MSG_DONTWAIT));
}

static int listen_at(candidate *at)
{
    struct sockaddr_storage address;
    at->port = 0;
    socklen_t size = candidate_to_socket(&address, at);
    const int fd = socket(address.ss_family, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    assert_true(candidate_from_socket(at, (struct sockaddr *)&address));
    return fd;
}

static int dial(const scene *s)
{
    struct sockaddr_storage address;
    const socklen_t size = candidate_to_socket(&address, &s->at);
    const int fd = socket(address.ss_family, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
    return fd;
}

static int dial_with_hello(const scene *s)
{
    const int fd = dial(s);
    assert_int_equal(send(fd, s->hello, HELLO_BYTES, MSG_NOSIGNAL), HELLO_BYTES);
    return fd;
}

/* Chooses that connection, as the higher party does. */
static void choose(scene *s, int fd)
{
    static const uint8_t choice[] = {PUNCH_CHOICE};
    candidate remote;
    assert_int_equal(send(fd, choice, sizeof choice, MSG_NOSIGNAL), sizeof choice);
    for (int i = 0; i < TURNS && !punch_has(s->punch, PEER); i++)
        turn(s->punch);
    assert_true(punch_has(s->punch, PEER));
    (void)close(punch_take(s->punch, PEER, &remote));
}

/* What the peer says to whom it connects: heard by somebody who listens in the other's place. */
static void learn_hello(scene *s, const offer *own, offer *theirs)
{
    candidates unused;
    punch *peer = NULL;
    int fd = -1;
    theirs->candidates = (candidates){.items = {s->at}, .n = 1};
    const int listener = listen_at(&theirs->candidates.items[0]);
    assert_int_equal(punch_new(&peer, PEER, 2, NULL), PT_OK);
    punch_gather(&unused, peer, NOWHERE, NULL, 1000);
    assert_int_equal(punch_add(peer, OWN, own, theirs, NULL), PT_OK);
    turn(peer);
    fd = accept(listener, NULL, NULL);
    assert_int_equal(hear(peer, fd, s->hello, HELLO_BYTES), HELLO_BYTES);
    (void)close(fd);
    (void)close(listener);
    punch_free(peer);
}

static int scene_begin(void **state)
{
    static scene s;
    candidates all;
    offer own = {.nonce = {1}};
    offer theirs = {.nonce = {2}};
    s = (scene){0};
    assert_int_equal(punch_new(&s.punch, OWN, 2, NULL), PT_OK);
    punch_gather(&all, s.punch, NOWHERE, NULL, 1000);
    assert_true(all.n != 0);
    s.at = all.items[0];
    learn_hello(&s, &theirs, &own);
    theirs.candidates = own.candidates; /* where nobody is any more */
    assert_int_equal(punch_add(s.punch, PEER, &own, &theirs, NULL), PT_OK);
    *state = &s;
    return 0;
}

static int scene_end(void **state)
{
    const scene *s = *state;
    punch_free(s->punch);
    return 0;
}

/* A peer tries as many addresses as it was told, and no more connections are kept for it. */
static void a_peer_has_so_many_connections(void **state)
{
    scene *s = *state;
    uint8_t hello[HELLO_BYTES];
    int fds[CANDIDATES_MAX + 1];
    for (size_t i = 0; i < CANDIDATES_MAX; i++) {
        fds[i] = dial_with_hello(s);
        assert_int_equal(hear(s->punch, fds[i], hello, sizeof hello), sizeof hello);
    }
    fds[CANDIDATES_MAX] = dial_with_hello(s);
    assert_int_equal(hear(s->punch, fds[CANDIDATES_MAX], hello, sizeof hello), 0);
    (void)close(fds[0]);
    for (int i = 0; i < 3; i++)
        turn(s->punch);
    (void)close(fds[CANDIDATES_MAX]);
    fds[CANDIDATES_MAX] = dial_with_hello(s); /* in place of the one that is gone */
    assert_int_equal(hear(s->punch, fds[CANDIDATES_MAX], hello, sizeof hello), sizeof hello);
    choose(s, fds[CANDIDATES_MAX - 1]);
    for (size_t i = 1; i <= CANDIDATES_MAX; i++)
        (void)close(fds[i]);
}

/* A peer that has said who it is has longer for choosing than a stranger for that; for ever has
 * neither. */
static void who_comes_no_further_is_closed(void **state)
{
    scene *s = *state;
    uint8_t hello[HELLO_BYTES];
    const int silent = dial(s);
    const int known = dial_with_hello(s);
    assert_int_equal(hear(s->punch, known, hello, sizeof hello), sizeof hello);
    clock_sleep(SILENCE_MS - 1);
    assert_true(is_open(s->punch, silent));
    clock_sleep(1);
    assert_false(is_open(s->punch, silent));
    clock_sleep(CHOICE_MS - SILENCE_MS - 1);
    assert_true(is_open(s->punch, known));
    const int last = dial_with_hello(s);
    assert_int_equal(hear(s->punch, last, hello, sizeof hello), sizeof hello);
    clock_sleep(1);
    assert_false(is_open(s->punch, known));
    clock_sleep(CHOICE_MS - 2);
    choose(s, last);
    (void)close(silent);
    (void)close(known);
    (void)close(last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_peer_has_so_many_connections, scene_begin, scene_end),
        cmocka_unit_test_setup_teardown(who_comes_no_further_is_closed, scene_begin, scene_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
