#include "kernels.h"

#include <string.h>

EXPORTED void agenttrace_heads(const uint8_t *text, const int64_t *offsets, const int64_t *group, int64_t count,
                               int64_t groups, int64_t *sample, int64_t *shared, uint64_t *heads);

enum { WORD = 8 };

/* The bytes from `at` on as a number, the first of them the most; those beyond the end are 0. */
static uint64_t word_at(const uint8_t *text, int64_t at, int64_t end) {
    uint64_t word = 0;
    for (int i = 0; i < WORD; i++, at++)
        word = word << 8 | (at < end ? text[at] : 0);
    return word;
}

/* Of each of `count` texts the 8 bytes that follow what all texts of its group begin with, as a number.
Text i is what is from `offsets[i]` to `offsets[i + 1]`. For each of the groups, `sample` and `shared` have room for a
number: a text of it, and how long that beginning is. */
EXPORTED void agenttrace_heads(const uint8_t *text, const int64_t *offsets, const int64_t *group, int64_t count,
                               int64_t groups, int64_t *sample, int64_t *shared, uint64_t *heads) {
    for (int64_t i = 0; i < groups; i++)
        sample[i] = -1;
    for (int64_t i = 0; i < count; i++) {
        const int64_t of = group[i], length = offsets[i + 1] - offsets[i];
        if (sample[of] < 0) {
            sample[of] = i;
            shared[of] = length;
            continue;
        }
        const uint8_t *one = text + offsets[i], *other = text + offsets[sample[of]];
        const int64_t most = length < shared[of] ? length : shared[of];
        int64_t same = 0;
        if (memcmp(one, other, (size_t)most) == 0)
            same = most;
        else
            while (one[same] == other[same])
                same++;
        shared[of] = same;
    }
    for (int64_t i = 0; i < count; i++)
        heads[i] = word_at(text, offsets[i] + shared[group[i]], offsets[i + 1]);
}
