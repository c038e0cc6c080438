/* Reads answers of name servers, within their bounds.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ptr_answer.h"

#include <string.h>

/* RFC 1035 section 4.1.1. */
enum {
    HEADER_BYTES = 12,
    FLAG_ANSWER = 0x8000,
    FLAGS_KIND = 0x7800, /* 0: a question that was asked */
    FLAG_CUT = 0x0200,
    FLAGS_CODE = 0x000f,
    CODE_NONE = 0,
    CODE_NO_SUCH_NAME = 3,
};

enum { TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6 };
enum { WIRE_NAME_MAX = 255, POINTER = 0xc0, ALIASES_MAX = 8, SOA_NUMBERS_BYTES = 20 };

typedef struct message {
    const uint8_t *bytes;
    size_t size, at; /* `at` is never after `size` */
} message;

/* A name as labels with their lengths, uncompressed, in small letters. */
typedef struct wire_name {
    size_t size;
    uint8_t bytes[WIRE_NAME_MAX];
} wire_name;

typedef struct record {
    wire_name owner;
    uint16_t type, class;
    uint32_t ttl_s;
    size_t data, data_size; /* where in the message */
} record;

static bool take_number(message *from, unsigned size, uint32_t *number)
{
    if (from->size - from->at < size)
        return false;
    *number = 0;
    for (unsigned i = 0; i < size; i++)
        *number = *number << 8 | from->bytes[from->at++];
    return true;
}

/* Adds a label, with its length in front, that lies at `at`. */
static bool add_label(const message *from, size_t at, wire_name *name)
{
    const size_t size = 1U + from->bytes[at];

    if (from->size - at < size || sizeof name->bytes - name->size < size)
        return false;
    for (size_t i = 0; i < size; i++)
        name->bytes[name->size + i] = (uint8_t)g_ascii_tolower((char)from->bytes[at + i]);
    name->bytes[name->size] = from->bytes[at];
    name->size += size;
    return true;
}

/* A pointer leads to a place before the part of the name that it ends, so no chain of them is endless. */
static bool take_name(message *from, wire_name *name)
{
    size_t at = from->at, start = at;
    bool jumped = false;

    name->size = 0;
    while (at < from->size) {
        const uint8_t first = from->bytes[at];

        if ((first & POINTER) == 0) {
            if (!add_label(from, at, name))
                return false;
            at += 1U + first;
            if (!jumped)
                from->at = at;
            if (first == 0)
                return true;
            continue;
        }
        if ((first & POINTER) != POINTER || from->size - at < 2)
            return false;
        const size_t to = (size_t)(first & ~POINTER) << 8 | from->bytes[at + 1];
        if (!jumped)
            from->at = at + 2;
        if (to >= start)
            return false;
        at = start = to;
        jumped = true;
    }
    return false;
}

static bool take_record(message *from, record *taken)
{
    uint32_t type, class, size;

    if (!take_name(from, &taken->owner) || !take_number(from, 2, &type) || !take_number(from, 2, &class) ||
        !take_number(from, 4, &taken->ttl_s) || !take_number(from, 2, &size) || from->size - from->at < size)
        return false;
    taken->type = (uint16_t)type;
    taken->class = (uint16_t) class;
    if (taken->ttl_s > INT32_MAX)
        taken->ttl_s = 0; /* RFC 2181 section 8 */
    taken->data = from->at;
    taken->data_size = size;
    from->at += size;
    return true;
}

/* A name that is all of a record's data. */
static bool take_data_name(const message *from, const record *whole, wire_name *name)
{
    message data = {from->bytes, whole->data + whole->data_size, whole->data};

    return take_name(&data, name) && data.at == data.size;
}

