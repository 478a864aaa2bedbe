/* The configuration of a node: what is read, and each thing that is refused, with its line. */
#define _POSIX_C_SOURCE 200809L
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "base/read_file.h"
#include "data/source.h"
#include "node/config.h"
#include "support/test.h"

#define KEY_B "pk:NP7SoYLkpRMHNKGbPXW8mge4GQp6-pfoJPHCnWK-VFwn7deS"
#define KEY_C "pk:0wY5TMv8XHTaiOt8DnGQThFtQTGjyaMCQWinE31FLy-ZjHb9"
#define SHA   "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631"
#define SHA_2 "5104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631"
#define SIGN  "MCowBQYDK2VwAyEAGMfRK9aINvRhKVvz3onLoDiEOqHHImGOSB0YrvMXyM0="

/* Line by line, so that rows below can say in which one something is wrong. */
static const char *const usual[] = {
    /* 1 */ "listen: 127.0.0.1:8000",
    /* 2 */ "key: node.key",
    /* 3 */ "store: sqlite:node.sqlite",
    /* 4 */ "audit: {file: audit.log, key: audit.key}",
    /* 5 */ "tls: {certificate: tls.crt, key: tls.key, client-ca: ca.crt}",
    /* 6 */ "wait: 10m",
    /* 7 */ "participants:",
    /* 8 */ "  - {name: b, url: \"http://b.example/node/\", key: \"" KEY_B "\"}",
    /* 9 */ "  - {name: c, url: \"http://c.example:81\", key: \"" KEY_C "\"}",
    /* 10 */ "sources:",
    /* 11 */
    "  - {name: patients, from: \"@p.csv\", header: false, separator: \";\", decimal: \",\"}",
    /* 12 */ "  - {name: stays, from: \"sqlite:s.db\", query: \"SELECT 1\"}",
    /* 13 */ "outputs:",
    /* 14 */ "  - {name: reports, to: \"sqlite:r.db\", table: t}",
    /* 15 */ "issuers:",
    /* 16 */ "  - {issuer: i, audience: a, key: i.pem, algorithm: ES256}",
    /* 17 */ "callers:",
    /* 18 */ "  - {name: office, token-sha256: " SHA ", roles: [schedule]}",
    /* 19 */ "  - {name: officer, jwt-subject: o, roles: [read, approve]}",
    /* 20 */ "  - {name: admin, certificate-sha256: " SHA ", roles: [admin]}",
    /* 21 */ "rules:",
    /* 22 */ "  - {name: r, decision: allow, programs: [" SHA "],",
    /* 23 */ "     participants: [b], callers: [office],",
    /* 24 */ "     sources: [patients], outputs: [reports, \"http://x.example/a/\"], min-rows: 10}",
    /* 25 */ "  - {name: s, decision: deny}",
    NULL,
};

/* The usual text, or with one line of it replaced. */
static void put_config(buffer *b, size_t line, const char *instead)
{
    buffer_init(b, 1 << 20);
    for (size_t i = 0; usual[i] != NULL; i++)
        buffer_printf(b, "%s\n", i + 1 == line ? instead : usual[i]);
}

static pt_status parse(node_config *c, const char *text, size_t len, pt_error *error)
{
    pt_error_clear(error);
    return node_config_parse(c, "/etc/node/n.yaml", text, len, error);
}

/* Parsing fails, and says what is expected. */
static void assert_fault(const char *text, size_t len, const char *message)
{
    node_config c;
    pt_error error;
    const pt_status status = parse(&c, text, len, &error);
    if (status == PT_OK || strstr(error.message, message) == NULL)
        fail_msg("expected '%s', got status %d, '%s'", message, (int)status,
                 status == PT_OK ? "" : error.message);
    assert_int_equal(status, PT_ERR_INPUT);
    node_config_clear(&c);
}

