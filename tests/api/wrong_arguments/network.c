#include "api/wrong_arguments/table.h"

CALL(pt_channel_relay_open)
{
    (void)w;
    const pt_relay_options options = {.url = PTR(2, "http://127.0.0.1:1"),
                                      .session = PTR(3, "s"),
                                      .party = SIZE(4, 0),
                                      .parties = SIZE(5, 2)};
    return pt_channel_relay_open(PTR(0, r.channels), PTR(1, &options), error);
}

CALL(pt_channel_p2p_open)
{
    (void)w;
    const pt_p2p_options options = {.relay = PTR(2, "http://127.0.0.1:1"),
                                    .session = PTR(3, "s"),
                                    .party = SIZE(4, 0),
                                    .parties = SIZE(5, 2)};
    return pt_channel_p2p_open(PTR(0, r.channels), PTR(1, &options), error);
}

CALL(pt_channel_direct_open)
{
    (void)w;
    const char *const urls[2] = {"https://127.0.0.1:1", PTR(3, "http://127.0.0.1:2")};
    const pt_direct_options options = {.urls = PTR(2, urls),
                                       .party = SIZE(4, 0),
                                       .parties = SIZE(5, 2),
                                       .tls_cert = PTR(6, "cert.pem"),
                                       .tls_key = IS_WRONG(6) ? "key.pem" : "no such file"};
    return pt_channel_direct_open(PTR(0, r.channels), PTR(1, &options), error);
}

CALL(pt_p2p_ticket_new)
{
    return pt_p2p_ticket_new(PTR(0, &r.ticket), PTR(1, "http://r"), SIZE(2, 0), PTR(3, w->key),
                             error);
}

CALL(pt_p2p_ticket_print)
{
    return pt_p2p_ticket_print(PTR(0, r.ticket_text), PTR(1, &w->ticket), error);
}

CALL(pt_p2p_ticket_parse)
{
    (void)w;
    return pt_p2p_ticket_parse(PTR(0, &r.ticket), PTR(1, "p2p:x"), error);
}

static const row rows[] = {
    FAILS(pt_channel_direct_open, 7), FAILS(pt_channel_p2p_open, 6),
    FAILS(pt_channel_relay_open, 6),  FAILS(pt_p2p_ticket_new, 4),
    FAILS(pt_p2p_ticket_parse, 2),    FAILS(pt_p2p_ticket_print, 2),
};
TABLE(network);
