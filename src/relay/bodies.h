/* Many messages in one request. Layer: relay. See channel/http/bodies.h for why, and for what the
 * client does. */
#ifndef RELAY_BODIES_H
#define RELAY_BODIES_H

#include "relay/request.h"

/* The request's head is there: takes its body, if it is one of many messages. */
void bodies_check(request *r);
/* Answers it, or the question which messages are there. */
enum MHD_Result bodies_answer(request *r);

#endif
