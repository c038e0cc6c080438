/* The information elements and templates of flow files, by version.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile_model.h"

#define COUNTER(units) (FB_IE_TOTALCOUNTER | FB_UNITS_##units)

/* Numbers are permanent: a changed element gets a new number, and a change of this table is a new version of the
 * format. A template of an earlier version has no element that came later. */
const fz_element fz_elements[] = {
    {"sourceZoneId", 1, FB_UINT_32, FB_IE_IDENTIFIER, 0, "zone of the initiator, a zoneId of this file; 0: none"},
    {"destinationZoneId", 2, FB_UINT_32, FB_IE_IDENTIFIER, 0, "zone of the responder, a zoneId of this file; 0: none"},
    {"flowStartSubMilliseconds", 3, FB_UINT_16, FB_IE_QUANTITY | FB_UNITS_MICROSECONDS, 999,
     "microseconds to add to flowStartMilliseconds"},
    {"flowEndSubMilliseconds", 4, FB_UINT_16, FB_IE_QUANTITY | FB_UNITS_MICROSECONDS, 999,
     "microseconds to add to flowEndMilliseconds"},
    {"zoneId", 5, FB_UINT_32, FB_IE_IDENTIFIER, 0, "number of a zone in this file, from 1"},
    {"zonePrefixLength", 6, FB_UINT_8, FB_IE_QUANTITY | FB_UNITS_BITS, 128, "length of the zone's prefix"},
    {"zoneIPv4Prefix", 7, FB_IP4_ADDR, FB_IE_DEFAULT, 0, "prefix of a zone, host bits zero"},
    {"zoneIPv6Prefix", 8, FB_IP6_ADDR, FB_IE_DEFAULT, 0, "prefix of a zone, host bits zero"},
    {"zoneNumber", 9, FB_STRING, FB_IE_DEFAULT, 0, "number of the zone as its user counts zones; any text"},
    {"zoneName", 10, FB_STRING, FB_IE_DEFAULT, 0, "name of the zone"},
    {"zoneLocation", 11, FB_STRING, FB_IE_DEFAULT, 0, "location in which the zone holds; empty: everywhere"},
    {"captureSensor", 12, FB_STRING, FB_IE_DEFAULT, 0, "who captured"},
    {"captureName", 13, FB_STRING, FB_IE_DEFAULT, 0, "name of the capture; empty: not known"},
    {"captureLocation", 14, FB_STRING, FB_IE_DEFAULT, 0, "location whose zones were used"},
    {"displayFilter", 15, FB_STRING, FB_IE_DEFAULT, 0, "display filter that frames had to pass; empty: none"},
    {"programName", 16, FB_STRING, FB_IE_DEFAULT, 0, "program that wrote the file, with its version"},
    {"engineName", 17, FB_STRING, FB_IE_DEFAULT, 0, "full, lean or scan"},
    {"conversationKey", 18, FB_STRING, FB_IE_DEFAULT, 0, "5tuple or ip"},
    {"conversationLayers", 19, FB_STRING, FB_IE_DEFAULT, 0, "outer or all"},
    {"vlanInKey", 20, FB_BOOL, FB_IE_DEFAULT, 0, "whether the VLAN id is part of the key"},
    {"intervalSeconds", 21, FB_UINT_32, FB_IE_QUANTITY | FB_UNITS_SECONDS, 0,
     "no record crosses a multiple of it; 0: no limit"},
    {"maximumFlows", 22, FB_UINT_64, FB_IE_QUANTITY | FB_UNITS_FLOWS, 0, "flows kept at most; 0: no limit"},
    {"firstFrameMilliseconds", 23, FB_DT_MILSEC, FB_IE_DEFAULT | FB_UNITS_MILLISECONDS, 0,
     "time of the capture's first frame; 0 without one"},
    {"firstFrameSubMilliseconds", 24, FB_UINT_16, FB_IE_QUANTITY | FB_UNITS_MICROSECONDS, 999,
     "microseconds to add to firstFrameMilliseconds"},
    {"firstFrameOctets", 25, FB_UINT_32, FB_IE_QUANTITY | FB_UNITS_OCTETS, 0,
     "wire length of the capture's first frame; 0 without one"},
    {"countedFrameTotalCount", 26, FB_UINT_64, COUNTER(FRAMES), 0, "frames in a conversation"},
    {"countedOctetTotalCount", 27, FB_UINT_64, COUNTER(OCTETS), 0, "their octets on the wire"},
    {"notIpFrameTotalCount", 28, FB_UINT_64, COUNTER(FRAMES), 0, "frames without an IP header"},
    {"notIpOctetTotalCount", 29, FB_UINT_64, COUNTER(OCTETS), 0, "their octets on the wire"},
    {"unparsableFrameTotalCount", 30, FB_UINT_64, COUNTER(FRAMES), 0, "frames whose IP header is cut or broken"},
    {"unparsableOctetTotalCount", 31, FB_UINT_64, COUNTER(OCTETS), 0, "their octets on the wire"},
    {"filteredFrameTotalCount", 32, FB_UINT_64, COUNTER(FRAMES), 0, "frames that did not pass the display filter"},
    {"filteredOctetTotalCount", 33, FB_UINT_64, COUNTER(OCTETS), 0, "their octets on the wire"},
    {"captureCutShort", 34, FB_BOOL, FB_IE_DEFAULT, 0, "whether the capture ended in the middle of a packet"},
    {"fileChecksum", 35, FB_UINT_32, FB_IE_DEFAULT, 0,
     "CRC-32 (ISO 3309) of all bytes of the file before this field, its last"},
    /* Since version 2. */
    {"conversationOpenedBy", 36, FB_UINT_8, FB_IE_IDENTIFIER, FZ_OPENED_COUNT - 1,
     "who opened the conversation, and how that is known; 0: not known"},
    {"captureFolder", 37, FB_STRING, FB_IE_DEFAULT, 0, "folder of the capture, an absolute path; empty: not known"},
    {"octetsName", 38, FB_STRING, FB_IE_DEFAULT, 0, "what the octets of rows count: wire or ip"},
    {"hasConversations", 39, FB_BOOL, FB_IE_DEFAULT, 0, "whether the run has records of conversations"},
    {"hasMinutes", 40, FB_BOOL, FB_IE_DEFAULT, 0, "whether the run has records of minutes"},
    {"hasPackets", 41, FB_BOOL, FB_IE_DEFAULT, 0, "whether the run has records of packets"},
    {"minuteRecordTotalCount", 42, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "records of minutes in the file"},
    {"packetRecordTotalCount", 43, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "records of packets in the file"},
    {"senderZoneId", 44, FB_UINT_32, FB_IE_IDENTIFIER, 0,
     "zone of who sent the packets, a zoneId of this file; 0: none"},
    {"receiverZoneId", 45, FB_UINT_32, FB_IE_IDENTIFIER, 0,
     "zone to which the packets were sent, a zoneId of this file; 0: none"},
    {"minuteMilliseconds", 46, FB_DT_MILSEC, FB_IE_DEFAULT | FB_UNITS_MILLISECONDS, 0,
     "start of a minute of UTC, a multiple of 60,000"},
    {"minuteFrameCount", 47, FB_UINT_64, FB_IE_QUANTITY | FB_UNITS_FRAMES, 0, "frames of that minute and these zones"},
    {"minuteOctetCount", 48, FB_UINT_64, FB_IE_QUANTITY | FB_UNITS_OCTETS, 0, "their octets"},
    {"packetFrameNumber", 49, FB_UINT_64, FB_IE_IDENTIFIER, 0, "number of a frame in the capture, from 1"},
    {"packetSubMilliseconds", 50, FB_UINT_32, FB_IE_QUANTITY | FB_UNITS_NANOSECONDS, 999999,
     "nanoseconds to add to observationTimeMilliseconds"},
    {"packetFrameOctets", 51, FB_UINT_32, FB_IE_QUANTITY | FB_UNITS_OCTETS, 0, "wire length of the frame"},
    {"packetHeaders", 52, FB_UINT_8, FB_IE_FLAGS, 0,
     "what the packet has: 1 MAC addresses, 2 ports, 4 VLAN, 8 TCP flags"},
    {"exporterDatagramTotalCount", 53, FB_UINT_64, COUNTER(PACKETS), 0, "datagrams of an exporter of flows"},
    {"exporterMalformedTotalCount", 54, FB_UINT_64, COUNTER(PACKETS), 0, "datagrams of it that are malformed"},
    {"exporterRecordTotalCount", 55, FB_UINT_64, COUNTER(FLOWS), 0, "records of flows from it"},
    {"exporterOptionsTotalCount", 56, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "options records from it"},
    {"exporterEventTotalCount", 57, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "records of events from it that are not flows"},
    {"exporterUnknownSetTotalCount", 58, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "sets from it whose template never came"},
    {"exporterLostTotalCount", 59, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "what its sequence numbers say was lost"},
    {"exporterLateTotalCount", 60, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "what came late or twice"},
    {"exporterRestartTotalCount", 61, FB_UINT_64, FB_IE_TOTALCOUNTER, 0, "how often its sequence numbers began again"},
    {"exporterKernelDropTotalCount", 62, FB_UINT_64, COUNTER(PACKETS), 0, "datagrams that the kernel dropped"},
    {"exporterSampling", 63, FB_UINT_64, FB_IE_QUANTITY | FB_UNITS_PACKETS, 0,
     "one of how many packets it says that it sampled; 0: it does not say"},
    {"exporterSamplingFrom", 64, FB_STRING, FB_IE_DEFAULT, 0, "where it says so"},
    {"exporterTimes", 65, FB_STRING, FB_IE_DEFAULT, 0, "how exact its times are: exact, init or export"},
    {"exporterDirections", 66, FB_STRING, FB_IE_DEFAULT, 0, "the directions that were seen"},
};
static const size_t last_elements[] = {[FZ_VERSION_1] = 35, [FZ_VERSION_LATEST] = G_N_ELEMENTS(fz_elements)};
static const uint16_t last_templates[] = {[FZ_VERSION_1] = FZ_TID_TRAILER, [FZ_VERSION_LATEST] = FZ_TID_END - 1};

