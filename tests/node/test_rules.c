/* What rules decide: nothing is allowed by itself, and each part of a rule counts. */
#include <sodium.h>

#include "base/buffer.h"
#include "base/hex.h"
#include "node/program_signature.h"
#include "node/rules.h"
#include "support/test.h"

#define KEY_B "pk:NP7SoYLkpRMHNKGbPXW8mge4GQp6-pfoJPHCnWK-VFwn7deS"
#define KEY_C "pk:0wY5TMv8XHTaiOt8DnGQThFtQTGjyaMCQWinE31FLy-ZjHb9"

#define PROGRAM "pub fn main(a: u8, b: u8) -> u8 { a + b }\n"
#define OTHER   "pub fn main(a: u8, b: u8) -> u8 { a * b }\n"

/* The configuration with `rules`, in which PROGRAM's hash is written # and the signers' keys $ and
 * %.
 */
typedef struct fixture {
    node_config config;
    signing_key board;
    signing_key stranger;
} fixture;

static void make_key(signing_key *key, uint8_t seed_byte)
{
    uint8_t seed[32];
    memset(seed, seed_byte, sizeof seed);
    (void)crypto_sign_seed_keypair(key->public, key->secret, seed);
}

static void put_rules(buffer *b, const fixture *f, const char *rules)
{
    char hash_text[65];
    char key_text[SIGNING_PUBLIC_SIZE];
    uint8_t hash[32];
    (void)crypto_hash_sha256(hash, (const uint8_t *)PROGRAM, strlen(PROGRAM));
    hex_write(hash_text, hash, sizeof hash);
    for (; *rules != '\0'; rules++) {
        signing_public_print(key_text, *rules == '$' ? f->board.public : f->stranger.public);
        if (*rules == '#')
            buffer_printf(b, "%s", hash_text);
        else if (*rules == '$' || *rules == '%')
            buffer_printf(b, "%s", key_text);
        else
            buffer_put_u8(b, (uint8_t)*rules);
    }
}

static void open_rules(fixture *f, const char *rules)
{
    buffer b;
    pt_error error;
    pt_error_clear(&error);
    make_key(&f->board, 1);
    make_key(&f->stranger, 2);
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "key: k\nstore: sqlite:s\naudit: {file: a, key: b}\n"
                      "participants:\n"
                      "  - {name: b, url: \"http://b/node\", key: \"" KEY_B "\"}\n"
                      "  - {name: c, url: \"http://c\", key: \"" KEY_C "\"}\n"
                      "sources:\n"
                      "  - {name: patients, from: \"@p.csv\"}\n"
                      "  - {name: stays, from: \"@s.csv\"}\n"
                      "outputs:\n"
                      "  - {name: reports, to: \"@r.csv\"}\n"
                      "callers:\n"
                      "  - {name: office, jwt-subject: o, roles: [schedule]}\n"
                      "  - {name: app, jwt-subject: a, roles: [schedule]}\n"
                      "issuers:\n"
                      "  - {issuer: i, audience: a, key: i.pem, algorithm: ES256}\n");
    if (rules != NULL)
        buffer_printf(&b, "rules:\n");
    put_rules(&b, f, rules == NULL ? "" : rules);
    if (node_config_parse(&f->config, "n.yaml", (const char *)b.bytes, b.len, &error) != PT_OK)
        fail_msg("%s", error.message);
    buffer_clear(&b);
}

static const char *const us_and_b[] = {"http://us", "http://b/node/"};
static const char *const b_us_c[] = {"http://b/node", "http://us", "http://c"};

static bool five_runs(void *user, const char *rule, uint64_t *ret_runs)
{
    (void)user;
    (void)rule;
    *ret_runs = 5;
    return true;
}

static bool unknown_runs(void *user, const char *rule, uint64_t *ret_runs)
{
    (void)user;
    (void)rule;
    *ret_runs = 0;
    return false;
}

static rules_request usual_request(void)
{
    return (rules_request){.program = PROGRAM,
                           .program_len = strlen(PROGRAM),
                           .participants = us_and_b,
                           .n_participants = 2,
                           .caller = "office",
                           .n_ands = 100,
                           .n_rows = 50,
                           .runs_of_day = five_runs};
}

/* `changes` is applied to the usual request by its letters:
 *      o OTHER program         3 three parties         z unknown party in place of b
 *      a caller app            p source patients       s source stays
 *      r output reports        u output URL http://x/a/1     U http://x/b
 *      f function other        m function main
 *      k constant K            A, R ands, rows unknown */
