/* Bodies of many records, which are taken as they come. Layer: httpd.
 *
 *     record    length and flag u32 | length bytes
 *
 * little-endian; the highest bit of the first number is the flag, for the application. */
#ifndef HTTPD_RECORDS_H
#define HTTPD_RECORDS_H

#include "httpd/httpd.h"

#define RECORD_HEAD 4
#define RECORD_FLAG ((uint32_t)1 << 31)
#define RECORD_MAX  ((size_t)1 << 20) /* bytes of one */

/* What has come of the record that comes; its bytes are in the request's body. */
typedef struct httpd_records {
    uint8_t head[RECORD_HEAD];
    size_t n_head;
} httpd_records;

/* What an application does with a record that is whole: true once it has it, and the body may be
 * dropped; else it has held the request, or refused it. When it was held the same record comes
 * again. */
typedef bool httpd_take_record(httpd_request *r, bool flag);

/* For httpd_request's `take`: charges what comes to the application, and refuses records of no
 * bytes or too many. */
size_t httpd_take_records(httpd_request *r, httpd_records *x, httpd_take_record *take,
                          const char *bytes, size_t len);

/* Whether what has come ends with a record's end. */
bool httpd_records_are_whole(const httpd_records *x);

#endif
