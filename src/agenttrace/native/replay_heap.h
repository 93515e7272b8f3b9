/* A heap of tuples of whole numbers, the least first. */
#ifndef AGENTTRACE_REPLAY_HEAP_H
#define AGENTTRACE_REPLAY_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* Compared by `key`; `row` goes with it. */
typedef struct {
    int64_t key[4];
    int64_t row;
} Entry;

typedef struct {
    Entry *entries;
    int64_t count, room;
} Heap;

/* False where there is no memory. */
bool heap_push(Heap *heap, Entry entry);

/* Of a heap that is not empty. */
Entry heap_pop(Heap *heap);

/* Room for one more behind `count`: the array, where it lies now, or null and the old one stays. */
void *room_for_one(void *array, int64_t count, int64_t *room, uint64_t size);

#endif
