/* What stores of records do, for records.c. Layer: node. */
#ifndef NODE_RECORDS_RECORDS_IMPL_H
#define NODE_RECORDS_RECORDS_IMPL_H

#include "node/records/records.h"

/* A value that a statement takes. */
typedef enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_BYTES, VALUE_NUMBER } value_kind;

typedef struct record_value {
    value_kind kind;
    const char *text;
    const uint8_t *bytes;
    size_t len;
    int64_t number;
} record_value;

/* A database. `sql` has parameters ?1, ?2 .. */
typedef struct records_engine {
    /* Runs a statement that changes rows; how many it changed. PT_ERR_REFUSED for a key that is
     * there. */
    pt_status (*change)(void *self, uint64_t *ret_changed, const char *sql,
                        const record_value *values, size_t n, pt_error *error);
    /* Runs one that gives rows of RECORD_COLUMNS; `each` is called with every row. */
    pt_status (*rows)(void *self, void (*each)(void *user, const record *row), void *user,
                      const char *sql, const record_value *values, size_t n, pt_error *error);
    /* Runs one that gives a number. */
    pt_status (*number)(void *self, int64_t *ret_number, const char *sql,
                        const record_value *values, size_t n, pt_error *error);
    void (*close)(void *self);
    /* For what lies behind a connection, else NULL. `connect` makes another and may take its time:
     * it is not kept from others, who use `self` meanwhile. */
    bool (*is_lost)(const void *self);
    pt_status (*connect)(void **ret_connection, const void *self, pt_error *error);
    void (*adopt)(void *self, void *connection);
    const char *now; /* milliseconds since 1970, in SQL */
    const char *row; /* what tells rows of a table apart */
    bool is_shared;  /* other nodes may use it at the same time */
} records_engine;

typedef struct records_link {
    const records_engine *engine;
    void *self;
} records_link;

/* The columns of a row are these, in this order; what is not wanted is NULL. */
#define COLUMNS_WITH(policy, input, result, summary)                                               \
    "id, state, agreed, refusal, caller, " policy ", " input ", decision, reason, " result         \
    ", created, changed, deliver, deliver_since, tries, owner, told, " summary
#define RECORD_COLUMNS COLUMNS_WITH("policy", "input", "result", "summary")

/* `where`: a URI, postgres://.., or what follows postgres: as libpq reads it. */
MUST_CHECK pt_status records_postgres_open(records_link *ret_link, const char *where,
                                           pt_error *error);
MUST_CHECK pt_status records_sqlite_open(records_link *ret_link, const char *path, pt_error *error);

/* A copy of a row's texts and bytes. */
MUST_CHECK pt_status record_copy(record *ret_record, const record *row, pt_error *error);

#endif
