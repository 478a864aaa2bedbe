/* What each path does. Layer: relay. */
#ifndef RELAY_ANSWER_H
#define RELAY_ANSWER_H

#include "relay/request.h"

/* Answers the complete request, or holds it. */
enum MHD_Result answer(request *r);
/* Refuses a request for whose body there is no room, as `result` says. */
void answer_no_room(request *r, store_result result);
/* Answers what the store says no with. */
enum MHD_Result answer_failure(request *r, store_result result);
/* Puts the request's body into its queue. What a message waits for that cannot be put; false: it
 * does not wait. */
store_result answer_put(request *r);
bool answer_waits_for(store_result result, store_wake *ret_what);
/* Its party leaves the seat, which the answer tells. */
void answer_leave_with(request *r, struct MHD_Response *response);
/* The request's message has been sent, or not, and is let go. */
void answer_sent(request *r, bool ok);

#endif