size_t fz_version_elements(unsigned version)
{
    return last_elements[version];
}

uint16_t fz_version_templates(unsigned version)
{
    return last_templates[version];
}

#define END_OF_FIELDS \
    {                 \
        NULL, 0       \
    }
#define GAP(bytes)  \
    {               \
        NULL, bytes \
    }

static const fz_template_field type_fields[] = {
    {"privateEnterpriseNumber", 4},
    {"informationElementId", 2},
    {"informationElementDataType", 1},
    {"informationElementSemantics", 1},
    {"informationElementUnits", 2},
    GAP(6),
    {"informationElementRangeBegin", 8},
    {"informationElementRangeEnd", 8},
    {"informationElementName", FB_IE_VARLEN},
    {"informationElementDescription", FB_IE_VARLEN},
    END_OF_FIELDS,
};

static const fz_template_field run_fields[] = {
    {"sessionScope", 1},
    {"vlanInKey", 1},
    {"firstFrameSubMilliseconds", 2},
    {"intervalSeconds", 4},
    {"maximumFlows", 8},
    {"firstFrameMilliseconds", 8},
    {"firstFrameOctets", 4},
    {"hasConversations", 1},
    {"hasMinutes", 1},
    {"hasPackets", 1},
    GAP(1),
    {"engineName", FB_IE_VARLEN},
    {"conversationKey", FB_IE_VARLEN},
    {"conversationLayers", FB_IE_VARLEN},
    {"octetsName", FB_IE_VARLEN},
    {"captureSensor", FB_IE_VARLEN},
    {"captureName", FB_IE_VARLEN},
    {"captureLocation", FB_IE_VARLEN},
    {"displayFilter", FB_IE_VARLEN},
    {"programName", FB_IE_VARLEN},
    {"captureFolder", FB_IE_VARLEN},
    END_OF_FIELDS,
};

