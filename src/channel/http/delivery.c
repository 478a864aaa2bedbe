#include "channel/http/delivery.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/min.h"
#include "base/random.h"
#include "wire/session_name.h"
#include "wire/wire.h"

#define BACKOFF_FIRST_MS 20 /* after a failure, doubling */
#define BACKOFF_MAX_MS   2000
#define IDLE_MS          1000
#define PACE_MAX_MS      20 /* between full packets */
#define FULL_MAX         ((size_t)1 << 20)
#define VERSION_FIELD    "version=" /* of terms: the protocol's */
#define CALLS_AT_ONCE    24         /* to all peers together, but for the least that each has */

static uint64_t random_next(delivery *d)
{
    /* xorshift64 (Marsaglia 2003): good enough to spread retries. */
    uint64_t x = d->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return d->random = x;
}

uint64_t delivery_backoff_ms(delivery *d, unsigned n_failures)
{
    uint64_t full = BACKOFF_FIRST_MS;
    while (n_failures-- != 0 && full < BACKOFF_MAX_MS)
        full = min_u64(2 * full, BACKOFF_MAX_MS);
    return full / 2 + random_next(d) % (full / 2 + 1);
}

/* ---- what is due ---- */

static transfer *lane_of_packet(const delivery *d, const mailbox *b, const packet *p)
{
    const uint64_t number = p->number != 0 ? p->number : b->next_number;
    return &d->sending[b->party * d->link->lanes + number % d->link->lanes];
}

/* The packet to be sent next; NULL: none. Only those in front may be on their way, so that lanes
 * and what the peer keeps of early ones suffice; and none follows one that is to be repeated before
 * that has succeeded. */
static packet *next_to_send(const delivery *d, const mailbox *b)
{
    packet *p = mailbox_is_shut(b) ? NULL : b->out_first;
    size_t flying = 0;
    for (size_t i = 0; p != NULL && i < d->n_lanes; i++, p = p->next) {
        if (mailbox_waits(p))
            return i == 0 || p->bytes.len <= DELIVERY_FLIGHT_MAX - flying ? p : NULL;
        if (lane_of_packet(d, b, p)->n_failures != 0)
            break;
        flying += p->bytes.len;
        if (flying > DELIVERY_FLIGHT_MAX)
            break;
    }
    return NULL;
}

static bool is_full(const packet *p)
{
    return p->bytes.len >= MAILBOX_GATHER_BYTES;
}

/* Full packets leave at even distances. Those that leave together share the link, arrive together,
 * and are answered together: then nothing is on its way for a round trip. */
static uint64_t paced_at(const delivery *d, const mailbox *b, const packet *p)
{
    const delivery_pace *pace = &d->paces[b->party];
    if (!is_full(p) || !d->driver->at_once)
        return 0;
    return pace->last_ms + min_u64(pace->usual_ms / d->n_lanes, PACE_MAX_MS);
}

static uint64_t send_at(const delivery *d, const mailbox *b, const packet *p)
{
    if (p == NULL)
        return DELIVERY_NEVER;
    const uint64_t lane_ms = lane_of_packet(d, b, p)->not_before_ms;
    const uint64_t paced_ms = paced_at(d, b, p);
    return lane_ms > paced_ms ? lane_ms : paced_ms;
}

/* Which of those that ask the peer is to do so next, and when. */
static transfer *next_to_ask(const delivery *d, const mailbox *b, uint64_t *ret_at)
{
    transfer *next = NULL;
    *ret_at = DELIVERY_NEVER;
    for (size_t i = 0; i < d->link->askers; i++) {
        transfer *t = delivery_asker(d, b->party) + i;
        const uint64_t at = t->is_running ? DELIVERY_NEVER : d->link->ask_at(d, t);
        if (at < *ret_at) {
            next = t;
            *ret_at = at;
        }
    }
    return next;
}

static bool is_asked(const mailbox *b, size_t whom)
{
    return whom == DELIVERY_ASK_ALL || whom == b->party;
}

static transfer *begin_sending(delivery *d, mailbox *b, packet *p)
{
    transfer *t = lane_of_packet(d, b, p);
    PT_ASSERT(!t->is_running);
    mailbox_begin(b, p);
    t->packet = p;
    d->paces[b->party].last_ms = clock_ms();
    d->link->prepare_sending(d, b, p, &t->call);
    http_header(&t->call, "Content-Type: application/octet-stream");
    http_body(&t->call, p->bytes.bytes, p->bytes.len);
    return t;
}

