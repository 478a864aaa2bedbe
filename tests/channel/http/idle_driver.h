/* For tests of what is due: a clock that the test moves, and a driver that performs nothing, so
 * that the test says how requests ended, at the time it likes. Link with --wrap=clock_ms and
 * --wrap=clock_sleep. To be included by one file of a test. */
#ifndef TESTS_CHANNEL_HTTP_IDLE_DRIVER_H
#define TESTS_CHANNEL_HTTP_IDLE_DRIVER_H

#include "support/still_clock.h"
#include "support/test.h"

#include "channel/http/delivery.h"

#define PEER  1
#define LANES DELIVERY_LANES_MAX

/* ---- of a link: requests to nowhere, and no questions ---- */

static void prepare_sending(delivery *d, const mailbox *b, const packet *p, http_call *call)
{
    (void)d;
    (void)b;
    (void)p;
    http_prepare(call, HTTP_POST, "http://fake", "/");
}

static uint64_t never_ask(const delivery *d, const transfer *t)
{
    (void)d;
    (void)t;
    return DELIVERY_NEVER;
}

/* ---- the driver ---- */

static void nudge(mailboxes *m)
{
    (void)m;
}

static const mailbox_pump pump = {nudge, nudge, mailboxes_wait};

static pt_status driver_open(delivery *d, pt_error *error)
{
    (void)d;
    (void)error;
    return PT_OK;
}

static void driver_close(delivery *d)
{
    (void)d;
}

/* As party 0 of two. `gather`: of the driver; 0: packets grow as the link says. */
static void idle_begin(delivery *d, const delivery_link *link, size_t gather)
{
    static http_driver driver;
    driver = (http_driver){.pump = &pump,
                           .at_once = true,
                           .gather = gather,
                           .open = driver_open,
                           .close = driver_close};
    const delivery_options o = {
        .session = "s",
        .mail = {.parties = 2, .patience = patience_init(&(pt_network_options){0})}};
    *d = (delivery){0};
    assert_int_equal(delivery_init(d, link, &driver, NULL, &o, NULL), PT_OK);
}

/* ---- what is sent ---- */

static void send_bytes(delivery *d, size_t len)
{
    uint8_t *bytes = calloc(len, 1);
    assert_non_null(bytes);
    assert_int_equal(mailboxes_send(&d->mail, PEER, "p", bytes, len, NULL), PT_OK);
    free(bytes);
}

static void send_full(delivery *d, size_t count)
{
    for (size_t i = 0; i < count; i++)
        send_bytes(d, 2 * MAILBOX_GATHER_BYTES);
}

#endif
