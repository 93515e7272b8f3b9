/* A replica's steps, and the lives of jobs that they end. */
#include "replay_replica.h"

#include <math.h>

#include "replay_numbers.h"
#include "replay_run.h"

int64_t own_blocks(const Run *run, int64_t row) {
    return most_of(0, ceil_div(run->jobs[row].prompt_tokens, run->plan.block_tokens) - run->plan.path_blocks[row]);
}

void wait_in_line(Run *run, Replica *replica, int64_t row) {
    Entry entry = {{run->plan.priority[row], run->jobs[row].order, 0, 0}, row};
    if (!heap_push(&replica->waiting, entry)) run->status = NO_MEMORY;
}

static bool could_admit(const Run *run, const Replica *replica) {
    int64_t row = replica->waiting.entries[0].row;
    return replica->running < run->plan.sequences &&
           pool_fits(&replica->pool, path_of(run, row), own_blocks(run, row), run->plan.path_blocks[row]);
}

int64_t steps_ns(Run *run, const Replica *replica, int64_t steps) {
    double pairs = (double)(steps * (steps - 1)) / 2;
    int64_t length = rounded(run, (double)steps * replica->fixed + replica->slope * pairs);
    return length ? length : 1;
}

/* About how many steps take so long, of those that are planned. */
static int64_t steps_in(Run *run, const Replica *replica, int64_t length_ns) {
    double first = replica->fixed - replica->slope / 2, slope = replica->slope;
    double square = first * first + 2 * slope * (double)length_ns;
    if (square < 0) run->status = REFUSED;
    double root = sqrt(square) + first;
    if (!(root > 0)) return replica->planned;
    double steps = 2 * (double)length_ns / root;
    if (!isfinite(steps)) run->status = REFUSED;
    if (steps < (double)replica->planned) return steps >= 1 ? (int64_t)steps : 1;
    return replica->planned;
}

/* Lets the step that is under way be the last before the next admission. */
static int64_t shorten(Run *run, Replica *replica, int64_t now) {
    int64_t passed = later(run, now, -replica->began);
    int64_t steps = steps_in(run, replica, passed);
    while (run->status == GOES_ON && steps < replica->planned && steps_ns(run, replica, steps) < passed) steps++;
    while (run->status == GOES_ON && steps > 1 && steps_ns(run, replica, steps - 1) >= passed) steps--;
    if (steps == replica->planned) return NEVER;
    replica->planned = steps;
    replica->version++;
    return later(run, replica->began, steps_ns(run, replica, steps));
}

int64_t replica_submit(Run *run, Replica *replica, int64_t row, int64_t now) {
    Job *job = &run->jobs[row];
    replica->jobs++;
    job->order = replica->count++;
    job->blocks = ceil_div(job->prompt_tokens, run->plan.block_tokens);
    replica->load_blocks += job->blocks;
    wait_in_line(run, replica, row);
    if (run->status != GOES_ON) return NEVER;
    if (!replica->planned) return replica_begin(run, replica, now);
    if (!replica->mixed && replica->planned > 1 && could_admit(run, replica)) return shorten(run, replica, now);
    return NEVER;
}

void begin_prefill(Run *run, Replica *replica, int64_t row) {
    Job *job = &run->jobs[row];
    job->prefilling = true;
    job->earlier = replica->last_prefilling;
    job->later_one = NONE;
    if (job->earlier == NONE) replica->first_prefilling = row;
    else run->jobs[job->earlier].later_one = row;
    replica->last_prefilling = row;
    replica->prefilling_tokens += job->left;
}

void end_prefill(Run *run, Replica *replica, int64_t row) {
    Job *job = &run->jobs[row];
    job->prefilling = false;
    if (job->earlier == NONE) replica->first_prefilling = job->later_one;
    else run->jobs[job->earlier].later_one = job->later_one;
    if (job->later_one == NONE) replica->last_prefilling = job->earlier;
    else run->jobs[job->later_one].earlier = job->earlier;
    replica->prefilling_tokens -= job->left;
}

static void finish(Run *run, Replica *replica, int64_t row, int64_t now) {
    const Job *job = &run->jobs[row];
    replica->running--;
    replica->jobs--;
    replica->load_blocks -= job->blocks;
    pool_release(&replica->pool, path_of(run, row), job->own_blocks, now);
    tell_finished(run, row, now);
}