static void change(rules_request *r, char letter)
{
    static const char *const us_and_z[] = {"http://us", "http://z"};
    static const char *const constants[] = {"K"};
    switch (letter) {
    case 'o':
        r->program = OTHER;
        r->program_len = strlen(OTHER);
        break;
    case '3':
        r->participants = b_us_c;
        r->n_participants = 3;
        r->party = 1;
        break;
    case 'z':
        r->participants = us_and_z;
        break;
    case 'a':
        r->caller = "app";
        break;
    case 'p':
        r->source = "patients";
        break;
    case 's':
        r->source = "stays";
        break;
    case 'r':
        r->output = "reports";
        break;
    case 'u':
        r->output = "http://x/a/1";
        break;
    case 'U':
        r->output = "http://x/b";
        break;
    case 'k':
        r->constants = constants;
        r->n_constants = 1;
        break;
    case 'f':
        r->function = "other";
        break;
    case 'm':
        r->function = "main";
        break;
    case 'A':
        r->n_ands = RULES_UNKNOWN;
        break;
    case 'R':
        r->n_rows = RULES_UNKNOWN;
        break;
    default:
        fail_msg("no change '%c'", letter);
    }
}

typedef struct decision_row {
    const char *rules;
    const char *changes;
    rules_outcome outcome;
    const char *why; /* a part of it */
} decision_row;

#define ALLOW(rest) "  - {name: r, decision: allow, programs: [#]" rest "}\n"
#define DENY(rest)  "  - {name: d, decision: deny" rest "}\n"
#define ASK(rest)   "  - {name: a, decision: ask" rest "}\n"