static void what_it_holds(void **state)
{
    buffer b;
    node_config c;
    pt_error error;
    (void)state;
    put_config(&b, 0, NULL);
    assert_int_equal(parse(&c, (const char *)b.bytes, b.len, &error), PT_OK);
    assert_string_equal(c.address, "127.0.0.1");
    assert_int_equal(c.port, 8000);
    assert_string_equal(c.key_file, "/etc/node/node.key");
    assert_string_equal(c.store, "sqlite:/etc/node/node.sqlite");
    assert_string_equal(c.audit_file, "/etc/node/audit.log");
    assert_string_equal(c.client_ca, "/etc/node/ca.crt");
    assert_int_equal(c.wait_ms, 600000);
    assert_int_equal(c.timeout_ms, 60000);
    assert_false(c.insecure_allow_all);
    assert_string_equal(c.participants[0].url, "http://b.example/node");
    assert_ptr_equal(node_config_participant_at(&c, "http://b.example/node//"), &c.participants[0]);
    assert_null(node_config_participant_at(&c, "http://b.example/nod"));
    assert_null(node_config_participant_at(&c, "http://b.example/node/x"));
    assert_ptr_equal(node_config_participant(&c, "c"), &c.participants[1]);
    assert_null(node_config_participant(&c, "d"));
    assert_string_equal(node_config_source(&c, "patients")->from, "@/etc/node/p.csv");
    assert_int_equal(c.sources[0].header, HEADER_ROW);
    assert_string_equal(c.sources[0].decimal, ",");
    assert_int_equal(c.sources[1].header, HEADER_UNSAID);
    assert_string_equal(node_config_output(&c, "reports")->to, "sqlite:/etc/node/r.db");
    assert_int_equal(c.issuers[0].algorithm, NODE_JWT_ES256);
    assert_int_equal(c.callers[1].roles, NODE_READ | NODE_APPROVE);
    assert_string_equal(c.callers[1].jwt_issuer, "i"); /* there is no other */
    assert_int_equal(c.rules[0].kind, NODE_ALLOW);
    assert_int_equal(c.rules[0].line, 22);
    assert_int_equal(c.rules[0].outputs.list[0].line, 24);
    assert_int_equal(c.rules[0].min_rows, 10);
    assert_int_equal(c.rules[0].max_rows, 0);
    assert_int_equal(c.rules[1].kind, NODE_DENY);
    node_config_clear(&c);
    buffer_clear(&b);
}

typedef struct fault_row {
    size_t line;
    const char *instead;
    const char *message;
} fault_row;

