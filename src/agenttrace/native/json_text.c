#include "json_text.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Passes what needs no look in a string: ASCII that is neither quote, backslash nor control character. */
static const uint8_t *pass_plain(const uint8_t *at, const uint8_t *end) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    while (end - at >= 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        /* As signed bytes those of other than ASCII are below the blank, too. */
        const __m128i special = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)),
            _mm_cmplt_epi8(bytes, space));
        const int mask = _mm_movemask_epi8(special);
        if (mask)
            return at + __builtin_ctz((unsigned)mask);
        at += 16;
    }
#endif
    while (at < end && *at >= ' ' && *at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* The length of the character that begins here, 0 where it is no UTF-8: see table 3-7 of the Unicode standard. */
static int character_bytes(const uint8_t *at, const uint8_t *end) {
    const uint8_t first = *at;
    const int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || end - at < length)
        return 0;
    const uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < least || at[1] > most)
        return 0;
    for (int i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    const uint8_t letter = byte | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The four digits of \uXXXX; -1 where they are none. */
static int code_unit(const uint8_t *at, const uint8_t *end) {
    int unit = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* The length of the escape that begins with this backslash, 0 where it is none; halves of a pair do not stand alone. */
static int escape_bytes(const uint8_t *at, const uint8_t *end) {
    if (end - at < 2)
        return 0;
    if (at[1] != 'u')
        return memchr("\"\\/bfnrt", at[1], 8) ? 2 : 0;
    const int unit = code_unit(at + 2, end);
    if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
        return 0;
    if (unit < 0xD800 || unit > 0xDBFF)
        return 6;
    if (end - at < 12 || at[6] != '\\' || at[7] != 'u')
        return 0;
    const int low = code_unit(at + 8, end);
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

int pass_string(Reader *reader) {
    const uint8_t *at = reader->at, *const end = reader->end;
    int kind = KIND_TEXT;
    while ((at = pass_plain(at, end)) < end) {
        if (*at == '"') {
            reader->at = at + 1;
            return kind;
        }
        int length = 0;
        if (*at == '\\') {
            length = escape_bytes(at, end);
            kind = KIND_ESCAPED;
        } else if (*at >= 0x80) {
            length = character_bytes(at, end);
        }
        if (!length)
            return -1;
        at += length;
    }
    return -1;
}

static const uint8_t *pass_digits(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

int integer_of(const uint8_t *begin, const uint8_t *end, int64_t *value) {
    const int negative = begin < end && *begin == '-';
    const uint8_t *at = begin + negative;
    uint64_t found = 0;
    if (at == end || end - at > 19 || (*at == '0' && end - at > 1))
        return 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        found = found * 10 + (uint64_t)(*at - '0');
    }
    if (found > (uint64_t)INT64_MAX)
        return 0;
    *value = negative ? -(int64_t)found : (int64_t)found;
    return 1;
}

/* Beyond these a number may be out of a double's range: then readers do what they like. */
enum { MOST_DIGITS = 40, LARGEST_EXPONENT = 250 };

/* Where an exponent ends; null where it is none, or large. A number that is too small is 0 for everybody. */
static const uint8_t *pass_exponent(const uint8_t *at, const uint8_t *end) {
    const int negative = at < end && *at == '-';
    at += at < end && (*at == '+' || *at == '-');
    const uint8_t *const digits = at;
    int exponent = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (!negative && (exponent = exponent * 10 + (*at - '0')) > LARGEST_EXPONENT)
            return NULL;
    return at == digits ? NULL : at;
}

int pass_number(Reader *reader) {
    const uint8_t *at = reader->at, *const end = reader->end, *digits;
    int kind = KIND_INTEGER;
    int64_t value;
    at += at < end && *at == '-';
    digits = pass_digits(at, end);
    if (digits == at || (*at == '0' && digits > at + 1))
        return -1;
    at = digits;
    if (at < end && *at == '.') {
        digits = pass_digits(at + 1, end);
        if (digits == at + 1)
            return -1;
        at = digits, kind = KIND_NUMBER;
    }
    if (at < end && (*at | 0x20) == 'e') {
        if (!(at = pass_exponent(at + 1, end)))
            return -1;
        kind = KIND_NUMBER;
    }
    if (at - reader->at > MOST_DIGITS)
        return -1;
    if (kind == KIND_INTEGER && !integer_of(reader->at, at, &value))
        kind = KIND_NUMBER;
    reader->at = at;
    return kind;
}

int pass_word(Reader *reader) {
    static const struct {
        const char *word;
        int length, kind;
    } words[] = {{"null", 4, KIND_NULL}, {"true", 4, KIND_TRUE}, {"false", 5, KIND_FALSE}};
    for (int i = 0; i < 3; i++) {
        if (reader->end - reader->at >= words[i].length &&
            !memcmp(reader->at, words[i].word, (size_t)words[i].length)) {
            reader->at += words[i].length;
            return words[i].kind;
        }
    }
    return -1;
}
