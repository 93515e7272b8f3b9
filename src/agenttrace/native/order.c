#include "kernels.h"

#include <stdlib.h>
#include <string.h>

EXPORTED int64_t agenttrace_order(const int64_t *group, const int64_t *t, const int64_t *place, int64_t count,
                                  int64_t groups, int64_t *order, int64_t *run);

/* `within`: the place, and below it the row, so that no two are the same. */
typedef struct {
    int64_t t, within;
} Row;

enum { FEW = 24, ROW_BITS = 48 };

static int after(const Row *one, const Row *other) {
    return one->t > other->t || (one->t == other->t && one->within > other->within);
}

static void insert_each(Row *rows, int64_t count) {
    for (int64_t i = 1; i < count; i++) {
        if (!after(&rows[i - 1], &rows[i])) continue;
        const Row row = rows[i];
        int64_t at = i;
        for (; at > 0 && after(&rows[at - 1], &row); at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

/* `spare` has room for half as many. */
static void sort(Row *rows, int64_t count, Row *spare) {
    if (count <= FEW) {
        insert_each(rows, count);
        return;
    }
    const int64_t half = count / 2;
    sort(rows, half, spare);
    sort(rows + half, count - half, spare);
    if (!after(&rows[half - 1], &rows[half])) return;
    memcpy(spare, rows, (size_t)half * sizeof(Row));
    int64_t left = 0, right = half, at = 0;
    while (left < half)
        rows[at++] = right < count && after(&spare[left], &rows[right]) ? rows[right++] : spare[left++];
}

static int64_t largest_of(const int64_t *begin, int64_t groups) {
    int64_t found = 0;
    for (int64_t at = 0; at < groups; at++)
        found = begin[at + 1] - begin[at] > found ? begin[at + 1] - begin[at] : found;
    return found;
}

/* Rows by group (0 to before `groups`), time and place (below 2**15), equals as they stand; and of each, in that order, how
many others that differ in one of these come before it. Returns 0; -1 without room. */
EXPORTED int64_t agenttrace_order(const int64_t *group, const int64_t *t, const int64_t *place, int64_t count,
                                  int64_t groups, int64_t *order, int64_t *run) {
    int64_t *const begin = calloc((size_t)groups + 1, sizeof(int64_t));
    if (!begin) return -1;
    for (int64_t i = 0; i < count; i++)
        begin[group[i] + 1]++;
    for (int64_t at = 0; at < groups; at++)
        begin[at + 1] += begin[at];
    const int64_t largest = largest_of(begin, groups);
    Row *const rows = malloc((size_t)(count + largest / 2 + 1) * sizeof(Row));
    if (rows) {
        for (int64_t i = 0; i < count; i++)
            rows[begin[group[i]]++] = (Row){t[i], place[i] << ROW_BITS | i};
        int64_t before = -1;
        for (int64_t at = 0, first = 0; at < groups; first = begin[at++]) {
            sort(rows + first, begin[at] - first, rows + count);
            for (int64_t i = first; i < begin[at]; i++) {
                const Row *const row = &rows[i], *const last = row - 1;
                before += i == first || row->t != last->t || row->within >> ROW_BITS != last->within >> ROW_BITS;
                order[i] = row->within & ((INT64_C(1) << ROW_BITS) - 1);
                run[i] = before;
            }
        }
    }
    free(begin), free(rows);
    return rows ? 0 : -1;
}
