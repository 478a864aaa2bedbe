/* Choosing one of several back-ends. Layer: crypto. */
#ifndef CRYPTO_BACKEND_H
#define CRYPTO_BACKEND_H

#include <stddef.h>

/* What every table of functions starts with. */
typedef struct backend {
    const char *name;
    unsigned needs; /* features of cpu.h */
} backend;

/* The first of the list, best first, that this machine can run and that has the name, unless that
 * is NULL; NULL if there is none. */
const backend *backend_find(const backend *const *list, size_t n, const char *name);

/* The one which the environment variable names if it can run here, else the best. The list ends
 * with one that runs everywhere. */
const backend *backend_choose(const backend *const *list, size_t n, const char *variable);

#endif
