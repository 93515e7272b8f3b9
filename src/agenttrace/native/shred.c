/* JSON lines cut into what a plan wants of them: of each of its nodes a list of the values found there.

Nothing is decided here. A text with anything unusual is refused whole, and read elsewhere: what is no JSON, members
that stand twice, names with escapes where members are wanted, elements that do not begin with their tag. */
#include "json_text.h"
#include "plan.h"
#include "real.h"
#include "unsigned_list.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 96, FIRST_ROOM = 64, REFUSED = -1, NO_MEMORY = -2 };

/* One value: its bounds in the text, a string's without quotes. `row`: which one of the elements around it holds it.
`value`: the number, or the bits of a double, where that is wanted; of an element with a tag that tag; of a document its line from 0; of what should be a list of numbers the place of the
first of them, or of those after it, among all. */
typedef struct {
    int64_t value;
    int32_t row, begin, end, kind;
} Found;

typedef struct {
    Found *found;
    int64_t count, room;
    int32_t last_row;
    uint32_t kinds; /* a bit for each kind that was found */
} Column;

typedef struct {
    int32_t count;
    Numbers numbers; /* of lists of which they are wanted, one list after the other */
    Column columns[];
} Shreds;

typedef struct {
    Reader text;
    Plan *plan;
    Shreds *shreds;
    int error;
} Shredder;

EXPORTED Shreds *agenttrace_shred(Plan *plan, const uint8_t *text, int64_t size, int32_t *error);
EXPORTED const Found *agenttrace_shreds(const Shreds *shreds, int32_t node, int64_t *count, uint32_t *kinds);
EXPORTED const uint64_t *agenttrace_numbers(const Shreds *shreds, int64_t *count);
EXPORTED void agenttrace_shreds_free(Shreds *shreds);

static int pass_value(Shredder *shredder, int32_t node, int32_t row, int32_t depth);

static int refused(Shredder *shredder) {
    shredder->error = shredder->error ? shredder->error : REFUSED;
    return -1;
}

/* Room for one more value of a node; null where memory is out. */
static Found *next_found(Shredder *shredder, int32_t node) {
    Column *const column = &shredder->shreds->columns[node];
    if (column->count == column->room) {
        const int64_t room = column->room ? 2 * column->room : FIRST_ROOM;
        Found *const found = realloc(column->found, (size_t)room * sizeof *found);
        if (!found) {
            shredder->error = NO_MEMORY;
            return NULL;
        }
        column->found = found, column->room = room;
    }
    return &column->found[column->count++];
}

static int32_t offset(const Shredder *shredder) { return (int32_t)(shredder->text.at - shredder->text.begin); }

/* Which of a node's members is called so, from where the last one was found on: members mostly come in one order. */
static int32_t member_called(const Shredder *shredder, const Node *node, int32_t *next, const uint8_t *name, long length) {
    for (int32_t tried = 0; tried < node->members; tried++) {
        const int32_t place = *next < node->members ? *next : 0;
        const Node *const member = &shredder->plan->nodes[node->first + place];
        *next = place + 1;
        if (member->length == length && !memcmp(shredder->plan->names + member->name, name, (size_t)length))
            return node->first + place;
    }
    return NOBODY;
}

static const Node nothing = {0, 0, NOBODY, 0, 0, 0, 0};

/* The members behind one, or from the first on: each with a comma before it but that. `at` is behind the brace. */
static int pass_members(Shredder *shredder, const Node *node, int32_t row, int32_t depth, int first) {
    Reader *const text = &shredder->text;
    int32_t next = 0;
    for (;; first = 0) {
        pass_blanks(text);
        if (pass_byte(text, '}'))
            return 0;
        if (!first) {
            if (!pass_byte(text, ','))
                return refused(shredder);
            pass_blanks(text);
        }
        if (!pass_byte(text, '"'))
            return refused(shredder);
        const uint8_t *const name = text->at;
        const int kind = pass_string(text);
        if (kind < 0 || (kind == KIND_ESCAPED && node->members))
            return refused(shredder);
        const int32_t member =
            node->members ? member_called(shredder, node, &next, name, text->at - 1 - name) : NOBODY;
        pass_blanks(text);
        if (!pass_byte(text, ':') || pass_value(shredder, member, row, depth) < 0)
            return refused(shredder);
    }
}

