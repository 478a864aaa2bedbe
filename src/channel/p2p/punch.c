#define _GNU_SOURCE /* accept4 */
#include "channel/p2p/punch.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/min.h"
#include "channel/p2p/door.h"

#define RETRY_MS        200   /* after an attempt was refused */
#define SLOW_RETRY_MS   4000  /* the same for a peer that is late */
#define LATE_MS         60000 /* for so long; then it is waited for only */
#define SILENCE_MS      3000  /* an attempt, or a connection without hello, is closed then */
#define CHOICE_MS       10000 /* one without choice */
#define CONTACTS_MAX    400   /* attempts and connections at once */
#define STRANGERS_MAX   32    /* accepted, without hello so far */
#define OUTSIDE_MAX     2     /* places kept for addresses that the relay sees */
#define TAG_BYTES       32
#define HELLO_BYTES     (4 + 4 + TAG_BYTES)
#define CHOICE_BYTES    1
#define NONE            SIZE_MAX
#define N_DOORS         2
#define TAG_CONTEXT     "polytune p2p tag"
#define TAG_KEY_CONTEXT "polytune p2p key"

static const uint8_t magic[4] = {'P', 'T', 'p', '4'};

typedef enum pair_state { PAIR_UNUSED, PAIR_WANTED, PAIR_CHOSEN, PAIR_TAKEN } pair_state;

/* What is known of one peer. */
typedef struct pair {
    pair_state state;
    uint8_t own_tag[TAG_BYTES];
    uint8_t their_tag[TAG_BYTES];
    bool is_late;
    uint64_t late_until_ms; /* no attempts any more */
    int fd;                 /* once chosen */
    candidate remote;
} pair;

/* One of a peer's addresses. */
typedef struct target {
    size_t peer;
    candidate to;
    bool running; /* there is a contact for it */
    uint64_t next_ms;
} target;

/* A connection, or an attempt at one. */
typedef struct contact {
    int fd;
    size_t peer;   /* NONE: a stranger so far */
    size_t target; /* NONE: accepted */
    bool connected;
    uint64_t since_ms;
    uint8_t in[HELLO_BYTES + CHOICE_BYTES];
    size_t n_in;
} contact;

struct punch {
    size_t party;
    size_t parties;
    bool only_loopback; /* this machine has no other address */
    door doors[N_DOORS];
    http_handle *handles[N_DOORS]; /* keep the routers' mappings alive */
    pair *pairs;
    target *targets;
    size_t n_targets;
    contact contacts[CONTACTS_MAX];
    size_t n_contacts;
};

pt_status punch_new(punch **ret_punch, size_t party, size_t parties, pt_error *error)
{
    static const int families[N_DOORS] = {AF_INET, AF_INET6};
    punch *p = mem_new(1, sizeof *p);
    if (p == NULL)
        return error_memory(error);
    p->party = party;
    p->parties = parties;
    for (size_t i = 0; i < N_DOORS; i++)
        door_open(&p->doors[i], families[i]);
    p->pairs = mem_new(parties, sizeof *p->pairs);
    if (p->pairs == NULL) {
        punch_free(p);
        return error_memory(error);
    }
    *ret_punch = p;
    return PT_OK;
}

void punch_free(punch *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n_contacts; i++)
        (void)close(p->contacts[i].fd);
    for (size_t i = 0; p->pairs != NULL && i < p->parties; i++)
        if (p->pairs[i].state == PAIR_CHOSEN)
            (void)close(p->pairs[i].fd);
    for (size_t i = 0; i < N_DOORS; i++) {
        door_close(&p->doors[i]);
        http_handle_free(p->handles[i]);
    }
    mem_free_secret(p->pairs, p->parties * sizeof *p->pairs);
    mem_free(p->targets);
    mem_free(p);
}

void punch_gather(candidates *ret_candidates, punch *p, const char *relay, const char *tls_ca,
                  uint64_t timeout_ms)
{
    candidates list = {0};
    for (size_t i = 0; i < N_DOORS; i++)
        door_add_local(&list, &p->doors[i], false, CANDIDATES_MAX - OUTSIDE_MAX);
    p->only_loopback = list.n == 0;
    for (size_t i = 0; i < N_DOORS && p->only_loopback; i++)
        door_add_local(&list, &p->doors[i], true, CANDIDATES_MAX - OUTSIDE_MAX);
    for (size_t i = 0; i < N_DOORS && !p->only_loopback; i++) {
        p->handles[i] = http_handle_new(tls_ca);
        if (p->handles[i] != NULL)
            door_add_outside(&list, &p->doors[i], p->handles[i], relay, timeout_ms, CANDIDATES_MAX);
    }
    *ret_candidates = list;
}

