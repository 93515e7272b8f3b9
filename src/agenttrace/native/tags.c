#include "tags.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const uint8_t *name, int32_t length) {
    uint64_t hash = 0x9E3779B97F4A7C15u ^ (uint64_t)length;
    for (; length >= 8; length -= 8, name += 8) {
        uint64_t eight;
        memcpy(&eight, name, 8);
        hash = (hash ^ eight) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    for (; length > 0; length--, name++)
        hash = (hash ^ *name) * 0x100000001B3u;
    return (uint32_t)(hash ^ hash >> 29);
}

static int32_t new_tag(Tags *tags, const uint8_t *name, int32_t length, uint32_t hash) {
    if (tags->count == MOST_TAGS)
        return -1;
    uint8_t *const copy = malloc(length > 0 ? (size_t)length : 1);
    if (!copy)
        return -1;
    memcpy(copy, name, (size_t)length);
    tags->tags[tags->count] = (Tag){copy, length, hash, 1};
    return tags->count++;
}

int32_t number_of_tag(Tags *tags, const uint8_t *name, int32_t length) {
    if (length > LONGEST_TAG)
        return -1;
    const uint32_t hash = hash_of(name, length);
    for (uint32_t tries = 0; tries < MOST_TRIES; tries++) {
        int32_t *const place = &tags->places[(hash + tries) % (2 * MOST_TAGS)];
        if (!*place) {
            const int32_t number = new_tag(tags, name, length, hash);
            *place = number + 1; /* still none where there is no new one */
            return number;
        }
        const Tag *const tag = &tags->tags[*place - 1];
        if (tag->hash == hash && tag->length == length && !memcmp(tag->name, name, (size_t)length))
            return *place - 1;
    }
    return -1;
}

void free_tags(Tags *tags) {
    for (int32_t i = 0; i < tags->count; i++)
        free(tags->tags[i].name);
    free(tags);
}
