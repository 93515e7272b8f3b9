#include "kernels.h"

EXPORTED int64_t agenttrace_last_bracket(const uint8_t *text, int64_t size, int32_t deepest, uint8_t *opens,
                                         int32_t *depth);

/* Behind the string that begins here, or the end of the text. */
static int64_t pass_string(const uint8_t *text, int64_t size, int64_t at) {
    for (at++; at < size && text[at] != '"'; at++)
        at += text[at] == '\\';
    return at < size ? at + 1 : size;
}

/* Behind the last bracket at which all before it is complete; `opens`, of `deepest` bytes, has the brackets that are open
 * there, as many as `depth`. It ends where one closes what is not open, and with nesting beyond `deepest`. */
EXPORTED int64_t agenttrace_last_bracket(const uint8_t *text, int64_t size, int32_t deepest, uint8_t *opens,
                                         int32_t *depth) {
    int64_t end = 0, at = 0;
    int32_t open = 0;
    *depth = 0;
    while (at < size) {
        const uint8_t byte = text[at];
        if (byte == '"') {
            at = pass_string(text, size, at);
            continue;
        }
        at++;
        if (byte == '{' || byte == '[') {
            if (open == deepest)
                break;
            opens[open++] = byte;
            if (byte == '{' && open > 1)
                continue;
        } else if (byte == '}' || byte == ']') {
            if (!open || opens[open - 1] != (byte == '}' ? '{' : '['))
                break;
            open--;
        } else {
            continue;
        }
        end = at;
        *depth = open;
        if (!open)
            break;
    }
    return end;
}
