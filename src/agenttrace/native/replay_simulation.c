/* Sessions walked through their courses: what follows on what. */
#include <math.h>

#include "replay_numbers.h"
#include "replay_run.h"

/* Later instants, or ones as long before the beginning, are out of proportion. */
#define LATEST ((int64_t)1 << 62)

int64_t later(Run *run, int64_t at, int64_t by) {
    int64_t sum;
    if (!__builtin_add_overflow(at, by, &sum) && sum <= LATEST && sum >= -LATEST) return sum;
    run->status = REFUSED;
    return 0;
}

int64_t rounded(Run *run, double number) {
    if (fabs(number) <= (double)LATEST) return (int64_t)rint(number);
    run->status = REFUSED;
    return 1;
}

static void happens(Run *run, int64_t at, enum What what, int64_t one) {
    Entry event = {{at, what, one, 0}, 0};
    if (!heap_push(&run->events, event)) run->status = NO_MEMORY;
}

static void has_passed(Run *run, int64_t point, int64_t at) {
    Passed *passed = room_for_one(run->passed, run->passed_count, &run->passed_room, sizeof *passed);
    if (!passed) {
        run->status = NO_MEMORY;
        return;
    }
    run->passed = passed;
    passed[run->passed_count++] = (Passed){point, at};
}

/* What begins or ends at a point. */
static void begins(Run *run, int64_t point, int64_t at) {
    const Plan *plan = &run->plan;
    int64_t row = plan->request[point], session = plan->session[point];
    if (row != NONE) {
        if (run->was_sent[row]) run->status = REFUSED;
        run->was_sent[row] = true;
        plan->sent[row] = at;
        happens(run, later(run, most_of(at, run->now), plan->overhead_ns), SENT, row);
    } else if (session != NONE) {
        plan->ended[session] = at;
        if (plan->lanes) happens(run, most_of(at, run->now), ENDED, session);
    }
}

/* One of the things that a point waits for is over; returns whether that was the last. */
static bool is_last(Run *run, int64_t point, int64_t at) {
    run->time[point] = most_of(run->time[point], at);
    return !--run->waits[point];
}

/* All that a point waited for is over: what follows is reached. */
static void pass(Run *run, int64_t point, int64_t at) {
    const Plan *plan = &run->plan;
    run->passed_count = 0;
    has_passed(run, point, at);
    while (run->passed_count && run->status == GOES_ON) {
        Passed one = run->passed[--run->passed_count];
        begins(run, one.point, one.at);
        for (int64_t edge = plan->after_first[one.point]; edge < plan->after_first[one.point + 1]; edge++) {
            int64_t target = plan->after[edge];
            if (is_last(run, target, later(run, one.at, plan->delay[edge])))
                has_passed(run, target, run->time[target]);
        }
    }
}

void reach(Run *run, int64_t point, int64_t at) {
    if (is_last(run, point, at)) pass(run, point, run->time[point]);
}

void hand_over(Run *run, int64_t row, int64_t at) { happens(run, at, HANDED, row); }

void begin_session(Run *run, int64_t now) {
    const Plan *plan = &run->plan;
    if (run->next == plan->coming) return;
    int64_t place = run->next++, session = plan->order[place], at = most_of(now, plan->at[place]);
    plan->begun[session] = at;
    pass(run, plan->start[session], later(run, at, 0));
}
