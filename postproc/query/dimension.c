/* The table of dimensions, and what each is in SQL and on paper.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "dimension.h"

#include "protocol.h"
#include "question.h"
#include "service.h"
#include "text.h"

#include <string.h>

/* A word of --by: one key or two. */
typedef struct dimension {
    const char *word;
    fz_group_key keys[2];
} dimension;

#define CLIENT_ZONE                                                    \
    {                                                                  \
        FZ_BY_ZONE, FZ_KEY_OF_CLIENT, "client_zone", "client", NULL, 0 \
    }
#define SERVER_ZONE                                                    \
    {                                                                  \
        FZ_BY_ZONE, FZ_KEY_OF_SERVER, "server_zone", "server", NULL, 0 \
    }
#define CLIENT                                                    \
    {                                                             \
        FZ_BY_ADDR, FZ_KEY_OF_CLIENT, "client", "client", NULL, 0 \
    }
#define SERVER                                                    \
    {                                                             \
        FZ_BY_ADDR, FZ_KEY_OF_SERVER, "server", "server", NULL, 0 \
    }
#define NET(of, name, title, bytes)             \
    {                                           \
        FZ_BY_NET, of, name, title, NULL, bytes \
    }
#define NETS(prefix, of, name, title)                                                                                  \
    {prefix "net/8", {NET(of, name "_net", title, 1), {0}}}, {prefix "net/16", {NET(of, name "_net", title, 2), {0}}}, \
    {                                                                                                                  \
        prefix "net/24",                                                                                               \
        {                                                                                                              \
            NET(of, name "_net", title, 3),                                                                            \
            {                                                                                                          \
                0                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
#define TEXT(word, title)                                       \
    {                                                           \
        word,                                                   \
        {                                                       \
            {FZ_BY_TEXT, FZ_KEY_OF_NONE, word, title, word, 0}, \
            {                                                   \
                0                                               \
            }                                                   \
        }                                                       \
    }
#define TIME(word, seconds)                                          \
    {                                                                \
        word,                                                        \
        {                                                            \
            {FZ_BY_TIME, FZ_KEY_OF_NONE, word, word, NULL, seconds}, \
            {                                                        \
                0                                                    \
            }                                                        \
        }                                                            \
    }

/* clang-format off */
static const dimension dimensions[] = {
    {"host", {{FZ_BY_ADDR, FZ_KEY_OF_EITHER, "host", "host", NULL, 0}, {0}}},
    {"client", {CLIENT, {0}}},
    {"server", {SERVER, {0}}},
    {"src", {CLIENT, {0}}},
    {"dst", {SERVER, {0}}},
    {"pair", {CLIENT, SERVER}},
    {"zone", {{FZ_BY_ZONE, FZ_KEY_OF_EITHER, "zone", "zone", NULL, 0}, {0}}},
    {"client.zone", {CLIENT_ZONE, {0}}},
    {"server.zone", {SERVER_ZONE, {0}}},
    {"src.zone", {CLIENT_ZONE, {0}}},
    {"dst.zone", {SERVER_ZONE, {0}}},
    {"zones", {CLIENT_ZONE, SERVER_ZONE}},
    {"service", {{FZ_BY_SERVICE, FZ_KEY_OF_NONE, "service", "service", NULL, 0}, {0}}},
    {"port", {{FZ_BY_PORT, FZ_KEY_OF_EITHER, "port", "port", NULL, 0}, {0}}},
    {"client.port", {{FZ_BY_PORT, FZ_KEY_OF_CLIENT, "client_port", "client port", NULL, 0}, {0}}},
    {"server.port", {{FZ_BY_PORT, FZ_KEY_OF_SERVER, "server_port", "server port", NULL, 0}, {0}}},
    {"proto", {{FZ_BY_PROTOCOL, FZ_KEY_OF_NONE, "protocol", "proto", NULL, 0}, {0}}},
    NETS("", FZ_KEY_OF_EITHER, "host", "network"),
    NETS("client.", FZ_KEY_OF_CLIENT, "client", "client"),
    NETS("server.", FZ_KEY_OF_SERVER, "server", "server"),
    {"vlan", {{FZ_BY_VLAN, FZ_KEY_OF_NONE, "vlan", "vlan", NULL, 0}, {0}}},
    {"direction", {{FZ_BY_DIRECTION, FZ_KEY_OF_NONE, "direction", "direction", NULL, 0}, {0}}},
    TEXT("location", "location"),
    TEXT("sensor", "sensor"),
    TEXT("source", "capture"),
    TIME("minute", 60),
    TIME("hour", 3600),
    TIME("day", 86400),
};
/* clang-format on */

enum { HOUR_S = 3600, DAY_S = 86400 };
enum { TCP = 6, UDP = 17, DNS_PORT = 53 };

static const char *const direction_words[] = {"transit", "in", "out", "inside", "cross"};
enum { TRANSIT, IN, OUT, INSIDE, CROSS };

char *fz_grouping_words(void)
{
    GString *words = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(dimensions); i++)
        g_string_append_printf(words, "%s%s", i > 0 ? ", " : "", dimensions[i].word);
    return g_string_free(words, FALSE);
}

static const dimension *find(const char *word, GError **error)
{
    const char *words[G_N_ELEMENTS(dimensions) + 1] = {NULL};

    for (size_t i = 0; i < G_N_ELEMENTS(dimensions); i++) {
        words[i] = dimensions[i].word;
        if (g_ascii_strcasecmp(dimensions[i].word, word) == 0)
            return &dimensions[i];
    }
    const char *nearest = fz_nearest_name(word, words);
    g_autofree char *all = fz_grouping_words();
    g_autofree char *shown = fz_text_word(word);
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE, "by=%s: expected %s%s%s", shown,
                nearest ? "'" : "one of ", nearest ? nearest : all, nearest ? "'" : "");
    return NULL;
}

bool fz_grouping_add(fz_grouping *grouping, const fz_group_key *key)
{
    for (size_t i = 0; i < grouping->count; i++)
        if (strcmp(grouping->keys[i].name, key->name) == 0)
            return false;
    if (grouping->count == FZ_GROUP_KEYS)
        return false;
    grouping->keys[grouping->count++] = *key;
    grouping->either |= key->end == FZ_KEY_OF_EITHER;
    return true;
}

bool fz_grouping_parse(fz_grouping *grouping, const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit(text, ",", 0);

    for (char **word = words; *word; word++) {
        const dimension *by = find(g_strstrip(*word), error);

        if (!by)
            return false;
        for (size_t i = 0; i < G_N_ELEMENTS(by->keys) && by->keys[i].name; i++) {
            if (grouping->count < FZ_BY_COLUMNS && fz_grouping_add(grouping, &by->keys[i]))
                continue;
            g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                        "by=%s: expected each dimension once, and at most %d columns", text, FZ_BY_COLUMNS);
            return false;
        }
    }
    return true;
}