/* ---- tags ---- */

static void hash_u32(crypto_generichash_state *h, size_t number)
{
    uint8_t bytes[4];
    le_put_u32(bytes, (uint32_t)number);
    (void)crypto_generichash_update(h, bytes, sizeof bytes);
}

/* BLAKE2b with the key BLAKE2b(context, nonce of the lower party, nonce of the higher one). */
static void make_tag(uint8_t ret_tag[TAG_BYTES], const uint8_t *low_nonce,
                     const uint8_t *high_nonce, size_t from, size_t to)
{
    uint8_t key[crypto_generichash_KEYBYTES];
    crypto_generichash_state h;
    (void)crypto_generichash_init(&h, NULL, 0, sizeof key);
    (void)crypto_generichash_update(&h, (const uint8_t *)TAG_KEY_CONTEXT, sizeof TAG_KEY_CONTEXT);
    (void)crypto_generichash_update(&h, low_nonce, OFFER_NONCE_BYTES);
    (void)crypto_generichash_update(&h, high_nonce, OFFER_NONCE_BYTES);
    (void)crypto_generichash_final(&h, key, sizeof key);
    (void)crypto_generichash_init(&h, key, sizeof key, TAG_BYTES);
    (void)crypto_generichash_update(&h, (const uint8_t *)TAG_CONTEXT, sizeof TAG_CONTEXT);
    hash_u32(&h, from);
    hash_u32(&h, to);
    (void)crypto_generichash_final(&h, ret_tag, TAG_BYTES);
    mem_wipe(key, sizeof key);
    mem_wipe(&h, sizeof h);
}

pt_status punch_add(punch *p, size_t peer, const offer *own, const offer *theirs, pt_error *error)
{
    PT_ASSERT(peer < p->parties && peer != p->party && p->pairs[peer].state == PAIR_UNUSED);
    target *grown = mem_resize(p->targets, p->n_targets + theirs->candidates.n, sizeof *p->targets);
    if (grown == NULL)
        return error_memory(error);
    p->targets = grown;
    for (size_t i = 0; i < theirs->candidates.n; i++) {
        const candidate *c = &theirs->candidates.items[i];
        if (!candidate_is_loopback(c) || p->only_loopback)
            p->targets[p->n_targets++] = (target){.peer = peer, .to = *c};
    }
    pair *with = &p->pairs[peer];
    const uint8_t *low = p->party < peer ? own->nonce : theirs->nonce;
    const uint8_t *high = p->party < peer ? theirs->nonce : own->nonce;
    make_tag(with->own_tag, low, high, p->party, peer);
    make_tag(with->their_tag, low, high, peer, p->party);
    with->state = PAIR_WANTED;
    return PT_OK;
}

/* ---- contacts ---- */

/* When to try again. */
static uint64_t retry_ms(const punch *p, size_t peer)
{
    return clock_ms() + (p->pairs[peer].is_late ? SLOW_RETRY_MS : RETRY_MS);
}

/* Forgets a contact, whose socket has been closed or moved; the last one takes its place. */
static void contact_forget(punch *p, size_t index)
{
    const size_t of = p->contacts[index].target;
    if (of != NONE) {
        p->targets[of].running = false;
        p->targets[of].next_ms = retry_ms(p, p->targets[of].peer);
    }
    p->contacts[index] = p->contacts[--p->n_contacts];
}

static void contact_drop(punch *p, size_t index)
{
    (void)close(p->contacts[index].fd);
    contact_forget(p, index);
}

static void drop_contacts_of(punch *p, size_t peer)
{
    for (size_t i = p->n_contacts; i-- != 0;)
        if (p->contacts[i].peer == peer)
            contact_drop(p, i);
}

static void choose(punch *p, size_t index)
{
    const contact chosen = p->contacts[index];
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    pair *with = &p->pairs[chosen.peer];
    with->state = PAIR_CHOSEN;
    with->fd = chosen.fd;
    if (getpeername(chosen.fd, (struct sockaddr *)&address, &size) != 0 ||
        !candidate_from_socket(&with->remote, (struct sockaddr *)&address))
        with->remote = (candidate){.family = 4};
    contact_forget(p, index);
    drop_contacts_of(p, chosen.peer);
}

