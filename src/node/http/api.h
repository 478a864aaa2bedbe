/* The HTTP interface of a node. Layer: node.
 *
 *     POST   /schedule                      take a policy (policy.h); answered when all agree on it
 *     GET    /computations[?state=STATE]    what is known here
 *     GET    /computations/{id}             one; DELETE stops it, or forgets it when it has ended
 *     GET    /computations/{id}/result      what `output` gets
 *     POST   /computations/{id}/approve     by a person, of what no rule allows:
 *                                           {"policy_sha256": of what was looked at}, perhaps
 *                                           with "program_sha256"
 *     POST   /computations/{id}/deny        {"why": text}
 *     GET    /health, /metrics, /api.json, /
 *     POST   /msg/{id}/{from}               of the other parties' nodes (channel/http/direct_hub.h)
 *
 * Statuses are those of the Rust project's server where it has any: 400 for what is no JSON and for
 * a policy that cannot be, 403 no rule allows it or the caller may not, 404, 405, 409 not now, 410
 * it has ended, 413, 415, 422 JSON of another shape, 429, 500 it will not be computed, 503. Bodies
 * of refusals are {"type": .., "details": ..}. */
#ifndef NODE_HTTP_API_H
#define NODE_HTTP_API_H

#include "httpd/httpd.h"

/* Serves; `user` is the node. */
extern const httpd_app node_app;

#endif
