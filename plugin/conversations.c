/* Zones as conversations and endpoints of Wireshark's tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "conversations.h"

#include "fields.h"
#include "frame.h"
#include "settings.h"
#include "zone_summary.h"

#include <epan/conversation_table.h>

/* A zone's name takes the place of an address: Wireshark makes a row's display filter of it, FIELD==ADDRESS, and quotes
 * a text without escaping it. So names that need it, which are rare, are escaped here. */
static char *quotable(const char *name)
{
    if (!strpbrk(name, "\"\\"))
        return g_strdup(name);
    GString *escaped = g_string_new(NULL);
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            g_string_append_c(escaped, '\\');
        g_string_append_c(escaped, *name);
    }
    return g_string_free(escaped, FALSE);
}

/* Names as addresses, by zone id; valid until the zones change. */
static struct {
    GPtrArray *names;
    unsigned generation;
} labels;

static void set_zone(address *to, const fz_zone_table *zones, uint8_t family, const uint8_t bytes[16])
{
    fz_addr addr = {.family = family};

    memcpy(addr.bytes, bytes, sizeof addr.bytes);
    uint32_t id = fz_zone_lookup(zones, &addr);
    if (!labels.names || labels.generation != fz_settings_generation()) {
        g_clear_pointer(&labels.names, g_ptr_array_unref);
        labels.names = g_ptr_array_new_with_free_func(g_free);
        labels.generation = fz_settings_generation();
        g_ptr_array_set_size(labels.names, (gint)fz_zone_table_count(zones) + 1);
    }
    if (!labels.names->pdata[id])
        labels.names->pdata[id] = id ? quotable(fz_zone_table_get(zones, id)->name) : g_strdup(FZ_NO_ZONE);
    set_address(to, AT_STRINGZ, (int)strlen(labels.names->pdata[id]) + 1, labels.names->pdata[id]);
}

static void set_zones(address ends[2], const fz_packet *packet)
{
    const fz_zone_table *zones = fz_fields_zones();

    set_zone(&ends[0], zones, packet->family, packet->src);
    set_zone(&ends[1], zones, packet->family, packet->dst);
}

static bool is_no_zone(const address *zone)
{
    return !strcmp(zone->data, FZ_NO_ZONE);
}

/* The field for the filter FIELD==ZONE. Wireshark uses the same one for both ends of a row, so a row with an end
 * outside all zones needs fields that have a value there too. */
static const char *field_of(conv_filter_type_e type, bool no_zone)
{
    switch (type) {
    case CONV_FT_SRC_ADDRESS:
        return no_zone ? "flowzone.src.label" : "flowzone.src.zone";
    case CONV_FT_DST_ADDRESS:
        return no_zone ? "flowzone.dst.label" : "flowzone.dst.zone";
    case CONV_FT_ANY_ADDRESS:
        return no_zone ? "flowzone.label" : "flowzone.zone";
    default:
        return CONV_FILTER_INVALID;
    }
}

static const char *conversation_field(conv_item_t *row, conv_filter_type_e type)
{
    bool no_zone = is_no_zone(&row->src_address) || is_no_zone(&row->dst_address);

    if (type != CONV_FT_ANY_ADDRESS || !addresses_equal(&row->src_address, &row->dst_address))
        return field_of(type, no_zone);
    /* Inside a zone: "either end is A" twice would also match packets with only one end there. */
    g_autofree char *both =
        g_strdup_printf("%s==\"%s\" && %s", field_of(CONV_FT_SRC_ADDRESS, no_zone), (const char *)row->src_address.data,
                        field_of(CONV_FT_DST_ADDRESS, no_zone));
    return g_intern_string(both); /* at most one per zone */
}

static const char *endpoint_field(endpoint_item_t *row, conv_filter_type_e type)
{
    return field_of(type, is_no_zone(&row->myaddress));
}

static tap_packet_status on_conversation(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                         tap_flags_t flags)
{
    (void)edt;
    static ct_dissector_info_t info = {conversation_field};
    conv_hash_t *table = data;
    address ends[2];
    table->flags = flags;
    set_zones(ends, tapped);
    add_conversation_table_data(table, &ends[0], &ends[1], 0, 0, 1, (int)fz_frame_bytes(pinfo), &pinfo->rel_ts,
                                &pinfo->abs_ts, &info, CONVERSATION_NONE);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status on_endpoint(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                     tap_flags_t flags)
{
    (void)edt;
    static et_dissector_info_t info = {endpoint_field};
    conv_hash_t *table = data;
    address ends[2];
    table->flags = flags;
    set_zones(ends, tapped);
    for (int end = 0; end < 2; end++)
        add_endpoint_table_data(table, &ends[end], 0, end == 0, 1, (int)fz_frame_bytes(pinfo), &info, ENDPOINT_NONE);
    return TAP_PACKET_REDRAW;
}

void fz_conversations_register(int protocol)
{
    register_conversation_table(protocol, TRUE, on_conversation, on_endpoint);
}
