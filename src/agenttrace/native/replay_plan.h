/* What a run of the replay is given, and where its outcome goes: field by field as in `replay/compiled.py`.

   Lists of lists are one array with the places at which each begins, and one more at the end (`_first`). */
#ifndef AGENTTRACE_REPLAY_PLAN_H
#define AGENTTRACE_REPLAY_PLAN_H

#include <stdbool.h>

#include "kernels.h"

#define NONE (-1)
#define UNLIMITED ((int64_t)1 << 60)

enum Status {
    DONE,
    GOES_ON,   /* after so many events: whoever calls looks whether it is still wanted */
    REFUSED,   /* a number out of proportion: Python says what is wrong with it, or plays it */
    NO_MEMORY,
    FAILED,    /* a step time could not be had; the caller knows why */
};

enum Routing { AFFINITY, ROUND_ROBIN, LEAST_LOADED, TOLD };

/* Both return 0 where they fail. */
typedef int32_t (*DecodeTime)(int64_t sequences, double *fixed_and_each);
typedef int32_t (*PrefillTime)(double new_tokens, int64_t past_tokens, double *ns);

typedef struct {
    int64_t points, sessions, requests, segments;
    int64_t all_after, all_hangs, all_paths, all_left, coming;
    /* Itinerary */
    const int64_t *after_first, *after, *delay, *waits, *request, *session, *start;
    const int64_t *hang_first, *hang_point, *hang_offset;
    const double *hang_share;
    /* Demand; kept and left are null where there are none */
    const int64_t *prompt, *answer, *told_hit, *priority, *path_blocks, *lengths, *path_first, *path;
    const int64_t *keeps, *kept_first, *kept_end;
    const int64_t *left_first, *left;
    /* Arrivals */
    int64_t lanes;
    const int64_t *order, *at;
    /* Factors, null where there are none; where each request goes, null where it is routed */
    const double *effort, *stretch;
    const int64_t *places;
    /* Deployment */
    int64_t routing, replicas, decode_replicas, sequences, step_tokens, block_tokens;
    int64_t bounded, kv_blocks, forgets, keep_ns, overhead_ns;
    int64_t has_below, below_blocks;
    double below_latency_ns, below_block_ns, transfer_ns;
    /* Step times: those of AffineSteps, unless there are functions */
    double step_ns, per_sequence_ns, per_context_ns, per_token_ns, per_token_context_ns;
    double prefill_start, prefill_beside;
    DecodeTime decode;
    PrefillTime prefill;
    /* Outcome */
    int64_t *begun, *ended, *sent, *admitted, *first, *done, *hit_tokens, *replica;
} Plan;

/* Whether all that it says lies within it, and no sum of its numbers leaves an int64. */
bool plan_is_sound(const Plan *plan);

#endif
