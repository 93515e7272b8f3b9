/* Loops over the edges of graphs and forests that take one after the other. They return a number, or -1 where there is no
room for their work. */
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

EXPORTED int64_t agenttrace_levels(const int64_t *source, const int64_t *target, int64_t edges, int64_t size,
                                   int64_t *level_of);
EXPORTED int64_t agenttrace_by_level(const int64_t *source, const int64_t *target, int64_t edges,
                                     const int64_t *level_of, int64_t count, int64_t size, int64_t *event, int64_t *at,
                                     int64_t *first, int64_t *places);

static int64_t *numbers(int64_t count) { return calloc((size_t)count + 1, sizeof(int64_t)); }

/* Behind the last edge of each node, in `after`, stands where they begin: edges are put down from the back. */
static void put_by(const int64_t *by, const int64_t *what, int64_t edges, int64_t size, int64_t *begin,
                   int64_t *after) {
    for (int64_t edge = 0; edge < edges; edge++)
        begin[by[edge]]++;
    for (int64_t node = 0, sum = 0; node < size; node++)
        sum = begin[node] += sum;
    begin[size] = edges;
    for (int64_t edge = edges - 1; edge >= 0; edge--)
        after[--begin[by[edge]]] = what[edge];
}

/* Of each node the longest way to it, in edges; -1 on cycles and behind them. Returns how many levels that makes. */
EXPORTED int64_t agenttrace_levels(const int64_t *source, const int64_t *target, int64_t edges, int64_t size,
                                   int64_t *level_of) {
    int64_t *const begin = numbers(size), *const after = numbers(edges), *const waits = numbers(size),
                   *const queue = numbers(size);
    int64_t count = -1;
    if (begin && after && waits && queue) {
        put_by(source, target, edges, size, begin, after);
        for (int64_t edge = 0; edge < edges; edge++)
            waits[target[edge]]++;
        int64_t free_to = 0;
        for (int64_t node = 0; node < size; node++) {
            level_of[node] = waits[node] ? -1 : 0;
            if (!waits[node]) queue[free_to++] = node;
        }
        for (int64_t at = 0; at < free_to; at++)
            for (int64_t edge = begin[queue[at]]; edge < begin[queue[at] + 1]; edge++)
                if (!--waits[after[edge]]) {
                    level_of[after[edge]] = level_of[queue[at]] + 1;
                    queue[free_to++] = after[edge];
                }
        count = free_to ? level_of[queue[free_to - 1]] + 1 : 0;
    }
    free(begin), free(after), free(waits), free(queue);
    return count;
}

/* See `by_level` in graphs.py. All that edges lead to has a level. */
EXPORTED int64_t agenttrace_by_level(const int64_t *source, const int64_t *target, int64_t edges,
                                     const int64_t *level_of, int64_t count, int64_t size, int64_t *event, int64_t *at,
                                     int64_t *first, int64_t *places) {
    int64_t *const begin = numbers(count + 1), *const width = numbers(size + 1);
    int64_t made = -1;
    if (begin && width) {
        made = 0;
        memset(at, 0, (size_t)size * sizeof(int64_t));
        for (int64_t edge = 0; edge < edges; edge++)
            if (!at[target[edge]]) {
                at[target[edge]] = 1;
                begin[level_of[target[edge]] + 1]++;
                made++;
            }
        for (int64_t level = 0; level < count; level++)
            begin[level + 1] += begin[level];
        for (int64_t node = 0; node < size; node++)
            if (at[node]) {
                const int64_t place = begin[level_of[node]]++;
                event[place] = node;
                at[node] = place + 1;
            }
        for (int64_t edge = 0; edge < edges; edge++)
            width[at[target[edge]]]++;
        first[0] = 0;
        for (int64_t place = 1, sum = 0; place <= made; place++) {
            first[place] = sum;
            sum += width[place];
            width[place] = first[place];
        }
        first[made + 1] = edges;
        for (int64_t edge = 0; edge < edges; edge++)
            places[width[at[target[edge]]]++] = source[edge] < 0 ? 0 : at[source[edge]];
    }
    free(begin), free(width);
    return made;
}
