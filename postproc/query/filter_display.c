/* A filter as a display filter. Frames are told by their outermost IP header, as flowzone counts them: "#1" is the
 * first header of its kind, and a pattern on the stack of protocols says that no IP header of the other kind is before
 * it. SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_display.h"
#include "filter_part.h"
#include "filter_private.h"

#include <stdlib.h>
#include <string.h>

/* "and" and "or" inside each other: Wireshark's parser has a stack of 100, half of which is for the tests and for what
 * is beside the deepest part. Values: its filters have no tables, only tests. */
enum { DEPTH_MAX = 100, VALUES_MAX = 2000 };

/* What a test is for frames of one family: a text, or the same for all of them. */
typedef enum sense { NEVER, ALWAYS, SOMETIMES } sense;

typedef struct display {
    const char *text; /* of the filter */
    uint8_t family;
    GError **error;
    bool failed;
} display;

/* The protocols that have ports: their layers in Wireshark. */
static const struct {
    uint8_t number;
    const char *name;
} ported[] = {{6, "tcp"}, {17, "udp"}, {132, "sctp"}, {33, "dccp"}};

/* The extension headers of IPv6 that are walked, and the fields that say what follows each. */
#define EXTENSIONS "{0, 43, 44, 51, 60, 135, 140}"
static const char *const next_headers[] = {"ipv6.hopopts.nxt", "ipv6.routing.nxt", "ipv6.fraghdr.nxt",
                                           "ipv6.dstopts.nxt", "ah.next_header",   "mip6.proto",
                                           "shim6.nxt"};

static void fail(display *to, const fz_filter_test *test, const char *message)
{
    if (!to->failed)
        fz_filter_blame(to->error, to->text, test, message);
    to->failed = true;
}

static const fz_filter_value *value_at(const fz_filter_test *test, guint i)
{
    return &g_array_index(test->values, fz_filter_value, i);
}

/* " in {80, 8000..8999}" of the numbers of a test. */
static void append_numbers(GString *out, const fz_filter_test *test)
{
    for (guint i = 0; i < test->values->len; i++) {
        const fz_filter_value *value = value_at(test, i);
        g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? ", " : " in {", value->low);
        if (value->high != value->low)
            g_string_append_printf(out, "..%" G_GUINT64_FORMAT, value->high);
    }
    g_string_append_c(out, '}');
}

static sense append_net(display *to, GString *out, const fz_filter_test *test)
{
    char text[FZ_PREFIX_TEXT_SIZE];
    unsigned count = 0;

    for (guint i = 0; i < test->values->len; i++) {
        const fz_prefix *prefix = &value_at(test, i)->prefix;
        if (prefix->addr.family != to->family)
            continue;
        if (prefix->length == 0)
            return ALWAYS;
        g_string_append_printf(out, "%s%s.addr#1 == %s", count++ ? " or " : "", to->family == FZ_IPV4 ? "ip" : "ipv6",
                               prefix->length == fz_family_bits(to->family) ? fz_addr_print(&prefix->addr, text)
                                                                            : fz_prefix_print(prefix, text));
    }
    return count ? SOMETIMES : NEVER;
}

/* That the protocol of the packet is this: a text that follows the field. */
static void append_protocol(GString *out, uint8_t family, const char *is)
{
    if (family == FZ_IPV4) {
        g_string_append_printf(out, "ip.proto#1%s", is);
        return;
    }
    g_string_append_printf(out, "ipv6.nxt#1%s or (ipv6.nxt#1 in " EXTENSIONS " and (", is);
    for (size_t i = 0; i < G_N_ELEMENTS(next_headers); i++)
        g_string_append_printf(out, "%s%s%s", i ? " or " : "", next_headers[i], is);
    g_string_append(out, "))");
}

/* That one of the bytes of a first fragment, which Wireshark leaves undissected until the last one is there, is one of
 * the ports. */
static void append_raw_ports(GString *out, const fz_filter_test *test)
{
    static const char *const slices[2] = {"data[0:2]", "data[2:2]"};
    bool first = true;

    for (size_t end = 0; end < 2; end++) {
        for (guint i = 0; i < test->values->len; i++) {
            const unsigned low = (unsigned)value_at(test, i)->low, high = (unsigned)value_at(test, i)->high;
            g_string_append(out, first ? "" : " or ");
            first = false;
            if (low == high)
                g_string_append_printf(out, "%s == %02x:%02x", slices[end], low >> 8, low & 0xff);
            else
                g_string_append_printf(out, "(%s >= %02x:%02x and %s <= %02x:%02x)", slices[end], low >> 8, low & 0xff,
                                       slices[end], high >> 8, high & 0xff);
        }
    }
}

