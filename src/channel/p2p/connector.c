/* Making direct connections while messages already go through the relay. See p2p_impl.h. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "base/thread.h"
#include "channel/p2p/p2p_impl.h"

#define PUNCH_MS 5000 /* for connecting at once; less when the timeout is short */
#define ASK_MS   2000 /* for asking the relay for this party's address */
#define FRESH_MS 5000 /* an address that was asked for so long ago may be another one by now */
#define TURN_MS  1000 /* between looks when nothing happens */

/* The thread's own. */
typedef struct connector {
    p2p *c;
    punch *punch;
    candidates own;
    uint64_t gathered_ms;
} connector;

void connector_wake(const p2p *c)
{
    const uint64_t one = 1;
    if (c->wake_fd >= 0)
        (void)!write(c->wake_fd, &one, sizeof one);
}

/* As many milliseconds, but well within the time for which others wait for this party. */
static uint32_t within_timeout(const p2p *c, uint32_t ms)
{
    return min_u32(ms, c->patience.timeout_ms / 3);
}

/* ---- offers ---- */

/* Finds out where this party may be reached. */
static bool connector_gather(connector *k)
{
    const p2p *c = k->c;
    pt_error unused;
    punch_free(k->punch);
    k->punch = NULL;
    k->gathered_ms = clock_ms();
    if (punch_new(&k->punch, c->party, c->parties, &unused) != PT_OK)
        return false;
    punch_gather(&k->own, k->punch, c->relay_url, c->relay_tls_ca, within_timeout(c, ASK_MS));
    return true;
}

/* Until all are at the relay. False when the channel is to end. */
static bool await_opening(p2p *c)
{
    monitor_lock(&c->lock);
    while (!c->is_open && !c->is_closing)
        (void)monitor_wait(&c->lock, MONITOR_FOREVER);
    const bool goes_on = !c->is_closing;
    monitor_unlock(&c->lock);
    return goes_on;
}

static bool send_offer(connector *k, size_t to)
{
    p2p *c = k->c;
    offer *own = &c->pairs[to].own;
    pt_error unused;
    buffer b;
    if (random_bytes(own->nonce, sizeof own->nonce, &unused) != PT_OK)
        return false;
    own->candidates = k->own;
    buffer_init(&b, OFFER_BYTES_MAX);
    offer_put(&b, own);
    monitor_lock(&c->lock);
    const bool ok = !b.failed && p2p_tell(c, to, P2P_OFFER, b.bytes, b.len, &unused) == PT_OK;
    monitor_unlock(&c->lock);
    buffer_clear(&b);
    return ok;
}

/* ---- one peer ---- */

/* The other may take this party's offer much later than this party took its: nobody takes one who
 * does not receive. So the ports stay open, and the relay is what it is by then. */
static void go_on_slowly(connector *k, size_t peer)
{
    punch_slow_down(k->punch, peer);
    p2p_report_way(k->c, peer, false);
}

static void decide_relayed(connector *k, size_t peer)
{
    k->c->pairs[peer].is_decided = true;
    punch_give_up(k->punch, peer);
    p2p_report_way(k->c, peer, false);
}

/* Both know both lists: who wants no connection gets none, and nobody tries for it. */
static void take_offer(connector *k, size_t peer)
{
    p2p_pair *p = &k->c->pairs[peer];
    pt_error unused;
    p->is_tried = true;
    p->deadline_ms = clock_ms() + within_timeout(k->c, PUNCH_MS);
    if (k->own.n == 0 || p->theirs.candidates.n == 0 ||
        punch_add(k->punch, peer, &p->own, &p->theirs, &unused) != PT_OK)
        decide_relayed(k, peer);
}

