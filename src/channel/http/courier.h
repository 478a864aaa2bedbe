/* The courier: a thread that performs all HTTP requests of a channel at once. Layer: channel. */
#ifndef CHANNEL_HTTP_COURIER_H
#define CHANNEL_HTTP_COURIER_H

#include "channel/http/delivery.h"

extern const http_driver courier_driver;

/* Tells the thread that there is something to do. Any thread, with or without the lock. */
void courier_nudge(mailboxes *m);

#endif
