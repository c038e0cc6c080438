/* Values of a filter's tests: read, and printed so that they read back as the same.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_private.h"
#include "protocol.h"
#include "service.h"

#include <string.h>

/* A whole number in decimal digits alone. */
static bool read_number(const char *text, uint64_t most, uint64_t *number)
{
    guint64 value;

    if (!g_ascii_isdigit(*text) || !g_ascii_string_to_unsigned(text, 10, 0, most, &value, NULL))
        return false;
    *number = value;
    return true;
}

/* A number with a unit: `*number` times the unit of `text`, up to INT64_MAX. Digits after a point count. */
typedef struct unit {
    const char *text;
    uint64_t factor;
} unit;

static bool read_units(const char **text, const unit *units, size_t count, uint64_t *number)
{
    const char *at = *text;
    const size_t whole = strspn(at, "0123456789");
    size_t digits = whole;
    double value, best = -1;
    size_t best_length = 0;

    if (whole == 0)
        return false;
    if (at[digits] == '.' && g_ascii_isdigit(at[digits + 1]))
        digits += 1 + strspn(at + digits + 1, "0123456789");
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(units[i].text);
        if (strncmp(at + digits, units[i].text, length) != 0 || (best >= 0 && length <= best_length))
            continue;
        best_length = length;
        best = (double)units[i].factor;
        *number = units[i].factor;
    }
    value = best < 0 ? 0 : g_ascii_strtod(at, NULL) * best;
    if (best < 0 || value > (double)(INT64_MAX - 1024))
        return false;
    if (digits > whole) {
        *number = (uint64_t)(value + 0.5);
    } else {
        guint64 exact;
        g_autofree char *integer = g_strndup(at, whole);
        if (!g_ascii_string_to_unsigned(integer, 10, 0, INT64_MAX, &exact, NULL))
            return false;
        *number *= exact;
    }
    *text = at + digits + best_length;
    return true;
}

static bool read_amount(const char *text, uint64_t *number)
{
    static const unit units[] = {
        {"", 1},
        {"k", 1000},
        {"K", 1000},
        {"M", 1000000},
        {"G", 1000000000},
        {"T", UINT64_C(1000000000000)},
        {"P", UINT64_C(1000000000000000)},
        {"Ki", UINT64_C(1) << 10},
        {"Mi", UINT64_C(1) << 20},
        {"Gi", UINT64_C(1) << 30},
        {"Ti", UINT64_C(1) << 40},
        {"Pi", UINT64_C(1) << 50},
    };

    if (!read_units(&text, units, G_N_ELEMENTS(units), number))
        return false;
    text += *text == 'B';
    return *text == '\0';
}

/* "1h30m", "500ms", "10": in microseconds. */
static bool read_span(const char *text, uint64_t *number)
{
    static const unit units[] = {
        {"us", 1},
        {"ms", 1000},
        {"s", 1000000},
        {"", 1000000},
        {"m", 60 * UINT64_C(1000000)},
        {"h", 3600 * UINT64_C(1000000)},
        {"d", 86400 * UINT64_C(1000000)},
    };

    const char *at = text;

    *number = 0;
    do {
        uint64_t part;
        if (!read_units(&at, units, G_N_ELEMENTS(units), &part) || part > INT64_MAX - *number)
            return false;
        if (g_ascii_isdigit(at[-1]) && text[strspn(text, "0123456789.")] != '\0')
            return false; /* "1h30" */
        *number += part;
    } while (*at != '\0');
    return true;
}

/* The letters of TCP's flags, from the lowest bit on. */
static const char flag_letters[] = "FSRPAUECN";

static bool read_letters(const char *text, size_t length, uint64_t *flags)
{
    *flags = 0;
    for (size_t i = 0; i < length; i++) {
        const char *letter = strchr(flag_letters, g_ascii_toupper(text[i]));
        if (!letter || *letter == '\0')
            return false;
        *flags |= UINT64_C(1) << (letter - flag_letters);
    }
    return length > 0;
}

static bool read_flags(const char *text, fz_filter_value *value)
{
    const size_t length = strcspn(text, "/");
    uint64_t mask;

    if (!read_letters(text, length, &value->low))
        return false;
    mask = value->low;
    if (text[length] == '/' && !read_letters(text + length + 1, strlen(text + length + 1), &mask))
        return false;
    value->mask = (uint16_t)mask;
    return (value->low & ~mask) == 0;
}

static bool read_ports(const char *text, fz_filter_value *value)
{
    const char *dash = strchr(text, '-');
    uint8_t protocol;
    uint16_t port;

    if (!g_ascii_isdigit(*text)) {
        if (!fz_service_find(text, &protocol, &port))
            return false;
        value->low = value->high = port;
        return true;
    }
    g_autofree char *first = dash ? g_strndup(text, (gsize)(dash - text)) : g_strdup(text);
    if (!read_number(first, G_MAXUINT16, &value->low))
        return false;
    value->high = value->low;
    return !dash || (read_number(dash + 1, G_MAXUINT16, &value->high) && value->high >= value->low);
}

static bool read_protocol(const char *text, uint64_t *number)
{
    const int found = fz_protocol_find(text);

    if (found < 0)
        return read_number(text, G_MAXUINT8, number);
    *number = (uint64_t)found;
    return true;
}

