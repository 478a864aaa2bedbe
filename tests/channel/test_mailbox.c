/* Mailboxes without anybody who moves the packets: the test does, by hand and in one thread.
 *
 *     send           lend, mailbox_sent or mailbox_not_sent
 *     recv           mailbox_receive, from within the pump's wait
 */
#include "support/test.h"

#include <poll.h>
#include <stdbool.h>

#include "base/mem.h"
#include "channel/mailbox.h"

#define PEER 1

/* What the pump does when a caller waits. */
typedef struct hands {
    mailboxes mail; /* first */
    packet *coming; /* arrives at the next wait */
    bool goes;      /* the peer goes at the next wait */
    bool drips;     /* a packet that brings next to nothing comes at every wait: */
    uint64_t number;
    uint8_t n_bytes; /* of a message of DRIPS bytes; 0: not even a fragment */
    size_t repeated; /* bytes behind the head of those that come again */
    size_t n_drips;
    size_t n_waits;
    size_t n_mail;
    size_t n_room;
} hands;

static void count_mail(mailboxes *m)
{
    ((hands *)m)->n_mail++;
}

static void count_room(mailboxes *m)
{
    ((hands *)m)->n_room++;
}

static void arrive(mailbox *b, const packet *p)
{
    const message m = {message_copy(p->bytes.bytes, p->bytes.len), p->bytes.len};
    assert_non_null(m.bytes);
    assert_true(mailbox_receive(b, m));
}

#define DRIPS 60

static void drip(hands *h)
{
    buffer b;
    size_t len = 0;
    (void)poll(NULL, 0, 20);
    buffer_init(&b, 64 + h->repeated);
    buffer_put_u8(&b, 1);
    buffer_put_u64(&b, h->number);
    if (h->n_bytes != 0) {
        buffer_put_u8(&b, 1);
        buffer_put_u32(&b, h->n_bytes);
        buffer_put_u64(&b, DRIPS - h->number);
        buffer_put_u8(&b, 'x');
    }
    if (h->n_bytes == 0 && h->n_drips > 0)
        assert_true(h->repeated == 0 || buffer_extend(&b, h->repeated) != NULL);
    message m = {.bytes = buffer_take(&b, &len)};
    m.len = len;
    assert_non_null(m.bytes);
    assert_true(mailbox_receive(&h->mail.boxes[PEER], m));
    assert_true(h->n_drips++ < 100);
}

static void wait_by_hand(mailboxes *m, const mailbox *awaited, uint64_t until_ms)
{
    hands *h = (hands *)m;
    mailbox *b = &m->boxes[PEER];
    assert_true(awaited == NULL || awaited == b);
    assert_true(until_ms != 0);
    assert_true(h->n_waits++ < 500);
    (void)poll(NULL, 0, 1);
    if (h->drips) {
        drip(h);
        h->number += h->n_bytes != 0 || h->n_drips == 0;
    }
    if (h->coming != NULL)
        arrive(b, h->coming);
    h->coming = NULL;
    if (h->goes)
        mailbox_gone(b);
}

static const mailbox_pump pump = {count_mail, count_room, wait_by_hand};

static void hands_init(hands *h, uint32_t timeout_ms)
{
    const mailbox_options o = {
        .parties = 2, .patience = patience_init(&(pt_network_options){.timeout_ms = timeout_ms})};
    *h = (hands){0};
    assert_true(mailboxes_init(&h->mail, &pump, &o));
    h->mail.via = mailbox_text(" (by hand)");
    h->mail.boxes[PEER].name = mailbox_text("party %d", PEER);
    assert_non_null(h->mail.via);
    assert_non_null(h->mail.boxes[PEER].name);
}

static void send_text(hands *h, const char *text)
{
    assert_int_equal(mailboxes_send(&h->mail, PEER, "p", (const uint8_t *)text, strlen(text), NULL),
                     PT_OK);
}

static pt_status receive(hands *h, char ret_text[64], pt_error *error)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    const pt_status status = mailboxes_recv(&h->mail, PEER, "p", 63, &bytes, &len, error);
    if (status != PT_OK)
        return status;
    memcpy(ret_text, bytes, len);
    ret_text[len] = '\0';
    free(bytes);
    return PT_OK;
}