static bool key_fits(const fz_group_key *key, fz_tier tier)
{
    switch (key->by) {
    case FZ_BY_ZONE:
        return tier != FZ_TIER_MINUTES;
    case FZ_BY_SERVICE:
        return tier == FZ_TIER_HOURS;
    case FZ_BY_DIRECTION:
    case FZ_BY_PROTOCOL:
        return tier == FZ_TIER_HOURS || tier == FZ_TIER_DAYS;
    case FZ_BY_TEXT:
        return tier != FZ_TIER_MINUTES && strcmp(key->column, "source") != 0;
    case FZ_BY_TIME:
        return (tier == FZ_TIER_HOURS && key->amount % HOUR_S == 0) ||
               (tier == FZ_TIER_DAYS && key->amount % DAY_S == 0);
    case FZ_BY_ADDR:
        return tier == FZ_TIER_HOSTS && key->end == FZ_KEY_OF_EITHER;
    case FZ_BY_NET: /* hosts do not say whether the other end is in the same network */
    case FZ_BY_PORT:
    case FZ_BY_VLAN:
    case FZ_BY_BYTES:
        break;
    }
    return false;
}

bool fz_grouping_fits(const fz_grouping *grouping, fz_tier tier)
{
    bool hosts = false;

    for (size_t i = 0; i < grouping->count; i++) {
        const fz_group_key *key = &grouping->keys[i];

        if (tier != FZ_TIER_DETAILS && !key_fits(key, tier))
            return false;
        if (tier == FZ_TIER_HOSTS && key->by == FZ_BY_ZONE && key->end != FZ_KEY_OF_EITHER)
            return false;
        hosts |= key->by == FZ_BY_ADDR;
    }
    return tier != FZ_TIER_HOSTS || hosts;
}

