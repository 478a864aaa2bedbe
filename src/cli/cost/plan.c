/* polytune plan: what a computation will cost, before anything runs. */
#include <inttypes.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/cost/cost.h"
#include "cli/flags/link.h"
#include "cli/flags/split.h"
#include "cli/flags/threads.h"
#include "cli/output.h"

static const flag flags[] = {
    {"link", "RATE,RTT",
     "tell the time over this link, such as 100mbit,50ms, at each party; without it, that of "
     "computing alone",
     false},
    {"memory", "SIZE", "each party takes no more than so much memory, about", false},
    {0},
};
static const flag *const flag_lists[] = {flags,         flags_program, flags_mpc,    flags_threads,
                                         flags_private, flags_split,   flags_common, NULL};

static pt_status take_link(pt_plan_link *ret_link, const args *a, pt_error *error)
{
    const char *text = args_get(a, "link");
    *ret_link = (pt_plan_link){0};
    return text == NULL ? PT_OK : link_flag_parse(ret_link, text, error);
}

static json_t *seat_json(const pt_plan_seat *s, bool is_dealer)
{
    json_t *seat = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:o}", "bytes_sent", (json_int_t)s->bytes_sent, "bytes_received",
        (json_int_t)s->bytes_received, "messages_sent", (json_int_t)s->messages_sent,
        "messages_received", (json_int_t)s->messages_received, "delays", (json_int_t)s->delays,
        "seconds", output_real(s->seconds));
    if (!is_dealer)
        (void)json_object_set_new(seat, "memory_bytes", json_integer((json_int_t)s->memory_bytes));
    return seat;
}

static pt_status plan_print_json(const cost *k, size_t parties, pt_error *error)
{
    json_t *seats = json_array();
    for (size_t i = 0; i < parties; i++)
        (void)json_array_append_new(seats, seat_json(&k->seats[i], false));
    json_t *object = json_pack(
        "{s:I, s:I, s:i, s:I, s:o, s:o}", "and", (json_int_t)k->plan.and_gates, "segments",
        (json_int_t)k->plan.segments, "cot_bits", (int)k->plan.cot_field_bits, "delays",
        (json_int_t)k->plan.delays, "seconds", output_real(k->plan.seconds), "parties", seats);
    if (k->n_seats > parties)
        (void)json_object_set_new(object, "dealer", seat_json(&k->seats[parties], true));
    return output_json(object, error);
}

static void put_seat(buffer *b, const cost *k, size_t seat, size_t parties)
{
    char text[COST_BYTES_SIZE];
    const pt_plan_seat *s = &k->seats[seat];
    if (seat < parties)
        buffer_printf(b, "party %-4zu", seat);
    else
        buffer_printf(b, "dealer    ");
    buffer_printf(b, "  %9s", cost_bytes_text(text, s->bytes_sent));
    buffer_printf(b, "  %9s", cost_bytes_text(text, s->bytes_received));
    buffer_printf(b, "  %8" PRIu64, s->delays);
    if (seat < parties)
        buffer_printf(b, "  %9s", cost_bytes_text(text, s->memory_bytes));
    buffer_put_u8(b, '\n');
}

static void put_table(buffer *b, const cost *k, size_t parties)
{
    buffer_printf(b, "AND gates  %" PRIu64 "\n", k->plan.and_gates);
    buffer_printf(b, "segments   %" PRIu64 "\n", k->plan.segments);
    buffer_printf(b, "COT bits   %u\n\n", k->plan.cot_field_bits);
    buffer_printf(b, "%-10s  %9s  %9s  %8s  %9s\n", "", "sends", "receives", "waits", "memory");
    for (size_t i = 0; i < k->n_seats; i++)
        put_seat(b, k, i, parties);
}

static pt_status plan_print_text(const cost *k, size_t parties, const char *link, pt_error *error)
{
    buffer b;
    buffer_init(&b, SIZE_MAX / 4);
    put_table(&b, k, parties);
    if (link != NULL)
        buffer_printf(&b, "\nabout %.2f s over %s", k->plan.seconds, link);
    else
        buffer_printf(&b, "\nabout %.2f s of computing", k->plan.seconds);
    const char *text = buffer_text(&b);
    const pt_status status = text == NULL ? error_memory(error) : output_line(text, error);
    buffer_clear(&b);
    return status;
}

static pt_status plan_fit(mpc_flags *f, const computation *c, const char *memory, pt_error *error)
{
    uint64_t bytes = 0;
    const pt_status status = args_size(&bytes, memory, "--memory", UINT64_MAX / 2, error);
    if (status != PT_OK)
        return status;
    return cost_fit(f, c, COST_EVERY_PARTY, bytes, error);
}

static pt_status plan_run(const args *a, pt_error *error)
{
    computation c = {0};
    mpc_flags f = {0};
    cost k = {0};
    pt_plan_link link = {0};
    pt_status status = take_link(&link, a, error);
    if (status == PT_OK)
        status = computation_init(&c, a->positional[0], a, error);
    if (status == PT_OK)
        status = mpc_flags_init(&f, a, c.parties, error);
    if (status == PT_OK)
        status = mpc_flags_divide(&f, &c, error);
    if (status == PT_OK && args_get(a, "link") != NULL)
        status = cost_wish(&f, &c, &link, error);
    if (status == PT_OK && args_get(a, "memory") != NULL)
        status = plan_fit(&f, &c, args_get(a, "memory"), error);
    if (status == PT_OK)
        status = cost_init(&k, &c, &f, &link, error);
    if (status == PT_OK && args_get(a, "json") != NULL)
        status = plan_print_json(&k, c.parties, error);
    else if (status == PT_OK)
        status = plan_print_text(&k, c.parties, args_get(a, "link"), error);
    cost_clear(&k);
    mpc_flags_clear(&f);
    computation_clear(&c);
    return status;
}

const command command_plan = {
    .name = "plan",
    .arguments = "PROGRAM",
    .summary = "tell what a computation will cost, before anything runs",
    .details =
        "For each party: the bytes of the protocol's messages, exactly, which encryption and "
        "transport make a little more; for how many messages it waits one after the other, each "
        "the link's delay; and the memory it takes, about. The time is that of parties who have "
        "met, each with a machine like this one to itself, of which a moment is taken to measure "
        "it, and --threads of its processors.\n",
    .flags = flag_lists,
    .n_positional = 1,
    .run = plan_run,
};