/* The connection is there. The lower party knows that the other receives on it. */
static void settle(connector *k, size_t peer)
{
    static const uint8_t choice[] = {PUNCH_CHOICE};
    p2p *c = k->c;
    p2p_pair *p = &c->pairs[peer];
    candidate remote;
    char where[CANDIDATE_TEXT_SIZE];
    pt_error unused;
    const int fd = punch_take(k->punch, peer, &remote);
    candidate_print(where, &remote);
    p->is_decided = true;
    const bool is_lower = c->party < peer;
    monitor_lock(&c->lock); /* who follows to it finds all of it */
    p->has_stream = streams_add(c->streams, peer, fd, where, choice, is_lower ? 0 : sizeof choice,
                                &unused) == PT_OK;
    if (p->has_stream && is_lower)
        (void)p2p_move(c, peer, &unused);
    const bool has_stream = p->has_stream;
    monitor_unlock(&c->lock);
    if (has_stream)
        return;
    (void)close(fd);
    if (!p->is_told)
        p2p_report_way(c, peer, false);
}

/* Does what is due for a peer; whether it is done with it. */
static bool look_at(connector *k, size_t peer)
{
    p2p *c = k->c;
    p2p_pair *p = &c->pairs[peer];
    if (peer == c->party || p->is_decided)
        return true;
    monitor_lock(&c->lock);
    const bool has_theirs = p->has_theirs;
    monitor_unlock(&c->lock);
    if (has_theirs && !p->is_tried)
        take_offer(k, peer);
    else if (p->is_tried && punch_has(k->punch, peer))
        settle(k, peer);
    else if (p->is_tried && !p->is_told && clock_ms() >= p->deadline_ms)
        go_on_slowly(k, peer);
    return p->is_decided;
}

/* ---- the thread ---- */

static bool is_closing(p2p *c)
{
    monitor_lock(&c->lock);
    const bool closing = c->is_closing;
    monitor_unlock(&c->lock);
    return closing;
}

static uint64_t next_deadline(const connector *k)
{
    uint64_t next = clock_ms() + TURN_MS;
    for (size_t i = 0; i < k->c->parties; i++) {
        const p2p_pair *p = &k->c->pairs[i];
        if (p->is_tried && !p->is_decided && !p->is_told)
            next = min_u64(next, p->deadline_ms);
    }
    return next;
}

/* Until it is known for each peer whether there is a connection, or the channel closes. */
static void connect_to_all(connector *k)
{
    p2p *c = k->c;
    for (size_t i = 0; i < c->parties; i++)
        if (i != c->party && !send_offer(k, i))
            return;
    for (;;) {
        uint64_t count;
        bool done = true;
        (void)!read(c->wake_fd, &count, sizeof count);
        for (size_t i = 0; i < c->parties; i++)
            done = look_at(k, i) && done;
        if (done || is_closing(c))
            return;
        punch_turn(k->punch, c->wake_fd, next_deadline(k));
    }
}

/* Says goodbye at the relay once nothing goes through it. */
static void leave_relay(p2p *c)
{
    monitor_lock(&c->lock);
    while (!c->is_closing && p2p_needs_relay(c))
        (void)monitor_wait(&c->lock, MONITOR_FOREVER);
    const bool leaves = !c->is_closing;
    c->has_left_relay = leaves;
    monitor_unlock(&c->lock);
    if (leaves)
        pt_channel_close(&c->relay);
}

/* Asking for addresses goes on beside joining. Who has waited for long asks anew, by ports that
 * are. */
static void *connector_run(void *user)
{
    p2p *c = user;
    connector k = {.c = c};
    bool ok = connector_gather(&k);
    const bool goes_on = await_opening(c);
    if (goes_on && ok && clock_ms() - k.gathered_ms >= FRESH_MS)
        ok = connector_gather(&k);
    if (goes_on && ok)
        connect_to_all(&k);
    punch_free(k.punch);
    if (goes_on)
        leave_relay(c);
    return NULL;
}

pt_status connector_start(p2p *c, pt_error *error)
{
    c->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (c->wake_fd < 0)
        return error_memory(error);
    const pt_status status = thread_start(&c->connector, connector_run, c, error);
    c->has_connector = status == PT_OK;
    return status;
}
