/* The fields of the protocol "flowzone", which its postdissector adds to packets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "fields.h"

#include "exit_status.h"
#include "outermost.h"
#include "settings.h"
#include "walker.h"
#include "zone_builtin.h"
#include "zone_summary.h"

/* The ends of a packet, and the fields of each. */
enum { SRC, DST, ENDS };
enum { ZONE, PREFIX, NUMBER, ASPECTS };

static int protocol = -1, subtree = -1, ipv4 = -1, ipv6 = -1;
static int of_end[ENDS][ASPECTS] = {{-1, -1, -1}, {-1, -1, -1}};
static int either = -1, location = -1, cross = -1;
static int labels[ENDS] = {-1, -1}, either_label = -1;
static dissector_handle_t handle;

/* A packet's ends, in network byte order as the header walk leaves them. */
typedef struct ends {
    fz_addr of[ENDS];
} ends;

/* The outermost header, from the frame's bytes: in a tunnel, pinfo has the innermost one. */
static fz_verdict walk(tvbuff_t *tvb, const packet_info *pinfo, ends *found)
{
    fz_packet packet;
    fz_verdict verdict = fz_walker_frame(pinfo, tvb, &packet);

    found->of[SRC].family = found->of[DST].family = packet.family;
    memcpy(found->of[SRC].bytes, packet.src, 16);
    memcpy(found->of[DST].bytes, packet.dst, 16);
    return verdict;
}

/* If the walk does not know the link layer, or it is encrypted, dissectors may have found addresses. They are the
 * outermost ones if there was only one header. */
static bool take_dissected(const packet_info *pinfo, ends *found)
{
    const address *addresses[ENDS] = {&pinfo->net_src, &pinfo->net_dst};
    unsigned headers = 0;

    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer; layer = wmem_list_frame_next(layer)) {
        int id = GPOINTER_TO_INT(wmem_list_frame_data(layer));

        headers += id == ipv4 || id == ipv6;
    }
    for (unsigned end = 0; end < ENDS; end++) {
        const address *from = addresses[end];

        if (headers != 1 || (from->type != AT_IPv4 && from->type != AT_IPv6))
            return false;
        found->of[end] = (fz_addr){.family = from->type == AT_IPv4 ? FZ_IPV4 : FZ_IPV6};
        memcpy(found->of[end].bytes, from->data, (size_t)MIN(from->len, 16));
    }
    return true;
}

static bool find_ends(tvbuff_t *tvb, const packet_info *pinfo, ends *found)
{
    fz_verdict verdict;

    if (pinfo->rec->rec_type != REC_TYPE_PACKET)
        return false;
    verdict = walk(tvb, pinfo, found);
    return verdict == FZ_FRAME_IP || (verdict != FZ_FRAME_UNPARSABLE && take_dissected(pinfo, found));
}

static void add_text(proto_tree *tree, int field, tvbuff_t *tvb, const char *text)
{
    if (*text)
        proto_item_set_generated(proto_tree_add_string(tree, field, tvb, 0, 0, text));
}

static void add_end(proto_tree *tree, tvbuff_t *tvb, unsigned end, const fz_zone *zone)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];

    if (!zone)
        return;
    add_text(tree, of_end[end][ZONE], tvb, zone->name);
    add_text(tree, of_end[end][PREFIX], tvb, fz_prefix_print(&zone->prefix, prefix));
    add_text(tree, of_end[end][NUMBER], tvb, zone->number);
    proto_item_set_hidden(proto_tree_add_string(tree, either, tvb, 0, 0, zone->name));
}

/* Rows of conversations filter by these: they need a value outside all zones too. */
static void add_labels(proto_tree *tree, tvbuff_t *tvb, const fz_zone *const zone[ENDS])
{
    for (unsigned end = 0; end < ENDS; end++) {
        const char *label = zone[end] ? zone[end]->name : FZ_NO_ZONE;

        proto_item_set_hidden(proto_tree_add_string(tree, labels[end], tvb, 0, 0, label));
        proto_item_set_hidden(proto_tree_add_string(tree, either_label, tvb, 0, 0, label));
    }
}

/* A built-in zone is no network that somebody separated from another. */
static bool is_own(const fz_zone *zone)
{
    return zone && !fz_zone_row_is_builtin(zone);
}

