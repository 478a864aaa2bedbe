#include "cli/local_run.h"

#include "base/thread.h"

static void *local_party_run(void *argument)
{
    local_party *p = argument;
    if (p->circuit == NULL)
        p->status = pt_dealer_run(&p->channel, &p->options, &p->error);
    else
        p->status = pt_mpc_run(
            p->output, pt_circuit_output_bits(p->circuit), &p->channel, p->circuit, p->input,
            pt_circuit_input_bits(p->circuit, p->options.party), &p->options, &p->error);
    return NULL;
}

static bool is_echo(pt_status status)
{
    return status == PT_PEER_ABORT || status == PT_ERR_STOPPED || status == PT_ERR_CLOSED;
}

/* The failure that explains the others: not the mere echo of another party's abort. */
static const local_party *first_cause(const local_party *parties, size_t n)
{
    const local_party *found = NULL;
    for (size_t i = 0; i < n; i++) {
        const local_party *p = &parties[i];
        if (p->status != PT_OK && (found == NULL || is_echo(found->status)))
            found = p;
    }
    return found;
}

pt_status local_run(local_party *parties, size_t n, pt_error *error)
{
    pt_status status = PT_OK;
    for (size_t i = 0; i < n; i++) {
        const pt_status start =
            thread_start(&parties[i].thread, local_party_run, &parties[i], error);
        parties[i].started = start == PT_OK;
        if (!parties[i].started) {
            status = start;
            pt_channel_close(&parties[i].channel); /* wakes those who wait for it */
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (parties[i].started)
            (void)pthread_join(parties[i].thread, NULL);
    }
    const local_party *failed = first_cause(parties, n);
    if (status == PT_OK && failed != NULL) {
        *error = failed->error;
        status = failed->status;
    }
    return status;
}