/* Each puts one line in place of the usual one. */
static const fault_row faults[] = {
    /* keys */
    {2, "listen: 127.0.0.1:1", "n.yaml:2: 'listen' is given twice, first in line 1"},
    {2, "kee: node.key", "n.yaml:2: the configuration has no key 'kee'; did you mean 'key'?"},
    {2, "x: 1", "n.yaml:2: the configuration has no key 'x'; it has listen, url, relay, key"},
    {2, "", "n.yaml:1: the configuration needs a key 'key'"},
    {2, "insecure-allow-all: true", "n.yaml:2: the configuration has no key 'insecure-allow-all'"},
    {4, "audit: {file: audit.log}", "n.yaml:4: audit needs a key 'key'"},
    {4, "audit: {file: a, fil: b, key: k}",
     "n.yaml:4: audit has no key 'fil'; did you mean 'file'?"},
    {4, "audit: audit.log", "n.yaml:4: audit is a mapping"},
    {4, "audit: [file, key]", "n.yaml:4: audit is a mapping"},
    {9, "  - {name: c, url: \"http://c.example\"}", "n.yaml:9: a participant needs a key 'key'"},
    {9, "  - c", "n.yaml:9: a participant is a mapping"},
    {21, "<<: x\nrules:", "n.yaml:21: the configuration has no key '<<'"},
    {2, "? [a]\n: b", "n.yaml:2: a key is a word"},
    /* nothing in place of a value */
    {2, "key:", "n.yaml:2: 'key' has no value"},
    {2, "key: ~", "n.yaml:2: 'key' has no value"},
    {2, "key: null", "n.yaml:2: 'key' has no value"},
    {2, "key: \"\"", "n.yaml:2: 'key' has no value"},
    {2, "key: [a]", "n.yaml:2: 'key' takes one value, not a list"},
    {2, "key: {a: b}", "n.yaml:2: 'key' takes one value, not a mapping"},
    /* truth by exact words */
    {11, "  - {name: p, from: \"@p.csv\", header: no}",
     "n.yaml:11: 'header' is one of true, false, not 'no'"},
    {11, "  - {name: p, from: \"@p.csv\", header: n}", "'header' is one of true, false, not 'n'"},
    {11, "  - {name: p, from: \"@p.csv\", header: True}", "one of true, false, not 'True'"},
    {11, "  - {name: p, from: \"@p.csv\", header: maybe}", "one of true, false, not 'maybe'"},
    {11, "  - {name: p, from: \"@p.csv\", header: 1}", "one of true, false, not '1'"},
    {11, "  - {name: p, from: \"@p.csv\", header: \"true\"}",
     "'header' takes no text: leave the quotes out"},
    {11, "  - {name: p, from: \"@p.csv\", header: }", "'header' has no value"},
    /* other words */
    {25, "  - {name: s, decision: refuse}",
     "n.yaml:25: 'decision' is one of allow, ask, deny, not 'refuse'"},
    {25, "  - {name: s, decision: 2}", "'decision' is one of allow, ask, deny, not '2'"},
    {25, "  - {name: s, decision: Deny}", "'decision' is one of allow, ask, deny, not 'Deny'"},
    {25, "  - {name: s}", "n.yaml:25: a rule needs a key 'decision'"},
    {16, "  - {issuer: i, audience: a, key: i.pem, algorithm: HS256}",
     "'algorithm' is one of ES256, EdDSA, not 'HS256'"},
    {16, "  - {issuer: i, audience: a, key: i.pem, algorithm: none}",
     "'algorithm' is one of ES256, EdDSA, not 'none'"},
    {16, "  - {issuer: i, audience: a, key: i.pem}", "an issuer needs a key 'algorithm'"},
    {16, "  - {issuer: i, key: i.pem, algorithm: ES256}", "an issuer needs a key 'audience'"},
    {19, "  - {name: o, jwt-subject: o, roles: [read, write]}",
     "n.yaml:19: 'roles' is one of schedule, read, approve, admin, not 'write'"},
    {19, "  - {name: o, jwt-subject: o, roles: read}", "n.yaml:19: 'roles' takes a list"},
    {19, "  - {name: o, jwt-subject: o, roles: []}", "n.yaml:19: 'roles' is an empty list"},
    {19, "  - {name: o, jwt-subject: o}", "n.yaml:19: a caller needs a key 'roles'"},
    /* numbers */
    {6, "concurrency: 010",
     "n.yaml:6: 'concurrency' is a decimal number from 1 to 1000, not '010'"},
    {6, "concurrency: 0x10", "from 1 to 1000, not '0x10'"},
    {6, "concurrency: 0o7", "from 1 to 1000, not '0o7'"},
    {6, "concurrency: 1_0", "from 1 to 1000, not '1_0'"},
    {6, "concurrency: +1", "from 1 to 1000, not '+1'"},
    {6, "concurrency: -1", "from 1 to 1000, not '-1'"},
    {6, "concurrency: 1.0", "from 1 to 1000, not '1.0'"},
    {6, "concurrency: 1e2", "from 1 to 1000, not '1e2'"},
    {6, "concurrency: 0", "from 1 to 1000, not '0'"},
    {6, "concurrency: 1001", "from 1 to 1000, not '1001'"},
    {6, "concurrency: 18446744073709551617", "from 1 to 1000, not '18446744073709551617'"},
    {6, "threads: 2", NULL},
    {6, "threads: 0", "n.yaml:6: 'threads' is a decimal number from 1 to 64, not '0'"},
    {6, "threads: 65", "from 1 to 64, not '65'"},
    {6, "concurrency: \"4\"", "'concurrency' takes no text: leave the quotes out"},
    {6, "wait: 10", NULL},
    {6, "wait: 720h", NULL},
    {6, "wait: 721h",
     "n.yaml:6: 'wait' is a time of at most 30 days such as 90s, 10m or 2h, not '721h'"},
    {6, "wait: 0s", "'wait' is a time"},
    {6, "wait: s", "'wait' is a time"},
    {6, "wait: 1d", "'wait' is a time"},
    {6, "wait: 1:30", "'wait' is a time"},
    {6, "wait: 99999999999999999999s", "'wait' is a time"},
    /* YAML that has no place here */
    {2, "key: &k node.key", "n.yaml:2: anchors (&name) and tags (!name) are not used here"},
    {2, "key: *k", "n.yaml:2: an alias (*name): write out what it stands for"},
    {2, "key: !!str node.key", "n.yaml:2: anchors (&name) and tags"},
    {25, "---\nkey: other", "n.yaml:25: a second document (---) begins"},
    {25, "...\nkey: other", "n.yaml:26:"},
    {25, "\t- x", "n.yaml:25:"},
    {25, "  - {name: s, decision: deny", "n.yaml:26:"},
    {25, "  - [[[[[[[[[[a]]]]]]]]]]", "n.yaml:25: it is nested too deeply"},
    {2, "key: \"a\\0b\"", "n.yaml:2: text with a NUL character"},
    {2, "key: \xff", "n.yaml: byte 28:"},
    /* the node's own */
    {1, "listen: 8000", "'listen' is HOST:PORT"},
    {1, "listen: \"localhost:\"", "'listen' is HOST:PORT"},
    {1, "listen: localhost:65536", "'listen' is HOST:PORT"},
    {1, "listen: localhost:x", "'listen' is HOST:PORT"},
    {1, "listen: http://localhost:80", "'listen' is HOST:PORT"},
    {1, "listen: \"[::1:80\"", "'listen' is HOST:PORT"},
    {1, "listen: \"[::1]:80\"", NULL},
    {1, "listen: localhost:0", NULL},
    {1, "url: ftp://a", "n.yaml:1: 'url' is a URL http(s)://HOST"},
    {1, "url: http://a/b?c", "n.yaml:1: 'url' is a URL http(s)://HOST"},
    {1, "url: http://u:p@a/b", "n.yaml:1: 'url' is a URL http(s)://HOST"},
    {1, "relay: http://", "n.yaml:1: 'relay' is a URL"},
    {3, "store: node.sqlite",
     "'store' is sqlite:FILE or postgres://HOST/DATABASE, not 'node.sqlite'"},
    {3, "store: \"sqlite:\"", NULL}, /* the folder itself: found when it is opened */
    {3, "store: postgres://db/node", NULL},
    {3, "store: \"postgres://\"", "'store' is sqlite:FILE or postgres://"},
    {5, "tls: {certificate: a}", "n.yaml:5: tls needs a key 'key'"},
    /* participants */
    {9, "  - {name: b, url: \"http://c\", key: \"" KEY_C "\"}",
     "n.yaml:9: there are two participants 'b'"},
    {9, "  - {name: c, url: \"http://b.example/node\", key: \"" KEY_C "\"}",
     "n.yaml:9: participants 'b' and 'c' have the same URL"},
    {9, "  - {name: c, url: \"http://c\", key: \"" KEY_B "\"}",
     "n.yaml:9: participants 'b' and 'c' have the same key"},
    {9, "  - {name: c, url: \"http://c\", key: \"pk:abc\"}",
     "n.yaml:9: the key of participant 'c': "},
    {9, "  - {name: c d, url: \"http://c\", key: \"" KEY_C "\"}",
     "n.yaml:9: 'name' is at most 64 letters, digits and . _ -"},
    {9, "  - {name: \"c\\n\", url: \"http://c\", key: \"" KEY_C "\"}",
     "n.yaml:9: 'name' is at most"},
    /* sources and outputs */
    {12, "  - {name: patients, from: \"sqlite:s\", query: q}",
     "n.yaml:12: there are two sources 'patients'"},
    {12, "  - {name: s, from: p.csv}", "n.yaml:12: source 's': from is @FILE.csv"},
    {12, "  - {name: s, from: \"sqlite:s\"}", "n.yaml:12: source 's': a database needs a query"},
    {12, "  - {name: s, from: \"@s.csv\", query: q}",
     "n.yaml:12: source 's': a file takes no query"},
    {12, "  - {name: s, from: \"sqlite:s\", query: q, header: true, separator: \";\"}",
     "separator and header are for files"},
    {12, "  - {name: s, from: \"@s.csv\", separator: xx}", "source 's': separator is one of"},
    {12, "  - {name: s, from: \"@s.csv\", decimal: x}", "source 's': decimal is \".\" or \",\""},
    {12, "  - {name: s, from: \"odbc:DSN=a;PWD=secret\", query: q}",
     "n.yaml:12: a password does not belong here"},
    {12, "  - {name: s, from: \"odbc:@c\", query: q}", NULL},
    {12, "  - {name: s, from: \"@s.csv\", pad-to: 0}", "'pad-to' is a decimal number"},
    {14, "  - {name: o, to: o.csv}", "n.yaml:14: output 'o': to is @FILE"},
    {14, "  - {name: o, to: \"sqlite:o\"}", "n.yaml:14: output 'o': a database needs a table"},
    {14, "  - {name: o, to: \"@o.csv\", table: t}", "n.yaml:14: output 'o': a file takes no table"},
    /* callers */
    {19, "  - {name: office, jwt-subject: o, roles: [read]}",
     "n.yaml:19: there are two callers 'office'"},
    {19, "  - {name: o, roles: [read]}", "n.yaml:19: caller 'o' is known by one of"},
    {19, "  - {name: o, jwt-subject: o, token-sha256: " SHA_2 ", roles: [read]}", "not by several"},
    {19, "  - {name: o, token-sha256: " SHA ", roles: [read]}",
     "n.yaml:19: callers 'office' and 'o' are known by the same"},
    {19, "  - {name: o, token-sha256: secret, roles: [read]}",
     "n.yaml:19: 'token-sha256' takes a SHA-256 of 64 hexadecimal digits, not 'secret'"},
    {19, "  - {name: o, jwt-subject: o, jwt-issuer: j, roles: [read]}",
     "n.yaml:19: there is no issuer 'j'"},
    {19, "  - {name: o, jwt-issuer: i, token-sha256: " SHA_2 ", roles: [read]}",
     "has a jwt-issuer and no jwt-subject"},
    {16,
     "  - {issuer: i, audience: a, key: k, algorithm: EdDSA}\n  - {issuer: j, audience: a, key: k, "
     "algorithm: ES256}",
     "caller 'officer' needs a jwt-issuer: there are several"},
    {16,
     "  - {issuer: i, audience: a, key: k, algorithm: EdDSA}\n  - {issuer: i, audience: b, key: k, "
     "algorithm: ES256}",
     "n.yaml:17: there are two issuers 'i'"},
    {5, "tls: {certificate: a, key: b}",
     "n.yaml:20: caller 'admin' has a certificate, which nobody asks for"},
    /* rules */
    {25, "  - {name: r, decision: deny}", "n.yaml:25: there are two rules 'r'"},
    {25, "  - {name: s, decision: allow}", "n.yaml:25: rule 's' would allow every program"},
    {25, "  - {name: s, decision: ask}", NULL},
    {25, "  - {name: s, decision: deny, max-ands: 5}", "n.yaml:25: rule 's' has limits"},
    {25, "  - {name: s, decision: ask, runs-a-day: 5}", "n.yaml:25: rule 's' has limits"},
    {25, "  - {name: s, decision: deny, constants: [N]}",
     "n.yaml:25: rule 's' names constants or functions"},
    {25, "  - {name: s, decision: ask, functions: [f]}",
     "n.yaml:25: rule 's' names constants or functions"},
    {25, "  - {name: s, decision: allow, programs: [" SHA "], min-rows: 5}",
     "rule 's' limits rows and names no sources"},
    {25,
     "  - {name: s, decision: allow, programs: [" SHA
     "], sources: [stays], min-rows: 5, max-rows: 4}",
     "min-rows is more than max-rows"},
    {25, "  - {name: s, decision: allow, programs: [" SHA "], max-ands: 0}",
     "'max-ands' is a decimal number from 1"},
    {25, "  - {name: s, decision: deny, programs: [x]}", "n.yaml:25: 'programs' takes a SHA-256"},
    {25, "  - {name: s, decision: deny, programs: []}", "n.yaml:25: 'programs' is an empty list"},
    {25, "  - {name: s, decision: deny, programs: [~]}", "n.yaml:25: 'programs' has no value"},
    {25, "  - {name: s, decision: deny, programs: [[a]]}", "n.yaml:25: 'programs' takes one value"},
    {25, "  - {name: s, decision: allow, signed-by: [" SIGN "]}", NULL},
    {25, "  - {name: s, decision: allow, signed-by: [\"" KEY_B "\"]}",
     "n.yaml:25: signed-by takes public Ed25519 keys"},
    {25, "  - {name: s, decision: allow, signed-by: [" SIGN "\n,\n xyz]}",
     "n.yaml:27: signed-by takes public Ed25519 keys"},
    {25, "  - {name: s, decision: deny, participants: [d]}",
     "n.yaml:25: there is no participant 'd'"},
    {25, "  - {name: s, decision: deny, callers: [ofice]}",
     "n.yaml:25: there is no caller 'ofice'; did you mean 'office'?"},
    {24, "     sources: [pateints], min-rows: 10}",
     "n.yaml:24: there is no source 'pateints'; did you mean 'patients'?"},
    {24, "     sources: [patients], outputs: [report]}",
     "n.yaml:24: there is no output 'report'; did you mean 'reports'?"},
    {24, "     sources: [patients], outputs: [\"http://x.example\"]}",
     "n.yaml:24: 'http://x.example' needs a path"},
    {24, "     sources: [patients], outputs: [\"file:///etc/passwd\"]}",
     "n.yaml:24: 'file:///etc/passwd' is no URL"},
};