static const fz_template_field zone4_fields[] = {
    {"zoneId", 4},
    {"zonePrefixLength", 1},
    GAP(3),
    {"zoneIPv4Prefix", 4},
    GAP(12),
    {"zoneNumber", FB_IE_VARLEN},
    {"zoneName", FB_IE_VARLEN},
    {"zoneLocation", FB_IE_VARLEN},
    END_OF_FIELDS,
};

static const fz_template_field zone6_fields[] = {
    {"zoneId", 4},
    {"zonePrefixLength", 1},
    GAP(3),
    {"zoneIPv6Prefix", 16},
    {"zoneNumber", FB_IE_VARLEN},
    {"zoneName", FB_IE_VARLEN},
    {"zoneLocation", FB_IE_VARLEN},
    END_OF_FIELDS,
};

static const fz_template_field trailer_fields[] = {
    {"sessionScope", 1},
    {"captureCutShort", 1},
    GAP(6),
    {"exportedFlowRecordTotalCount", 8},
    {"minuteRecordTotalCount", 8},
    {"packetRecordTotalCount", 8},
    {"countedFrameTotalCount", 8},
    {"countedOctetTotalCount", 8},
    {"notIpFrameTotalCount", 8},
    {"notIpOctetTotalCount", 8},
    {"unparsableFrameTotalCount", 8},
    {"unparsableOctetTotalCount", 8},
    {"filteredFrameTotalCount", 8},
    {"filteredOctetTotalCount", 8},
    {"fileChecksum", 4},
    END_OF_FIELDS,
};