/* That a packet is the first part of one, and that it is the whole of one or its first part. */
static const char *first_part(uint8_t family)
{
    return family == FZ_IPV4 ? "ip.flags.mf#1 == 1 and ip.frag_offset#1 == 0"
                             : "ipv6.fraghdr.more#1 == 1 and ipv6.fraghdr.offset#1 == 0";
}

static const char *has_header(uint8_t family)
{
    return family == FZ_IPV4 ? "ip.frag_offset#1 == 0" : "not ipv6.fraghdr.offset#1 > 0";
}

static sense append_port(display *to, GString *out, const fz_filter_test *test)
{
    for (guint i = 0; i < test->values->len; i++) {
        if (value_at(test, i)->low > 0)
            continue;
        fail(to, test, "filter: there is no display filter for port 0, which packets without ports have here");
        return NEVER;
    }
    g_string_append_printf(out, "%s and (", has_header(to->family));
    for (size_t i = 0; i < G_N_ELEMENTS(ported); i++) {
        g_autofree char *is = g_strdup_printf(" == %u", ported[i].number);
        g_string_append_printf(out, "%s((", i ? " or " : "");
        append_protocol(out, to->family, is);
        g_string_append_printf(out, ") and (%s.srcport#1", ported[i].name);
        append_numbers(out, test);
        g_string_append_printf(out, " or %s.dstport#1", ported[i].name);
        append_numbers(out, test);
        g_string_append_printf(out, " or (%s and not %s and (", first_part(to->family), ported[i].name);
        append_raw_ports(out, test);
        g_string_append(out, "))))");
    }
    g_string_append(out, ")");
    return SOMETIMES;
}

/* The outermost tag stands before the IP header, and before other tags. Right behind labels there may be an IP header
 * that is not listed. */
#define TAG(layer) "frame.protocols matches \"^(?:(?!ip:|ipv6:|mpls:(?!pw)|vlan:|ieee8021ad:)[^:]+:)*?" layer ":\""

#define UNTAGGED "not " TAG("(?:vlan|ieee8021ad)")

/* That its id is this: a text that follows the field. */
static void append_tag(GString *out, const char *is)
{
    g_string_append_printf(out, "(" TAG("vlan") " and vlan.id#1%s) or (" TAG("ieee8021ad") " and ieee8021ad.id#1%s)",
                           is, is);
}

static sense append_vlan(GString *out, const fz_filter_test *test)
{
    g_autoptr(GString) is = g_string_new(NULL);
    bool zero = false;

    for (guint i = 0; i < test->values->len; i++)
        zero |= value_at(test, i)->low == 0;
    if (zero)
        g_string_append(out, UNTAGGED " or ");
    append_numbers(is, test);
    append_tag(out, is->str);
    return SOMETIMES;
}

static sense append_number_of_protocol(display *to, GString *out, const fz_filter_test *test)
{
    g_autoptr(GString) is = g_string_new(NULL);

    append_numbers(is, test);
    append_protocol(out, to->family, is->str);
    return SOMETIMES;
}

static sense append_test(display *to, GString *out, const fz_filter_test *test)
{
    if (test->side != FZ_SIDE_EITHER) {
        fail(to, test, "filter: frames do not say which end is the client: there is no display filter for one end");
        return NEVER;
    }
    if (test->values->len > VALUES_MAX) {
        fail(to, test, "filter: too many values for a display filter");
        return NEVER;
    }
    switch (test->term) {
    case FZ_TERM_NET:
        return append_net(to, out, test);
    case FZ_TERM_PORT:
        return append_port(to, out, test);
    case FZ_TERM_PROTOCOL:
        return append_number_of_protocol(to, out, test);
    case FZ_TERM_FAMILY:
        return value_at(test, 0)->low == to->family ? ALWAYS : NEVER;
    case FZ_TERM_VLAN:
        return append_vlan(out, test);
    default: {
        g_autofree char *message =
            g_strdup_printf("filter: frames do not say '%s': there is a display filter only for ip, port, proto, "
                            "ipv4, ipv6 and vlan",
                            fz_term_word(test->term));
        fail(to, test, message);
        return NEVER;
    }
    }
}

static sense negate(sense of)
{
    return of == SOMETIMES ? SOMETIMES : of == NEVER ? ALWAYS : NEVER;
}

static sense append_part(display *to, GString *out, const fz_filter_part *part);

