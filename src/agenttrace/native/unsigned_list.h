/* Lists of unsigned integers of 64 bits: of hashes mostly, of which there are many. */
#ifndef AGENTTRACE_UNSIGNED_LIST_H
#define AGENTTRACE_UNSIGNED_LIST_H

#include "json_text.h"

typedef struct {
    uint64_t *numbers;
    int64_t count, room;
} Numbers;

/* Appends the numbers of a list that begins at `at`, and passes it: 1. 0 where it is another thing, -1 where memory is out. */
int pass_unsigned_list(Reader *reader, Numbers *numbers);

#endif
