#include "node/program_signature.h"

#include <sodium.h>
#include <string.h>

#include "base/error.h"
#include "crypto/ct.h"

#define BASE64          sodium_base64_VARIANT_ORIGINAL
#define SIGNATURE_CHARS 88

static const char line_start[] = "// polytune-signature: ";
static const char label[] = "polytune program 1\n";

#define START_CHARS (sizeof line_start - 1)
#define LINE_CHARS  (START_CHARS + SIGNING_PUBLIC_SIZE - 1 + 1 + SIGNATURE_CHARS)

_Static_assert(sodium_base64_ENCODED_LEN(SIGNING_BYTES, BASE64) == SIGNATURE_CHARS + 1,
               "a signature's text");

typedef struct signature_line {
    uint8_t key[SIGNING_PUBLIC_BYTES];
    uint8_t signature[SIGNING_BYTES];
} signature_line;

/* The signatures at a program's end, and how much of it they sign. */
typedef struct signed_program {
    size_t body_len;
    size_t n_lines;
    signature_line lines[PROGRAM_SIGNATURES_MAX]; /* the last one first */
} signed_program;

/* Exactly as program_sign writes it. */
static bool parse_line(signature_line *ret_line, const char *text, size_t len)
{
    size_t got = 0;
    if (len != LINE_CHARS || strncmp(text, line_start, START_CHARS) != 0)
        return false;
    const char *key = text + START_CHARS;
    const char *signature = key + SIGNING_PUBLIC_SIZE - 1;
    return *signature == ' ' && signing_public_parse(ret_line->key, key, SIGNING_PUBLIC_SIZE - 1) &&
           sodium_base642bin(ret_line->signature, SIGNING_BYTES, signature + 1, SIGNATURE_CHARS,
                             NULL, &got, NULL, BASE64) == 0 &&
           got == SIGNING_BYTES;
}

/* Where the last line of text[0 .. len) begins, which ends with a newline or the text. */
static size_t last_line(const char *text, size_t len)
{
    size_t at = len != 0 && text[len - 1] == '\n' ? len - 1 : len;
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

static void split_program(signed_program *ret_split, const char *text, size_t len)
{
    ret_split->body_len = len;
    ret_split->n_lines = 0;
    while (ret_split->n_lines < PROGRAM_SIGNATURES_MAX) {
        const size_t at = last_line(text, ret_split->body_len);
        size_t n = ret_split->body_len - at;
        if (n != 0 && text[at + n - 1] == '\n')
            n--;
        if (!parse_line(&ret_split->lines[ret_split->n_lines], text + at, n))
            return;
        ret_split->body_len = at;
        ret_split->n_lines++;
    }
}

static const char *message_of(buffer *ret_message, const char *body, size_t len)
{
    buffer_init(ret_message, SIZE_MAX / 4);
    buffer_put(ret_message, label, sizeof label - 1);
    buffer_put(ret_message, body, len);
    return buffer_text(ret_message);
}

bool program_is_signed_by(const char *program, size_t len, const uint8_t key[SIGNING_PUBLIC_BYTES])
{
    signed_program split;
    buffer message;
    bool found = false;
    split_program(&split, program, len);
    if (split.n_lines == 0)
        return false;
    const char *text = message_of(&message, program, split.body_len);
    for (size_t i = 0; text != NULL && !found && i < split.n_lines; i++)
        found = ct_equal(split.lines[i].key, key, SIGNING_PUBLIC_BYTES) &&
                signing_verify(split.lines[i].signature, key, text, message.len);
    buffer_clear(&message);
    return found;
}

static pt_status put_signature(buffer *text, size_t body_len, const signing_key *key,
                               pt_error *error)
{
    uint8_t signature[SIGNING_BYTES];
    char public_text[SIGNING_PUBLIC_SIZE];
    char signature_text[SIGNATURE_CHARS + 1];
    buffer message;
    const char *signed_text = message_of(&message, (const char *)text->bytes, body_len);
    if (signed_text == NULL || text->failed) {
        buffer_clear(&message);
        return error_memory(error);
    }
    signing_sign(signature, key, signed_text, message.len);
    buffer_clear(&message);
    signing_public_print(public_text, key->public);
    (void)sodium_bin2base64(signature_text, sizeof signature_text, signature, sizeof signature,
                            BASE64);
    buffer_printf(text, "%s%s %s\n", line_start, public_text, signature_text);
    return text->failed ? error_memory(error) : PT_OK;
}

pt_status program_sign(buffer *ret_text, const char *program, size_t len, const signing_key *key,
                       pt_error *error)
{
    signed_program split;
    split_program(&split, program, len);
    if (split.body_len == 0)
        return error_set(error, PT_ERR_INPUT, "there is no program to sign");
    if (split.n_lines == PROGRAM_SIGNATURES_MAX)
        return error_set(error, PT_ERR_INPUT,
                         "the program has %d signatures already, the most "
                         "that are looked at",
                         PROGRAM_SIGNATURES_MAX);
    for (size_t i = 0; i < split.n_lines; i++) {
        if (ct_equal(split.lines[i].key, key->public, SIGNING_PUBLIC_BYTES))
            return error_set(error, PT_ERR_INPUT,
                             "the program is signed with this key already; if it has been changed "
                             "since, delete the line that begins with %s",
                             line_start);
    }
    buffer_put(ret_text, program, len);
    /* Otherwise the signature would stand in the program's last line. */
    if (program[len - 1] != '\n')
        buffer_put_u8(ret_text, '\n');
    return put_signature(ret_text, split.n_lines == 0 ? ret_text->len : split.body_len, key, error);
}