bool fz_grouping_has_peers(const fz_grouping *grouping)
{
    bool ends[4] = {false};

    for (size_t i = 0; i < grouping->count; i++)
        ends[grouping->keys[i].end] = true;
    return ends[FZ_KEY_OF_CLIENT] + ends[FZ_KEY_OF_SERVER] + ends[FZ_KEY_OF_EITHER] == 1;
}

/* The column of an end: "sip_zone" of "ip_zone" without its first letter, or that of the side. */
static void append_end(GString *sql, fz_key_end end, const char *client, const char *server)
{
    if (end == FZ_KEY_OF_EITHER)
        g_string_append_printf(sql, "CASE s.side WHEN 0 THEN r.%s ELSE r.%s END", client, server);
    else
        g_string_append_printf(sql, "r.%s", end == FZ_KEY_OF_CLIENT ? client : server);
}

static void append_addr(GString *sql, const fz_group_key *key, fz_tier tier)
{
    g_autoptr(GString) addr = g_string_new(NULL);

    if (tier == FZ_TIER_HOSTS)
        g_string_append(addr, "r.addr");
    else
        append_end(addr, key->end, "sip", "dip");
    if (key->by == FZ_BY_ADDR)
        g_string_append(sql, addr->str);
    else
        g_string_append_printf(sql, "SUBSTRING(%s, 1, CASE LENGTH(%s) WHEN 4 THEN %u ELSE 6 END)", addr->str, addr->str,
                               key->amount);
}

/* The ids of the user's zones, in ranges; no zone has id 0. */
static void append_own(GString *sql, const char *column, const fz_dictionary *zones)
{
    const GArray *all = fz_dictionary_all(zones);
    const char *separator = "(";

    for (guint i = 0; i < all->len; i++) {
        const fz_dictionary_zone *first = &g_array_index(all, fz_dictionary_zone, i);
        if (!first->own)
            continue;
        while (i + 1 < all->len && g_array_index(all, fz_dictionary_zone, i + 1).own)
            i++;
        g_string_append_printf(sql, "%s%s BETWEEN %u AND %u", separator, column, first->id,
                               g_array_index(all, fz_dictionary_zone, i).id);
        separator = " OR ";
    }
    g_string_append(sql, *separator == '(' ? "(1 = 0)" : ")");
}

static void append_direction(GString *sql, const fz_dictionary *zones)
{
    static const char *const columns[2] = {"r.sip_zone", "r.dip_zone"};

    g_string_append(sql, "CASE WHEN ");
    append_own(sql, "r.sip_zone", zones);
    g_string_append(sql, " THEN CASE WHEN ");
    append_own(sql, "r.dip_zone", zones);
    g_string_append(sql, " THEN CASE WHEN ");
    fz_sql_same_zones(sql, zones, columns);
    g_string_append_printf(sql, " THEN %d ELSE %d END ELSE %d END WHEN ", INSIDE, CROSS, OUT);
    append_own(sql, "r.dip_zone", zones);
    g_string_append_printf(sql, " THEN %d ELSE %d END", IN, TRANSIT);
}

static void append_time(GString *sql, const fz_group_key *key, fz_tier tier)
{
    const int64_t unit = tier == FZ_TIER_HOURS  ? key->amount
                         : tier == FZ_TIER_DAYS ? key->amount / DAY_S
                                                : (int64_t)key->amount * G_USEC_PER_SEC;
    const char *column = tier == FZ_TIER_HOURS ? "r.hour" : tier == FZ_TIER_DAYS ? "r.day" : "r.start_us";

    g_string_append(sql, tier == FZ_TIER_DAYS ? "(" : "");
    g_string_append_printf(sql, "%s - ((%s %% %" G_GINT64_FORMAT ") + %" G_GINT64_FORMAT ") %% %" G_GINT64_FORMAT,
                           column, column, unit, unit, unit);
    if (tier == FZ_TIER_DAYS)
        g_string_append_printf(sql, ") * %d", DAY_S);
}

