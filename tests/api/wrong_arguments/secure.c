#include "api/wrong_arguments/table.h"

CALL(pt_channel_secure_keygen)
{
    (void)w;
    return pt_channel_secure_keygen(PTR(0, r.keys[0]), PTR(1, r.keys[1]), error);
}

CALL(pt_channel_secure_public_key)
{
    return pt_channel_secure_public_key(PTR(0, r.keys[0]), PTR(1, w->key), error);
}

CALL(pt_channel_secure_key_print)
{
    (void)error;
    pt_channel_secure_key_print(PTR(0, r.ticket_text), PTR(1, w->key), false);
    return PT_OK;
}

CALL(pt_channel_secure_key_parse)
{
    (void)w;
    return pt_channel_secure_key_parse(PTR(0, r.keys[0]), PTR(1, SOURCE), SIZE(2, 3), false, error);
}

CALL(pt_channel_secure_fingerprint)
{
    return pt_channel_secure_fingerprint(PTR(0, r.words), PTR(1, &w->channels[0]), error);
}

CALL(pt_channel_secure_round_trip)
{
    double seconds = 0;
    return pt_channel_secure_round_trip(PTR(0, &seconds), PTR(1, &w->channels[0]), error);
}

CALL(pt_channel_secure_secret_bits)
{
    (void)w, (void)error;
    assert_int_equal(pt_channel_secure_secret_bits(PTR(0, "four"), 4), IS_WRONG(0) ? 0 : 8);
    return PT_OK;
}

CALL(pt_channel_secure_wrap)
{
    const pt_channel inner = {PTR(1, w->channels[0].ops), w->channels[0].self};
    const pt_secure_options options = {.party = SIZE(3, 0),
                                       .parties = SIZE(4, 2),
                                       .session = PTR(5, "s"),
                                       .session_len = 1,
                                       .session_secret = PTR(6, "secret"),
                                       .session_secret_len = 6};
    return pt_channel_secure_wrap(PTR(0, r.channels), inner, PTR(2, &options), error);
}

static const row rows[] = {
    FAILS(pt_channel_secure_fingerprint, 2),    FAILS(pt_channel_secure_key_parse, 2),
    HARMLESS(pt_channel_secure_key_print, 2),   FAILS(pt_channel_secure_keygen, 2),
    FAILS(pt_channel_secure_public_key, 2),     FAILS(pt_channel_secure_round_trip, 2),
    HARMLESS(pt_channel_secure_secret_bits, 1), FAILS(pt_channel_secure_wrap, 7),
};
TABLE(secure);
