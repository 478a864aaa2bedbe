#include "relay/page.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/read_file.h"

#define FILE_MAX     ((size_t)16 << 20)
#define DIGEST_BYTES 16
#define ETAG_SIZE    (HEX_SIZE(DIGEST_BYTES) + 2) /* with its quotation marks */
#define PATH_SIZE    4096

/* Scripts, styles and workers come from here alone. What may be connected to is open: the relay of
 * an invitation need not be the one that serves the page. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "                \
    "style-src 'self'; img-src 'self' data:; connect-src 'self' http: https:; base-uri 'none'; "   \
    "form-action 'none'; frame-ancestors 'none'"
/* The single file brings its policy along, with the hashes of what is in it. */
#define POLICY_SINGLE "frame-ancestors 'none'"

typedef struct page_row {
    const char *path;
    const char *name;
    const char *type;
    const char *policy;
} page_row;

static const page_row page_rows[] = {
    {"/", "index.html", "text/html; charset=utf-8", POLICY},
    {"/page.css", "page.css", "text/css; charset=utf-8", POLICY},
    {"/page.js", "page.js", "text/javascript; charset=utf-8", POLICY},
    {"/editor.js", "editor.js", "text/javascript; charset=utf-8", POLICY},
    {"/worker-browser.js", "worker-browser.js", "text/javascript; charset=utf-8", POLICY},
    {"/polytune.wasm", "polytune.wasm", "application/wasm", POLICY},
    {"/icon.svg", "icon.svg", "image/svg+xml", POLICY},
    {"/licenses.txt", "licenses.txt", "text/plain; charset=utf-8", POLICY},
    {"/polytune.html", "polytune.html", "text/html; charset=utf-8", POLICY_SINGLE},
};

#define N_FILES (sizeof page_rows / sizeof *page_rows)

/* As it is, and compressed; without bytes: there is no such file. */
typedef struct page_body {
    uint8_t *bytes;
    size_t len;
    char etag[ETAG_SIZE];
} page_body;

struct page_file {
    const page_row *row;
    page_body plain;
    page_body packed;
};

struct page {
    page_file files[N_FILES];
};

/* ---- reading ---- */

static void page_set_etag(page_body *body)
{
    uint8_t digest[DIGEST_BYTES];
    char text[HEX_SIZE(DIGEST_BYTES)];
    (void)crypto_generichash(digest, sizeof digest, body->bytes, body->len, NULL, 0);
    hex_write(text, digest, sizeof digest);
    (void)snprintf(body->etag, sizeof body->etag, "\"%s\"", text);
}

/* A file that is not there leaves the body empty. */
static pt_status page_load_body(page_body *body, const char *path, pt_error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL && errno == ENOENT)
        return PT_OK;
    if (file == NULL)
        return error_set(error, PT_ERR_FILE, "cannot read '%s': %s", path, strerror(errno));
    buffer b;
    buffer_init(&b, FILE_MAX);
    const pt_status status = read_file(&b, file, path, error);
    (void)fclose(file);
    if (status == PT_OK)
        body->bytes = buffer_take(&b, &body->len);
    buffer_clear(&b);
    if (body->bytes != NULL)
        page_set_etag(body);
    return status;
}

static pt_status page_load_file(page_file *f, const page_row *row, const char *folder,
                                pt_error *error)
{
    char path[PATH_SIZE];
    f->row = row;
    const int len = snprintf(path, sizeof path - sizeof ".gz", "%s/%s", folder, row->name);
    if (len < 0 || (size_t)len >= sizeof path - sizeof ".gz")
        return error_set(error, PT_ERR_FILE, "the name of the page's folder is too long");
    pt_status status = page_load_body(&f->plain, path, error);
    if (status != PT_OK)
        return status;
    if (f->plain.bytes == NULL)
        return error_set(error, PT_ERR_FILE, "'%s' is no folder of the page: it has no %s", folder,
                         row->name);
    memcpy(path + len, ".gz", sizeof ".gz");
    return page_load_body(&f->packed, path, error);
}

pt_status page_load(page **ret_page, const char *folder, pt_error *error)
{
    page *p = mem_new(1, sizeof *p);
    if (p == NULL)
        return error_memory(error);
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < N_FILES; i++)
        status = page_load_file(&p->files[i], &page_rows[i], folder, error);
    if (status == PT_OK)
        *ret_page = p;
    else
        page_free(p);
    return status;
}

void page_free(page *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < N_FILES; i++) {
        mem_free(p->files[i].plain.bytes);
        mem_free(p->files[i].packed.bytes);
    }
    mem_free(p);
}

/* ---- asking ---- */

const page_file *page_find(const page *p, const char *path)
{
    for (size_t i = 0; p != NULL && i < N_FILES; i++)
        if (strcmp(path, p->files[i].row->path) == 0)
            return &p->files[i];
    return NULL;
}

/* A coding that is named is wanted, but with a weight of zero (RFC 9110, section 12.5.3). */
void page_take_encoding(request *r, const char *value)
{
    const char *at = strstr(value, "gzip");
    if (at == NULL)
        return;
    at += strlen("gzip");
    at += strspn(at, " ;");
    const bool has_weight = strncmp(at, "q=", 2) == 0;
    r->takes_gzip = !has_weight || strspn(at + 2, "0.") < strcspn(at + 2, ", ");
}

void page_take_match(request *r, const char *value)
{
    const size_t len = strlen(value);
    if (len < sizeof r->match)
        memcpy(r->match, value, len + 1);
}

/* ---- answering ---- */

static void page_put_headers(struct MHD_Response *response, const page_file *f,
                             const page_body *body)
{
    const struct {
        const char *name;
        const char *value;
    } headers[] = {
        {"Content-Type", f->row->type},
        {"Content-Security-Policy", f->row->policy},
        {"ETag", body->etag},
        /* Asked about each time, so that a page and its worker are of one version. */
        {"Cache-Control", "no-cache"},
        {"Vary", "Accept-Encoding"},
        /* Together they isolate the page, which shared memory needs. */
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Embedder-Policy", "require-corp"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        (void)MHD_add_response_header(response, headers[i].name, headers[i].value);
    if (body == &f->packed)
        (void)MHD_add_response_header(response, "Content-Encoding", "gzip");
}

enum MHD_Result page_answer(request *r)
{
    const page_file *f = r->file;
    const page_body *body = r->takes_gzip && f->packed.bytes != NULL ? &f->packed : &f->plain;
    const bool is_known = strstr(r->match, body->etag) != NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        is_known ? 0 : body->len, body->bytes, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    page_put_headers(response, f, body);
    return httpd_finish(&r->http, is_known ? 304 : 200, response);
}
