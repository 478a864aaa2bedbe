/* What a node tells of itself. */
#include <inttypes.h>
#include <string.h>

#include "node/http/request.h"

enum MHD_Result answer_health(node_request *r)
{
    if (!node_is_alive(r->node))
        return request_problem(r, 503, "Unhealthy", "the node does not look after its queue");
    monitor_lock(&r->node->lock);
    const size_t n_unkept = r->node->n_unkept;
    const bool is_store_lost = r->node->is_store_lost;
    monitor_unlock(&r->node->lock);
    if (is_store_lost && n_unkept == 0)
        return request_problem(r, 503, "Unhealthy", "the store cannot be reached");
    if (n_unkept != 0)
        return request_problem(r, 503, "Unhealthy",
                               "the store or the audit log cannot be written; %zu ended and wait "
                               "for it in memory, so do not stop the node for that",
                               n_unkept);
    return request_empty(r, 200);
}

static void put_counter(buffer *b, const char *name, const char *help, const char *type,
                        uint64_t value)
{
    buffer_printf(b, "# HELP polytune_node_%s %s\n# TYPE polytune_node_%s %s\n", name, help, name,
                  type);
    buffer_printf(b, "polytune_node_%s %" PRIu64 "\n", name, value);
}

enum MHD_Result answer_metrics(node_request *r)
{
    node *n = r->node;
    buffer b;
    buffer_init(&b, 65536);
    monitor_lock(&n->lock);
    const node_counts c = n->counts;
    const uint64_t n_taken_up = n->n_taken_up;
    const uint64_t n_led = n->n_led;
    const uint64_t n_unkept = n->n_unkept;
    const bool is_store_lost = n->is_store_lost;
    monitor_unlock(&n->lock);
    put_counter(&b, "scheduled_total", "Policies that were taken.", "counter", c.scheduled);
    put_counter(&b, "refused_total", "Policies that were not.", "counter", c.refused);
    put_counter(&b, "done_total", "Computations that ended with a result.", "counter", c.done);
    put_counter(&b, "failed_total", "Computations that failed.", "counter", c.failed);
    put_counter(&b, "delivered_total", "Results that their output took.", "counter", c.delivered);
    put_counter(&b, "undelivered_total", "Results given up to deliver.", "counter", c.undelivered);
    put_counter(&b, "requests_total", "Requests of callers.", "counter", c.requests);
    put_counter(&b, "unauthorized_total", "Requests of nobody known.", "counter", c.unauthorized);
    put_counter(&b, "taken_up", "Computations with a thread now.", "gauge", n_taken_up);
    put_counter(&b, "led", "Running computations that this party leads.", "gauge", n_led);
    put_counter(&b, "unkept", "Computations whose end the store does not take.", "gauge", n_unkept);
    put_counter(&b, "store_up", "Whether the store can be reached.", "gauge",
                is_store_lost ? 0 : 1);
    audit_head head;
    if (journal_get_head(n->journal, &head))
        buffer_printf(&b,
                      "# HELP polytune_node_audit_head Last line of the audit log, and its hash.\n"
                      "# TYPE polytune_node_audit_head gauge\n"
                      "polytune_node_audit_head{hash=\"%s\"} %" PRIu64 "\n",
                      head.hash, head.seq);
    const char *text = buffer_text(&b);
    const enum MHD_Result answer =
        text == NULL ? request_empty(r, 503)
                     : request_text(r, 200, "text/plain; version=0.0.4", text, b.len);
    buffer_clear(&b);
    return answer;
}
