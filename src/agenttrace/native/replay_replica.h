/* A server with continuous batching, as `replay/replica.py` tells of it. */
#ifndef AGENTTRACE_REPLAY_REPLICA_H
#define AGENTTRACE_REPLAY_REPLICA_H

#include "replay_heap.h"
#include "replay_pool.h"

/* Instead of when to wake a replica: when that has not changed, or it has nothing to do. */
#define NEVER INT64_MIN

typedef struct Run Run;

typedef struct {
    double fixed, each;
    bool known;
} DecodeTimes;

/* A request on its way: the fields of `replay/jobs.py`. Those that prefill are a list, `earlier` and `later_one`;
   of those that decode `decoder` is the place among them. */
typedef struct {
    int64_t prompt_tokens, steps, order, epoch, blocks, own_blocks, left, past, joined, ahead, full_at;
    double effort, loading;
    int64_t earlier, later_one, decoder;
    bool answered, arrived, goes_on, prefilling;
} Job;

/* What a step prefills of a job. */
typedef struct {
    int64_t row, tokens;
} Piece;

typedef struct {
    Pool pool;
    int64_t version, load_blocks, jobs, running, count;
    Heap waiting, ends;
    int64_t first_prefilling, last_prefilling, prefilling_tokens;
    int64_t *decoders;
    int64_t decoding, decoders_room;
    int64_t step, held_step, context;
    int64_t began, planned;
    double fixed, slope;
    bool mixed;
    Piece *pieces;
    int64_t pieces_count, pieces_room;
} Replica;

/* Both return when to wake it. */
int64_t replica_submit(Run *run, Replica *replica, int64_t row, int64_t now);
int64_t replica_wake(Run *run, Replica *replica, int64_t now);

/* The beginning of steps: what is put back, admitted, planned. Returns when they are over. */
int64_t replica_begin(Run *run, Replica *replica, int64_t now);

/* Time that so many planned steps take. */
int64_t steps_ns(Run *run, const Replica *replica, int64_t steps);

/* Beginning and end of parts of a job's life. */
void wait_in_line(Run *run, Replica *replica, int64_t row);
void begin_prefill(Run *run, Replica *replica, int64_t row);
void end_prefill(Run *run, Replica *replica, int64_t row);
void begin_decode(Run *run, Replica *replica, int64_t row, int64_t now);
void stop_decoding(Run *run, Replica *replica, int64_t row);

/* Blocks of a job that no other prompt shares. */
int64_t own_blocks(const Run *run, int64_t row);

/* Blocks: whether replicas run out of them, and how many steps there are enough for. */
bool is_bounded(const Replica *replica);
int64_t steps_that_fit(const Run *run, const Replica *replica, int64_t steps);
void hold_a_step(Run *run, Replica *replica, int64_t now);

#endif
