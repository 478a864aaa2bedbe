/* Looking at a server: name, address, proxy, TLS, clock, round trip. Layer: cli. */
#ifndef CLI_DOCTOR_LOOK_H
#define CLI_DOCTOR_LOOK_H

#include "channel/http/probe.h"
#include "cli/doctor/report.h"

/* A server that is looked at. */
typedef struct doctor_server {
    doctor_report *report;
    http_probe *probe; /* keeps its connection */
    uint64_t timeout_ms;
    double round_trip_s; /* once measured */
} doctor_server;

/* A GET of `path`; the call is the caller's to clear. PT_ERR_MEMORY. */
MUST_CHECK pt_status doctor_get(doctor_server *s, http_look *ret_look, http_call *ret_call,
                                const char *path, pt_error *error);

/* Reaches it by GET of `path` and reports name, proxy, TLS and clock, or why it is not reached;
 * *ret_call as of doctor_get. */
MUST_CHECK pt_status doctor_reach(doctor_server *s, http_call *ret_call, const char *path,
                                  pt_error *error);

/* The round trip of requests on the connection that is there: the median of several. */
MUST_CHECK pt_status doctor_round_trip(doctor_server *s, const char *path, pt_error *error);

#endif