void fz_group_key_append(GString *sql, const fz_group_key *key, fz_tier tier, const fz_dictionary *zones)
{
    switch (key->by) {
    case FZ_BY_ZONE:
        if (tier == FZ_TIER_HOSTS)
            g_string_append(sql, "r.zone");
        else
            append_end(sql, key->end, "sip_zone", "dip_zone");
        break;
    case FZ_BY_ADDR:
    case FZ_BY_NET:
        append_addr(sql, key, tier);
        break;
    case FZ_BY_PORT:
        append_end(sql, key->end, "sport", "dport");
        break;
    case FZ_BY_SERVICE:
        g_string_append_printf(sql, "r.protocol * 65536 + %s",
                               tier == FZ_TIER_HOURS ? "r.service_port" : FZ_SERVICE_PORT_SQL);
        break;
    case FZ_BY_PROTOCOL:
        g_string_append(sql, "r.protocol");
        break;
    case FZ_BY_VLAN:
        g_string_append(sql, "r.vlan");
        break;
    case FZ_BY_TEXT:
        g_string_append_printf(sql, "%c.%s", tier == FZ_TIER_DETAILS ? 'l' : 'r', key->column);
        break;
    case FZ_BY_DIRECTION:
        append_direction(sql, zones);
        break;
    case FZ_BY_TIME:
        append_time(sql, key, tier);
        break;
    case FZ_BY_BYTES:
        g_string_append(sql, "r.sip_bytes + r.dip_bytes");
        break;
    }
}

bool fz_group_key_is_bytes(const fz_group_key *key)
{
    return key->by == FZ_BY_ADDR || key->by == FZ_BY_NET;
}

char *fz_protocol_label(uint8_t protocol)
{
    const char *name = fz_protocol_name(protocol);

    return name ? g_strdup(name) : g_strdup_printf("%u", protocol);
}

char *fz_service_label(uint8_t protocol, uint16_t port)
{
    const char *name = port != 0 ? fz_service_name(protocol, port) : NULL;
    g_autofree char *of = fz_protocol_label(protocol);
    uint8_t known = 0;
    uint16_t found = 0;

    if (port == 0)
        return g_steal_pointer(&of);
    if (!name)
        return g_strdup_printf("%s/%u", of, port);
    /* A name that several protocols have is that of the usual one. */
    const uint8_t usual = port == DNS_PORT ? UDP : TCP;
    if (fz_service_find(name, &known, &found) && found == port &&
        (known == protocol || (known == 0 && protocol == usual)))
        return g_strdup(name);
    return g_strdup_printf("%s/%s", of, name);
}

uint16_t fz_service_port(const fz_record *record)
{
    const uint16_t a = record->port[FZ_INITIATOR], b = record->port[FZ_RESPONDER];

    if (record->opened >= FZ_OPENED_SYN && record->opened <= FZ_OPENED_PORT)
        return b;
    return a == 0 || b == 0 ? MAX(a, b) : MIN(a, b);
}

static char *net_label(const fz_group_key *key, const char *cell)
{
    fz_prefix prefix = {0};
    const size_t bytes = cell ? strlen(cell) / 2 : 0;
    char text[FZ_PREFIX_TEXT_SIZE];

    prefix.addr.family = bytes == key->amount ? FZ_IPV4 : FZ_IPV6;
    prefix.length = (uint8_t)(MIN(bytes, sizeof prefix.addr.bytes) * 8);
    for (size_t i = 0; i < MIN(bytes, sizeof prefix.addr.bytes); i++)
        prefix.addr.bytes[i] =
            (uint8_t)(g_ascii_xdigit_value(cell[2 * i]) << 4 | g_ascii_xdigit_value(cell[2 * i + 1]));
    return g_strdup(fz_prefix_print(&prefix, text));
}

char *fz_group_key_label(const fz_group_key *key, const char *cell)
{
    const int64_t number = fz_cell_integer(cell);
    char text[FZ_ADDR_TEXT_SIZE];

    switch (key->by) {
    case FZ_BY_ZONE:
        return g_strdup(cell ? cell : FZ_FILTER_NO_ZONE);
    case FZ_BY_ADDR: {
        const fz_addr addr = fz_cell_addr(cell);
        return g_strdup(addr.family ? fz_addr_print(&addr, text) : "");
    }
    case FZ_BY_NET:
        return net_label(key, cell);
    case FZ_BY_SERVICE:
        return fz_service_label((uint8_t)(number >> 16), (uint16_t)number);
    case FZ_BY_PROTOCOL:
        return fz_protocol_label((uint8_t)number);
    case FZ_BY_DIRECTION:
        return g_strdup(direction_words[CLAMP(number, 0, (int64_t)G_N_ELEMENTS(direction_words) - 1)]);
    case FZ_BY_TEXT:
        return g_strdup(cell ? cell : "");
    case FZ_BY_PORT:
    case FZ_BY_VLAN:
    case FZ_BY_TIME:
    case FZ_BY_BYTES:
        break;
    }
    return g_strdup(cell ? cell : "");
}
