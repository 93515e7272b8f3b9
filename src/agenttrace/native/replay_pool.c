#include "replay_pool.h"

#include <stdlib.h>

#include "replay_numbers.h"

bool pool_make(Pool *pool, const Plan *plan, Whereabouts *where, int64_t number) {
    uint64_t segments = (uint64_t)plan->segments;
    *pool = (Pool){
        .lengths = plan->lengths,
        .oldest = NONE,
        .newest = NONE,
        .bounded = plan->bounded,
        .forgets = plan->forgets,
        .keep_ns = plan->keep_ns,
        .capacity = plan->bounded ? plan->kv_blocks : UNLIMITED,
        .lower_oldest = NONE,
        .lower_newest = NONE,
        .below_capacity = plan->has_below ? plan->below_blocks : 0,
        .where = where,
        .number = number,
    };
    pool->slots = calloc(segments + 1, sizeof *pool->slots);
    if (pool->below_capacity) pool->lower = calloc(segments + 1, sizeof *pool->lower);
    return pool->slots && (pool->lower || !pool->below_capacity);
}

void pool_free(Pool *pool) {
    free(pool->slots);
    free(pool->lower);
}

static void append_idle(Pool *pool, int32_t segment, int64_t now) {
    Slot *slot = &pool->slots[segment];
    slot->since = now;
    slot->older = pool->newest;
    slot->newer = NONE;
    if (pool->newest == NONE) pool->oldest = segment;
    else pool->slots[pool->newest].newer = segment;
    pool->newest = segment;
}

static void take_idle(Pool *pool, const Slot *slot) {
    if (slot->older == NONE) pool->oldest = slot->newer;
    else pool->slots[slot->older].newer = slot->newer;
    if (slot->newer == NONE) pool->newest = slot->older;
    else pool->slots[slot->newer].older = slot->older;
}

static void append_lower(Pool *pool, int32_t segment, int64_t blocks) {
    Lower *lower = &pool->lower[segment];
    lower->blocks = blocks;
    lower->older = pool->lower_newest;
    lower->newer = NONE;
    if (pool->lower_newest == NONE) pool->lower_oldest = segment;
    else pool->lower[pool->lower_newest].newer = segment;
    pool->lower_newest = segment;
}

/* Returns how many blocks it had. */
static int64_t take_lower(Pool *pool, int32_t segment) {
    Lower *lower = &pool->lower[segment];
    int64_t blocks = lower->blocks;
    if (!blocks) return 0;
    if (lower->older == NONE) pool->lower_oldest = lower->newer;
    else pool->lower[lower->older].newer = lower->newer;
    if (lower->newer == NONE) pool->lower_newest = lower->older;
    else pool->lower[lower->newer].older = lower->older;
    lower->blocks = 0;
    return blocks;
}

static void put_below(Pool *pool, int32_t segment, int64_t blocks) {
    append_lower(pool, segment, take_lower(pool, segment) + blocks);
    pool->below_held += blocks;
    while (pool->below_held > pool->below_capacity)
        pool->below_held -= take_lower(pool, pool->lower_oldest);
}

static uint64_t *whole_word(Pool *pool, int32_t segment) {
    return &pool->where->whole[segment * pool->where->words + pool->number / 64];
}

static void lose(Pool *pool, int32_t segment, int64_t gone) {
    Slot *slot = &pool->slots[segment];
    int64_t have = slot->resident, length = pool->lengths[segment];
    pool->cached -= gone;
    if (pool->where && have == length) {
        *whole_word(pool, segment) &= ~(1ULL << (pool->number % 64));
        pool->where->parts[segment]++;
    }
    slot->resident = have - gone;
    if (slot->resident) return;
    if (pool->where) pool->where->parts[segment]--;
    take_idle(pool, slot);
}

static void make_room(Pool *pool) {
    int64_t over = pool->pinned + pool->cached - pool->capacity;
    while (over > 0 && pool->oldest != NONE) {
        int32_t segment = pool->oldest;
        int64_t gone = least_of(pool->slots[segment].resident, over);
        if (pool->below_capacity) put_below(pool, segment, gone);
        lose(pool, segment, gone);
        over -= gone;
    }
}

void pool_expire(Pool *pool, int64_t now) {
    if (!pool->forgets) return;
    int64_t before = now - pool->keep_ns;
    while (pool->oldest != NONE) {
        int32_t segment = pool->oldest;
        const Slot *slot = &pool->slots[segment];
        if (slot->since >= before) return;
        if (pool->below_capacity) put_below(pool, segment, slot->resident);
        lose(pool, segment, slot->resident);
    }
}

int64_t pool_match(Pool *pool, Path path, int64_t now) {
    pool_expire(pool, now);
    int64_t found = 0;
    for (int64_t at = 0; at < path.count; at++) {
        int64_t segment = path.segments[at], have = pool->slots[segment].resident;
        found += have;
        if (have < pool->lengths[segment]) break;
    }
    return found;
}

int64_t pool_match_below(const Pool *pool, Path path) {
    int64_t found = 0;
    if (pool->lower_oldest == NONE) return 0;
    for (int64_t at = 0; at < path.count; at++) {
        int64_t segment = path.segments[at];
        int64_t have = pool->slots[segment].resident, length = pool->lengths[segment];
        if (have == length) continue;
        int64_t more = pool->lower[segment].blocks;
        found += more;
        if (have + more < length) break;
    }
    return found;
}

void pool_drop(Pool *pool, Path path) {
    for (int64_t at = 0; at < path.count; at++) {
        int32_t segment = (int32_t)path.segments[at];
        const Slot *slot = &pool->slots[segment];
        if (pool->lower) pool->below_held -= take_lower(pool, segment);
        if (slot->resident && !slot->holders) lose(pool, segment, slot->resident);
    }
}

bool pool_fits(const Pool *pool, Path path, int64_t own, int64_t blocks) {
    int64_t room = pool->capacity - pool->pinned - own, needed = 0;
    if (!pool->bounded || blocks <= room) return true;
    for (int64_t at = 0; at < path.count; at++)
        if (!pool->slots[path.segments[at]].holders) needed += pool->lengths[path.segments[at]];
    return needed <= room;
}

static void hold(Pool *pool, int32_t segment) {
    Slot *slot = &pool->slots[segment];
    int64_t length = pool->lengths[segment];
    pool->pinned += length;
    if (slot->resident) {
        take_idle(pool, slot);
        pool->cached -= slot->resident;
    }
    if (slot->resident == length) return;
    if (pool->where) {
        *whole_word(pool, segment) |= 1ULL << (pool->number % 64);
        pool->where->parts[segment] -= slot->resident > 0;
    }
    slot->resident = length;
    if (pool->lower) pool->below_held -= take_lower(pool, segment);
}

void pool_pin(Pool *pool, Path path, int64_t own) {
    for (int64_t at = 0; at < path.count; at++) {
        int32_t segment = (int32_t)path.segments[at];
        if (!pool->slots[segment].holders++) hold(pool, segment);
    }
    pool_grow(pool, own);
}

void pool_grow(Pool *pool, int64_t own) {
    pool->pinned += own;
    if (pool->pinned + pool->cached > pool->capacity) make_room(pool);
}

void pool_release(Pool *pool, Path path, int64_t own, int64_t now) {
    int64_t freed = 0;
    for (int64_t at = path.count - 1; at >= 0; at--) {
        int32_t segment = (int32_t)path.segments[at];
        if (--pool->slots[segment].holders) continue;
        freed += pool->lengths[segment];
        append_idle(pool, segment, now);
    }
    pool->cached += freed;
    pool->pinned -= freed + own;
}
