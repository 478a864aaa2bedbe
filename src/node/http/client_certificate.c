#include "node/http/client_certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>

#include "base/hex.h"

_Static_assert(CLIENT_CERTIFICATE_SIZE == HEX_SIZE(crypto_hash_sha256_BYTES), "a hash as text");

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

/* The library has let it through whatever it is. */
static bool is_trusted(gnutls_session_t session)
{
    gnutls_typed_vdata_st wanted = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                    .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned faults = 0;
    return gnutls_certificate_verify_peers(session, &wanted, 1, &faults) == GNUTLS_E_SUCCESS &&
           faults == 0;
}

bool client_certificate(char ret_sha256[CLIENT_CERTIFICATE_SIZE], struct MHD_Connection *connection)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    unsigned n = 0;
    const gnutls_session_t session = session_of(connection);
    const gnutls_datum_t *chain =
        session == NULL ? NULL : gnutls_certificate_get_peers(session, &n);
    if (chain == NULL || n == 0 || !is_trusted(session))
        return false;
    (void)crypto_hash_sha256(hash, chain[0].data, chain[0].size);
    hex_write(ret_sha256, hash, sizeof hash);
    return true;
}
