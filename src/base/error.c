#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct status_row {
    const char *name;
    const char *text;
    pt_status_class class_of;
} status_row;

static const status_row rows[PT_STATUS_COUNT] = {
#define X(name, class_, text) {#name, text, class_},
    PT_STATUS_LIST(X)
#undef X
};

static const status_row *row_of(pt_status status)
{
    static const status_row unknown = {"PT_UNKNOWN", "unknown status", PT_CLASS_INTERNAL};
    return (unsigned)status < PT_STATUS_COUNT ? &rows[status] : &unknown;
}

const char *pt_status_name(pt_status status)
{
    return row_of(status)->name;
}

const char *pt_status_text(pt_status status)
{
    return row_of(status)->text;
}

pt_status_class pt_status_class_of(pt_status status)
{
    return row_of(status)->class_of;
}

void pt_error_clear(pt_error *error)
{
    if (error != NULL) {
        memset(error, 0, sizeof *error);
        error->party = PT_NO_PARTY;
    }
}

static void fill(pt_error *error, pt_status status, int party, const char *phase,
                 const char *format, va_list args)
{
    if (error == NULL)
        return;
    error->status = status;
    error->party = party;
    error->phase = phase;
    if (vsnprintf(error->message, sizeof error->message, format, args) < 0)
        error->message[0] = '\0';
}

pt_status error_set(pt_error *error, pt_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, status, PT_NO_PARTY, NULL, format, args);
    va_end(args);
    return status;
}

pt_status error_set_peer(pt_error *error, pt_status status, int party, const char *phase,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, status, party, phase, format, args);
    va_end(args);
    return status;
}

pt_status error_missing(pt_error *error, const char *what)
{
    return error_set(error, PT_ERR_USAGE, "%s must be given", what);
}