static void what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const fault_row *row = &faults[i];
        node_config c;
        pt_error error;
        buffer b;
        put_config(&b, row->line, row->instead);
        if (row->message != NULL) {
            assert_fault((const char *)b.bytes, b.len, row->message);
        } else {
            if (parse(&c, (const char *)b.bytes, b.len, &error) != PT_OK)
                fail_msg("'%s' is refused: %s", row->instead, error.message);
            node_config_clear(&c);
        }
        buffer_clear(&b);
    }
}

static void nothing_is_no_configuration(void **state)
{
    (void)state;
    assert_fault("", 0, "n.yaml:1: it is empty");
    assert_fault("# nothing\n", 10, "it is empty");
    assert_fault("---\n", 4, "the configuration is a mapping");
    assert_fault("~", 1, "the configuration is a mapping");
    assert_fault("[]", 2, "the configuration is a mapping");
    assert_fault("{}", 2, "the configuration needs a key 'key'");
    assert_fault("\xef\xbb\xbf{}", 5, "the configuration needs a key 'key'");
    assert_fault("{\0}", 3, "n.yaml");
}

/* Whatever is cut off or damaged, there is an answer. */
static void damage_is_harmless(void **state)
{
    buffer b;
    node_config c;
    pt_error error;
    (void)state;
    put_config(&b, 0, NULL);
    for (size_t len = 0; len < b.len; len++) {
        assert_true(parse(&c, (const char *)b.bytes, len, &error) < PT_STATUS_COUNT);
        node_config_clear(&c);
    }
    for (size_t i = 0; i < b.len; i++) {
        const uint8_t old = b.bytes[i];
        b.bytes[i] = (uint8_t) "\0\"'[]{}&*!%@`#:-\n\t\xff"[i % 19];
        assert_true(parse(&c, (const char *)b.bytes, b.len, &error) < PT_STATUS_COUNT);
        node_config_clear(&c);
        b.bytes[i] = old;
    }
    buffer_clear(&b);
}