static bool is_same(const wire_name *a, const wire_name *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* A dot within a label would end it for whoever reads the text. */
static bool spell(const wire_name *wire, char name[FZ_HOST_NAME_SIZE])
{
    char text[WIRE_NAME_MAX];
    size_t size = 0;

    for (size_t at = 0; wire->bytes[at] != 0; at += 1U + wire->bytes[at]) {
        const size_t label = wire->bytes[at];

        if (memchr(wire->bytes + at + 1, '.', label))
            return false;
        memcpy(text + size, wire->bytes + at + 1, label);
        size += label;
        text[size++] = '.';
    }
    return fz_host_name_take(text, size, name);
}

/* What the records of a section say of one name. */
typedef struct findings {
    bool names, alias; /* there are PTR records; one says what the name stands for */
    wire_name target;
    uint32_t ttl_s;
    char smallest[FZ_HOST_NAME_SIZE];
} findings;

static bool note_record(const message *from, const record *seen, findings *found)
{
    char name[FZ_HOST_NAME_SIZE];
    wire_name target;

    if (!take_data_name(from, seen, &target))
        return false;
    found->ttl_s = MIN(found->ttl_s, seen->ttl_s);
    if (seen->type == TYPE_CNAME) {
        found->alias = true;
        found->target = target;
        return true;
    }
    found->names = true;
    if (spell(&target, name) && (!*found->smallest || strcmp(name, found->smallest) < 0))
        g_strlcpy(found->smallest, name, sizeof found->smallest);
    return true;
}

/* Reads all records of a section; `from` is left behind it. */
static bool search(message *from, uint32_t count, const wire_name *wanted, findings *found)
{
    record seen;

    for (; count > 0; count--) {
        if (!take_record(from, &seen))
            return false;
        if (seen.class != FZ_DNS_CLASS_IN || (seen.type != TYPE_CNAME && seen.type != FZ_DNS_TYPE_PTR) ||
            !is_same(&seen.owner, wanted))
            continue;
        if (!note_record(from, &seen, found))
            return false;
    }
    return true;
}

/* How long it is known that there is nothing (RFC 2308 section 5). False if the section cannot be read, or sends us to
 * other servers. */
static bool read_authority(message *from, uint32_t count, uint32_t *ttl_s)
{
    bool refers = false, owns = false;
    record seen;

    for (; count > 0; count--) {
        if (!take_record(from, &seen))
            return false;
        refers = refers || seen.type == TYPE_NS;
        if (seen.type != TYPE_SOA || seen.data_size < SOA_NUMBERS_BYTES)
            continue;
        message last = {from->bytes, seen.data + seen.data_size, seen.data + seen.data_size - 4};
        uint32_t minimum = 0;
        owns = take_number(&last, 4, &minimum);
        *ttl_s = MIN(seen.ttl_s, minimum);
    }
    return owns || !refers;
}

static void settle_none(fz_ptr_answer *answer, uint32_t ttl_s)
{
    *answer =
        (fz_ptr_answer){.status = FZ_NAME_NONE, .keep_s = CLAMP(ttl_s, FZ_NAME_NONE_LEAST_S, FZ_NAME_NONE_MOST_S)};
}

/* Follows aliases through the answer section, in whatever order its records are. */
static bool read_answers(message *from, uint32_t answers, uint32_t authority, const wire_name *question, bool none,
                         fz_ptr_answer *answer)
{
    const size_t start = from->at;
    findings found = {.ttl_s = INT32_MAX};
    wire_name wanted = *question;
    uint32_t none_s = 0;

    for (unsigned aliases = 0; aliases <= ALIASES_MAX; aliases++) {
        from->at = start;
        found.alias = false;
        if (!search(from, answers, &wanted, &found))
            return false;
        if (found.names || !found.alias)
            break;
        wanted = found.target;
    }
    if (!none && *found.smallest) {
        answer->status = FZ_NAME_KNOWN;
        answer->keep_s = CLAMP(found.ttl_s, FZ_NAME_KEEP_LEAST_S, FZ_NAME_KEEP_MOST_S);
        g_strlcpy(answer->name, found.smallest, sizeof answer->name);
        return true;
    }
    if (!none && found.names)
        none_s = found.ttl_s; /* names that are not to be shown */
    else if (found.alias || !read_authority(from, authority, &none_s))
        return false;
    settle_none(answer, none_s);
    return true;
}

/* The only question must be ours. */
static bool take_question(message *from, const fz_addr *addr, wire_name *name)
{
    char wanted[FZ_PTR_QUESTION_SIZE], got[FZ_HOST_NAME_SIZE];
    uint32_t type, class;

    return take_name(from, name) && take_number(from, 2, &type) && take_number(from, 2, &class) &&
           type == FZ_DNS_TYPE_PTR && class == FZ_DNS_CLASS_IN && spell(name, got) &&
           strcmp(got, fz_ptr_question(addr, wanted)) == 0;
}

static bool read_message(message *from, const fz_addr *addr, fz_ptr_answer *answer)
{
    uint32_t id, flags, questions, answers, authority, additional;
    wire_name question;

    if (!take_number(from, 2, &id) || !take_number(from, 2, &flags) || !take_number(from, 2, &questions) ||
        !take_number(from, 2, &answers) || !take_number(from, 2, &authority) || !take_number(from, 2, &additional) ||
        (flags & (FLAG_ANSWER | FLAGS_KIND)) != FLAG_ANSWER || questions != 1 || !take_question(from, addr, &question))
        return false;
    if ((flags & FLAG_CUT) != 0) {
        answer->again = false; /* it is as long at every server */
        answer->cut = true;
        return false;
    }
    const uint32_t code = flags & FLAGS_CODE;
    if (code != CODE_NONE && code != CODE_NO_SUCH_NAME)
        return false;
    return read_answers(from, answers, authority, &question, code == CODE_NO_SUCH_NAME, answer);
}

void fz_ptr_answer_read(const fz_addr *addr, const void *bytes, size_t size, fz_ptr_answer *answer)
{
    message from = {bytes, size, 0};

    *answer = (fz_ptr_answer){.status = FZ_NAME_FAILED, .again = true, .keep_s = FZ_NAME_FAILED_S};
    if (!read_message(&from, addr, answer))
        *answer = (fz_ptr_answer){
            .status = FZ_NAME_FAILED, .again = answer->again, .cut = answer->cut, .keep_s = FZ_NAME_FAILED_S};
}

char *fz_ptr_question(const fz_addr *addr, char question[FZ_PTR_QUESTION_SIZE])
{
    const uint8_t *bytes = addr->bytes;
    char *at = question;

    if (addr->family == FZ_IPV4) {
        g_snprintf(question, FZ_PTR_QUESTION_SIZE, "%u.%u.%u.%u.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]);
        return question;
    }
    for (int i = (int)sizeof addr->bytes - 1; i >= 0; i--) {
        *at++ = "0123456789abcdef"[bytes[i] & 0xf];
        *at++ = '.';
        *at++ = "0123456789abcdef"[bytes[i] >> 4];
        *at++ = '.';
    }
    g_strlcpy(at, "ip6.arpa", (size_t)(question + FZ_PTR_QUESTION_SIZE - at));
    return question;
}
