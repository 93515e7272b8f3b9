/* What a replica does at the beginning of steps. */
#include <math.h>

#include "replay_numbers.h"
#include "replay_replica.h"
#include "replay_run.h"

/* Steps that are taken at once, at most: their pairs are counted in an int64. */
#define MOST_STEPS ((int64_t)1 << 31)

/* Nothing is left to prefill: it decodes at once. */
static void start_arrived(Run *run, Replica *replica, int64_t row, int64_t own, int64_t now) {
    Job *job = &run->jobs[row];
    job->left = 0;
    job->past = job->prompt_tokens;
    job->own_blocks = own;
    pool_pin(&replica->pool, path_of(run, row), own);
    replica->running++;
    begin_decode(run, replica, row, now);
}

/* How many tokens are found in the cache: whole blocks, and never the last token. */
static int64_t found_tokens(Run *run, Replica *replica, int64_t row, int64_t now) {
    const Plan *plan = &run->plan;
    Job *job = &run->jobs[row];
    Path path = path_of(run, row);
    int64_t size = plan->block_tokens;
    int64_t hit = path.count ? pool_match(&replica->pool, path, now) * size : plan->told_hit[row];
    if (plan->has_below && path.count) {
        int64_t more = pool_match_below(&replica->pool, path);
        if (more) job->loading = plan->below_latency_ns + (double)more * plan->below_block_ns;
        hit += more * size;
    }
    return most_of(0, least_of(hit, floor_div(job->prompt_tokens - 1, size) * size));
}

static void start(Run *run, Replica *replica, int64_t row, int64_t own, int64_t now) {
    Job *job = &run->jobs[row];
    if (job->arrived) {
        start_arrived(run, replica, row, own, now);
        return;
    }
    int64_t hit = found_tokens(run, replica, row, now);
    if (!job->answered) tell_admitted(run, row, hit, now);
    job->left = most_of(1, job->prompt_tokens - hit);
    job->past = job->prompt_tokens - job->left;
    job->own_blocks = own;
    pool_pin(&replica->pool, path_of(run, row), own);
    replica->running++;
    begin_prefill(run, replica, row);
}

static void admit(Run *run, Replica *replica, int64_t now) {
    int64_t room = run->plan.step_tokens - replica->decoding - replica->prefilling_tokens;
    while (replica->waiting.count && replica->running < run->plan.sequences && room > 0) {
        int64_t row = replica->waiting.entries[0].row, own = own_blocks(run, row);
        bool fits = pool_fits(&replica->pool, path_of(run, row), own, run->plan.path_blocks[row]);
        if (!fits && replica->running) return;
        heap_pop(&replica->waiting);
        start(run, replica, row, own, now);
        room -= run->jobs[row].left;
    }
}

/* False where there is no memory. */
static bool add_piece(Replica *replica, Piece piece) {
    Piece *pieces =
        room_for_one(replica->pieces, replica->pieces_count, &replica->pieces_room, sizeof *replica->pieces);
    if (!pieces) return false;
    replica->pieces = pieces;
    pieces[replica->pieces_count++] = piece;
    return true;
}

/* One step: a token for each decoding sequence, and as much of the prompts as its budget allows. */
static void plan_mixed(Run *run, Replica *replica) {
    int64_t room = most_of(1, run->plan.step_tokens - replica->decoding);
    double length = replica->decoding ? run->plan.prefill_beside : run->plan.prefill_start;
    replica->pieces_count = 0;
    for (int64_t row = replica->first_prefilling; row != NONE; row = run->jobs[row].later_one) {
        Job *job = &run->jobs[row];
        int64_t tokens = least_of(job->left, room);
        if (tokens <= 0) break;
        length += prefill_ns(run, (double)tokens * job->effort, job->past) + job->loading;
        job->loading = 0.0;
        room -= tokens;
        if (!add_piece(replica, (Piece){row, tokens})) run->status = NO_MEMORY;
        if (run->status != GOES_ON) return;
    }
    if (replica->decoding) {
        DecodeTimes times = decode_times(run, replica->decoding);
        length += times.fixed + times.each * (double)replica->context;
    }
    replica->fixed = length;
    replica->slope = 0.0;
    replica->planned = 1;
    replica->mixed = true;
}

static void plan_decode(Run *run, Replica *replica) {
    DecodeTimes times = decode_times(run, replica->decoding);
    replica->fixed = times.fixed + times.each * (double)replica->context;
    replica->slope = times.each * (double)replica->decoding;
    Heap *ends = &replica->ends;
    while (ends->count && ends->entries[0].key[2] != run->jobs[ends->entries[0].row].epoch) heap_pop(ends);
    int64_t steps = ends->count ? ends->entries[0].key[0] - replica->step : MOST_STEPS;
    if (is_bounded(replica)) steps = steps_that_fit(run, replica, steps);
    if (steps >= MOST_STEPS) run->status = REFUSED;
    replica->planned = most_of(1, steps);
}

int64_t replica_begin(Run *run, Replica *replica, int64_t now) {
    replica->began = now;
    if (is_bounded(replica)) hold_a_step(run, replica, now);
    if (replica->waiting.count) admit(run, replica, now);
    replica->version++;
    if (run->status != GOES_ON) return NEVER;
    if (replica->first_prefilling != NONE) plan_mixed(run, replica);
    else if (replica->decoding) plan_decode(run, replica);
    else return NEVER;
    if (run->status != GOES_ON) return NEVER;
    if (replica->planned != 1) return later(run, now, steps_ns(run, replica, replica->planned));
    int64_t length = rounded(run, replica->fixed);
    return later(run, now, length ? length : 1);
}