transfer *delivery_next(delivery *d, size_t whom, uint64_t *ret_next_ms)
{
    const uint64_t now = clock_ms();
    transfer *t = NULL;
    *ret_next_ms = now + IDLE_MS;
    for (size_t i = 0; i < d->mail.parties && t == NULL; i++) {
        mailbox *b = &d->mail.boxes[i];
        if (i == d->mail.party || mailbox_has_failed(b))
            continue;
        bool is_taken = false;
        if (d->link->bodies != NULL)
            t = d->link->bodies->next(d, b, &is_taken);
        packet *p = is_taken ? NULL : next_to_send(d, b);
        const uint64_t sends = send_at(d, b, p);
        uint64_t asks = DELIVERY_NEVER;
        transfer *asker = is_asked(b, whom) ? next_to_ask(d, b, &asks) : NULL;
        if (t != NULL)
            break;
        if (sends <= now)
            t = begin_sending(d, b, p);
        else if (asks <= now)
            t = asker;
        *ret_next_ms = min_u64(*ret_next_ms, min_u64(sends, asks));
    }
    if (t == NULL)
        return NULL;
    t->is_running = true;
    t->started_ms = now;
    if (!t->is_sending)
        d->link->prepare_asking(d, t);
    return t;
}

/* ---- what is over ---- */

/* The packet goes back to the outbox, unless the link has said that it has arrived. */
static void take_back(transfer *t)
{
    if (t->is_body)
        t->owner->link->bodies->take_back(t);
    else if (t->packet != NULL)
        mailbox_not_sent(t->box, t->packet);
    t->packet = NULL;
}

static void done_sending(transfer *t)
{
    if (!mailbox_is_shut(t->box))
        t->owner->link->sent(t->owner, t);
    take_back(t);
}

static bool is_asking_failing(const delivery *d, const mailbox *b)
{
    for (size_t i = 0; i < d->link->askers; i++)
        if (delivery_asker(d, b->party)[i].failing_since_ms != 0)
            return true;
    return false;
}

static void done_asking(transfer *t)
{
    char problem[HTTP_PROBLEM_MAX];
    t->owner->link->asked(t->owner, t);
    http_explain(&t->call, problem, sizeof problem);
    if (t->failing_since_ms != 0)
        mailbox_trouble(t->box, problem);
    else if (!is_asking_failing(t->owner, t->box))
        mailbox_trouble(t->box, NULL);
}

void delivery_give_up(transfer *t)
{
    PT_ASSERT(t->is_running);
    t->is_running = false;
    take_back(t);
    mailbox_fail(t->box, PT_ERR_MEMORY, "out of memory");
}

void delivery_done(transfer *t, char *ret_problem, size_t size)
{
    const bool failed_before = t->failing_since_ms != 0;
    char problem[HTTP_PROBLEM_MAX];
    PT_ASSERT(t->is_running);
    t->is_running = false;
    ret_problem[0] = '\0';
    if (t->is_sending)
        done_sending(t);
    else
        done_asking(t);
    if (failed_before || t->failing_since_ms == 0 || t->owner->is_quiet)
        return;
    http_explain(&t->call, problem, sizeof problem);
    (void)snprintf(ret_problem, size, "%s%s: %s", t->box->name, t->owner->mail.via, problem);
}

void delivery_succeeded(transfer *t)
{
    t->n_failures = 0;
    t->failing_since_ms = 0;
    t->not_before_ms = 0;
}

/* A packet has arrived. As long as that takes full ones hardly more than the shortest time, larger
 * ones would fill the link better; when it takes much more, they stand in front of it. */
static void note_pace(transfer *t)
{
    mailbox *b = t->box;
    delivery_pace *pace = &t->owner->paces[b->party];
    if (!is_full(t->packet) || t->owner->driver->gather != 0)
        return;
    const uint64_t took_ms = clock_ms() - t->started_ms + 1;
    if (pace->shortest_ms == 0 || took_ms < pace->shortest_ms)
        pace->shortest_ms = took_ms;
    pace->usual_ms = pace->usual_ms == 0 ? took_ms : (3 * pace->usual_ms + took_ms) / 4;
    if (2 * pace->usual_ms < 3 * pace->shortest_ms)
        b->gather = min_size(FULL_MAX, b->gather + b->gather / 16);
    else if (pace->usual_ms > 3 * pace->shortest_ms)
        b->gather -= (b->gather - MAILBOX_GATHER_BYTES) / 4;
}

/* Those behind one that is repeated waited for it, whenever they failed. */
static void excuse_lanes(transfer *t)
{
    const delivery *d = t->owner;
    for (size_t i = 0; i < d->link->lanes; i++) {
        transfer *lane = &d->sending[t->box->party * d->link->lanes + i];
        if (lane->failing_since_ms != 0)
            lane->failing_since_ms = clock_ms();
    }
}

void delivery_sent(transfer *t)
{
    if (t->is_body) {
        t->owner->link->bodies->sent(t);
        return;
    }
    note_pace(t);
    excuse_lanes(t);
    mailbox_sent(t->box, t->packet);
    t->packet = NULL;
    delivery_succeeded(t);
}

bool delivery_retry(transfer *t, uint64_t limit_ms)
{
    const uint64_t now = clock_ms();
    /* The attempt itself may have taken long. */
    if (t->failing_since_ms == 0)
        t->failing_since_ms = t->started_ms;
    if (now - t->failing_since_ms >= limit_ms)
        return false;
    uint64_t delay = delivery_backoff_ms(t->owner, t->n_failures++);
    if (delay < t->call.retry_after_ms)
        delay = t->call.retry_after_ms;
    t->not_before_ms = now + delay;
    return true;
}