/* "https", "443", "tcp/443", "udp/https". */
static bool read_service(const char *text, fz_filter_value *value)
{
    const char *slash = strchr(text, '/');
    const char *service = slash ? slash + 1 : text;
    g_autofree char *protocol = slash ? g_strndup(text, (gsize)(slash - text)) : NULL;
    uint64_t number = 0;
    uint8_t known = 0;
    uint16_t port;

    if (protocol && (!read_protocol(protocol, &number) || number == 0))
        return false;
    if (fz_service_find(service, &known, &port))
        value->low = port;
    else if (!read_number(service, G_MAXUINT16, &value->low))
        return false;
    value->high = value->low;
    value->mask = protocol ? (uint16_t)number : known;
    return true;
}

static bool read_net(const char *text, fz_filter_value *value)
{
    const char *fault;

    if (!fz_prefix_parse(text, &value->prefix, &fault))
        return false;
    fz_prefix_mask(&value->prefix);
    return true;
}

static bool read_kind(fz_value_kind kind, const char *text, fz_filter_value *value)
{
    switch (kind) {
    case FZ_VALUE_NET:
        return read_net(text, value);
    case FZ_VALUE_PORT:
        return read_ports(text, value);
    case FZ_VALUE_SERVICE:
        return read_service(text, value);
    case FZ_VALUE_PROTOCOL:
        return read_protocol(text, &value->low);
    case FZ_VALUE_VLAN:
        return read_number(text, 4095, &value->low);
    case FZ_VALUE_AMOUNT:
        return read_amount(text, &value->low);
    case FZ_VALUE_SPAN:
        return read_span(text, &value->low);
    case FZ_VALUE_FLAGS:
        return read_flags(text, value);
    case FZ_VALUE_NAME:
        value->text = g_strdup(text);
        return true;
    case FZ_VALUE_NONE:
        break;
    }
    return true;
}

bool fz_filter_read_value(fz_filter_reader *reader, const fz_word *word, fz_filter_value *value)
{
    static const char *const expected[] = {
        [FZ_VALUE_NONE] = "nothing",
        [FZ_VALUE_NAME] = "a name",
        [FZ_VALUE_NET] = "an address or a network such as 10.0.0.0/8",
        [FZ_VALUE_PORT] = "a port such as 443, 8000-8999 or https",
        [FZ_VALUE_SERVICE] = "a service such as https, 443 or tcp/443",
        [FZ_VALUE_PROTOCOL] = "a protocol such as tcp or 6",
        [FZ_VALUE_VLAN] = "a VLAN from 0 to 4095",
        [FZ_VALUE_AMOUNT] = "a number such as 1500, 10k, 2.5M or 1Gi",
        [FZ_VALUE_SPAN] = "a time such as 90s, 30m or 1h30m",
        [FZ_VALUE_FLAGS] = "TCP flags of the letters FSRPAUECN, such as S or S/SA,",
    };

    *value = (fz_filter_value){0};
    if (reader->token.kind == FZ_TOKEN_WORD && read_kind(word->kind, reader->token.word, value)) {
        if (word->kind != FZ_VALUE_PORT)
            value->high = value->low;
        return true;
    }
    return fz_token_unexpected(reader, expected[word->kind]);
}

static char *print_flags(const fz_filter_value *value)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; flag_letters[i] != '\0'; i++)
        if (value->low >> i & 1)
            g_string_append_c(text, flag_letters[i]);
    if (value->mask != value->low) {
        g_string_append_c(text, '/');
        for (size_t i = 0; flag_letters[i] != '\0'; i++)
            if (value->mask >> i & 1)
                g_string_append_c(text, flag_letters[i]);
    }
    return g_string_free(text, FALSE);
}

/* In quotes, two of which are one. */
static char *print_name(const char *name)
{
    GString *text = g_string_new("\"");

    for (; *name != '\0'; name++) {
        if (*name == '"')
            g_string_append_c(text, '"');
        g_string_append_c(text, *name);
    }
    g_string_append_c(text, '"');
    return g_string_free(text, FALSE);
}

char *fz_filter_value_print(const fz_word *word, const fz_filter_value *value)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];

    switch (word->kind) {
    case FZ_VALUE_NAME:
        return print_name(value->text);
    case FZ_VALUE_NET:
        if (value->prefix.length == fz_family_bits(value->prefix.addr.family))
            return g_strdup(fz_addr_print(&value->prefix.addr, prefix));
        return g_strdup(fz_prefix_print(&value->prefix, prefix));
    case FZ_VALUE_SERVICE:
        return value->mask ? g_strdup_printf("%u/%" G_GUINT64_FORMAT, value->mask, value->low)
                           : g_strdup_printf("%" G_GUINT64_FORMAT, value->low);
    case FZ_VALUE_SPAN:
        return g_strdup_printf("%" G_GUINT64_FORMAT "us", value->low);
    case FZ_VALUE_FLAGS:
        return print_flags(value);
    default:
        return value->low == value->high
                   ? g_strdup_printf("%" G_GUINT64_FORMAT, value->low)
                   : g_strdup_printf("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, value->low, value->high);
    }
}
