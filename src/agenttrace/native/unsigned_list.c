#include "unsigned_list.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024, EIGHT = 8 };

/* Whether these eight bytes are digits: neither they nor what is six more has another upper half. */
static int are_digits(uint64_t eight) {
    return ((eight & 0xF0F0F0F0F0F0F0F0u) | (((eight + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)) ==
           0x3333333333333333u;
}

/* The number that eight digits are, the first of which is in the lowest byte: neighbours are joined three times. */
static uint64_t eight_digits(uint64_t eight) {
    eight = (eight & 0x0F0F0F0F0F0F0F0Fu) * 2561 >> 8;
    eight = (eight & 0x00FF00FF00FF00FFu) * 6553601 >> 16;
    return (eight & 0x0000FFFF0000FFFFu) * 42949672960001u >> 32;
}

/* The number that begins at `at`, which is passed; 0 where there is none or it is too large. */
static int pass_unsigned(Reader *reader, uint64_t *number) {
    const uint8_t *at = reader->at, *const end = reader->end;
    uint64_t found = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (int i = 0; i < 2 && end - at >= EIGHT; i++) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        if (!are_digits(eight))
            break;
        found = found * 100000000u + eight_digits(eight);
        at += EIGHT;
    }
#endif
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(found, 10u, &found) || __builtin_add_overflow(found, (uint64_t)(*at - '0'), &found))
            return 0;
    if (at == reader->at || (*reader->at == '0' && at > reader->at + 1))
        return 0;
    reader->at = at;
    *number = found;
    return 1;
}

static int append(Numbers *numbers, uint64_t number) {
    if (numbers->count == numbers->room) {
        const int64_t room = numbers->room ? 2 * numbers->room : FIRST_ROOM;
        uint64_t *const found = realloc(numbers->numbers, (size_t)room * sizeof *found);
        if (!found)
            return -1;
        numbers->numbers = found, numbers->room = room;
    }
    numbers->numbers[numbers->count++] = number;
    return 1;
}

int pass_unsigned_list(Reader *reader, Numbers *numbers) {
    if (!pass_byte(reader, '['))
        return 0;
    pass_blanks(reader);
    if (pass_byte(reader, ']'))
        return 1;
    do {
        uint64_t number;
        pass_blanks(reader);
        if (!pass_unsigned(reader, &number))
            return 0;
        if (append(numbers, number) < 0)
            return -1;
        pass_blanks(reader);
    } while (pass_byte(reader, ','));
    return pass_byte(reader, ']');
}
