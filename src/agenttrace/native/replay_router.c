/* Which replica a request goes to, as `replay/routing.py` tells of it. */
#include <string.h>

#include "replay_run.h"

static bool is_among(const uint64_t *bits, int64_t place) { return bits[place / 64] >> (place % 64) & 1; }

/* Leading blocks of a prompt that a replica has are not computed there. `there`: who has all that came before. */
static void take_off_segment(Run *run, int64_t segment) {
    const Whereabouts *where = &run->where;
    int64_t replicas = run->plan.replicas, length = run->plan.lengths[segment];
    const uint64_t *whole = &where->whole[segment * where->words];
    for (int64_t place = 0; where->parts[segment] && place < replicas; place++) {
        int64_t have = run->replicas[place].pool.slots[segment].resident;
        if (have < length && is_among(run->there, place)) run->costs[place] -= have;
    }
    for (int64_t word = 0; word < where->words; word++) {
        run->there[word] &= whole[word];
        for (uint64_t left = run->there[word]; left; left &= left - 1)
            run->costs[word * 64 + __builtin_ctzll(left)] -= length;
    }
}

static bool is_none(const uint64_t *bits, int64_t words) {
    uint64_t any = 0;
    for (int64_t word = 0; word < words; word++) any |= bits[word];
    return !any;
}

static int64_t of_most_cached(Run *run, int64_t row) {
    int64_t replicas = run->plan.replicas, *costs = run->costs, least = 0;
    Path path = path_of(run, row);
    for (int64_t place = 0; place < replicas; place++) {
        costs[place] = run->replicas[place].load_blocks;
        pool_expire(&run->replicas[place].pool, run->now);
    }
    memset(run->there, 0xff, (size_t)run->where.words * sizeof *run->there);
    for (int64_t at = 0; at < path.count && !is_none(run->there, run->where.words); at++)
        take_off_segment(run, path.segments[at]);
    for (int64_t place = 1; place < replicas; place++) {
        bool better = costs[place] < costs[least];
        bool freer = costs[place] == costs[least] && run->replicas[place].jobs < run->replicas[least].jobs;
        if (better || freer) least = place;
    }
    return least;
}

static int64_t least_loaded(const Run *run) {
    int64_t least = 0;
    for (int64_t place = 1; place < run->plan.replicas; place++)
        if (run->replicas[place].jobs < run->replicas[least].jobs) least = place;
    return least;
}

int64_t route(Run *run, int64_t row) {
    switch (run->plan.routing) {
        case AFFINITY: return of_most_cached(run, row);
        case ROUND_ROBIN: return run->turn++ % run->plan.replicas;
        case LEAST_LOADED: return least_loaded(run);
        default: return run->plan.places[row];
    }
}