/* "and" binds tighter than "or": only the other way round there are parentheses. */
static sense append_group(display *to, GString *out, const fz_filter_part *group)
{
    const sense deciding = group->is_or ? ALWAYS : NEVER;
    sense all = negate(deciding);

    for (guint i = 0; i < group->parts->len; i++) {
        const fz_filter_part *part = group->parts->pdata[i];
        const bool enclosed = !part->test && !group->is_or;
        const gsize before = out->len;

        if (all == SOMETIMES)
            g_string_append(out, group->is_or ? " or " : " and ");
        g_string_append(out, enclosed ? "(" : "");
        const sense found = append_part(to, out, part);
        g_string_append(out, enclosed ? ")" : "");
        if (found != SOMETIMES)
            g_string_truncate(out, before);
        if (all != deciding)
            all = found == negate(deciding) ? all : found;
    }
    return all;
}

/* What is appended counts only if it is SOMETIMES. */
static sense append_part(display *to, GString *out, const fz_filter_part *part)
{
    if (to->failed)
        return NEVER;
    if (!part->test)
        return append_group(to, out, part);
    const bool is_not = part->negated != (part->test->compare == FZ_COMPARE_UNEQUAL);
    g_string_append(out, is_not ? "not (" : "(");
    const sense found = append_test(to, out, part->test);
    g_string_append_c(out, ')');
    return is_not ? negate(found) : found;
}

/* That a layer of one version of IP is listed before any of the other. */
#define FIRST_4 "frame.protocols matches \"^(?:(?!ipv6:)[^:]+:)*?ip(?::|$)\""
#define FIRST_6 "frame.protocols matches \"^(?:(?!ip:)[^:]+:)*?ipv6(?::|$)\""

/* That there are MPLS labels before any IP header, and no layer of this version is listed behind them: of a header
 * right behind labels Wireshark lists none since 4.4, though it dissects it. */
#define LABELS "frame.protocols matches \"^(?:(?!ip:|ipv6:)[^:]+:)*?mpls:(?!pw|(?:.*:)?"
#define UNLISTED_4 LABELS "ip(?::|$))\""
#define UNLISTED_6 LABELS "ipv6(?::|$))\""

/* That a frame has an IP header of a family that is whole, and none of the other one before it. Wireshark's layer "ip"
 * may have no header: it hands version 6 on. Extension headers that are cut short are not counted here. */
static const char *outermost(uint8_t family)
{
    static const char v4[] = "ip.dst#1 and ((" FIRST_4 " and not (ipv6.dst#1 and " UNLISTED_6 ")) or " UNLISTED_4 ")";
    static const char v6[] =
        "ipv6.dst#1 and (not ip.dst#1 or (" FIRST_6 " and not " UNLISTED_4 ") or " UNLISTED_6 ") and "
        "not ((_ws.malformed or _ws.short) and frame.protocols matches \"ipv6[.][a-z]+$\")";

    return family == FZ_IPV4 ? v4 : v6;
}

static void append_family(GString *out, uint8_t family, const char *condition)
{
    g_string_append_printf(out, "%s(%s", out->len ? " or " : "", outermost(family));
    if (*condition != '\0')
        g_string_append_printf(out, " and %s", condition);
    g_string_append_c(out, ')');
}

char *fz_filter_display(const fz_filter *filter, const char *text, GError **error)
{
    static const uint8_t families[] = {FZ_IPV4, FZ_IPV6};
    g_autoptr(fz_filter_part) part = filter ? fz_filter_part_new(filter) : NULL;
    g_autoptr(GString) out = g_string_new(NULL);

    if (part && part->depth > DEPTH_MAX) {
        g_set_error(error, FZ_FILTER_ERROR, FZ_FILTER_ERROR_LIMIT,
                    "filter: 'and' and 'or' are %u times inside each other, a display filter takes %d", part->depth,
                    DEPTH_MAX);
        return NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        g_autoptr(GString) condition = g_string_new("(");
        display to = {.text = text, .family = families[i], .error = error};
        const sense found = part ? append_part(&to, condition, part) : ALWAYS;
        if (to.failed)
            return NULL;
        g_string_append_c(condition, ')');
        if (found != NEVER)
            append_family(out, families[i], found == ALWAYS ? "" : condition->str);
    }
    return g_strdup(out->len ? out->str : "frame.number < 1");
}

static const char *layer_of(uint8_t protocol)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ported); i++)
        if (ported[i].number == protocol)
            return ported[i].name;
    return NULL;
}

