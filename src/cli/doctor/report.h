/* What the doctor found: a line for each thing looked at, and figures. Layer: cli. */
#ifndef CLI_DOCTOR_REPORT_H
#define CLI_DOCTOR_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "polytune/status.h"

typedef enum doctor_state {
    DOCTOR_FINE,
    DOCTOR_WARNING, /* works, but something is odd */
    DOCTOR_PROBLEM  /* stands in the way */
} doctor_state;

typedef struct doctor_report {
    buffer text;
    json_t *checks;  /* name, state, text */
    json_t *figures; /* numbers by name */
    bool has_problem;
} doctor_report;

/* Release with doctor_report_clear in any case. */
MUST_CHECK pt_status doctor_report_init(doctor_report *ret_report, pt_error *error);
void doctor_report_clear(doctor_report *r);

void doctor_say(doctor_report *r, doctor_state state, const char *name, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* A number, for --json. */
void doctor_figure(doctor_report *r, const char *name, double value);

/* Prints all of it, as one object with `json`. `where` is what was looked at. */
MUST_CHECK pt_status doctor_report_print(doctor_report *r, const char *where, bool json,
                                         pt_error *error);

#endif
