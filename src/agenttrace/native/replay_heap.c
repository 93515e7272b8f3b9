#include "replay_heap.h"

#include <stdlib.h>

#define LEAST_ROOM 16

void *room_for_one(void *array, int64_t count, int64_t *room, uint64_t size) {
    if (count < *room) return array;
    int64_t wanted = *room ? 2 * *room : LEAST_ROOM;
    if ((uint64_t)wanted > (uint64_t)PTRDIFF_MAX / size) return NULL;
    void *moved = realloc(array, (uint64_t)wanted * size);
    if (moved) *room = wanted;
    return moved;
}

static bool before(const Entry *one, const Entry *other) {
    for (int at = 0; at < 3; at++)
        if (one->key[at] != other->key[at]) return one->key[at] < other->key[at];
    return one->key[3] < other->key[3];
}

bool heap_push(Heap *heap, Entry entry) {
    Entry *entries = room_for_one(heap->entries, heap->count, &heap->room, sizeof entry);
    if (!entries) return false;
    heap->entries = entries;
    int64_t at = heap->count++;
    while (at > 0 && before(&entry, &entries[(at - 1) / 2])) {
        entries[at] = entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    entries[at] = entry;
    return true;
}

Entry heap_pop(Heap *heap) {
    Entry *entries = heap->entries, top = entries[0], last = entries[--heap->count];
    int64_t at = 0, count = heap->count;
    for (int64_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && before(&entries[child + 1], &entries[child])) child++;
        if (!before(&entries[child], &last)) break;
        entries[at] = entries[child];
        at = child;
    }
    if (count) entries[at] = last;
    return top;
}