/* An element that begins with its tag; where nobody wants that, nothing of it is kept. */
static int pass_tagged(Shredder *shredder, int32_t place, int32_t row, int32_t depth) {
    const Node *const node = &shredder->plan->nodes[place], *const tag = &shredder->plan->nodes[node->first];
    Reader *const text = &shredder->text;
    const int32_t begin = offset(shredder);
    if (!pass_byte(text, '{'))
        return refused(shredder);
    pass_blanks(text);
    if (text->end - text->at < tag->length + 2 || *text->at != '"' ||
        memcmp(text->at + 1, shredder->plan->names + tag->name, (size_t)tag->length) ||
        text->at[tag->length + 1] != '"')
        return refused(shredder);
    text->at += tag->length + 2;
    pass_blanks(text);
    if (!pass_byte(text, ':'))
        return refused(shredder);
    pass_blanks(text);
    if (!pass_byte(text, '"'))
        return refused(shredder);
    const uint8_t *const name = text->at;
    if (pass_string(text) != KIND_TEXT)
        return refused(shredder);
    Tags *const tags = shredder->plan->tags[place];
    const int32_t number = number_of_tag(tags, name, (int32_t)(text->at - 1 - name));
    if (number < 0)
        return refused(shredder);
    int32_t *const tagged = &shredder->shreds->columns[node->first].last_row; /* a second tag is one too many */
    if (!tags->tags[number].wanted) {
        const Node no_more = {node->first, 1, NOBODY, 0, 0, 0, 0};
        *tagged = row;
        return pass_members(shredder, &no_more, row, depth, 0);
    }
    Found *const found = next_found(shredder, place);
    if (!found)
        return -1;
    const int32_t own = (int32_t)(shredder->shreds->columns[place].count - 1);
    *found = (Found){number, row, begin, begin, KIND_OBJECT};
    shredder->shreds->columns[place].kinds |= 1u << KIND_OBJECT;
    *tagged = own;
    if (pass_members(shredder, node, own, depth, 0) < 0)
        return -1;
    shredder->shreds->columns[place].found[own].end = offset(shredder);
    return 0;
}

/* The elements of an array; `at` is behind the bracket. */
static int pass_elements(Shredder *shredder, int32_t element, int32_t row, int32_t depth) {
    Reader *const text = &shredder->text;
    pass_blanks(text);
    if (pass_byte(text, ']'))
        return 0;
    const int tagged = element != NOBODY && shredder->plan->nodes[element].tagged;
    do {
        pass_blanks(text);
        if ((tagged ? pass_tagged : pass_value)(shredder, element, row, depth) < 0)
            return refused(shredder);
        pass_blanks(text);
    } while (pass_byte(text, ','));
    return pass_byte(text, ']') ? 0 : refused(shredder);
}

static int pass_scalar(Reader *text) {
    if (text->at == text->end)
        return -1;
    const uint8_t first = *text->at;
    if (first == '"') {
        text->at++;
        return pass_string(text);
    }
    return first == '-' || (first >= '0' && first <= '9') ? pass_number(text) : pass_word(text);
}

/* An object or array, of which `own` is the row for what is in it. */
static int pass_nested(Shredder *shredder, const Node *node, int32_t own, int32_t depth) {
    if (depth == DEEPEST)
        return refused(shredder);
    if (pass_byte(&shredder->text, '{'))
        return pass_members(shredder, node, own, depth + 1, 1);
    shredder->text.at++;
    return pass_elements(shredder, node->element, own, depth + 1);
}

static int begins_nested(const Reader *text) { return text->at < text->end && (*text->at == '{' || *text->at == '['); }

/* Keeps the bits of a double; what is none at once is of a kind of its own. */
static void keep_real(const Shredder *shredder, Found *found) {
    const uint8_t *const bytes = shredder->text.begin;
    double real;
    if (real_of(bytes + found->begin, bytes + found->end, &real))
        memcpy(&found->value, &real, sizeof real);
    else
        found->kind = KIND_LONG;
}

/* Keeps a scalar that was passed, from `begin` on. */
static void keep_scalar(const Shredder *shredder, Found *found, const Node *node, int32_t begin, int kind) {
    const int quoted = kind == KIND_TEXT || kind == KIND_ESCAPED;
    found->begin = begin + quoted;
    found->end = offset(shredder) - quoted;
    found->kind = kind;
    if (node->numeric == NUMBERS)
        found->value = shredder->shreds->numbers.count;
    if (node->numeric == REAL && (kind == KIND_INTEGER || kind == KIND_NUMBER))
        keep_real(shredder, found);
    if (node->numeric != INTEGER || (kind != KIND_TEXT && kind != KIND_INTEGER))
        return;
    const uint8_t *const bytes = shredder->text.begin;
    if (integer_of(bytes + found->begin, bytes + found->end, &found->value) && quoted)
        found->kind = KIND_DIGITS;
}

