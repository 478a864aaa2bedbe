#include "node/http/request.h"

enum MHD_Result answer_document(node_request *r)
{
    return request_problem(r, 404, "NotFound", "there is no document yet");
}

enum MHD_Result answer_page(node_request *r)
{
    return request_problem(r, 404, "NotFound", "there is no page yet");
}