static void expect_failure(hands *h, pt_status status, const char *words)
{
    char text[64];
    pt_error error;
    assert_int_equal(receive(h, text, &error), status);
    assert_int_equal(error.party, PEER);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static uint64_t number_of(const packet *p)
{
    return p->bytes.bytes[1];
}

/* Borrows the first packet that waits. */
static packet *lend(mailbox *b)
{
    packet *p = b->out_first;
    while (p != NULL && !mailbox_waits(p))
        p = p->next;
    assert_non_null(p);
    mailbox_begin(b, p);
    return p;
}

/* ---- the outbox ---- */

static void a_packet_keeps_its_number_until_it_has_arrived(void **state)
{
    hands h;
    (void)state;
    hands_init(&h, 1000);
    mailbox *b = &h.mail.boxes[PEER];
    assert_false(mailbox_has_mail(b));
    send_text(&h, "one");
    assert_int_equal(h.n_mail, 1);
    packet *first = lend(b);
    assert_int_equal(number_of(first), 1);
    assert_false(mailbox_waits(first));
    mailbox_not_sent(b, first);
    assert_true(mailbox_waits(first));
    assert_ptr_equal(lend(b), first);
    assert_int_equal(number_of(first), 1);
    mailbox_sent(b, first);
    assert_false(mailbox_has_mail(b));
    send_text(&h, "two");
    assert_int_equal(number_of(lend(b)), 2);
    mailboxes_clear(&h.mail);
}

static void messages_gather_behind_the_packets_on_their_way(void **state)
{
    hands h;
    (void)state;
    hands_init(&h, 1000);
    mailbox *b = &h.mail.boxes[PEER];
    send_text(&h, "one");
    send_text(&h, "with it");
    packet *first = lend(b);
    const size_t len = first->bytes.len;
    send_text(&h, "behind");
    assert_int_equal(b->out_first->bytes.len, len);
    mailbox_not_sent(b, first); /* and may have arrived: it must not change */
    send_text(&h, "behind, too");
    assert_int_equal(b->out_first->bytes.len, len);
    assert_ptr_equal(b->out_first->next, b->out_last);
    assert_int_equal(h.n_mail, 2); /* what was appended needs no word */
    mailboxes_clear(&h.mail);
}

/* The peer can do nothing with a packet before it is whole. */
static void a_full_packet_takes_no_further_message(void **state)
{
    hands h;
    static const uint8_t most[MAILBOX_GATHER_BYTES - 100];
    (void)state;
    hands_init(&h, 1000);
    const mailbox *b = &h.mail.boxes[PEER];
    assert_int_equal(mailboxes_send(&h.mail, PEER, "p", most, sizeof most, NULL), PT_OK);
    assert_int_equal(mailboxes_send(&h.mail, PEER, "p", most, sizeof most, NULL), PT_OK);
    assert_ptr_equal(b->out_first, b->out_last);
    send_text(&h, "behind");
    send_text(&h, "behind, too");
    assert_ptr_equal(b->out_first->next, b->out_last);
    assert_true(b->out_last->bytes.len < 100);
    mailboxes_clear(&h.mail);
}

/* Those behind one that has not arrived stay, as numbers only count from the front. */
static void packets_on_their_way_arrive_in_any_order(void **state)
{
    hands h;
    packet *lent[3];
    (void)state;
    hands_init(&h, 1000);
    mailbox *b = &h.mail.boxes[PEER];
    for (size_t i = 0; i < 3; i++) {
        send_text(&h, "text");
        lent[i] = lend(b);
        assert_int_equal(number_of(lent[i]), i + 1);
    }
    assert_int_equal(b->n_lent, 3);
    mailbox_sent(b, lent[1]);
    assert_ptr_equal(b->out_first, lent[0]);
    mailbox_not_sent(b, lent[0]);
    assert_ptr_equal(lend(b), lent[0]); /* not the one that has arrived */
    send_text(&h, "more");
    mailbox_sent(b, lent[0]);
    assert_ptr_equal(b->out_first, lent[2]); /* two at once */
    mailbox_sent(b, lent[2]);
    assert_int_equal(number_of(lend(b)), 4);
    mailboxes_clear(&h.mail);
}

static void who_takes_nothing_more_is_sent_nothing_more(void **state)
{
    hands h;
    (void)state;
    hands_init(&h, 1000);
    mailbox *b = &h.mail.boxes[PEER];
    send_text(&h, "one");
    packet *one = lend(b);
    send_text(&h, "two");
    packet *two = lend(b);
    send_text(&h, "three");
    mailbox_shut(b);
    assert_int_equal(b->out, OUTBOX_ENDING);
    assert_true(mailbox_is_shut(b));
    assert_ptr_equal(b->out_first, one); /* they are lent */
    assert_ptr_equal(b->out_last, two);
    send_text(&h, "four");
    assert_ptr_equal(b->out_last, two);
    mailboxes_flush(&h.mail);
    assert_int_equal(h.n_waits, 0); /* for their answers */
    mailbox_not_sent(b, one);
    assert_int_equal(b->out, OUTBOX_ENDING);
    mailbox_sent(b, two);
    assert_int_equal(b->out, OUTBOX_SHUT);
    assert_false(mailbox_has_mail(b));
    mailbox_shut(b);
    mailboxes_clear(&h.mail);
}

static void a_packet_that_was_tried_is_dropped_when_the_peer_has_closed(void **state)
{
    hands h;
    (void)state;
    hands_init(&h, 1000);
    mailbox *b = &h.mail.boxes[PEER];
    send_text(&h, "one");
    mailbox_not_sent(b, lend(b));
    mailbox_shut(b);
    assert_int_equal(b->out, OUTBOX_SHUT);
    assert_false(mailbox_has_mail(b));
    mailboxes_clear(&h.mail);
}

/* ---- the inbox ---- */

/* What one mailbox sends, another receives. */
static void a_message_that_comes_while_waiting_is_received(void **state)
{
    hands from;
    hands to;
    char text[64];
    (void)state;
    hands_init(&from, 1000);
    hands_init(&to, 1000);
    send_text(&from, "hello");
    mailbox *out = &from.mail.boxes[PEER];
    packet *first = lend(out);
    to.coming = first;
    assert_int_equal(receive(&to, text, NULL), PT_OK);
    assert_string_equal(text, "hello");
    assert_int_equal(to.n_waits, 1);
    assert_int_equal(to.n_room, 1);
    assert_int_equal(to.mail.boxes[PEER].n_received, 1);
    mailbox_not_sent(out, first);
    send_text(&from, "more");
    arrive(&to.mail.boxes[PEER], lend(out)); /* once more */
    mailbox_sent(out, first);
    arrive(&to.mail.boxes[PEER], lend(out));
    assert_int_equal(receive(&to, text, NULL), PT_OK);
    assert_string_equal(text, "more");
    mailboxes_clear(&from.mail);
    mailboxes_clear(&to.mail);
}

static void silence_has_an_end_and_a_reason(void **state)
{
    hands h;
    (void)state;
    hands_init(&h, 1);
    expect_failure(&h, PT_ERR_TIMEOUT, "party 1 sent nothing for 0.0 s (by hand)");
    mailbox_trouble(&h.mail.boxes[PEER], "no route");
    expect_failure(&h, PT_ERR_IO, "cannot receive from party 1 (by hand): no route");
    mailbox_trouble(&h.mail.boxes[PEER], NULL);
    expect_failure(&h, PT_ERR_TIMEOUT, "sent nothing");
    mailboxes_clear(&h.mail);
}

/* What comes again, brings nothing, or a byte of what is awaited, is no progress. */
static void what_drips_has_an_end(void **state)
{
    (void)state;
    for (uint8_t kind = 0; kind < 3; kind++) {
        hands h;
        hands_init(&h, 200);
        h.drips = true;
        h.number = 1;
        h.n_bytes = kind == 1;
        h.repeated = kind == 2 ? (size_t)1 << 16 : 0;
        expect_failure(&h, PT_ERR_TIMEOUT, "sent nothing");
        assert_in_range(h.n_drips, 2, 20);
        mailboxes_clear(&h.mail);
    }
}

/* Nor is a packet that began to come and does not go on. */
static void a_packet_that_stops_halfway_is_silence(void **state)
{
    hands h;
    (void)state;
    hands_init(&h, 30);
    h.mail.boxes[PEER].arriving = 100;
    expect_failure(&h, PT_ERR_TIMEOUT, "sent nothing");
    mailboxes_clear(&h.mail);
}

/* Who does not receive is not sent more than there is room for. */
static void an_inbox_has_room_for_so_much(void **state)
{
    hands h;
    (void)state;
    hands_init(&h, 1000);
    mailbox *b = &h.mail.boxes[PEER];
    for (size_t i = 0; i < MAILBOX_INBOX_COUNT; i++) {
        assert_true(mailbox_has_room(b));
        assert_true(mailbox_receive(b, (message){message_copy((const uint8_t *)"x", 1), 1}));
    }
    assert_false(mailbox_has_room(b));
    mailboxes_clear(&h.mail);
    hands_init(&h, 1000);
    b = &h.mail.boxes[PEER];
    const message large = {mem_new(MAILBOX_INBOX_BYTES, 1), MAILBOX_INBOX_BYTES};
    assert_non_null(large.bytes);
    assert_true(mailbox_receive(b, large));
    assert_false(mailbox_has_room(b));
    mailboxes_clear(&h.mail);
}

static void all_of_it_has_a_deadline(void **state)
{
    hands h;
    pt_error error;
    char text[64];
    (void)state;
    hands_init(&h, 60000);
    h.mail.patience = patience_init(&(pt_network_options){.timeout_ms = 60000, .deadline_ms = 100});
    h.drips = true;
    h.number = 1;
    h.n_bytes = 1;
    assert_int_equal(receive(&h, text, &error), PT_ERR_TIMEOUT);
    assert_string_equal(error.message, "not done within the 0.1 s given for all of it");
    mailboxes_clear(&h.mail);
}

static void what_came_before_the_peer_went_is_received(void **state)
{
    hands from;
    hands to;
    char text[64];
    (void)state;
    hands_init(&from, 1000);
    hands_init(&to, 1000);
    send_text(&from, "last words");
    to.coming = lend(&from.mail.boxes[PEER]);
    to.goes = true;
    assert_int_equal(receive(&to, text, NULL), PT_OK);
    assert_string_equal(text, "last words");
    expect_failure(&to, PT_ERR_CLOSED, "party 1 has gone: its connection ended (by hand)");
    assert_false(mailbox_is_wanted(&to.mail.boxes[PEER]));
    mailbox_trouble(&to.mail.boxes[PEER], "too late");
    assert_int_equal(to.mail.boxes[PEER].in, INBOX_GONE);
    mailboxes_clear(&from.mail);
    mailboxes_clear(&to.mail);
}

static void a_goodbye_finishes_the_inbox(void **state)
{
    hands from;
    hands to;
    (void)state;
    hands_init(&from, 20);
    hands_init(&to, 1000);
    mailboxes_flush(&from.mail); /* in vain: nobody takes it */
    to.coming = lend(&from.mail.boxes[PEER]);
    assert_true(to.coming->is_last);
    expect_failure(&to, PT_ERR_CLOSED, "party 1 closed the connection");
    assert_int_equal(to.mail.boxes[PEER].in, INBOX_FINISHED);
    mailbox_gone(&to.mail.boxes[PEER]);
    assert_int_equal(to.mail.boxes[PEER].in, INBOX_FINISHED);
    mailboxes_clear(&from.mail);
    mailboxes_clear(&to.mail);
}

static void the_first_failure_stays(void **state)
{
    hands h;
    pt_error error;
    (void)state;
    hands_init(&h, 1000);
    mailboxes_fail(&h.mail, PT_ERR_REFUSED, "%s", "first");
    mailbox_fail(&h.mail.boxes[PEER], PT_ERR_IO, "second");
    expect_failure(&h, PT_ERR_REFUSED, "first");
    assert_int_equal(mailboxes_send(&h.mail, PEER, "p", NULL, 0, &error), PT_ERR_REFUSED);
    assert_int_equal(mailboxes_send(&h.mail, 0, "p", NULL, 0, &error), PT_ERR_USAGE);
    assert_int_equal(mailboxes_send(&h.mail, 2, "p", NULL, 0, &error), PT_ERR_USAGE);
    mailboxes_clear(&h.mail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_keeps_its_number_until_it_has_arrived),
        cmocka_unit_test(messages_gather_behind_the_packets_on_their_way),
        cmocka_unit_test(a_full_packet_takes_no_further_message),
        cmocka_unit_test(packets_on_their_way_arrive_in_any_order),
        cmocka_unit_test(who_takes_nothing_more_is_sent_nothing_more),
        cmocka_unit_test(a_packet_that_was_tried_is_dropped_when_the_peer_has_closed),
        cmocka_unit_test(a_message_that_comes_while_waiting_is_received),
        cmocka_unit_test(silence_has_an_end_and_a_reason),
        cmocka_unit_test(what_drips_has_an_end),
        cmocka_unit_test(a_packet_that_stops_halfway_is_silence),
        cmocka_unit_test(an_inbox_has_room_for_so_much),
        cmocka_unit_test(all_of_it_has_a_deadline),
        cmocka_unit_test(what_came_before_the_peer_went_is_received),
        cmocka_unit_test(a_goodbye_finishes_the_inbox),
        cmocka_unit_test(the_first_failure_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
