/* What a run takes for granted of what it is given. Whatever else it says, Python plays. */
#include <float.h>

#include "replay_plan.h"

#define MOST_ROWS ((int64_t)1 << 28)
#define MOST_ENTRIES (((int64_t)1 << 31) - 2)
#define MOST_TOKENS ((int64_t)1 << 31)
#define MOST_PATH_BLOCKS ((int64_t)1 << 33)
#define MOST_BLOCK_TOKENS ((int64_t)1 << 28)
#define MOST_REPLICAS ((int64_t)1 << 16)
#define MOST_NS ((int64_t)1 << 61)

static bool is_within(int64_t number, int64_t low, int64_t high) { return number >= low && number <= high; }

static bool all_within(const int64_t *numbers, int64_t count, int64_t low, int64_t high) {
    bool sound = true;
    for (int64_t at = 0; at < count; at++) sound &= is_within(numbers[at], low, high);
    return sound;
}

/* Whether lists begin one behind the other, the first at 0, up to the end. */
static bool are_lists(const int64_t *first, int64_t count, int64_t end) {
    bool sound = first[0] == 0 && first[count] == end;
    for (int64_t at = 0; at < count; at++) sound &= first[at] <= first[at + 1];
    return sound;
}

static bool counts_are_sound(const Plan *plan) {
    return is_within(plan->points, 0, MOST_ENTRIES) && is_within(plan->sessions, 0, MOST_ENTRIES) &&
           is_within(plan->requests, 0, MOST_ROWS) && is_within(plan->segments, 0, MOST_ENTRIES) &&
           is_within(plan->all_after, 0, MOST_ENTRIES) && is_within(plan->all_hangs, 0, MOST_ENTRIES) &&
           is_within(plan->all_paths, 0, MOST_ENTRIES) && is_within(plan->all_left, 0, MOST_ENTRIES) &&
           is_within(plan->coming, 0, MOST_ENTRIES);
}

static bool itinerary_is_sound(const Plan *plan) {
    return are_lists(plan->after_first, plan->points, plan->all_after) &&
           all_within(plan->after, plan->all_after, 0, plan->points - 1) &&
           all_within(plan->waits, plan->points, -MOST_ENTRIES, MOST_NS) &&
           all_within(plan->request, plan->points, NONE, plan->requests - 1) &&
           all_within(plan->session, plan->points, NONE, plan->sessions - 1) &&
           all_within(plan->start, plan->sessions, 0, plan->points - 1) &&
           are_lists(plan->hang_first, plan->requests, plan->all_hangs) &&
           all_within(plan->hang_point, plan->all_hangs, 0, plan->points - 1) &&
           all_within(plan->order, plan->coming, 0, plan->sessions - 1);
}

static bool paths_are_sound(const Plan *plan) {
    if (!are_lists(plan->path_first, plan->requests, plan->all_paths) ||
        !all_within(plan->path, plan->all_paths, 0, plan->segments - 1) ||
        !all_within(plan->lengths, plan->segments, 1, MOST_TOKENS))
        return false;
    for (int64_t row = 0; row < plan->requests; row++) {
        int64_t blocks = 0;
        for (int64_t at = plan->path_first[row]; at < plan->path_first[row + 1]; at++)
            if (blocks <= MOST_PATH_BLOCKS) blocks += plan->lengths[plan->path[at]];
        if (blocks > MOST_PATH_BLOCKS) return false;
    }
    return !plan->left || (are_lists(plan->left_first, plan->requests, plan->all_left) &&
                           all_within(plan->left, plan->all_left, 0, plan->segments - 1));
}

static bool demand_is_sound(const Plan *plan) {
    int64_t rows = plan->requests;
    return all_within(plan->prompt, rows, -MOST_TOKENS, MOST_TOKENS) &&
           all_within(plan->answer, rows, -MOST_TOKENS, MOST_TOKENS) &&
           all_within(plan->told_hit, rows, -MOST_TOKENS, MOST_TOKENS) &&
           all_within(plan->path_blocks, rows, -MOST_TOKENS, MOST_TOKENS) && paths_are_sound(plan);
}

static bool deployment_is_sound(const Plan *plan) {
    return is_within(plan->routing, AFFINITY, TOLD) && is_within(plan->replicas, 1, MOST_REPLICAS) &&
           is_within(plan->decode_replicas, 0, MOST_REPLICAS) &&
           is_within(plan->sequences, -UNLIMITED, UNLIMITED) &&
           is_within(plan->step_tokens, -UNLIMITED, UNLIMITED) &&
           is_within(plan->block_tokens, 1, MOST_BLOCK_TOKENS) &&
           is_within(plan->kv_blocks, -UNLIMITED, UNLIMITED) && is_within(plan->keep_ns, -MOST_NS, MOST_NS) &&
           is_within(plan->below_blocks, 0, UNLIMITED) &&
           (plan->routing != TOLD || all_within(plan->places, plan->requests, 0, plan->replicas - 1));
}

bool plan_is_sound(const Plan *plan) {
    /* A machine that reckons with more digits than a double has gives other sums than Python. */
    return FLT_EVAL_METHOD == 0 && counts_are_sound(plan) && itinerary_is_sound(plan) && demand_is_sound(plan) &&
           deployment_is_sound(plan);
}
