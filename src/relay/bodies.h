/* Many messages in one request, or in one answer. Layer: relay. See channel/http/bodies.h and
 * relay_bulk.c for why, and for what the client does. */
#ifndef RELAY_BODIES_H
#define RELAY_BODIES_H

#include "relay/request.h"

/* The request's head is there: takes its body, if it is one of many messages. */
void bodies_check(request *r);
/* Answers it, or the question which messages are there. */
enum MHD_Result bodies_answer(request *r);

/* The request's message is there: adds those behind it that are to come with it. False: it comes
 * alone. */
bool bodies_gather(request *r);
/* Answers with them. */
enum MHD_Result bodies_reply(request *r);

#endif
