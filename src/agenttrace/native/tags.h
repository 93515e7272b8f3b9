/* Names that elements of an array begin with, numbered as they come; of each, whether anybody wants such elements. */
#ifndef AGENTTRACE_TAGS_H
#define AGENTTRACE_TAGS_H

#include "kernels.h"

/* Names that are longer, and those for which as many places are taken, are too many: nobody writes such by chance. */
enum { MOST_TAGS = 8192, LONGEST_TAG = 4096, MOST_TRIES = 512 };

typedef struct {
    uint8_t *name;
    int32_t length;
    uint32_t hash;
    int32_t wanted;
} Tag;

typedef struct {
    Tag tags[MOST_TAGS];
    int32_t count;
    int32_t places[2 * MOST_TAGS]; /* number of a tag plus one, by its hash and what is next to it; 0: none */
} Tags;

/* The number of a name, a new one for one that is new and wanted until somebody says no; -1 where there are too many,
or memory is out. */
int32_t number_of_tag(Tags *tags, const uint8_t *name, int32_t length);

void free_tags(Tags *tags);

#endif