static const decision_row rows[] = {
    /* nothing is allowed by itself */
    {NULL, "", RULES_ASK, "no rule allows it"},
    {NULL, "o3apu", RULES_ASK, "no rule allows it"},
    {ALLOW(""), "", RULES_ALLOW, "rule 'r' allows it"},
    {ALLOW(""), "o", RULES_ASK, "no rule allows it"},
    /* participants: all of them for allowing */
    {ALLOW(""), "3", RULES_ALLOW, ""},
    {ALLOW(", participants: [b]"), "", RULES_ALLOW, ""},
    {ALLOW(", participants: [c]"), "", RULES_ASK, ""},
    {ALLOW(", participants: [b]"), "3", RULES_ASK, ""},
    {ALLOW(", participants: [b, c]"), "3", RULES_ALLOW, ""},
    {ALLOW(""), "z", RULES_REFUSE, "no participant 'http://z' is configured"},
    {ASK(""), "z", RULES_REFUSE, "no participant 'http://z' is configured"},
    /* callers */
    {ALLOW(", callers: [office]"), "", RULES_ALLOW, ""},
    {ALLOW(", callers: [office]"), "a", RULES_ASK, ""},
    /* sources: none unless named, and then no other input */
    {ALLOW(""), "p", RULES_ASK, ""},
    {ALLOW(", sources: [patients]"), "p", RULES_ALLOW, ""},
    {ALLOW(", sources: [patients]"), "s", RULES_ASK, ""},
    {ALLOW(", sources: [patients]"), "", RULES_ASK, ""},
    /* outputs: the same */
    {ALLOW(""), "r", RULES_ASK, ""},
    {ALLOW(""), "u", RULES_ASK, ""},
    {ALLOW(", outputs: [reports]"), "r", RULES_ALLOW, ""},
    {ALLOW(", outputs: [reports]"), "u", RULES_ASK, ""},
    {ALLOW(", outputs: [reports]"), "", RULES_ASK, ""},
    {ALLOW(", outputs: [\"http://x/a/\"]"), "u", RULES_ALLOW, ""},
    {ALLOW(", outputs: [\"http://x/a/\"]"), "U", RULES_ASK, ""},
    {ALLOW(", outputs: [\"http://x/a/1\"]"), "u", RULES_ALLOW, ""},
    {ALLOW(", outputs: [\"http://x/a\"]"), "u", RULES_ASK, ""},
    {ALLOW(", outputs: [\"http://x/b\"]"), "U", RULES_ALLOW, ""},
    /* constants: none unless named */
    {ALLOW(""), "k", RULES_ASK, ""},
    {ALLOW(", constants: [K]"), "k", RULES_ALLOW, ""},
    {ALLOW(", constants: [K]"), "", RULES_ALLOW, ""},
    {ALLOW(", constants: [L]"), "k", RULES_ASK, ""},
    /* functions: main unless named */
    {ALLOW(""), "f", RULES_ASK, ""},
    {ALLOW(""), "m", RULES_ALLOW, ""},
    {ALLOW(", functions: [other]"), "f", RULES_ALLOW, ""},
    {ALLOW(", functions: [other]"), "", RULES_ASK, ""},
    {ALLOW(", functions: [main, other]"), "m", RULES_ALLOW, ""},
    {DENY("") ALLOW(""), "f", RULES_REFUSE, ""},
    /* the ends of each limit: 100 ANDs, 50 rows, 5 runs */
    {ALLOW(", max-ands: 100"), "", RULES_ALLOW, ""},
    {ALLOW(", max-ands: 99"), "", RULES_ASK,
     "rule 'r' would allow it, but it has 100 AND gates, and 99 is the most"},
    {ALLOW(", max-ands: 101"), "", RULES_ALLOW, ""},
    {ALLOW(", sources: [patients], max-rows: 50"), "p", RULES_ALLOW, ""},
    {ALLOW(", sources: [patients], max-rows: 49"), "p", RULES_ASK,
     "it has 50 rows, and 49 is the most"},
    {ALLOW(", sources: [patients], min-rows: 50"), "p", RULES_ALLOW, ""},
    {ALLOW(", sources: [patients], min-rows: 51"), "p", RULES_ASK,
     "it has 50 rows, and 51 is the least"},
    {ALLOW(", sources: [patients], min-rows: 50, max-rows: 50"), "p", RULES_ALLOW, ""},
    {ALLOW(", runs-a-day: 6"), "", RULES_ALLOW, ""},
    {ALLOW(", runs-a-day: 5"), "", RULES_ASK, "but has allowed its 5 runs a day"},
    {ALLOW(", runs-a-day: 4"), "", RULES_ASK, "but has allowed its 4 runs a day"},
    /* what has not been measured is not allowed yet */
    {ALLOW(", max-ands: 99"), "A", RULES_MEASURE, ""},
    {ALLOW(", sources: [patients], min-rows: 51"), "pR", RULES_MEASURE, ""},
    {ALLOW(", sources: [patients], max-rows: 51"), "pR", RULES_MEASURE, ""},
    {ALLOW(""), "AR", RULES_ALLOW, ""},
    {ALLOW(", max-ands: 99"), "Ao", RULES_ASK, ""},
    {ALLOW(", max-ands: 99, runs-a-day: 5"), "A", RULES_ASK, "runs a day"},
    /* the first that fits decides; one whose limit is exceeded does not fit */
    {DENY("") ALLOW(""), "", RULES_REFUSE, "rule 'd' denies it"},
    {ALLOW("") DENY(""), "", RULES_ALLOW, ""},
    {ALLOW("") DENY(""), "o", RULES_REFUSE, "rule 'd' denies it"},
    {ALLOW(", max-ands: 99") DENY(""), "", RULES_REFUSE, "rule 'd' denies it"},
    {ASK("") ALLOW(""), "", RULES_ASK, "rule 'a' wants a person to decide"},
    {ALLOW(", max-ands: 99") "  - {name: q, decision: allow, programs: [#], max-ands: 100}\n", "",
     RULES_ALLOW, "rule 'q' allows it"},
    /* denying is for all that touch what it names */
    {DENY(", participants: [c]") ALLOW(""), "3", RULES_REFUSE, ""},
    {DENY(", participants: [c]") ALLOW(""), "", RULES_ALLOW, ""},
    {DENY(", programs: [#]") ASK(""), "", RULES_REFUSE, ""},
    {DENY(", programs: [#]") ASK(""), "o", RULES_ASK, ""},
    {DENY(", sources: [patients]") ALLOW(", sources: [patients, stays]"), "p", RULES_REFUSE, ""},
    {DENY(", sources: [patients]") ALLOW(", sources: [patients, stays]"), "s", RULES_ALLOW, ""},
    {DENY(", outputs: [reports]") ALLOW(""), "", RULES_ALLOW, ""},
    {DENY(", callers: [app]") ALLOW(""), "a", RULES_REFUSE, ""},
    {DENY(", callers: [app]") ALLOW(""), "", RULES_ALLOW, ""},
};

static void each_part_of_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture f;
        node_decision d;
        rules_request r = usual_request();
        open_rules(&f, rows[i].rules);
        for (const char *c = rows[i].changes; *c != '\0'; c++)
            change(&r, *c);
        rules_decide(&d, &f.config, &r);
        if (d.outcome != rows[i].outcome || strstr(d.why, rows[i].why) == NULL)
            fail_msg("row %zu '%s' with '%s': outcome %d, '%s'", i,
                     rows[i].rules == NULL ? "" : rows[i].rules, rows[i].changes, (int)d.outcome,
                     d.why);
        assert_int_equal(d.outcome == RULES_MEASURE, d.needs_ands || d.needs_rows);
        assert_int_equal(strlen(d.program_sha256), 64);
        node_config_clear(&f.config);
    }
}

