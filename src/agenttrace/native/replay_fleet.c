/* Replicas behind a router, as the servers of a run. */
#include <math.h>
#include <string.h>

#include "replay_numbers.h"
#include "replay_run.h"

/* A request of which more is made than this is left to Python. */
#define MOST_STEPS ((int64_t)1 << 31)

static int64_t share_of(Run *run, double share, int64_t steps) { return rounded(run, share * (double)steps); }

/* The job of a request, and the decode steps after which its stops come. */
static Job *make_job(Run *run, int64_t row) {
    const Plan *plan = &run->plan;
    Job *job = &run->jobs[row];
    int64_t steps = plan->answer[row] - 1;
    memset(job, 0, sizeof *job);
    job->effort = 1.0;
    if (plan->effort) {
        job->effort = plan->effort[row];
        steps = most_of(rounded(run, (double)steps * plan->stretch[row]), least_of(steps, 1));
    }
    if (steps >= MOST_STEPS) run->status = REFUSED;
    job->prompt_tokens = plan->prompt[row];
    job->steps = steps;
    for (int64_t hang = plan->hang_first[row]; hang < plan->hang_first[row + 1]; hang++) {
        double share = plan->hang_share[hang];
        bool within = plan->hang_offset[hang] > 0 && share > 0 && share < 1;
        run->stops[hang] = within ? most_of(0, share_of(run, share, steps)) : 0;
    }
    return job;
}

/* A prompt is prefilled, and its cache goes to where it is decoded. */
static void goes_on(Run *run, int64_t row, Job *job) {
    const int64_t *first = &run->plan.hang_first[row];
    job->goes_on = true;
    job->steps = 0;
    memset(&run->stops[first[0]], 0, (size_t)(first[1] - first[0]) * sizeof *run->stops);
}

static void drop_left(Run *run, int64_t row) {
    const Plan *plan = &run->plan;
    if (!plan->left) return;
    const int64_t *first = &plan->left_first[row];
    Path path = {plan->left + first[0], first[1] - first[0]};
    for (int64_t at = 0; at < plan->replicas + plan->decode_replicas; at++)
        pool_drop(&run->replicas[at].pool, path);
}

static void finish(Run *run, int64_t row, int64_t now) {
    const Plan *plan = &run->plan;
    plan->done[row] = now;
    drop_left(run, row);
    for (int64_t hang = plan->hang_first[row]; hang < plan->hang_first[row + 1]; hang++)
        if (plan->hang_offset[hang] > 0 && plan->hang_share[hang] >= 1) reach(run, plan->hang_point[hang], now);
}

static void answered(Run *run, int64_t row, int64_t steps, int64_t now) {
    const Plan *plan = &run->plan;
    plan->first[row] = now;
    for (int64_t hang = plan->hang_first[row]; hang < plan->hang_first[row + 1]; hang++) {
        double share = plan->hang_share[hang];
        if (plan->hang_offset[hang] > 0 && share < 1 && (share <= 0 || share_of(run, share, steps) <= 0))
            reach(run, plan->hang_point[hang], now);
    }
}

/* A request that keeps its times: all that follows is known at once. What it leaves in the cache is there. */
static void pass_by(Run *run, int64_t row, int64_t place, int64_t now) {
    const Plan *plan = &run->plan;
    Pool *pool = &run->replicas[place].pool;
    Path path = path_of(run, row);
    int64_t sent = plan->sent[row];
    plan->admitted[row] = sent;
    plan->first[row] = later(run, sent, plan->kept_first[row]);
    plan->done[row] = later(run, sent, plan->kept_end[row]);
    plan->hit_tokens[row] = plan->told_hit[row];
    if (pool_fits(pool, path, 0, plan->path_blocks[row])) {
        pool_pin(pool, path, 0);
        pool_release(pool, path, 0, now);
    }
    drop_left(run, row);
    for (int64_t hang = plan->hang_first[row]; hang < plan->hang_first[row + 1]; hang++)
        reach(run, plan->hang_point[hang], later(run, sent, plan->hang_offset[hang]));
}

static void wake_at(Run *run, int64_t server, int64_t due) {
    if (due == NEVER || run->status != GOES_ON) return;
    Entry event = {{due, WAKE, server, run->replicas[server].version}, 0};
    if (!heap_push(&run->events, event)) run->status = NO_MEMORY;
}

void take(Run *run, int64_t row) {
    const Plan *plan = &run->plan;
    Job *job = make_job(run, row);
    if (plan->decode_replicas) goes_on(run, row, job);
    int64_t place = plan->replicas > 1 ? route(run, row) : 0;
    if (plan->keeps && plan->keeps[row]) {
        pass_by(run, row, place, run->now);
        return;
    }
    plan->replica[row] = place;
    for (int64_t hang = plan->hang_first[row]; hang < plan->hang_first[row + 1]; hang++)
        if (plan->hang_offset[hang] <= 0) reach(run, plan->hang_point[hang], plan->sent[row]);
    if (run->status == GOES_ON) wake_at(run, place, replica_submit(run, &run->replicas[place], row, run->now));
}

void receive(Run *run, int64_t row) {
    const Plan *plan = &run->plan;
    Job *job = make_job(run, row);
    job->arrived = job->answered = true;
    answered(run, row, job->steps, run->now);
    if (job->steps <= 0) {
        finish(run, row, run->now);
        return;
    }
    int64_t place = plan->replicas;
    for (int64_t other = place + 1; other < plan->replicas + plan->decode_replicas; other++)
        if (run->replicas[other].jobs < run->replicas[place].jobs) place = other;
    if (run->status == GOES_ON) wake_at(run, place, replica_submit(run, &run->replicas[place], row, run->now));
}

void wake_replica(Run *run, int64_t server, int64_t version) {
    Replica *replica = &run->replicas[server];
    if (version == replica->version) wake_at(run, server, replica_wake(run, replica, run->now));
}

void tell_admitted(Run *run, int64_t row, int64_t hit_tokens, int64_t now) {
    run->plan.admitted[row] = now;
    run->plan.hit_tokens[row] = hit_tokens;
}

void tell_first_token(Run *run, int64_t row, int64_t now) {
    const Job *job = &run->jobs[row];
    if (!job->goes_on) answered(run, row, job->steps, now);
}

void tell_passed(Run *run, int64_t row, int64_t stop, int64_t now) {
    reach(run, run->plan.hang_point[run->plan.hang_first[row] + stop], now);
}

void tell_finished(Run *run, int64_t row, int64_t now) {
    const Job *job = &run->jobs[row];
    if (!job->goes_on) {
        finish(run, row, now);
        return;
    }
    hand_over(run, row, later(run, now, rounded(run, (double)job->prompt_tokens * run->plan.transfer_ns)));
}
