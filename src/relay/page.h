/* The files of the page for browsers, from a folder read once. Layer: relay.
 *
 * Which names there are is fixed here and their bytes are in memory before the first request: no
 * path that a client sends ever reaches the file system. */
#ifndef RELAY_PAGE_H
#define RELAY_PAGE_H

#include "relay/request.h"

typedef struct page page;
typedef struct page_file page_file;

/* Reads all files of the page; PT_ERR_FILE names the one that is missing. */
MUST_CHECK pt_status page_load(page **ret_page, const char *folder, pt_error *error);
/* Accepts NULL. */
void page_free(page *p);

/* The file at a path, or NULL; `p` may be NULL, a relay without a page. */
const page_file *page_find(const page *p, const char *path);

/* Answers with the request's page file: compressed if the browser takes that, and nothing but "not
 * changed" to one that has it. */
enum MHD_Result page_answer(request *r);

/* Headers of the request that matter here. */
void page_take_encoding(request *r, const char *value);
void page_take_match(request *r, const char *value);

#endif