static void what_is_to_be_measured(void **state)
{
    fixture f;
    node_decision d;
    rules_request r = usual_request();
    (void)state;
    open_rules(&f, ALLOW(", sources: [patients], max-ands: 100, min-rows: 50"));
    r.source = "patients";
    r.n_ands = RULES_UNKNOWN;
    rules_decide(&d, &f.config, &r);
    assert_true(d.needs_ands && !d.needs_rows);
    r.n_ands = 100;
    r.n_rows = RULES_UNKNOWN;
    rules_decide(&d, &f.config, &r);
    assert_true(!d.needs_ands && d.needs_rows);
    r.n_rows = 50;
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_ALLOW);
    assert_string_equal(d.rule, "r");
    node_config_clear(&f.config);
}

static void runs_that_nobody_counts(void **state)
{
    fixture f;
    node_decision d;
    rules_request r = usual_request();
    (void)state;
    open_rules(&f, ALLOW(", runs-a-day: 5"));
    r.runs_of_day = unknown_runs;
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_ASK);
    assert_non_null(strstr(d.why, "nobody knows"));
    r.runs_of_day = NULL;
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_ASK);
    node_config_clear(&f.config);
}

static void requests_that_cannot_be(void **state)
{
    static const char *const twice[][3] = {{"http://us", "http://b/node", "http://b/node"},
                                           {"http://us", "http://b/node", "http://b/node/"}};
    fixture f;
    node_decision d;
    (void)state;
    open_rules(&f, ALLOW(", sources: [patients], outputs: [reports]"));
    rules_request r = usual_request();
    r.party = 2;
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_REFUSE);
    r = usual_request();
    r.n_participants = 1;
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_REFUSE);
    r = usual_request();
    r.source = "patiens";
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_REFUSE);
    assert_non_null(strstr(d.why, "no source 'patiens'"));
    r = usual_request();
    r.output = "/etc/passwd";
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_REFUSE);
    assert_non_null(strstr(d.why, "no output"));
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) {
        r = usual_request();
        r.participants = twice[i];
        r.n_participants = 3;
        rules_decide(&d, &f.config, &r);
        assert_int_equal(d.outcome, RULES_REFUSE);
        assert_non_null(strstr(d.why, "is there twice"));
    }
    node_config_clear(&f.config);
}

/* URLs that begin as one that is allowed, and lead elsewhere. */
static void urls_that_lead_away(void **state)
{
    static const char *const urls[] = {
        "http://x/a",         "http://x/a/../b",   "http://x/a/./../b", "http://x/a/%2e%2e/b",
        "http://x/a/\\..\\b", "http://x.evil/a/1", "http://x/a/..",     "https://x/a/1",
        "http://x:80/a/1",    "http://u@x/a/1",    "HTTP://x/a/1",      "http://x/a/b/../../../c",
    };
    fixture f;
    node_decision d;
    (void)state;
    open_rules(&f, ALLOW(", outputs: [\"http://x/a/\"]"));
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        rules_request r = usual_request();
        r.output = urls[i];
        rules_decide(&d, &f.config, &r);
        if (d.outcome != RULES_ASK)
            fail_msg("'%s' is allowed", urls[i]);
    }
    node_config_clear(&f.config);
}

static void reasons_are_printable(void **state)
{
    static const char *const hostile[] = {"http://us", "http://\x1b[2J\n\xff\xfe"};
    fixture f;
    node_decision d;
    rules_request r = usual_request();
    (void)state;
    open_rules(&f, NULL);
    r.participants = hostile;
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_REFUSE);
    assert_non_null(strstr(d.why, "no participant 'http://?[2J?"));
    for (const char *c = d.why; *c != '\0'; c++)
        assert_true(*c >= ' ' && *c <= '~');
    node_config_clear(&f.config);
}

static void insecure_allows_all(void **state)
{
    fixture f;
    node_decision d;
    rules_request r = usual_request();
    (void)state;
    open_rules(&f, DENY(""));
    f.config.insecure_allow_all = true;
    change(&r, 'z');
    rules_decide(&d, &f.config, &r);
    assert_int_equal(d.outcome, RULES_ALLOW);
    assert_null(d.rule);
    assert_non_null(strstr(d.why, "--insecure-allow-all"));
    node_config_clear(&f.config);
}

/* ---- Signed programs ---- */

#define BOARD "  - {name: r, decision: allow, signed-by: [$]}\n"