/* The ends and the ports of the packets that one of the ends sent. */
static void append_direction(GString *out, const fz_record *record, int from, const char *layer)
{
    const char *ip = record->family == FZ_IPV4 ? "ip" : "ipv6";
    const unsigned a = record->port[from], b = record->port[1 - from];
    fz_addr ends[2] = {{.family = record->family}, {.family = record->family}};
    char texts[2][FZ_ADDR_TEXT_SIZE];

    for (int end = 0; end < 2; end++) {
        memcpy(ends[end].bytes, record->addr[end], sizeof ends[end].bytes);
        fz_addr_print(&ends[end], texts[end]);
    }
    g_string_append_printf(out, "(%s.src#1 == %s and %s.dst#1 == %s", ip, texts[from], ip, texts[1 - from]);
    if (layer)
        g_string_append_printf(out,
                               " and ((%s.srcport#1 == %u and %s.dstport#1 == %u) or (%s and not %s and "
                               "data[0:4] == %02x:%02x:%02x:%02x))",
                               layer, a, layer, b, first_part(record->family), layer, a >> 8, a & 0xff, b >> 8,
                               b & 0xff);
    g_string_append_c(out, ')');
}

static bool has_ports(const fz_record *record)
{
    return record->port[0] > 0 || record->port[1] > 0;
}

/* That packets have ports, or none: later parts of others do not, nor what is cut off before its ports, which Wireshark
 * dissects as little as a first part that it has not put together. */
static void append_ported(GString *out, const fz_record *record, const char *layer)
{
    if (has_ports(record))
        g_string_append_printf(out, "%s and ", has_header(record->family));
    else
        g_string_append_printf(out, "(not (%s) or not (%s.dstport#1 or (%s and data.len >= 4))) and ",
                               has_header(record->family), layer, first_part(record->family));
}

/* What all keys of a kind have: the tag, the protocol, and whether packets have ports. */
static void append_kind(GString *out, const fz_display_key *key)
{
    const fz_record *record = &key->record;
    const char *layer = layer_of(record->protocol);
    g_autofree char *tag = g_strdup_printf(" == %u", record->vlan);
    g_autofree char *protocol = g_strdup_printf(" == %u", record->protocol);

    if (key->by_vlan) {
        g_string_append(out, record->vlan ? "(" : "(" UNTAGGED " or ");
        append_tag(out, tag);
        g_string_append(out, ") and ");
    }
    if (record->protocol > 0) { /* 0: the key is addresses alone */
        g_string_append_c(out, '(');
        append_protocol(out, record->family, protocol);
        g_string_append(out, ") and ");
    }
    if (layer)
        append_ported(out, record, layer);
}

static int compare_kinds(const void *left, const void *right)
{
    const fz_display_key *a = left, *b = right;
    const int parts[][2] = {
        {a->record.family, b->record.family},
        {a->by_vlan, b->by_vlan},
        {a->record.vlan, b->record.vlan},
        {a->record.protocol, b->record.protocol},
        {has_ports(&a->record), has_ports(&b->record)},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i][0] != parts[i][1])
            return parts[i][0] - parts[i][1];
    return 0;
}

/* The keys of a kind, of which there is one at least; returns how many these are. */
static size_t append_keys(GString *out, const fz_display_key *keys, size_t count)
{
    size_t i = 0;

    g_string_append_c(out, '(');
    append_kind(out, keys);
    for (; i < count && compare_kinds(keys, &keys[i]) == 0; i++) {
        const fz_record *record = &keys[i].record;
        const char *layer = has_ports(record) ? layer_of(record->protocol) : NULL;

        g_string_append(out, i > 0 ? " or " : "(");
        append_direction(out, record, FZ_INITIATOR, layer);
        g_string_append(out, " or ");
        append_direction(out, record, FZ_RESPONDER, layer);
    }
    g_string_append(out, "))");
    return i;
}

char *fz_filter_display_of(const fz_display_key *keys, size_t count)
{
    const size_t most = MIN(count, (size_t)FZ_DISPLAY_KEYS);
    g_autofree fz_display_key *sorted = g_memdup2(keys, most * sizeof *keys);
    g_autoptr(GString) out = g_string_new(NULL);

    if (most > 0)
        qsort(sorted, most, sizeof *sorted, compare_kinds);
    for (size_t i = 0; i < most;) {
        const uint8_t family = sorted[i].record.family;
        g_autoptr(GString) any = g_string_new("(");

        while (i < most && sorted[i].record.family == family) {
            g_string_append(any, any->len > 1 ? " or " : "");
            i += append_keys(any, &sorted[i], most - i);
        }
        g_string_append_c(any, ')');
        append_family(out, family, any->str);
    }
    return g_strdup(out->len ? out->str : "frame.number < 1");
}
