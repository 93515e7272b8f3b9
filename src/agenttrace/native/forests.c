#include "kernels.h"

#include <stdlib.h>
#include <string.h>

EXPORTED int64_t agenttrace_crossed(const int64_t *parent, int64_t size, const int64_t *one, const int64_t *other,
                                    int64_t pairs, uint8_t *crossed);

/* Rows of a forest at places at which every subtree is one stretch, a parent first: `row` by place, `place` by row, and
how many rows each subtree has. `next` and `child` are for work. A root is its own parent. */
static void by_subtree(const int64_t *parent, int64_t size, int64_t *row, int64_t *place, int64_t *within,
                       int64_t *next, int64_t *child) {
    int64_t roots = -1, at = 0;
    memset(child, -1, (size_t)size * sizeof(int64_t));
    for (int64_t i = size - 1; i >= 0; i--) {
        int64_t *const list = parent[i] == i ? &roots : &child[parent[i]];
        next[i] = *list;
        *list = i;
    }
    for (int64_t i = roots; i >= 0;) {
        row[at] = i;
        place[i] = at++;
        within[i] = 1;
        if (child[i] >= 0) {
            i = child[i];
            continue;
        }
        while (next[i] < 0 && parent[i] != i) {
            within[parent[i]] += within[i];
            i = parent[i];
        }
        if (parent[i] != i) within[parent[i]] += within[i];
        i = next[i];
    }
}

static void at_most(int64_t *value, int64_t to) {
    if (to < *value) *value = to;
}

static void at_least(int64_t *value, int64_t to) {
    if (to > *value) *value = to;
}

/* Rows with exactly one of `one` and `other` in their subtree, for any of these pairs. Returns 0; -1 without room. */
EXPORTED int64_t agenttrace_crossed(const int64_t *parent, int64_t size, const int64_t *one, const int64_t *other,
                                    int64_t pairs, uint8_t *crossed) {
    int64_t *const work = malloc((size_t)(7 * size + 1) * sizeof(int64_t));
    if (!work) return -1;
    int64_t *const row = work, *const place = work + size, *const within = work + 2 * size,
                   *const low = work + 3 * size, *const high = work + 4 * size;
    by_subtree(parent, size, row, place, within, work + 5 * size, work + 6 * size);
    for (int64_t at = 0; at < size; at++)
        low[at] = high[at] = at;
    for (int64_t pair = 0; pair < pairs; pair++) {
        const int64_t a = place[one[pair]], b = place[other[pair]];
        at_most(&low[a > b ? a : b], a > b ? b : a);
        at_least(&high[a > b ? b : a], a > b ? a : b);
    }
    for (int64_t at = size - 1; at >= 0; at--) {
        const int64_t i = row[at], above = place[parent[i]];
        crossed[i] = low[at] < at || high[at] >= at + within[i];
        at_most(&low[above], low[at]);
        at_least(&high[above], high[at]);
    }
    free(work);
    return 0;
}
