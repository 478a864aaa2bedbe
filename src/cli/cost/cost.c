#include "cli/cost/cost.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/report.h"

#define WIDE_ROUND_TRIP_SECONDS 0.010 /* loaded machines are slow to answer themselves, too */
#define WIDE_BITS_PER_SECOND    1e8
#define WISH_SIZE               32

pt_status cost_init(cost *ret_cost, const computation *c, const mpc_flags *f,
                    const pt_plan_link *link, pt_error *error)
{
    const pt_mpc_options options = mpc_flags_options(f, 0, c->parties, NULL, false);
    cost *k = ret_cost;
    *k = (cost){.n_seats = c->parties + (f->dealer ? 1 : 0)};
    k->seats = mem_new(k->n_seats, sizeof *k->seats);
    if (k->seats == NULL)
        return error_memory(error);
    return pt_plan_make(&k->plan, k->seats, k->n_seats, c->circuit, &options, link, error);
}

pt_status cost_wish(mpc_flags *f, const computation *c, const pt_plan_link *link, pt_error *error)
{
    const pt_mpc_options options = mpc_flags_options(f, 0, c->parties, NULL, false);
    if (f->cot_field_bits != 0)
        return PT_OK;
    return pt_plan_cot_bits(&f->cot_field_bits, c->circuit, &options, link, error);
}

pt_status cost_fit(mpc_flags *f, const computation *c, size_t party, uint64_t bytes,
                   pt_error *error)
{
    pt_mpc_options options = mpc_flags_options(f, party, c->parties, NULL, false);
    pt_error why;
    if (party == COST_EVERY_PARTY)
        options.party = PT_PLAN_EVERY_PARTY;
    const pt_status status =
        pt_plan_segment_ands(&f->segment_ands, c->circuit, &options, bytes, &why);
    if (status != PT_OK)
        return error_set(error, status, "--memory: %s", why.message);
    options.segment_ands = f->segment_ands;
    return pt_plan_threads(&f->threads, c->circuit, &options, bytes, error);
}

bool cost_link_of(pt_plan_link *ret_link, double round_trip_seconds)
{
    *ret_link = (pt_plan_link){WIDE_BITS_PER_SECOND, round_trip_seconds};
    return round_trip_seconds >= WIDE_ROUND_TRIP_SECONDS;
}

void cost_clear(cost *k)
{
    mem_free(k->seats);
    *k = (cost){0};
}

const char *cost_bytes_text(char ret_text[COST_BYTES_SIZE], uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double n = (double)bytes / 1e3;
    size_t unit = 0;
    if (bytes < 1000) {
        (void)snprintf(ret_text, COST_BYTES_SIZE, "%" PRIu64 " B", bytes);
        return ret_text;
    }
    for (; n >= 999.5 && unit < 3; unit++)
        n /= 1e3;
    (void)snprintf(ret_text, COST_BYTES_SIZE, "%.*f %s", n < 9.995 ? 2 : n < 99.95, n, units[unit]);
    return ret_text;
}

/* The most of everything that a party, not the dealer, pays. */
static pt_plan_seat most_of_all(const cost *k, size_t parties)
{
    pt_plan_seat most = {0};
    for (size_t i = 0; i < parties; i++) {
        const pt_plan_seat *s = &k->seats[i];
        most.bytes_sent = s->bytes_sent > most.bytes_sent ? s->bytes_sent : most.bytes_sent;
        most.bytes_received =
            s->bytes_received > most.bytes_received ? s->bytes_received : most.bytes_received;
        most.delays = s->delays > most.delays ? s->delays : most.delays;
        most.memory_bytes =
            s->memory_bytes > most.memory_bytes ? s->memory_bytes : most.memory_bytes;
    }
    return most;
}

pt_status cost_report(const computation *c, const mpc_flags *f, size_t party, pt_error *error)
{
    char sent[COST_BYTES_SIZE];
    char received[COST_BYTES_SIZE];
    char memory[COST_BYTES_SIZE];
    char wish[WISH_SIZE] = "";
    const bool every = party == COST_EVERY_PARTY;
    cost k = {0};
    const pt_status status = cost_init(&k, c, f, NULL, error);
    if (f->cot_field_bits != 0)
        (void)snprintf(wish, sizeof wish, ", with --cot-bits=%u", f->cot_field_bits);
    if (status == PT_OK) {
        const pt_plan_seat s = every ? most_of_all(&k, c->parties) : k.seats[party];
        report_message(REPORT_INFO,
                       "%" PRIu64 " AND gate%s: %s sends %s%s, receives %s%s, waits for %" PRIu64
                       " messages in turn, takes %s%s",
                       k.plan.and_gates, k.plan.and_gates == 1 ? "" : "s",
                       every ? "a party" : "this party", every ? "up to " : "",
                       cost_bytes_text(sent, s.bytes_sent), every ? "up to " : "",
                       cost_bytes_text(received, s.bytes_received), s.delays,
                       cost_bytes_text(memory, s.memory_bytes), wish);
    }
    cost_clear(&k);
    return status;
}
