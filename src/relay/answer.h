/* What each path does. Layer: relay. */
#ifndef RELAY_ANSWER_H
#define RELAY_ANSWER_H

#include "relay/request.h"

/* Answers the complete request, or holds it. */
enum MHD_Result answer(request *r);
/* Refuses a request for whose body there is no room, as `result` says. */
void answer_no_room(request *r, store_result result);
/* The request's message has been sent, or not, and is let go. */
void answer_sent(request *r, bool ok);

#endif
