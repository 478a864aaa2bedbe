/* Signing keys: as openssl writes and reads them, and files that are none. */
#define _POSIX_C_SOURCE 200809L
#include <sys/stat.h>
#include <unistd.h>

#include "node/signing_key.h"
#include "support/test.h"

/* RFC 8410, section 10.3 and 10.1. */
static const char rfc_private[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
static const char rfc_public[] = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

typedef struct key_file {
    char folder[64];
    char path[96];
} key_file;

static void open_folder(key_file *f)
{
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/polytune-key-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/key", f->folder);
}

static void close_folder(const key_file *f)
{
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0);
}

static void put_file(const key_file *f, const char *text, mode_t mode)
{
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(f->path, mode), 0);
}

static void the_rfcs_key(void **state)
{
    key_file f;
    signing_key key;
    char text[SIGNING_PUBLIC_SIZE];
    uint8_t back[SIGNING_PUBLIC_BYTES];
    (void)state;
    open_folder(&f);
    put_file(&f, rfc_private, 0600);
    assert_int_equal(signing_key_read(&key, f.path, NULL), PT_OK);
    signing_public_print(text, key.public);
    assert_string_equal(text, rfc_public);
    assert_true(signing_public_parse(back, text, strlen(text)));
    assert_memory_equal(back, key.public, sizeof back);
    signing_key_clear(&key);
    close_folder(&f);
}

static void a_new_key_signs(void **state)
{
    key_file f;
    signing_key key;
    uint8_t public[SIGNING_PUBLIC_BYTES];
    uint8_t signature[SIGNING_BYTES];
    pt_error error;
    (void)state;
    open_folder(&f);
    assert_int_equal(signing_key_create(public, f.path, NULL), PT_OK);
    assert_int_equal(signing_key_create(public, f.path, &error), PT_ERR_FILE);
    assert_non_null(strstr(error.message, "exists already"));
    assert_int_equal(signing_key_read(&key, f.path, NULL), PT_OK);
    assert_memory_equal(key.public, public, sizeof public);
    signing_sign(signature, &key, "text", 4);
    assert_true(signing_verify(signature, public, "text", 4));
    assert_false(signing_verify(signature, public, "tex", 3));
    signature[7] ^= 1;
    assert_false(signing_verify(signature, public, "text", 4));
    signing_key_clear(&key);
    close_folder(&f);
}

static void files_that_are_no_keys(void **state)
{
    static const char *const texts[] = {
        "",
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE "
        "KEY-----\nMC4C!QAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n",
        /* X25519, and one byte short */
        "-----BEGIN PRIVATE "
        "KEY-----\nMC4CAQAwBQYDK2VuBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE "
        "KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVg=\n"
        "-----END PRIVATE KEY-----\n",
    };
    key_file f;
    signing_key key;
    pt_error error;
    (void)state;
    open_folder(&f);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put_file(&f, texts[i], 0600);
        assert_int_equal(signing_key_read(&key, f.path, &error), PT_ERR_INPUT);
        assert_non_null(strstr(error.message, "not the file of a private signing key"));
        assert_null(strstr(error.message, "MC4C")); /* a key is not shown */
    }
    put_file(&f, rfc_private, 0644);
    assert_int_equal(signing_key_read(&key, f.path, &error), PT_ERR_FILE);
    assert_non_null(strstr(error.message, "open to others (mode 644)"));
    close_folder(&f);
    assert_int_equal(signing_key_read(&key, f.path, &error), PT_ERR_FILE);
}

static void texts_that_are_no_public_keys(void **state)
{
    uint8_t key[SIGNING_PUBLIC_BYTES];
    char text[SIGNING_PUBLIC_SIZE];
    (void)state;
    assert_false(signing_public_parse(key, "", 0));
    assert_false(signing_public_parse(key, rfc_public, sizeof rfc_public - 2));
    memcpy(text, rfc_public, sizeof text);
    text[10] ^= 1; /* another algorithm */
    assert_false(signing_public_parse(key, text, sizeof text - 1));
    memcpy(text, rfc_public, sizeof text);
    text[40] = '-';
    assert_false(signing_public_parse(key, text, sizeof text - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_key),
        cmocka_unit_test(a_new_key_signs),
        cmocka_unit_test(files_that_are_no_keys),
        cmocka_unit_test(texts_that_are_no_public_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
