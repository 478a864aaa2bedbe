/* Who asks, and whether it asks too often. Layer: relay. */
#ifndef RELAY_ADMIT_H
#define RELAY_ADMIT_H

#include "relay/quota.h"
#include "relay/request.h"
#include "relay/stats.h"

typedef struct admit_limits {
    quota address_requests;
    quota address_sessions;
    quota session_requests;
} admit_limits;

MUST_CHECK pt_status admit_init(admit_limits *a, const relay_options *o, pt_error *error);
void admit_clear(admit_limits *a);

/* Writes an address as text, of IPv6 the network of 64 bits. */
void admit_write_address(char ret_text[ADDRESS_MAX], const struct sockaddr *address);
/* Finds the address of who asks; a header of the trusted proxy may name another. */
void admit_address(request *r);
void admit_forwarded(request *r, const char *value);
/* Takes the token of an Authorization or X-Polytune-Token header. */
void admit_authorization(request *r, const char *value);
void admit_token(request *r, const char *value);
/* Makes a token for a client that joins without. False when there is no randomness. */
MUST_CHECK bool admit_issue(request *r);
/* Counts the request against the limits of its address and session; false: one is exceeded, and
 * which. Those that concern no session are free. */
bool admit_count(request *r, refusal *ret_why);
/* Whether an address may open a session now: 0, or after how long; and that it has opened one. */
uint64_t admit_opening_wait_ms(admit_limits *a, const char *address);
void admit_opened(admit_limits *a, const char *address);

#endif
