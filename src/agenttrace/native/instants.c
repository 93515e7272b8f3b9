#include "kernels.h"

enum { STAMP = 24, STRIDE = STAMP + 1, FIRST_YEAR = 1970, LAST_YEAR = 2099, REFUSED = -1 };

EXPORTED int64_t agenttrace_instants(const uint8_t *text, int64_t size, int64_t count, int64_t *instants_ns);

static const char PATTERN[STAMP + 1] = "dddd-dd-ddTdd:dd:dd.dddZ";
static const int64_t SECOND_NS = 1000000000, MILLISECOND_NS = 1000000;

static int has_form(const uint8_t *text) {
    int wrong = 0;
    for (int at = 0; at < STAMP; at++)
        wrong |= PATTERN[at] == 'd' ? (uint8_t)(text[at] - '0') > 9 : text[at] != (uint8_t)PATTERN[at];
    return !wrong;
}

static int64_t number(const uint8_t *text, int digits) {
    int64_t value = 0;
    for (int at = 0; at < digits; at++)
        value = 10 * value + (text[at] - '0');
    return value;
}

static int64_t days_in(int64_t year, int64_t month) {
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 ? 28 + leap : 30 + ((month + month / 8) & 1);
}

/* Days since 1970-01-01. Years are counted from March, so that the leap day is the last one:
 * H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_before(int64_t year, int64_t month, int64_t day) {
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    year -= month <= 2;
    return 365 * year + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

static int64_t instant(const uint8_t *text) {
    if (!has_form(text))
        return REFUSED;
    int64_t year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
    int64_t hour = number(text + 11, 2), minute = number(text + 14, 2), second = number(text + 17, 2);
    if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return REFUSED;
    if (hour > 23 || minute > 59 || second > 59)
        return REFUSED;
    int64_t seconds = ((days_before(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return seconds * SECOND_NS + number(text + 20, 3) * MILLISECOND_NS;
}

/* Time stamps as 2026-01-31T07:15:51.765Z, a byte between them; REFUSED for others. How many there are is the return
 * value; 0 if the text is not of so many of that length. */
EXPORTED int64_t agenttrace_instants(const uint8_t *text, int64_t size, int64_t count, int64_t *instants_ns) {
    if (count < 1 || size != STRIDE * count - 1)
        return 0;
    for (int64_t each = 1; each < count; each++)
        if (text[STRIDE * each - 1] != '\n')
            return 0;
    for (int64_t each = 0; each < count; each++)
        instants_ns[each] = instant(text + STRIDE * each);
    return count;
}
