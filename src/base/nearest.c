#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

#include "base/min.h"

static size_t min3(size_t a, size_t b, size_t c)
{
    return min_size(a, min_size(b, c));
}

/* Row by row of the usual table; a swap of neighbours looks two rows back. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][NEAREST_MAX_LEN + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *const oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = min3(row[j], before[j - 2] + 1, row[j]);
        }
    }
    return row[m];
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool differ_in_case_only(const char *a, size_t n, const char *b, size_t m)
{
    size_t i = 0;
    while (i < n && i < m && lower(a[i]) == lower(b[i]))
        i++;
    return i == n && i == m;
}

void nearest_init(nearest *n, const char *name, size_t len)
{
    const size_t most = len < 3 ? 1 : len / 3;
    *n = (nearest){.name = name, .len = len, .limit = most + 1};
}

void nearest_offer(nearest *n, const char *known)
{
    const size_t len = strlen(known);
    const size_t difference = len > n->len ? len - n->len : n->len - len;
    if (n->len == 0 || n->len > NEAREST_MAX_LEN || len > NEAREST_MAX_LEN || difference >= n->limit)
        return;
    size_t distance = edit_distance(n->name, n->len, known, len);
    if (distance > 0 && differ_in_case_only(n->name, n->len, known, len))
        distance = 1;
    else if (distance >= n->len || distance >= len)
        return;
    if (distance < n->limit) {
        n->limit = distance;
        n->best = known;
    }
}
