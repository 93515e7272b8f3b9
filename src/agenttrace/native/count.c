#include "kernels.h"

EXPORTED int64_t agenttrace_count(const uint8_t *text, int64_t size, uint8_t byte);

enum { MOST_AT_ONCE = 255 };

/* How often a byte is in a text. What is counted in a byte itself, compilers count in many at once. */
EXPORTED int64_t agenttrace_count(const uint8_t *text, int64_t size, uint8_t byte) {
    enum { LANES = 64 };
    int64_t found = 0, at = 0;
    while (size - at >= LANES) {
        uint8_t lanes[LANES] = {0};
        for (int i = 0; i < MOST_AT_ONCE && size - at >= LANES; i++, at += LANES)
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] += text[at + lane] == byte;
        for (int lane = 0; lane < LANES; lane++)
            found += lanes[lane];
    }
    for (; at < size; at++)
        found += text[at] == byte;
    return found;
}