static const fz_template_field minute_fields[] = {
    {"minuteMilliseconds", 8}, GAP(8),        {"senderZoneId", 4}, {"receiverZoneId", 4}, {"minuteFrameCount", 8},
    {"minuteOctetCount", 8},   END_OF_FIELDS,
};

/* ipTotalLength has 8 bytes in the registry, and a packet no more than these 4 (RFC 7011 section 6.2). */
static const fz_template_field packet4_fields[] = {
    {"observationTimeMilliseconds", 8},
    {"packetSubMilliseconds", 4},
    GAP(4),
    {"packetFrameNumber", 8},
    GAP(8),
    {"packetFrameOctets", 4},
    {"ipTotalLength", 4},
    {"senderZoneId", 4},
    {"receiverZoneId", 4},
    {"sourceIPv4Address", 4},
    GAP(12),
    {"destinationIPv4Address", 4},
    GAP(12),
    {"sourceMacAddress", 6},
    {"destinationMacAddress", 6},
    {"sourceTransportPort", 2},
    {"destinationTransportPort", 2},
    {"tcpControlBits", 2},
    {"vlanId", 2},
    GAP(2),
    {"protocolIdentifier", 1},
    GAP(1),
    {"packetHeaders", 1},
    GAP(7),
    END_OF_FIELDS,
};

static const fz_template_field packet6_fields[] = {
    {"observationTimeMilliseconds", 8},
    {"packetSubMilliseconds", 4},
    GAP(4),
    {"packetFrameNumber", 8},
    GAP(8),
    {"packetFrameOctets", 4},
    {"ipTotalLength", 4},
    {"senderZoneId", 4},
    {"receiverZoneId", 4},
    {"sourceIPv6Address", 16},
    {"destinationIPv6Address", 16},
    {"sourceMacAddress", 6},
    {"destinationMacAddress", 6},
    {"sourceTransportPort", 2},
    {"destinationTransportPort", 2},
    {"tcpControlBits", 2},
    {"vlanId", 2},
    GAP(2),
    {"protocolIdentifier", 1},
    GAP(1),
    {"packetHeaders", 1},
    GAP(7),
    END_OF_FIELDS,
};

static const fz_template_field packet_fields[] = {
    {"observationTimeMilliseconds", 8},
    {"packetSubMilliseconds", 4},
    GAP(4),
    {"packetFrameNumber", 8},
    GAP(8),
    {"packetFrameOctets", 4},
    GAP(44),
    {"sourceMacAddress", 6},
    {"destinationMacAddress", 6},
    GAP(6),
    {"vlanId", 2},
    GAP(4),
    {"packetHeaders", 1},
    GAP(7),
    END_OF_FIELDS,
};

static const fz_template_field export_fields[] = {
    {"exporterIPv6Address", 16},
    {"observationDomainId", 4},
    {"exportProtocolVersion", 1},
    GAP(3),
    {"exporterDatagramTotalCount", 8},
    {"exporterMalformedTotalCount", 8},
    {"exporterRecordTotalCount", 8},
    {"exporterOptionsTotalCount", 8},
    {"exporterEventTotalCount", 8},
    {"exporterUnknownSetTotalCount", 8},
    {"exporterLostTotalCount", 8},
    {"exporterLateTotalCount", 8},
    {"exporterRestartTotalCount", 8},
    {"exporterKernelDropTotalCount", 8},
    {"exporterSampling", 8},
    {"exporterSamplingFrom", FB_IE_VARLEN},
    {"exporterTimes", FB_IE_VARLEN},
    {"exporterDirections", FB_IE_VARLEN},
    END_OF_FIELDS,
};

