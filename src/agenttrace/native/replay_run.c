/* How a run is made, goes on and is done with: what is called from Python. */
#include "replay_run.h"

#include <stdlib.h>
#include <string.h>

#include "replay_numbers.h"

EXPORTED int32_t agenttrace_replay_make(const Plan *plan, Run **made);
EXPORTED int32_t agenttrace_replay_play(Run *run, int64_t events);
EXPORTED void agenttrace_replay_free(Run *run);

static void *zeros(int64_t count, uint64_t size) { return calloc((uint64_t)count + 1, size); }

static bool make_arrays(Run *run) {
    const Plan *plan = &run->plan;
    run->waits = zeros(plan->points, sizeof *run->waits);
    run->time = zeros(plan->points, sizeof *run->time);
    run->jobs = zeros(plan->requests, sizeof *run->jobs);
    run->was_sent = zeros(plan->requests, sizeof *run->was_sent);
    run->stops = zeros(plan->all_hangs, sizeof *run->stops);
    run->costs = zeros(plan->replicas, sizeof *run->costs);
    run->decode_times = plan->decode ? zeros(plan->requests, sizeof *run->decode_times) : NULL;
    if (!run->waits || !run->time || !run->jobs || !run->was_sent || !run->stops || !run->costs) return false;
    if (plan->points) memcpy(run->waits, plan->waits, (size_t)plan->points * sizeof *run->waits);
    return run->decode_times || !plan->decode;
}

/* Only a router that goes by caches asks where segments are. */
static bool make_whereabouts(Run *run) {
    const Plan *plan = &run->plan;
    if (plan->routing != AFFINITY || plan->replicas < 2) return true;
    run->where.words = ceil_div(plan->replicas, 64);
    run->where.whole = zeros(plan->segments * run->where.words, sizeof *run->where.whole);
    run->where.parts = zeros(plan->segments, sizeof *run->where.parts);
    run->there = zeros(run->where.words, sizeof *run->there);
    return run->where.whole && run->where.parts && run->there;
}

static bool make_replicas(Run *run) {
    const Plan *plan = &run->plan;
    int64_t count = plan->replicas + plan->decode_replicas;
    run->replicas = zeros(count, sizeof *run->replicas);
    if (!run->replicas) return false;
    for (int64_t number = 0; number < count; number++) {
        Replica *replica = &run->replicas[number];
        bool asked = run->where.words && number < plan->replicas;
        replica->first_prefilling = replica->last_prefilling = NONE;
        if (!pool_make(&replica->pool, plan, asked ? &run->where : NULL, number)) return false;
    }
    return true;
}

static void begin(Run *run) {
    const Plan *plan = &run->plan;
    int64_t *of_session[] = {plan->begun, plan->ended};
    int64_t *of_request[] = {plan->sent, plan->admitted, plan->first, plan->done, plan->hit_tokens, plan->replica};
    for (int which = 0; which < 2; which++)
        for (int64_t at = 0; at < plan->sessions; at++) of_session[which][at] = NONE;
    for (int which = 0; which < 6; which++)
        for (int64_t at = 0; at < plan->requests; at++) of_request[which][at] = NONE;
    run->status = GOES_ON;
    int64_t lanes = plan->lanes ? least_of(plan->lanes, plan->coming) : plan->coming;
    for (int64_t lane = 0; lane < lanes; lane++) begin_session(run, 0);
}

/* Makes a run, which is to be freed; none where it is not GOES_ON. */
int32_t agenttrace_replay_make(const Plan *plan, Run **made) {
    *made = NULL;
    if (!plan_is_sound(plan)) return REFUSED;
    Run *run = calloc(1, sizeof *run);
    if (!run) return NO_MEMORY;
    run->plan = *plan;
    if (!make_arrays(run) || !make_whereabouts(run) || !make_replicas(run)) {
        agenttrace_replay_free(run);
        return NO_MEMORY;
    }
    begin(run);
    *made = run;
    return GOES_ON;
}

static void happen(Run *run, Entry event) {
    run->now = event.key[0];
    switch (event.key[1]) {
        case SENT: take(run, event.key[2]); break;
        case WAKE: wake_replica(run, event.key[2], event.key[3]); break;
        case HANDED: receive(run, event.key[2]); break;
        default: begin_session(run, run->now);
    }
}

/* Plays so many events, or all that there are. */
int32_t agenttrace_replay_play(Run *run, int64_t events) {
    for (int64_t count = 0; count < events && run->events.count && run->status == GOES_ON; count++)
        happen(run, heap_pop(&run->events));
    return run->status == GOES_ON && !run->events.count ? DONE : (int32_t)run->status;
}

void agenttrace_replay_free(Run *run) {
    int64_t count = run->replicas ? run->plan.replicas + run->plan.decode_replicas : 0;
    for (int64_t number = 0; number < count; number++) {
        Replica *replica = &run->replicas[number];
        pool_free(&replica->pool);
        free(replica->waiting.entries);
        free(replica->ends.entries);
        free(replica->decoders);
        free(replica->pieces);
    }
    void *arrays[] = {run->waits,        run->time,  run->events.entries, run->passed,       run->replicas,
                      run->jobs,         run->stops, run->was_sent,       run->where.whole,  run->where.parts,
                      run->decode_times, run->there, run->costs};
    for (uint64_t at = 0; at < sizeof arrays / sizeof *arrays; at++) free(arrays[at]);
    free(run);
}
