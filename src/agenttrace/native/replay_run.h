/* One run while it goes on, as `replay/simulation.py` and `replay/fleet.py` tell of it.

   What fails says so in `status`, and whoever called goes on to the end of the event without harm. */
#ifndef AGENTTRACE_REPLAY_RUN_H
#define AGENTTRACE_REPLAY_RUN_H

#include "replay_heap.h"
#include "replay_plan.h"
#include "replay_replica.h"

/* What happens at an instant, in the order in which it counts there. */
enum What { ENDED, SENT, WAKE, HANDED };

typedef struct {
    int64_t point, at;
} Passed;

typedef struct Run {
    Plan plan;
    enum Status status;
    int64_t now, next;
    int64_t *waits, *time;
    Heap events;
    Passed *passed;
    int64_t passed_count, passed_room;
    /* First those that prefill, then those that only decode. */
    Replica *replicas;
    Job *jobs;
    bool *was_sent;
    /* Of each hang the decode steps after which it is reached, 0 where it is none of those. */
    int64_t *stops;
    Whereabouts where;
    uint64_t *there;
    int64_t *costs;
    int64_t turn;
    DecodeTimes *decode_times;
} Run;

/* An instant so long after another. */
int64_t later(Run *run, int64_t at, int64_t by);

/* `round`: to whole ones, halves to the even one. */
int64_t rounded(Run *run, double number);

/* Simulation */
void begin_session(Run *run, int64_t now);
void reach(Run *run, int64_t point, int64_t at);
void hand_over(Run *run, int64_t row, int64_t at);

/* Fleet: an event each */
void take(Run *run, int64_t row);
void receive(Run *run, int64_t row);
void wake_replica(Run *run, int64_t server, int64_t version);

/* Router: the place of the replica that a request goes to */
int64_t route(Run *run, int64_t row);

/* What a replica tells of its jobs */
void tell_admitted(Run *run, int64_t row, int64_t hit_tokens, int64_t now);
void tell_first_token(Run *run, int64_t row, int64_t now);
void tell_passed(Run *run, int64_t row, int64_t stop, int64_t now);
void tell_finished(Run *run, int64_t row, int64_t now);

/* Step times */
DecodeTimes decode_times(Run *run, int64_t sequences);
double prefill_ns(Run *run, double new_tokens, int64_t past_tokens);

static inline Path path_of(const Run *run, int64_t row) {
    const int64_t *first = &run->plan.path_first[row];
    return (Path){run->plan.path + first[0], first[1] - first[0]};
}

#endif
