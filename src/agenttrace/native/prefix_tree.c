/* Prompts laid into a tree of segments, as `replay/prefix_tree.py` tells of it. */
#include <stdbool.h>
#include <stdlib.h>

#include "kernels.h"

#define NONE (-1)

enum { GROWN, REFUSED, NO_MEMORY };

/* The segment that follows one, or the beginning, with a hash; -1: no entry. */
typedef struct {
    int64_t after;
    uint64_t hash;
    int64_t segment;
} Entry;

typedef struct {
    const uint64_t *hashes;
    int64_t *start, *length, *parent, *depth;
    int64_t count;
    Entry *entries;
    uint64_t mask;
} Tree;

EXPORTED int32_t agenttrace_prefix_tree(int64_t prompts, const int64_t *before, const int64_t *kept,
                                        const int64_t *first, const uint64_t *hashes, int64_t all_hashes,
                                        int64_t **segments, int64_t *ends, int64_t *count);

static uint64_t mixed(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

/* Where it is, or would be. There is always an entry that is free. */
static Entry *find(const Tree *tree, int64_t after, uint64_t hash) {
    uint64_t at = mixed(hash ^ mixed((uint64_t)after + 1)) & tree->mask;
    while (tree->entries[at].segment != NONE &&
           (tree->entries[at].after != after || tree->entries[at].hash != hash))
        at = (at + 1) & tree->mask;
    return &tree->entries[at];
}

static void put(Tree *tree, int64_t after, uint64_t hash, int64_t segment) {
    *find(tree, after, hash) = (Entry){after, hash, segment};
}

static int64_t add(Tree *tree, int64_t start, int64_t length, int64_t parent) {
    int64_t segment = tree->count++;
    tree->start[segment] = start;
    tree->length[segment] = length;
    tree->parent[segment] = parent;
    tree->depth[segment] = length + (parent == NONE ? 0 : tree->depth[parent]);
    return segment;
}

/* Makes so many blocks of a segment one of their own, before the rest of it, which keeps its number. */
static int64_t part(Tree *tree, int64_t segment, int64_t blocks) {
    int64_t start = tree->start[segment], parent = tree->parent[segment];
    int64_t upper = add(tree, start, blocks, parent);
    put(tree, parent, tree->hashes[start], upper);
    put(tree, upper, tree->hashes[start + blocks], segment);
    tree->start[segment] += blocks;
    tree->length[segment] -= blocks;
    tree->parent[segment] = upper;
    return upper;
}

/* The segment with which so many leading blocks end, of the path to the end of a segment. */
static int64_t reached(Tree *tree, int64_t end, int64_t blocks) {
    while (end != NONE && tree->depth[end] - tree->length[end] >= blocks) end = tree->parent[end];
    if (end == NONE || tree->depth[end] <= blocks) return end;
    return part(tree, end, blocks - tree->depth[end] + tree->length[end]);
}

/* How many blocks of a segment are those that are laid. */
static int64_t same(const Tree *tree, int64_t segment, int64_t low, int64_t high) {
    int64_t start = tree->start[segment], length = tree->length[segment], at = 0;
    while (at < length && low + at < high && tree->hashes[start + at] == tree->hashes[low + at]) at++;
    return at;
}

/* The segment with which these blocks end, which follow a segment. */
static int64_t lay(Tree *tree, int64_t at, int64_t low, int64_t high) {
    while (low < high) {
        Entry *following = find(tree, at, tree->hashes[low]);
        if (following->segment == NONE) {
            *following = (Entry){at, tree->hashes[low], tree->count};
            return add(tree, low, high - low, at);
        }
        int64_t segment = following->segment, alike = same(tree, segment, low, high);
        at = alike == tree->length[segment] ? segment : part(tree, segment, alike);
        low += alike;
    }
    return at;
}

/* Whether it points to nothing but what there is, and counts no blocks below none. */
static bool is_sound(int64_t prompts, const int64_t *before, const int64_t *kept, const int64_t *first, int64_t all) {
    bool sound = prompts >= 0 && prompts < INT64_MAX / 64 && first[0] >= 0 && first[prompts] <= all;
    for (int64_t row = 0; row < prompts; row++)
        sound &= before[row] >= NONE && before[row] < row && kept[row] >= 0 && first[row] <= first[row + 1];
    return sound;
}

static bool make_entries(Tree *tree, int64_t most) {
    uint64_t room = 2;
    while (room < 2 * (uint64_t)most) room *= 2;
    tree->entries = malloc(room * sizeof *tree->entries);
    if (!tree->entries) return false;
    for (uint64_t at = 0; at < room; at++) tree->entries[at].segment = NONE;
    tree->mask = room - 1;
    return true;
}

/* `segments`: columns of start, length, parent and depth, with room for three segments of each prompt, of which two
   come from parting. `ends`: of each prompt its last segment. */
int32_t agenttrace_prefix_tree(int64_t prompts, const int64_t *before, const int64_t *kept, const int64_t *first,
                               const uint64_t *hashes, int64_t all_hashes, int64_t **segments, int64_t *ends,
                               int64_t *count) {
    if (!is_sound(prompts, before, kept, first, all_hashes)) return REFUSED;
    Tree tree = {hashes, segments[0], segments[1], segments[2], segments[3], 0, NULL, 0};
    if (!make_entries(&tree, 3 * prompts + 1)) return NO_MEMORY;
    for (int64_t row = 0; row < prompts; row++) {
        int64_t at = kept[row] && before[row] != NONE ? reached(&tree, ends[before[row]], kept[row]) : NONE;
        ends[row] = lay(&tree, at, first[row], first[row + 1]);
    }
    *count = tree.count;
    free(tree.entries);
    return GROWN;
}