static void add_zones(proto_tree *tree, tvbuff_t *tvb, const fz_zone *const zone[ENDS])
{
    proto_item *item =
        proto_tree_add_protocol_format(tree, protocol, tvb, 0, 0, "FlowZone, Src: %s, Dst: %s",
                                       zone[SRC] ? zone[SRC]->name : "none", zone[DST] ? zone[DST]->name : "none");

    proto_item_set_generated(item);
    proto_tree *under = proto_item_add_subtree(item, subtree);
    for (unsigned end = 0; end < ENDS; end++)
        add_end(under, tvb, end, zone[end]);
    add_text(under, location, tvb, fz_settings_location());
    if (is_own(zone[SRC]) && is_own(zone[DST]))
        proto_item_set_generated(proto_tree_add_boolean(under, cross, tvb, 0, 0, !fz_zone_same(zone[SRC], zone[DST])));
}

/* True if one of the fields was asked for by name, as filters and columns do. A tree that is shown or printed as a
 * whole asks for none; so does `-T fields`. */
static bool is_asked_for(void)
{
    return proto_registrar_get_nth((unsigned)protocol)->ref_type != HF_REF_TYPE_NONE;
}

/* Without labels, a filter by zones would give wrong results; other output is correct. */
const fz_zone_table *fz_fields_zones(void)
{
    const fz_zone_table *table = fz_settings_zones();

    if (!table && fz_settings_are_at_fault()) {
        if (fz_has_status() && is_asked_for())
            fz_exit_status_fail();
        fz_exit_status_report(FZ_EXIT_LABELS_MISSING);
    }
    return table;
}

/* Called for every packet of every run; if no fields are needed, that is all it costs. Returns 0, so that it does not
 * count as a layer of the packet. */
static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *unused)
{
    (void)unused;
    const fz_zone_table *table;
    const fz_zone *zone[ENDS];
    ends found;
    fz_walker_next();
    fz_outermost_tap(tvb, pinfo);
    if (!tree || !proto_field_is_referenced(tree, protocol))
        return 0;
    table = fz_fields_zones();
    if (!table || !find_ends(tvb, pinfo, &found))
        return 0;
    for (unsigned end = 0; end < ENDS; end++)
        zone[end] = fz_zone_table_get(table, fz_zone_lookup(table, &found.of[end]));
    add_labels(tree, tvb, zone);
    if (zone[SRC] || zone[DST])
        add_zones(tree, tvb, zone);
    return 0;
}

int fz_fields_register(void)
{
#define STRING(name, filter, help)                                 \
    {                                                              \
        name, filter, FT_STRING, BASE_NONE, NULL, 0x0, help, HFILL \
    }
    static hf_register_info fields[] = {
        {&of_end[SRC][ZONE], STRING("Source zone", "flowzone.src.zone", "Name of the source's zone")},
        {&of_end[DST][ZONE], STRING("Destination zone", "flowzone.dst.zone", "Name of the destination's zone")},
        {&of_end[SRC][PREFIX],
         STRING("Source prefix", "flowzone.src.prefix", "Longest prefix that contains the source")},
        {&of_end[DST][PREFIX],
         STRING("Destination prefix", "flowzone.dst.prefix", "Longest prefix that contains the destination")},
        {&of_end[SRC][NUMBER], STRING("Source number", "flowzone.src.number", "Number of the source's zone")},
        {&of_end[DST][NUMBER], STRING("Destination number", "flowzone.dst.number", "Number of the destination's zone")},
        {&either, STRING("Zone", "flowzone.zone", "Name of the zone of either end")},
        {&labels[SRC], STRING("Source label", "flowzone.src.label", "The source's zone, or (no zone)")},
        {&labels[DST], STRING("Destination label", "flowzone.dst.label", "The destination's zone, or (no zone)")},
        {&either_label, STRING("Label", "flowzone.label", "The zone of either end, or (no zone)")},
        {&location, STRING("Location", "flowzone.location", "Location whose zones are used")},
        {&cross,
         {"Crosses zones", "flowzone.cross", FT_BOOLEAN, BASE_NONE, NULL, 0x0,
          "Both ends have a zone that is not built in: true if not the same one", HFILL}},
    };
#undef STRING
    static int *subtrees[] = {&subtree};
    protocol = proto_register_protocol("FlowZone", "FlowZone", "flowzone");
    proto_register_field_array(protocol, fields, G_N_ELEMENTS(fields));
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    handle = register_dissector("flowzone", dissect, protocol);
    return protocol;
}

void fz_fields_hand_off(void)
{
    ipv4 = proto_get_id_by_filter_name("ip");
    ipv6 = proto_get_id_by_filter_name("ipv6");
    register_postdissector(handle);
}
