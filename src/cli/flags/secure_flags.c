#define _POSIX_C_SOURCE 200809L
#include "cli/flags/secure_flags.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/file.h"
#include "cli/report.h"
#include "polytune/secure.h"

#define SECRET_VARIABLE "POLYTUNE_SESSION_SECRET"
#define SECRET_FILE_MAX 65538 /* what pt_channel_secure_wrap takes, and a line break */

const flag flags_secure[] = {
    {"key", "FILE", "this party's private key, of polytune keygen; goes with --roster", false},
    {"roster", "FILE", "everybody's public keys, lines NUMBER PUBLIC_KEY; goes with --key", false},
    {"session-secret", "SECRET",
     "what only the parties know, the same for all; @FILE reads it from a file; or "
     "set " SECRET_VARIABLE,
     false},
    {0},
};

static pt_status read_keys(secure_flags *f, const char *key, const char *roster_path,
                           pt_error *error)
{
    if (key == NULL && roster_path == NULL)
        return PT_OK;
    if (roster_path == NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--key needs --roster=FILE, the public keys of all parties");
    if (key == NULL)
        return error_set(error, PT_ERR_USAGE,
                         "--roster needs --key=FILE, this party's private key (polytune keygen)");
    f->roster = mem_new(1, sizeof *f->roster);
    if (f->roster == NULL)
        return error_memory(error);
    const pt_status status = roster_read(f->roster, roster_path, error);
    if (status != PT_OK)
        return status;
    f->private_key = mem_new_guarded(1, PT_KEY_BYTES);
    if (f->private_key == NULL)
        return error_memory(error);
    return key_read(f->private_key, key, error);
}

static void warn_if_open(const char *path)
{
    struct stat info;
    if (strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
        (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        report_message(REPORT_WARN,
                       "other users of this machine can read or change the session secret in '%s' "
                       "(mode %03o): 'chmod 600 %s'",
                       path, (unsigned)info.st_mode & 0777u, path);
}

/* The line break with which editors end a file is no part of the secret. */
static pt_status read_secret_file(secure_flags *f, const char *path, pt_error *error)
{
    const pt_status status =
        file_read_secret(&f->secret, &f->secret_size, &f->secret_len, SECRET_FILE_MAX, path, error);
    if (status == PT_OK && f->secret_len > 0 && f->secret[f->secret_len - 1] == '\n')
        f->secret_len--;
    if (status == PT_OK && f->secret_len > 0 && f->secret[f->secret_len - 1] == '\r')
        f->secret_len--;
    return status;
}

/* Everything given is part of the secret: what is easily there at one party only is told. */
static void warn_of_secret(const secure_flags *f)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char last = f->secret[f->secret_len - 1];
    if (f->secret_len >= 3 && memcmp(f->secret, mark, 3) == 0)
        report_message(REPORT_WARN,
                       "the session secret begins with a byte order mark, which counts");
    if (last == ' ' || last == '\t' || last == '\r' || last == '\n')
        report_message(REPORT_WARN,
                       "the session secret ends with a blank or line break, which counts");
    const size_t bits = pt_channel_secure_secret_bits(f->secret, f->secret_len);
    if (bits < PT_SECRET_BITS_ENOUGH)
        report_message(REPORT_WARN,
                       "the session secret is weak, about %zu bits by a rough estimate: somebody "
                       "who takes part without knowing it can guess it; use five random words "
                       "or more, or 'openssl rand -hex 16'",
                       bits);
}

/* The secret moves out of the argument or variable, where it would stay for the whole run and where
 * `ps` shows it: both are the program's own to change. */
static pt_status move_secret(secure_flags *f, const char *text, pt_error *error)
{
    const size_t len = strlen(text);
    f->secret = mem_new_guarded(len + 1, 1);
    if (f->secret == NULL)
        return error_memory(error);
    f->secret_len = len;
    f->secret_size = len + 1;
    memcpy(f->secret, text, len);
    mem_wipe((char *)text, len);
    return PT_OK;
}

static pt_status read_secret(secure_flags *f, const char *given, pt_error *error)
{
    pt_status status = PT_OK;
    const char *text = given != NULL ? given : getenv(SECRET_VARIABLE);
    if (text == NULL)
        return PT_OK;
    if (given != NULL && given[0] == '@') {
        warn_if_open(text + 1);
        status = read_secret_file(f, text + 1, error);
    } else {
        status = move_secret(f, text, error);
    }
    if (status == PT_OK && f->secret_len == 0)
        status = error_set(error, PT_ERR_USAGE, "%s is empty",
                           given != NULL ? "--session-secret" : SECRET_VARIABLE);
    if (status == PT_OK)
        warn_of_secret(f);
    return status;
}

pt_status secure_flags_init(secure_flags *ret_flags, const args *a, pt_error *error)
{
    *ret_flags = (secure_flags){.announces = true};
    const pt_status status = read_keys(ret_flags, args_get(a, "key"), args_get(a, "roster"), error);
    return status == PT_OK ? read_secret(ret_flags, args_get(a, "session-secret"), error) : status;
}

static void forget_secrets(secure_flags *f)
{
    mem_free_guarded(f->secret, f->secret_size);
    mem_free_guarded(f->private_key, PT_KEY_BYTES);
    f->secret = NULL;
    f->private_key = NULL;
}

void secure_flags_clear(secure_flags *f)
{
    forget_secrets(f);
    mem_free(f->roster);
    mem_wipe(f, sizeof *f);
}

pt_status secure_flags_own_key(secure_flags *f, uint8_t ret_public_key[PT_KEY_BYTES],
                               pt_error *error)
{
    if (f->private_key != NULL)
        return pt_channel_secure_public_key(ret_public_key, f->private_key, error);
    f->private_key = mem_new_guarded(1, PT_KEY_BYTES);
    if (f->private_key == NULL)
        return error_memory(error);
    return pt_channel_secure_keygen(ret_public_key, f->private_key, error);
}

void secure_flags_pin(secure_flags *f, size_t party, const uint8_t public_key[PT_KEY_BYTES])
{
    f->has_pin = true;
    f->pin_party = party;
    memcpy(f->pin_key, public_key, PT_KEY_BYTES);
}

bool secure_flags_knows(const secure_flags *f, size_t party)
{
    return f->roster != NULL ? party < ROSTER_MAX_KEYS && f->roster->has[party]
                             : f->has_pin && f->pin_party == party;
}

pt_status secure_flags_check(const secure_flags *f, size_t party, size_t parties, pt_error *error)
{
    static const uint8_t unknown[PT_KEY_BYTES] = {0}; /* would be taken as such */
    uint8_t own[PT_KEY_BYTES];
    if (f->roster == NULL)
        return PT_OK;
    for (size_t i = 0; i < parties; i++) {
        if (i >= ROSTER_MAX_KEYS || !f->roster->has[i] ||
            memcmp(f->roster->keys + i * PT_KEY_BYTES, unknown, sizeof unknown) == 0)
            return error_set(error, PT_ERR_USAGE,
                             "the roster has no key for party %zu; the parties are 0 to %zu", i,
                             parties - 1);
    }
    if (f->has_pin &&
        memcmp(f->pin_key, f->roster->keys + f->pin_party * PT_KEY_BYTES, sizeof f->pin_key) != 0)
        return error_set(error, PT_ERR_USAGE,
                         "the ticket has another key for party %zu, which opened the session, than "
                         "the roster",
                         f->pin_party);
    const pt_status status = pt_channel_secure_public_key(own, f->private_key, error);
    if (status == PT_OK && memcmp(own, f->roster->keys + party * PT_KEY_BYTES, sizeof own) != 0)
        return error_set(error, PT_ERR_USAGE,
                         "the key that the roster has for party %zu, this party, does not belong "
                         "to --key",
                         party);
    return status;
}

static void say_who_is_known(const secure_flags *f, const pt_channel *channel)
{
    char words[PT_FINGERPRINT_SIZE];
    if (f->roster != NULL || f->secret != NULL)
        report_message(REPORT_DEBUG, "encrypted; the parties are known by their %s",
                       f->roster == NULL   ? "session secret"
                       : f->secret == NULL ? "keys"
                                           : "keys and session secret");
    else if (pt_channel_secure_fingerprint(words, channel, NULL) == PT_OK && f->has_pin)
        report_security(
            "encrypted; party %zu is the one that made the ticket, but nobody else is "
            "authenticated: if all parties, on the telephone for example, find the same "
            "words, nobody is in between: %s",
            f->pin_party, words);
    else if (pt_channel_secure_fingerprint(words, channel, NULL) == PT_OK)
        report_security("encrypted, but not authenticated: if all parties, on the telephone for "
                        "example, find the same words, nobody is in between: %s",
                        words);
}

/* The keys that are known: all of a roster, or the one of a ticket; NULL for none. `ret_made` is
 * the caller's to free. */
static const uint8_t *known_keys(const secure_flags *f, uint8_t **ret_made, size_t parties)
{
    if (f->roster != NULL || !f->has_pin || f->pin_party >= parties)
        return f->roster == NULL ? NULL : f->roster->keys;
    *ret_made = mem_new(parties, PT_KEY_BYTES);
    if (*ret_made != NULL)
        memcpy(*ret_made + f->pin_party * PT_KEY_BYTES, f->pin_key, PT_KEY_BYTES);
    return *ret_made;
}

pt_status secure_flags_wrap(pt_channel *channel, secure_flags *f, const char *session, size_t party,
                            size_t parties, pt_error *error)
{
    uint8_t *made = NULL;
    const pt_secure_options options = {
        .party = party,
        .parties = parties,
        .session = session,
        .session_len = session == NULL ? 0 : strlen(session),
        .private_key = f->private_key,
        .roster = known_keys(f, &made, parties),
        .session_secret = f->secret,
        .session_secret_len = f->secret_len,
    };
    pt_status status = f->has_pin && options.roster == NULL
                           ? error_memory(error)
                           : pt_channel_secure_wrap(channel, *channel, &options, error);
    mem_free(made);
    if (status == PT_OK && f->announces)
        say_who_is_known(f, channel);
    forget_secrets(f);
    mem_wipe_stack();
    return status;
}