/* A fresh connection takes so few bytes at once. */
static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool write_hello(const punch *p, const contact *c)
{
    uint8_t hello[HELLO_BYTES];
    memcpy(hello, magic, sizeof magic);
    le_put_u32(hello + 4, (uint32_t)p->party);
    memcpy(hello + 8, p->pairs[c->peer].own_tag, TAG_BYTES);
    return write_all(c->fd, hello, sizeof hello);
}

/* Checks the hello that has come. */
static bool check_hello(const punch *p, const contact *c)
{
    const size_t from = le_get_u32(c->in + 4);
    return memcmp(c->in, magic, sizeof magic) == 0 && from < p->parties &&
           (c->peer == NONE || c->peer == from) && p->pairs[from].state == PAIR_WANTED &&
           sodium_memcmp(c->in + 8, p->pairs[from].their_tag, TAG_BYTES) == 0;
}

/* A peer tries no more than that at once. One that cheats takes no places from others. */
static bool has_too_many(const punch *p, size_t peer)
{
    size_t n_accepted = 0;
    for (size_t i = 0; i < p->n_contacts; i++)
        if (p->contacts[i].peer == peer && p->contacts[i].target == NONE)
            n_accepted++;
    return n_accepted >= CANDIDATES_MAX;
}

/* The other end has said who it is. False when the contact is to be dropped; `ret_chosen` when it
 * is the one. */
static bool take_hello(punch *p, contact *c, bool *ret_chosen)
{
    if (!check_hello(p, c))
        return false;
    if (c->peer == NONE) {
        const size_t from = le_get_u32(c->in + 4);
        if (has_too_many(p, from))
            return false;
        c->peer = from;
        if (!write_hello(p, c))
            return false;
    }
    *ret_chosen = p->party > c->peer;
    return true;
}

/* Reads what has come, which may be the hello and the choice, and no byte more. The higher party
 * chooses, so it only reads a hello. */
static bool contact_read(punch *p, contact *c, bool *ret_chosen)
{
    *ret_chosen = false;
    while (c->n_in < sizeof c->in) {
        const size_t want = c->n_in < HELLO_BYTES ? HELLO_BYTES : sizeof c->in;
        const ssize_t n = recv(c->fd, c->in + c->n_in, want - c->n_in, 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return true;
        if (n <= 0)
            return false;
        c->n_in += (size_t)n;
        if (c->n_in == HELLO_BYTES && (!take_hello(p, c, ret_chosen) || *ret_chosen))
            return *ret_chosen;
    }
    *ret_chosen = c->in[HELLO_BYTES] == PUNCH_CHOICE;
    return *ret_chosen;
}

/* The attempt has ended. */
static bool contact_connected(const punch *p, contact *c)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0 || problem != 0)
        return false;
    c->connected = true;
    c->since_ms = clock_ms();
    return write_hello(p, c);
}

static void contact_step(punch *p, size_t index)
{
    contact *c = &p->contacts[index];
    bool chosen = false;
    const bool ok = c->connected ? contact_read(p, c, &chosen) : contact_connected(p, c);
    if (chosen)
        choose(p, index);
    else if (!ok)
        contact_drop(p, index);
}

/* ---- attempts ---- */

static void start_attempt(punch *p, size_t index)
{
    target *t = &p->targets[index];
    const door *d = &p->doors[t->to.family == 4 ? 0 : 1];
    struct sockaddr_storage address;
    const socklen_t size = candidate_to_socket(&address, &t->to);
    t->next_ms = retry_ms(p, t->peer);
    const int fd = d->listener < 0 ? -1 : door_socket(d);
    if (fd < 0)
        return;
    contact *c = &p->contacts[p->n_contacts];
    *c = (contact){.fd = fd, .peer = t->peer, .target = index, .since_ms = clock_ms()};
    const bool connected = connect(fd, (struct sockaddr *)&address, size) == 0;
    if ((!connected && errno != EINPROGRESS) || (connected && !contact_connected(p, c))) {
        (void)close(fd);
        return;
    }
    t->running = true;
    p->n_contacts++;
}

static bool is_tried_now(const pair *with, uint64_t now)
{
    return with->state == PAIR_WANTED && (!with->is_late || now < with->late_until_ms);
}

/* Starts what is due; returns when the next one is. */
static uint64_t start_attempts(punch *p, uint64_t now, uint64_t deadline)
{
    uint64_t next = deadline;
    for (size_t i = 0; i < p->n_targets; i++) {
        target *t = &p->targets[i];
        if (t->running || !is_tried_now(&p->pairs[t->peer], now))
            continue;
        if (t->next_ms <= now && p->n_contacts < CONTACTS_MAX - STRANGERS_MAX)
            start_attempt(p, i);
        if (!t->running && next > (t->next_ms > now ? t->next_ms : now + RETRY_MS))
            next = t->next_ms > now ? t->next_ms : now + RETRY_MS;
    }
    return next;
}

