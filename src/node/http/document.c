#include "node/http/document.h"

#include <string.h>

#include "node/http/request.h"

enum MHD_Result answer_document(node_request *r)
{
    return request_text(r, 200, "application/json", (const char *)document_api, document_api_len);
}

enum MHD_Result answer_page(node_request *r)
{
    return request_text(r, 200, "text/html; charset=utf-8", (const char *)document_page,
                        document_page_len);
}
