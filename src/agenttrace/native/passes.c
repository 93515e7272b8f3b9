/* Passes over events in an order in which each comes after all that it waits for. Event 0 stands for a start; of the others
the edges to each are those from `first` of it to before `first` of the next, and `source` is where each comes from. */
#include "kernels.h"

EXPORTED int64_t agenttrace_forward(int64_t events, const int64_t *first, const int64_t *source, const int64_t *takes,
                                    const int64_t *gap, int64_t *time);
EXPORTED int64_t agenttrace_forward_many(int64_t events, const int64_t *first, const int64_t *source,
                                         const int64_t *takes, const int64_t *gap, int64_t passes, int64_t *time);
EXPORTED int64_t agenttrace_backward(int64_t events, const int64_t *first, const int64_t *source, const int64_t *spare,
                                     int64_t *later);
EXPORTED int64_t agenttrace_cheapest(int64_t events, const int64_t *first, const int64_t *source,
                                     const int64_t *spare, const int64_t *extra, int64_t forever, int64_t *cost);

/* When each is over: the latest of what it waits for, its gap, and the time of the event that it `takes` besides. */
EXPORTED int64_t agenttrace_forward(int64_t events, const int64_t *first, const int64_t *source, const int64_t *takes,
                                    const int64_t *gap, int64_t *time) {
    for (int64_t event = 1; event < events; event++) {
        int64_t latest = time[source[first[event]]];
        for (int64_t edge = first[event] + 1; edge < first[event + 1]; edge++)
            if (time[source[edge]] > latest) latest = time[source[edge]];
        time[event] = latest + gap[event] + time[takes[event]];
    }
    return 0;
}

/* The same for many passes at once, each a column of `gap` and of `time`. */
EXPORTED int64_t agenttrace_forward_many(int64_t events, const int64_t *first, const int64_t *source,
                                         const int64_t *takes, const int64_t *gap, int64_t passes, int64_t *time) {
    for (int64_t event = 1; event < events; event++) {
        int64_t *const over = time + event * passes;
        const int64_t *const own = gap + event * passes, *const inside = time + takes[event] * passes;
        const int64_t *before = time + source[first[event]] * passes;
        for (int64_t pass = 0; pass < passes; pass++)
            over[pass] = before[pass];
        for (int64_t edge = first[event] + 1; edge < first[event + 1]; edge++) {
            before = time + source[edge] * passes;
            for (int64_t pass = 0; pass < passes; pass++)
                over[pass] = before[pass] > over[pass] ? before[pass] : over[pass];
        }
        for (int64_t pass = 0; pass < passes; pass++)
            over[pass] += own[pass] + inside[pass];
    }
    return 0;
}

/* How much later each could have been: what those that wait for it could have been, and what they waited for others. */
EXPORTED int64_t agenttrace_backward(int64_t events, const int64_t *first, const int64_t *source, const int64_t *spare,
                                     int64_t *later) {
    for (int64_t event = events - 1; event > 0; event--)
        for (int64_t edge = first[event]; edge < first[event + 1]; edge++)
            if (later[event] + spare[edge] < later[source[edge]]) later[source[edge]] = later[event] + spare[edge];
    return 0;
}

/* The least that a way to each costs, `spare` of each edge and `extra` of each event but 0; `forever` at most. */
EXPORTED int64_t agenttrace_cheapest(int64_t events, const int64_t *first, const int64_t *source,
                                     const int64_t *spare, const int64_t *extra, int64_t forever, int64_t *cost) {
    for (int64_t event = 1; event < events; event++) {
        int64_t least = forever;
        for (int64_t edge = first[event]; edge < first[event + 1]; edge++)
            if (cost[source[edge]] + spare[edge] < least) least = cost[source[edge]] + spare[edge];
        least += extra[event - 1];
        cost[event] = least < forever ? least : forever;
    }
    return 0;
}