/* Closes what comes no further, so that it keeps no place from others; returns when the next one
 * has been silent for too long. */
static uint64_t drop_silent(punch *p, uint64_t now, uint64_t deadline)
{
    uint64_t next = deadline;
    for (size_t i = p->n_contacts; i-- != 0;) {
        const contact *c = &p->contacts[i];
        const uint64_t until = c->since_ms + (c->n_in < HELLO_BYTES ? SILENCE_MS : CHOICE_MS);
        if (until <= now)
            contact_drop(p, i);
        else
            next = min_u64(next, until);
    }
    return next;
}

/* Makes room for one more, at the cost of the stranger who has been silent for longest. */
static void contacts_make_room(punch *p)
{
    size_t n_strangers = 0;
    size_t oldest = NONE;
    for (size_t i = 0; i < p->n_contacts; i++) {
        if (p->contacts[i].peer != NONE)
            continue;
        n_strangers++;
        if (oldest == NONE || p->contacts[i].since_ms < p->contacts[oldest].since_ms)
            oldest = i;
    }
    if (n_strangers >= STRANGERS_MAX || (oldest != NONE && p->n_contacts == CONTACTS_MAX))
        contact_drop(p, oldest);
}

static void accept_from(punch *p, const door *d)
{
    const int fd = accept4(d->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    contacts_make_room(p);
    if (p->n_contacts == CONTACTS_MAX) {
        (void)close(fd);
        return;
    }
    p->contacts[p->n_contacts++] = (contact){
        .fd = fd, .peer = NONE, .target = NONE, .connected = true, .since_ms = clock_ms()};
}

/* ---- the loop ---- */

/* Waits until something happens, or until `until_ms`, and deals with it. */
static void wait_and_step(punch *p, int wake_fd, uint64_t now, uint64_t until_ms)
{
    struct pollfd fds[N_DOORS + CONTACTS_MAX + 1];
    const size_t n_contacts = p->n_contacts;
    for (size_t i = 0; i < N_DOORS; i++)
        fds[i] = (struct pollfd){.fd = p->doors[i].listener, .events = POLLIN};
    for (size_t i = 0; i < n_contacts; i++)
        fds[N_DOORS + i] = (struct pollfd){.fd = p->contacts[i].fd,
                                           .events = p->contacts[i].connected ? POLLIN : POLLOUT};
    fds[N_DOORS + n_contacts] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    const uint64_t wait_ms = until_ms > now ? until_ms - now : 0;
    if (poll(fds, N_DOORS + n_contacts + 1, wait_ms < 1000 ? (int)wait_ms : 1000) <= 0)
        return;
    /* From the last to the first: one that is dropped gives its place to one already looked at. But
     * a choice drops others too. */
    for (size_t i = n_contacts; i-- != 0;)
        if (fds[N_DOORS + i].revents != 0 && i < p->n_contacts &&
            p->contacts[i].fd == fds[N_DOORS + i].fd)
            contact_step(p, i);
    for (size_t i = 0; i < N_DOORS; i++)
        if (fds[i].revents != 0)
            accept_from(p, &p->doors[i]);
}

void punch_turn(punch *p, int wake_fd, uint64_t until_ms)
{
    const uint64_t now = clock_ms();
    const uint64_t silent = drop_silent(p, now, until_ms);
    const uint64_t due = start_attempts(p, now, until_ms);
    wait_and_step(p, wake_fd, now, min_u64(due, silent));
}

void punch_slow_down(punch *p, size_t peer)
{
    p->pairs[peer].is_late = true;
    p->pairs[peer].late_until_ms = clock_ms() + LATE_MS;
}

bool punch_has(const punch *p, size_t peer)
{
    return p->pairs[peer].state == PAIR_CHOSEN;
}

void punch_give_up(punch *p, size_t peer)
{
    if (p->pairs[peer].state == PAIR_CHOSEN)
        (void)close(p->pairs[peer].fd);
    p->pairs[peer].state = PAIR_UNUSED;
    drop_contacts_of(p, peer);
}

int punch_take(punch *p, size_t peer, candidate *ret_remote)
{
    PT_ASSERT(p->pairs[peer].state == PAIR_CHOSEN);
    p->pairs[peer].state = PAIR_TAKEN;
    *ret_remote = p->pairs[peer].remote;
    return p->pairs[peer].fd;
}
