/* Blocks for the tokens that a replica's sequences write. */
#include "replay_numbers.h"
#include "replay_replica.h"
#include "replay_run.h"

bool is_bounded(const Replica *replica) { return replica->pool.capacity < UNLIMITED; }

/* Blocks that decoding sequences need beyond what they hold, after so many further steps: the cache of the token that
   a step gives is written by the next one. */
static int64_t more_blocks(const Run *run, const Replica *replica, int64_t steps) {
    int64_t size = run->plan.block_tokens, step = replica->step + steps - 1, sum = 0;
    for (int64_t at = 0; at < replica->decoding; at++) {
        int64_t full_at = run->jobs[replica->decoders[at]].full_at;
        if (step > full_at) sum -= floor_div(full_at - step, size);
    }
    return sum;
}

int64_t steps_that_fit(const Run *run, const Replica *replica, int64_t steps) {
    if (replica->running == 1) return steps; /* it is never put back, and served even where it does not fit */
    int64_t free_blocks = replica->pool.capacity - replica->pool.pinned;
    if (replica->decoding * (floor_div(steps, run->plan.block_tokens) + 2) <= free_blocks) return steps;
    int64_t low = 0, high = steps;
    while (low < high) {
        int64_t middle = floor_div(low + high + 1, 2);
        if (more_blocks(run, replica, middle) <= free_blocks) low = middle;
        else high = middle - 1;
    }
    return low;
}

/* Of those that run the one of the lowest priority; of several, the one that came last. */
static int64_t less_urgent(const Run *run, int64_t one, int64_t other) {
    const int64_t *priority = run->plan.priority;
    if (one == NONE || priority[one] != priority[other])
        return one == NONE || priority[one] < priority[other] ? other : one;
    return run->jobs[one].order < run->jobs[other].order ? other : one;
}

static int64_t least_urgent(const Run *run, const Replica *replica) {
    int64_t found = NONE;
    for (int64_t row = replica->first_prefilling; row != NONE; row = run->jobs[row].later_one)
        found = less_urgent(run, found, row);
    for (int64_t at = 0; at < replica->decoding; at++) found = less_urgent(run, found, replica->decoders[at]);
    return found;
}

/* What it has generated becomes part of what has to be prefilled again. */
static void put_back(Run *run, Replica *replica, int64_t row, int64_t now) {
    Job *job = &run->jobs[row];
    replica->running--;
    pool_release(&replica->pool, path_of(run, row), job->own_blocks, now);
    if (job->prefilling) {
        end_prefill(run, replica, row);
    } else {
        int64_t made = replica->step - job->joined;
        stop_decoding(run, replica, row);
        job->prompt_tokens = job->ahead + replica->step;
        job->steps -= made;
        for (int64_t hang = run->plan.hang_first[row]; hang < run->plan.hang_first[row + 1]; hang++)
            run->stops[hang] = most_of(0, run->stops[hang] - made);
    }
    job->epoch++;
    job->arrived = false;
    wait_in_line(run, replica, row);
}

void hold_a_step(Run *run, Replica *replica, int64_t now) {
    Pool *pool = &replica->pool;
    int64_t step = replica->step, size = run->plan.block_tokens;
    int64_t most = replica->decoding * (floor_div(step - replica->held_step, size) + 2);
    while (run->status == GOES_ON && replica->running > 1 && most > pool->capacity - pool->pinned &&
           pool->capacity - pool->pinned < more_blocks(run, replica, 1))
        put_back(run, replica, least_urgent(run, replica), now);
    replica->held_step = step;
    int64_t more = 0;
    for (int64_t at = 0; at < replica->decoding; at++) {
        Job *job = &run->jobs[replica->decoders[at]];
        if (step <= job->full_at) continue;
        int64_t grown = -floor_div(job->full_at - step, size);
        job->own_blocks += grown;
        job->full_at += grown * size;
        more += grown;
    }
    if (more) pool_grow(pool, more);
}
