/* What is known from all that comes before, place after place. */
#include "kernels.h"

#include <stdlib.h>

EXPORTED int64_t agenttrace_running_last(const uint8_t *holds, int64_t count, int64_t *last);
EXPORTED int64_t agenttrace_least_past(const int64_t *low, const int64_t *high, const int64_t *value, int64_t stretches,
                                       const int64_t *from, const int64_t *to, int64_t windows, int64_t size,
                                       int64_t *least);

/* For each place the last one up to it that holds; -1 before the first. Returns 0. */
EXPORTED int64_t agenttrace_running_last(const uint8_t *holds, int64_t count, int64_t *last) {
    int64_t found = -1;
    for (int64_t at = 0; at < count; at++) {
        found = holds[at] ? at : found;
        last[at] = found;
    }
    return 0;
}

/* The least value of the stretches that begin before each window (`from`, `to`) and end beyond it, if it is less than what
stands in `least`. Places are from -1 to before `size`. Returns 0; -1 without room. */
EXPORTED int64_t agenttrace_least_past(const int64_t *low, const int64_t *high, const int64_t *value, int64_t stretches,
                                       const int64_t *from, const int64_t *to, int64_t windows, int64_t size,
                                       int64_t *least) {
    /* Stretches by where they begin, as lists; windows too. The tree holds the least of those that began, by their end. */
    int64_t *const work = malloc((size_t)(3 * size + 3 + stretches + windows) * sizeof(int64_t));
    if (!work) return -1;
    int64_t *const begins = work, *const asks = begins + size + 1, *const tree = asks + size + 1,
                   *const next = tree + size + 1, *const other = next + stretches;
    for (int64_t at = 0; at <= size; at++) {
        begins[at] = asks[at] = -1;
        tree[at] = INT64_MAX;
    }
    for (int64_t at = 0; at < stretches; at++) {
        next[at] = begins[low[at] + 1];
        begins[low[at] + 1] = at;
    }
    for (int64_t at = 0; at < windows; at++) {
        other[at] = asks[from[at]];
        asks[from[at]] = at;
    }
    for (int64_t place = 0; place < size; place++) {
        for (int64_t at = begins[place]; at >= 0; at = next[at])
            for (int64_t node = size - high[at]; node <= size; node += node & -node)
                tree[node] = value[at] < tree[node] ? value[at] : tree[node];
        for (int64_t at = asks[place]; at >= 0; at = other[at])
            for (int64_t node = size - to[at] - 1; node > 0; node -= node & -node)
                least[at] = tree[node] < least[at] ? tree[node] : least[at];
    }
    free(work);
    return 0;
}