/* By template id. Those of the flows are made from fz_fields. */
static const struct {
    const fz_template_field *fields;
    unsigned scopes;
} templates[FZ_TID_END - FZ_TID_TYPE] = {
    {type_fields, 2},    {run_fields, 1},     {zone4_fields, 1},   {zone6_fields, 1},
    {NULL, 0},           {NULL, 0},           {trailer_fields, 1}, {minute_fields, 0},
    {packet4_fields, 0}, {packet6_fields, 0}, {packet_fields, 0},  {export_fields, 2},
};

static void fields_add(GArray *fields, const char *element, size_t length)
{
    fz_template_field field = {element, (uint16_t)length};

    g_array_append_val(fields, field);
}

static const char *field_element(const fz_field *field, bool v6)
{
    return v6 && field->element6 ? field->element6 : field->element;
}

/* A conversation in the file: elements in the order of fz_fields. */
static void flow_fields_in_file(bool v6, GArray *fields)
{
    for (size_t i = 0; i < fz_field_count; i++) {
        const char *element = field_element(&fz_fields[i], v6);

        if (element)
            fields_add(fields, element, fz_element_find(element)->len);
        if (fz_fields[i].element_us)
            fields_add(fields, fz_fields[i].element_us, sizeof(uint16_t));
    }
}

static const fz_field *field_at(size_t offset)
{
    for (size_t i = 0; i < fz_field_count; i++)
        if (fz_fields[i].offset == offset && fz_fields[i].size > 0 && fz_fields[i].element &&
            fz_fields[i].kind != FZ_FIELD_TIME)
            return &fz_fields[i];
    return NULL;
}

/* And in memory: an fz_flow_record, byte for byte. */
static void flow_fields_in_memory(bool v6, GArray *fields)
{
    for (size_t i = 0; i < fz_field_count; i++)
        if (fz_fields[i].kind == FZ_FIELD_TIME)
            fields_add(fields, fz_fields[i].element, sizeof(uint64_t));
    for (size_t i = 0; i < fz_field_count; i++)
        if (fz_fields[i].kind == FZ_FIELD_TIME)
            fields_add(fields, fz_fields[i].element_us, sizeof(uint16_t));
    fields_add(fields, NULL, sizeof((fz_flow_record *)NULL)->gap);

    size_t gap = 0;
    for (size_t at = 0; at < sizeof(fz_record);) {
        const fz_field *field = field_at(at);

        if (!field) {
            gap++;
            at++;
            continue;
        }
        if (gap > 0)
            fields_add(fields, NULL, gap);
        const char *element = field_element(field, v6);
        uint16_t length = fz_element_find(element)->len;
        fields_add(fields, element, length);
        gap = field->size - length;
        at += field->size;
    }
    if (gap > 0)
        fields_add(fields, NULL, gap);
}

static GArray *template_fields(uint16_t tid, bool in_memory, unsigned *scopes)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(fz_template_field));
    const fz_template_field *field = templates[tid - FZ_TID_TYPE].fields;

    if (!field)
        (in_memory ? flow_fields_in_memory : flow_fields_in_file)(tid == FZ_TID_FLOW6, fields);
    for (; field && field->length > 0; field++)
        if (field->element || in_memory)
            g_array_append_val(fields, *field);
    if (scopes)
        *scopes = templates[tid - FZ_TID_TYPE].scopes;
    return fields;
}

GArray *fz_template_in_memory(uint16_t tid, unsigned *scopes)
{
    return template_fields(tid, true, scopes);
}

/* Whether an element came later than a version: those of the registry don't. */
static bool is_later(const char *name, unsigned version)
{
    const fbInfoElement_t *element = fz_element_find(name);

    return element->ent == FZ_MODEL_PEN && element->num > fz_version_elements(version);
}

GArray *fz_template_in_file(uint16_t tid, unsigned version, unsigned *scopes)
{
    GArray *fields = template_fields(tid, false, scopes);

    for (guint i = 0; i < fields->len;)
        if (is_later(g_array_index(fields, fz_template_field, i).element, version))
            g_array_remove_index(fields, i);
        else
            i++;
    return fields;
}

size_t fz_template_size(uint16_t tid, unsigned version, unsigned *texts)
{
    g_autoptr(GArray) fields = fz_template_in_file(tid, version, NULL);
    size_t size = 0;
    *texts = 0;
    for (guint i = 0; i < fields->len; i++) {
        uint16_t length = g_array_index(fields, fz_template_field, i).length;

        if (length == FB_IE_VARLEN)
            ++*texts;
        else
            size += length;
    }
    return size;
}