size_t delivery_at_once(size_t parties, size_t least, size_t most)
{
    const size_t peers = parties > 1 ? parties - 1 : 1;
    return min_size(most, max_size(least, CALLS_AT_ONCE / peers));
}

/* ---- life ---- */

pt_status delivery_check(const delivery_options *o, pt_error *error)
{
    if (o->session == NULL || !session_name_is_good(o->session, strlen(o->session)))
        return error_set(error, PT_ERR_USAGE, "%s", SESSION_NAME_RULE);
    if (o->terms != NULL && !terms_are_good(o->terms, strlen(o->terms)))
        return error_set(error, PT_ERR_USAGE, "%s", TERMS_RULE);
    return mailboxes_check(&o->mail, error);
}

void delivery_add_terms(const delivery *d, http_call *call)
{
    if (d->terms[0] != '\0')
        http_header(call, WIRE_TERMS ": %s", d->terms);
}

pt_status delivery_compare_terms(const delivery *d, size_t party, const char *theirs,
                                 pt_error *error)
{
    char own[TERMS_FIELD_MAX + 1];
    char other[TERMS_FIELD_MAX + 1];
    if (!terms_are_good(theirs, strlen(theirs)) || !terms_differ(own, other, d->terms, theirs))
        return PT_OK;
    const bool is_program = strncmp(own, "program=", 8) == 0;
    if (strncmp(own, VERSION_FIELD, strlen(VERSION_FIELD)) == 0)
        return error_set_peer(error, PT_PEER_SETUP, PT_NO_PARTY, "join",
                              "party %zu runs version %s of the protocol, and this party version "
                              "%s: all parties need the same release",
                              party, other + strlen(VERSION_FIELD), own + strlen(VERSION_FIELD));
    return error_set_peer(error, PT_PEER_SETUP, PT_NO_PARTY, "join",
                          "party %zu runs %s: %s, and %s here", party,
                          is_program ? "another program or circuit" : "something else", other, own);
}

/* Those that send, or ask: `each` for each party. */
static void transfers_init(delivery *d, transfer *list, size_t each, bool is_sending)
{
    for (size_t i = 0; i < d->mail.parties * each; i++) {
        list[i] = (transfer){.owner = d,
                             .box = &d->mail.boxes[i / each],
                             .is_sending = is_sending,
                             .lane = i % each};
        http_call_init(&list[i].call, is_sending ? DELIVERY_ANSWER_MAX : FRAME_PACKET_MAX);
    }
}

pt_status delivery_init(delivery *d, const delivery_link *link, const http_driver *driver,
                        const mailbox_pump *pump, const delivery_options *o, pt_error *error)
{
    const size_t parties = o->mail.parties;
    PT_ASSERT(link->lanes >= 1 && link->lanes <= DELIVERY_LANES_MAX);
    PT_ASSERT(link->askers >= 1 && link->askers <= DELIVERY_ASKERS_MAX);
    const bool has_mail = mailboxes_init(&d->mail, pump == NULL ? driver->pump : pump, &o->mail);
    d->link = link;
    d->n_lanes = delivery_at_once(parties, DELIVERY_LANES_MIN, link->lanes);
    d->driver = driver;
    d->session = mem_string(o->session);
    if (o->terms != NULL)
        (void)snprintf(d->terms, sizeof d->terms, "%s", o->terms);
    d->tls_ca = o->tls_ca == NULL ? NULL : mem_string(o->tls_ca);
    d->sending = mem_new(parties * link->lanes, sizeof *d->sending);
    d->asking = mem_new(parties * link->askers, sizeof *d->asking);
    d->paces = mem_new(parties, sizeof *d->paces);
    if (!has_mail || d->session == NULL || (o->tls_ca != NULL && d->tls_ca == NULL) ||
        d->sending == NULL || d->asking == NULL || d->paces == NULL)
        return error_memory(error);
    for (size_t i = 0; i < parties && driver->gather != 0; i++)
        d->mail.boxes[i].gather = driver->gather;
    transfers_init(d, d->sending, link->lanes, true);
    transfers_init(d, d->asking, link->askers, false);
    if (link->bodies != NULL && !link->bodies->init(d))
        return error_memory(error);
    const pt_status status = random_bytes(&d->random, sizeof d->random, error);
    d->random |= 1; /* xorshift would stay at 0 */
    return status == PT_OK ? driver->open(d, error) : status;
}

static void transfers_free(transfer *list, size_t n)
{
    for (size_t i = 0; list != NULL && i < n; i++)
        http_call_clear(&list[i].call);
    mem_free(list);
}

void delivery_clear(delivery *d)
{
    d->driver->close(d);
    transfers_free(d->sending, d->mail.parties * d->link->lanes);
    transfers_free(d->asking, d->mail.parties * d->link->askers);
    mem_free(d->paces);
    if (d->link != NULL && d->link->bodies != NULL)
        d->link->bodies->clear(d);
    mailboxes_clear(&d->mail);
    mem_free(d->session);
    mem_free(d->tls_ca);
}
