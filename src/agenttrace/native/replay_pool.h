/* The KV blocks of one replica, as `replay/blocks.py` tells of them. */
#ifndef AGENTTRACE_REPLAY_POOL_H
#define AGENTTRACE_REPLAY_POOL_H

#include "replay_plan.h"

/* A segment in a pool. It is idle, and in the list of those, if it is here and nobody holds it. */
typedef struct {
    int64_t resident, since;
    int32_t holders, older, newer;
} Slot;

/* A segment in the tier below; in the list of those if it has blocks. */
typedef struct {
    int64_t blocks;
    int32_t older, newer;
} Lower;

/* Which pools have all of a segment, a bit for each in `words` words; how many have a part of it. */
typedef struct {
    int64_t words;
    uint64_t *whole;
    int32_t *parts;
} Whereabouts;

typedef struct {
    const int64_t *lengths;
    Slot *slots;
    int32_t oldest, newest;
    bool bounded, forgets;
    int64_t keep_ns, capacity, pinned, cached;
    Lower *lower;
    int32_t lower_oldest, lower_newest;
    int64_t below_capacity, below_held;
    Whereabouts *where; /* null where nobody asks */
    int64_t number;
} Pool;

typedef struct {
    const int64_t *segments;
    int64_t count;
} Path;

/* False where there is no memory; what there is, is to be freed all the same. */
bool pool_make(Pool *pool, const Plan *plan, Whereabouts *where, int64_t number);
void pool_free(Pool *pool);

int64_t pool_match(Pool *pool, Path path, int64_t now);
int64_t pool_match_below(const Pool *pool, Path path);
void pool_drop(Pool *pool, Path path);
bool pool_fits(const Pool *pool, Path path, int64_t own, int64_t blocks);
void pool_pin(Pool *pool, Path path, int64_t own);
void pool_grow(Pool *pool, int64_t own);
void pool_release(Pool *pool, Path path, int64_t own, int64_t now);
void pool_expire(Pool *pool, int64_t now);

#endif