static rules_outcome decide_on(const fixture *f, const char *program, size_t len)
{
    node_decision d;
    rules_request r = usual_request();
    r.program = program;
    r.program_len = len;
    rules_decide(&d, &f->config, &r);
    return d.outcome;
}

static void a_program_that_is_signed(void **state)
{
    fixture f;
    buffer once, twice;
    (void)state;
    open_rules(&f, BOARD);
    buffer_init(&once, 1 << 20);
    buffer_init(&twice, 1 << 20);
    assert_int_equal(decide_on(&f, OTHER, strlen(OTHER)), RULES_ASK);
    /* by somebody else, and then by the right key, too */
    assert_int_equal(program_sign(&once, OTHER, strlen(OTHER), &f.stranger, NULL), PT_OK);
    assert_int_equal(decide_on(&f, (char *)once.bytes, once.len), RULES_ASK);
    assert_int_equal(program_sign(&twice, (char *)once.bytes, once.len, &f.board, NULL), PT_OK);
    assert_int_equal(decide_on(&f, (char *)twice.bytes, twice.len), RULES_ALLOW);
    assert_memory_equal(twice.bytes, OTHER, strlen(OTHER));
    /* an end of line lost on its way does no harm */
    assert_int_equal(decide_on(&f, (char *)twice.bytes, twice.len - 1), RULES_ALLOW);
    pt_error error;
    buffer_reset(&once);
    assert_int_equal(program_sign(&once, (char *)twice.bytes, twice.len, &f.board, &error),
                     PT_ERR_INPUT);
    assert_non_null(strstr(error.message, "signed with this key already"));
    buffer_clear(&once);
    buffer_clear(&twice);
    node_config_clear(&f.config);
}

/* No byte of program or signature can be another one. */
static void signed_programs_do_not_change(void **state)
{
    fixture f;
    buffer b;
    (void)state;
    open_rules(&f, BOARD);
    buffer_init(&b, 1 << 20);
    assert_int_equal(program_sign(&b, OTHER, strlen(OTHER) - 1, &f.board, NULL), PT_OK);
    assert_int_equal(decide_on(&f, (char *)b.bytes, b.len), RULES_ALLOW);
    for (size_t i = 0; i + 1 < b.len; i++) {
        b.bytes[i] ^= 1;
        if (decide_on(&f, (char *)b.bytes, b.len) != RULES_ASK)
            fail_msg("byte %zu may be changed", i);
        b.bytes[i] ^= 1;
    }
    buffer_printf(&b, "fn more() -> u8 { 1 }\n");
    assert_int_equal(decide_on(&f, (char *)b.bytes, b.len), RULES_ASK);
    buffer_clear(&b);
    node_config_clear(&f.config);
}

static void odd_programs_are_not_signed(void **state)
{
    fixture f;
    buffer b, more;
    pt_error error;
    (void)state;
    open_rules(&f, BOARD);
    assert_int_equal(decide_on(&f, "", 0), RULES_ASK);
    assert_int_equal(decide_on(&f, "\n", 1), RULES_ASK);
    assert_int_equal(decide_on(&f, "// polytune-signature: ", 23), RULES_ASK);
    buffer_init(&b, 1 << 20);
    buffer_init(&more, 1 << 20);
    assert_int_equal(program_sign(&b, "", 0, &f.board, &error), PT_ERR_INPUT);
    /* more signatures than are looked at: those before belong to the program */
    buffer_printf(&b, OTHER);
    for (uint8_t i = 0; i < PROGRAM_SIGNATURES_MAX; i++) {
        signing_key key;
        make_key(&key, (uint8_t)(10 + i));
        buffer_reset(&more);
        assert_int_equal(program_sign(&more, (char *)b.bytes, b.len, &key, NULL), PT_OK);
        buffer_reset(&b);
        buffer_put(&b, more.bytes, more.len);
    }
    assert_int_equal(program_sign(&more, (char *)b.bytes, b.len, &f.board, &error), PT_ERR_INPUT);
    buffer_clear(&b);
    buffer_clear(&more);
    node_config_clear(&f.config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_of_a_rule),
        cmocka_unit_test(what_is_to_be_measured),
        cmocka_unit_test(runs_that_nobody_counts),
        cmocka_unit_test(requests_that_cannot_be),
        cmocka_unit_test(urls_that_lead_away),
        cmocka_unit_test(reasons_are_printable),
        cmocka_unit_test(insecure_allows_all),
        cmocka_unit_test(a_program_that_is_signed),
        cmocka_unit_test(signed_programs_do_not_change),
        cmocka_unit_test(odd_programs_are_not_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
