#include "wasm/cost.h"

#include "base/error.h"
#include "base/mem.h"
#include "wasm/terms.h"

static json_t *cost_seat(const pt_plan_seat *s)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "bytesSent", (json_int_t)s->bytes_sent,
                     "bytesReceived", (json_int_t)s->bytes_received, "messagesSent",
                     (json_int_t)s->messages_sent, "messagesReceived",
                     (json_int_t)s->messages_received, "delays", (json_int_t)s->delays,
                     "memoryBytes", (json_int_t)s->memory_bytes);
}

static json_t *cost_seats(const pt_plan *plan, const pt_plan_seat *seats, size_t n_seats)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n_seats; i++)
        (void)json_array_append_new(list, cost_seat(&seats[i]));
    return json_pack("{s:I, s:I, s:o}", "segments", (json_int_t)plan->segments, "delays",
                     (json_int_t)plan->delays, "seats", list);
}

static pt_status cost_plan(json_t **ret_answer, const pt_program *program, const terms *t,
                           const json_t *asked, pt_error *error)
{
    const pt_mpc_options options = terms_options(t, asked);
    const size_t n_seats = t->parties + (options.dealer ? 1 : 0);
    pt_plan plan;
    pt_plan_seat *seats = mem_new(n_seats, sizeof *seats);
    if (seats == NULL)
        return error_memory(error);
    const pt_status status =
        pt_plan_make(&plan, seats, n_seats, pt_program_circuit(program), &options, NULL, error);
    if (status == PT_OK)
        *ret_answer = cost_seats(&plan, seats, n_seats);
    mem_free(seats);
    return status;
}

pt_status cost_answer(json_t **ret_answer, const pt_program *program, const json_t *asked,
                      pt_error *error)
{
    const size_t parties = pt_program_party_count(program);
    terms t = {0};
    *ret_answer = NULL;
    if (parties < 2)
        return PT_OK;
    pt_status status = terms_read(&t, asked, parties, error);
    if (status == PT_OK)
        status = terms_divide(&t, asked, program, error);
    if (status == PT_OK)
        status = cost_plan(ret_answer, program, &t, asked, error);
    terms_clear(&t);
    return status;
}
