#include "node/http/server_certificate.h"

#include <gnutls/abstract.h>

#include "base/error.h"
#include "base/mem.h"
#include "httpd/tls.h"
#include "node/service.h"

#define CHAIN_MAX 16

struct server_certificate {
    server_certificate *before;
    unsigned n;
    gnutls_pcert_st chain[CHAIN_MAX];
    gnutls_privkey_t key;
};

/* ---- reading ---- */

/* Whether the key is the first certificate's. */
static bool belong_together(const gnutls_datum_t *chain, const gnutls_datum_t *key)
{
    gnutls_certificate_credentials_t both = NULL;
    if (gnutls_certificate_allocate_credentials(&both) != GNUTLS_E_SUCCESS)
        return false;
    const int result = gnutls_certificate_set_x509_key_mem(both, chain, key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(both);
    return result >= 0;
}

static bool import_certificate(server_certificate *c, const buffer *chain, const buffer *key)
{
    const gnutls_datum_t chain_text = {chain->bytes, (unsigned)chain->len};
    const gnutls_datum_t key_text = {key->bytes, (unsigned)key->len};
    unsigned n = CHAIN_MAX;
    if (!belong_together(&chain_text, &key_text) ||
        gnutls_pcert_list_import_x509_raw(c->chain, &n, &chain_text, GNUTLS_X509_FMT_PEM, 0) < 0)
        return false;
    c->n = n;
    return gnutls_privkey_init(&c->key) == GNUTLS_E_SUCCESS &&
           gnutls_privkey_import_x509_raw(c->key, &key_text, GNUTLS_X509_FMT_PEM, NULL, 0) >= 0;
}

static pt_status make_certificate(server_certificate **ret_certificate, const buffer *chain,
                                  const buffer *key, pt_error *error)
{
    server_certificate *c = mem_new(1, sizeof *c);
    if (c == NULL)
        return error_memory(error);
    if (import_certificate(c, chain, key)) {
        *ret_certificate = c;
        return PT_OK;
    }
    server_certificate_free(c);
    return error_set(error, PT_ERR_INPUT,
                     "the TLS certificate and its key cannot be used: not valid, or they do not "
                     "belong together");
}

pt_status server_certificate_read(server_certificate **ret_certificate, const char *chain_path,
                                  const char *key_path, pt_error *error)
{
    buffer chain;
    buffer key;
    buffer_init(&key, 0);
    pt_status status = tls_read_certificate(&chain, chain_path, error);
    if (status != PT_OK)
        return status;
    status = tls_read_key(&key, key_path, error);
    if (status == PT_OK)
        status = make_certificate(ret_certificate, &chain, &key, error);
    buffer_clear(&chain);
    buffer_clear(&key);
    return status;
}

void server_certificate_free(server_certificate *c)
{
    while (c != NULL) {
        server_certificate *before = c->before;
        for (unsigned i = 0; i < c->n; i++)
            gnutls_pcert_deinit(&c->chain[i]);
        if (c->key != NULL)
            gnutls_privkey_deinit(c->key);
        mem_free(c);
        c = before;
    }
}

void server_certificate_follow(server_certificate *c, server_certificate *before)
{
    c->before = before;
}

/* ---- showing ---- */

static int show_certificate(gnutls_session_t session, const gnutls_datum_t *authorities,
                            int n_authorities, const gnutls_pk_algorithm_t *algorithms,
                            int n_algorithms, gnutls_pcert_st **ret_chain, unsigned *ret_n,
                            gnutls_privkey_t *ret_key)
{
    node *n = httpd_user_of_session(gnutls_session_get_ptr(session));
    (void)authorities;
    (void)n_authorities;
    (void)algorithms;
    (void)n_algorithms;
    if (n == NULL)
        return -1;
    monitor_lock(&n->lock);
    server_certificate *c = n->certificate;
    monitor_unlock(&n->lock);
    *ret_chain = c->chain;
    *ret_n = c->n;
    *ret_key = c->key;
    return 0;
}

void (*server_certificate_shower(void))(void)
{
    gnutls_certificate_retrieve_function2 *show = show_certificate;
    return (void (*)(void))show;
}