/* Keeps the numbers of a list. */
static int keep_numbers(Shredder *shredder, Column *column, Found *found) {
    Numbers *const numbers = &shredder->shreds->numbers;
    found->value = numbers->count;
    const int passed = pass_unsigned_list(&shredder->text, numbers);
    if (passed < 0)
        shredder->error = NO_MEMORY;
    if (passed <= 0)
        return refused(shredder);
    found->end = offset(shredder);
    column->kinds |= 1u << KIND_ARRAY;
    return 0;
}

/* A value that a node wants. The row for what is in an element is its own, for what is in a member that around it. */
static int pass_wanted(Shredder *shredder, int32_t place, int32_t row, int32_t depth) {
    const Node *const node = &shredder->plan->nodes[place];
    Column *const column = &shredder->shreds->columns[place];
    const int element = node->length == NAMELESS;
    if (!element && column->last_row == row)
        return refused(shredder); /* of members that stand twice, readers choose another one each */
    column->last_row = row;
    Found *found = next_found(shredder, place);
    if (!found)
        return -1;
    const int64_t own = column->count - 1;
    const int32_t begin = offset(shredder);
    *found = (Found){0, row, begin, begin, KIND_OBJECT};
    if (!begins_nested(&shredder->text)) {
        const int kind = pass_scalar(&shredder->text);
        if (kind < 0)
            return refused(shredder);
        keep_scalar(shredder, found, node, begin, kind);
        column->kinds |= 1u << found->kind;
        return 0;
    }
    found->kind = *shredder->text.at == '{' ? KIND_OBJECT : KIND_ARRAY;
    if (node->numeric == NUMBERS)
        return keep_numbers(shredder, column, found);
    column->kinds |= 1u << found->kind;
    if (pass_nested(shredder, node, element ? (int32_t)own : row, depth) < 0)
        return -1;
    column->found[own].end = offset(shredder);
    return 0;
}

static int pass_value(Shredder *shredder, int32_t node, int32_t row, int32_t depth) {
    pass_blanks(&shredder->text);
    if (node != NOBODY)
        return pass_wanted(shredder, node, row, depth);
    if (begins_nested(&shredder->text))
        return pass_nested(shredder, &nothing, row, depth);
    return pass_scalar(&shredder->text) < 0 ? refused(shredder) : 0;
}

/* All documents: objects, each on a line of its own; lines may be blank. */
static int pass_documents(Shredder *shredder) {
    Reader *const text = &shredder->text;
    for (int64_t line = 0; text->at < text->end; line++) {
        pass_blanks(text);
        if (text->at == text->end)
            return 0;
        if (pass_byte(text, '\n'))
            continue;
        if (*text->at != '{' || pass_wanted(shredder, 0, 0, 0) < 0)
            return refused(shredder);
        const Column *const documents = &shredder->shreds->columns[0];
        documents->found[documents->count - 1].value = line;
        pass_blanks(text);
        if (text->at < text->end && !pass_byte(text, '\n'))
            return refused(shredder);
    }
    return 0;
}

EXPORTED void agenttrace_shreds_free(Shreds *shreds) {
    for (int32_t i = 0; i < shreds->count; i++)
        free(shreds->columns[i].found);
    free(shreds->numbers.numbers);
    free(shreds);
}

/* What a plan wants of a text; null where it is refused or memory is out, and `error` says which. */
EXPORTED Shreds *agenttrace_shred(Plan *plan, const uint8_t *text, int64_t size, int32_t *error) {
    Shreds *const shreds = calloc(1, sizeof *shreds + (size_t)plan->count * sizeof(Column));
    *error = shreds ? REFUSED : NO_MEMORY;
    if (!shreds)
        return NULL;
    shreds->count = plan->count;
    for (int32_t i = 0; i < plan->count; i++)
        shreds->columns[i].last_row = NOBODY;
    Shredder shredder = {{text, text, text + size}, plan, shreds, 0};
    if (size >= 0 && size < INT32_MAX && pass_documents(&shredder) == 0) {
        *error = 0;
        return shreds;
    }
    if (shredder.error)
        *error = shredder.error;
    agenttrace_shreds_free(shreds);
    return NULL;
}

EXPORTED const Found *agenttrace_shreds(const Shreds *shreds, int32_t node, int64_t *count, uint32_t *kinds) {
    *count = shreds->columns[node].count;
    *kinds = shreds->columns[node].kinds;
    return shreds->columns[node].found;
}

EXPORTED const uint64_t *agenttrace_numbers(const Shreds *shreds, int64_t *count) {
    *count = shreds->numbers.count;
    return shreds->numbers.numbers;
}
