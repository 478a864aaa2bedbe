/* Bodies of many packets. Layer: channel.
 *
 * Where much is to be sent, requests of a packet each have to share the link: each connection grows
 * by itself, all lose what is too much for the link at once, and the first packet is there no
 * sooner than the last. So one request takes packets one after the other, as they come, and its
 * answer is for all of them: a record for each (httpd/records.h), whose flag says that with that
 * packet the sender has closed. The head gives the first packet's number, those behind follow. Who
 * serves must offer it (WIRE_BODY), and tells in every answer which packets it has, for which the
 * sender asks now and then: it keeps what may be lost.
 *
 * What stands between the parties may keep a body until it is whole, or refuse long ones. So the
 * first bodies are no longer than a packet may be, and end soon; their answers tell for how long
 * they came. Where that is shorter than they took to send, packets are sent one by one from then
 * on. So they are after a body that failed, if it had them: who has taken one drops it when it
 * comes again. */
#ifndef CHANNEL_HTTP_BODIES_H
#define CHANNEL_HTTP_BODIES_H

#include "channel/http/delivery.h"
#include "httpd/records.h"

/* To one peer at once: one that takes packets, and others that wait for their answers. */
#define BODIES 3

#define BODY_MAX FRAME_PACKET_MAX

extern const delivery_bodies bodies_of_packets;

/* All with the lock held. The peer of that number takes such bodies. It has all packets up to that
 * number, as it answered to a request that began then. Whether it is to be asked which it has, and
 * when; DELIVERY_NEVER: it need not. */
void bodies_offered(delivery *d, size_t party);
void bodies_arrived(delivery *d, size_t party, uint64_t number, uint64_t asked_ms);
bool bodies_want_to_know(const delivery *d, size_t party);
uint64_t bodies_ask_at(const delivery *d, size_t party);
/* A body that waited for packets is to go on, because there is one or it is to end: the driver has
 * its source asked again. Else false, and in `ret_at_ms` when it will be. */
bool body_goes_on(transfer *t, uint64_t now_ms, uint64_t *ret_at_ms);

#endif
