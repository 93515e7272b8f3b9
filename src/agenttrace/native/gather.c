#include "kernels.h"

#include <string.h>

EXPORTED int64_t agenttrace_gather(const uint8_t *text, const int64_t *begin, const int64_t *end, int64_t count,
                                   int32_t *offsets, uint8_t *gathered, int64_t room);

/* Pieces of a text one after the other, and where each begins: of `count` there are `count + 1` offsets. Returns how many
bytes they are together; -1 where there is not so much room. */
EXPORTED int64_t agenttrace_gather(const uint8_t *text, const int64_t *begin, const int64_t *end, int64_t count,
                                   int32_t *offsets, uint8_t *gathered, int64_t room) {
    int64_t size = 0;
    for (int64_t i = 0; i < count; i++) {
        const int64_t length = end[i] - begin[i];
        offsets[i] = (int32_t)size;
        if (length < 0 || size + length > room)
            return -1;
        memcpy(gathered + size, text + begin[i], (size_t)length);
        size += length;
    }
    offsets[count] = (int32_t)size;
    return size;
}