static void memory_may_be_short(void **state)
{
    buffer b;
    node_config c;
    pt_error error;
    (void)state;
    put_config(&b, 0, NULL);
    pt_status status = PT_ERR_MEMORY;
    for (unsigned long n = 1; n < 100 && status != PT_OK; n++) {
        mem_fail_at(n);
        status = parse(&c, (const char *)b.bytes, b.len, &error);
        mem_fail_at(0);
        node_config_clear(&c);
        if (status != PT_OK)
            assert_true(status == PT_ERR_MEMORY || status == PT_ERR_INPUT);
    }
    assert_int_equal(status, PT_OK);
    buffer_clear(&b);
}

/* ---- Files ---- */

typedef struct folder {
    char path[64];
    char file[96];
} folder;

static void write_file(const folder *f, const char *name, mode_t mode, const char *text, size_t len)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static const char *const secret_files[] = {"node.key", "audit.key", "tls.key", NULL};
static const char *const other_files[] = {"tls.crt", "ca.crt", "i.pem", NULL};

static void make_folder(folder *f)
{
    buffer b;
    (void)snprintf(f->path, sizeof f->path, "/tmp/polytune-config-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->file, sizeof f->file, "%s/n.yaml", f->path);
    put_config(&b, 0, NULL);
    write_file(f, "n.yaml", 0644, (const char *)b.bytes, b.len);
    buffer_clear(&b);
    for (size_t i = 0; secret_files[i] != NULL; i++)
        write_file(f, secret_files[i], 0600, "x", 1);
    for (size_t i = 0; other_files[i] != NULL; i++)
        write_file(f, other_files[i], 0644, "x", 1);
}

static void remove_folder(const folder *f)
{
    static const char *const names[] = {"n.yaml",  "node.key", "audit.key", "tls.key",
                                        "tls.crt", "ca.crt",   "i.pem"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", f->path, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(f->path), 0);
}

static void assert_read(const folder *f, const char *message)
{
    node_config c;
    pt_error error;
    pt_error_clear(&error);
    const pt_status status = node_config_read(&c, f->file, &error);
    node_config_clear(&c);
    if (message == NULL) {
        if (status != PT_OK)
            fail_msg("%s", error.message);
        return;
    }
    assert_int_equal(status, PT_ERR_FILE);
    if (strstr(error.message, message) == NULL)
        fail_msg("expected '%s', got '%s'", message, error.message);
}

static void its_files_are_nobody_elses(void **state)
{
    folder f;
    (void)state;
    make_folder(&f);
    assert_read(&f, NULL);
    for (size_t i = 0; secret_files[i] != NULL; i++) {
        write_file(&f, secret_files[i], 0604, "x", 1);
        assert_read(&f, "is open to others (mode 604)");
        write_file(&f, secret_files[i], 0620, "x", 1);
        assert_read(&f, "is open to others (mode 620)");
        write_file(&f, secret_files[i], 0600, "x", 1);
    }
    for (size_t i = 0; other_files[i] != NULL; i++) {
        write_file(&f, other_files[i], 0666, "x", 1);
        assert_read(&f, "others may write");
        write_file(&f, other_files[i], 0644, "x", 1);
    }
    assert_int_equal(chmod(f.file, 0664), 0);
    assert_read(&f, "others may write the configuration");
    assert_int_equal(chmod(f.file, 0644), 0);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/audit.key", f.path);
    assert_int_equal(unlink(path), 0);
    assert_read(&f, "cannot read the audit's key");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_read(&f, "is no file");
    assert_int_equal(rmdir(path), 0);
    remove_folder(&f);
    assert_read(&f, "cannot read the configuration");
}

/* A password in the store's URL makes the whole configuration a secret. */
static void a_password_is_not_for_all(void **state)
{
    folder f;
    buffer b;
    (void)state;
    make_folder(&f);
    put_config(&b, 3, "store: postgres://node:secret@db/node");
    write_file(&f, "n.yaml", 0644, (const char *)b.bytes, b.len);
    assert_read(&f, "the configuration");
    write_file(&f, "n.yaml", 0600, (const char *)b.bytes, b.len);
    assert_read(&f, NULL);
    buffer_clear(&b);
    remove_folder(&f);
}

/* ---- The example, and what operators are told ---- */

static void count_advice(void *user, const char *advice)
{
    unsigned *n = user;
    assert_true(strlen(advice) > 20);
    ++*n;
}

static void the_example_is_in_order(void **state)
{
    char path[512];
    buffer b;
    node_config c;
    pt_error error;
    unsigned n_advice = 0;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/examples/node.yaml", getenv("POLYTUNE_SOURCE_DIR"));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buffer_init(&b, 1 << 20);
    assert_int_equal(read_file(&b, file, path, NULL), PT_OK);
    (void)fclose(file);
    if (parse(&c, (const char *)b.bytes, b.len, &error) != PT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(c.n_rules, 3);
    assert_string_equal(c.sources[0].rows, "ROWS");
    node_config_advise(&c, count_advice, &n_advice);
    assert_int_equal(n_advice, 0);
    node_config_clear(&c);
    buffer_clear(&b);
}

static void bare_configurations_get_advice(void **state)
{
    static const char text[] = "listen: 0.0.0.0:80\nkey: k\nstore: sqlite:s\n"
                               "audit: {file: a, key: b}\n";
    node_config c;
    pt_error error;
    unsigned n_advice = 0;
    (void)state;
    assert_int_equal(parse(&c, text, sizeof text - 1, &error), PT_OK);
    node_config_advise(&c, count_advice, &n_advice);
    assert_int_equal(n_advice, 5);
    node_config_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_holds),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(nothing_is_no_configuration),
        cmocka_unit_test(damage_is_harmless),
        cmocka_unit_test(memory_may_be_short),
        cmocka_unit_test(its_files_are_nobody_elses),
        cmocka_unit_test(a_password_is_not_for_all),
        cmocka_unit_test(the_example_is_in_order),
        cmocka_unit_test(bare_configurations_get_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
