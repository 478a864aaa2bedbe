/* The document of the HTTP interface (openapi.json) and a page that shows it (page.html), which the
 * build makes part of the program. Layer: node. */
#ifndef NODE_HTTP_DOCUMENT_H
#define NODE_HTTP_DOCUMENT_H

#include <stddef.h>

extern const unsigned char document_api[];
extern const size_t document_api_len;
extern const unsigned char document_page[];
extern const size_t document_page_len;

#endif