static void end_after(Run *run, Replica *replica, int64_t row, int64_t steps, int64_t stop) {
    const Job *job = &run->jobs[row];
    Entry entry = {{replica->step + steps, job->order, job->epoch, stop}, row};
    if (!heap_push(&replica->ends, entry)) run->status = NO_MEMORY;
}

void begin_decode(Run *run, Replica *replica, int64_t row, int64_t now) {
    Job *job = &run->jobs[row];
    if (job->steps <= 0) {
        finish(run, replica, row, now);
        return;
    }
    int64_t *decoders =
        room_for_one(replica->decoders, replica->decoding, &replica->decoders_room, sizeof *replica->decoders);
    if (!decoders) {
        run->status = NO_MEMORY;
        return;
    }
    replica->decoders = decoders;
    job->joined = replica->step;
    job->ahead = job->past + 1 - replica->step;
    job->full_at = (run->plan.path_blocks[row] + job->own_blocks) * run->plan.block_tokens - job->ahead;
    job->decoder = replica->decoding;
    decoders[replica->decoding++] = row;
    replica->context += job->past + 1;
    int64_t first = run->plan.hang_first[row], count = run->plan.hang_first[row + 1] - first;
    for (int64_t stop = 0; stop < count; stop++)
        if (run->stops[first + stop] > 0) end_after(run, replica, row, run->stops[first + stop], stop);
    end_after(run, replica, row, job->steps, NONE);
}

void stop_decoding(Run *run, Replica *replica, int64_t row) {
    const Job *job = &run->jobs[row];
    int64_t last = replica->decoders[--replica->decoding];
    replica->decoders[job->decoder] = last;
    run->jobs[last].decoder = job->decoder;
    replica->context -= job->ahead + replica->step;
}

static void leave(Run *run, Replica *replica, int64_t row, int64_t now) {
    Job *job = &run->jobs[row];
    if (is_bounded(replica) && replica->step - 1 > job->full_at) {
        /* What it has written since it was last counted has pushed others out of the cache. */
        int64_t more = -floor_div(job->full_at - replica->step + 1, run->plan.block_tokens);
        job->own_blocks += more;
        pool_grow(&replica->pool, more);
    }
    stop_decoding(run, replica, row);
    finish(run, replica, row, now);
}

/* What had started over is prefilled again: that gives its next token, as a step would have. */
static void count_token(Run *run, int64_t row, int64_t now) {
    int64_t first = run->plan.hang_first[row], end = run->plan.hang_first[row + 1];
    run->jobs[row].steps--;
    for (int64_t hang = first; hang < end; hang++) {
        if (run->stops[hang] == 1) tell_passed(run, row, hang - first, now);
        if (run->stops[hang] > 0) run->stops[hang]--;
    }
}

/* Prefill is over: its first token is out, and it decodes from now on. */
static void answer(Run *run, Replica *replica, int64_t row, int64_t now) {
    Job *job = &run->jobs[row];
    end_prefill(run, replica, row);
    if (job->answered) {
        count_token(run, row, now);
    } else {
        job->answered = true;
        tell_first_token(run, row, now);
    }
    begin_decode(run, replica, row, now);
}

static void take_steps(Run *run, Replica *replica, int64_t steps, int64_t now) {
    bool mixed = replica->mixed;
    replica->step += steps;
    replica->context += replica->decoding * steps;
    replica->planned = 0;
    replica->mixed = false;
    while (replica->ends.count && replica->ends.entries[0].key[0] <= replica->step) {
        Entry end = heap_pop(&replica->ends);
        if (end.key[2] != run->jobs[end.row].epoch) continue;
        if (end.key[3] >= 0) tell_passed(run, end.row, end.key[3], now);
        else leave(run, replica, end.row, now);
    }
    for (int64_t at = 0; mixed && at < replica->pieces_count; at++) {
        Piece piece = replica->pieces[at];
        Job *job = &run->jobs[piece.row];
        job->left -= piece.tokens;
        job->past += piece.tokens;
        replica->prefilling_tokens -= piece.tokens;
        if (!job->left) answer(run, replica, piece.row, now);
    }
}

int64_t replica_wake(Run *run, Replica *replica, int64_t now) {
    take_steps(run, replica, replica->planned, now);
    return run->status == GOES_ON ? replica_begin(run, replica, now) : NEVER;
}
