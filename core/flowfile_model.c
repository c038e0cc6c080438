/* The information elements and templates of flow files.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile_model.h"

#include <string.h>

#define COUNTER(units) (FB_IE_TOTALCOUNTER | FB_UNITS_##units)

/* Numbers are permanent: a changed element gets a new number, and a change of this table is a new version of the
 * format. */
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
};
const size_t fz_element_count = G_N_ELEMENTS(fz_elements);

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
    GAP(4),
    {"engineName", FB_IE_VARLEN},
    {"conversationKey", FB_IE_VARLEN},
    {"conversationLayers", FB_IE_VARLEN},
    {"captureSensor", FB_IE_VARLEN},
    {"captureName", FB_IE_VARLEN},
    {"captureLocation", FB_IE_VARLEN},
    {"displayFilter", FB_IE_VARLEN},
    {"programName", FB_IE_VARLEN},
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

/* By template id. Those of the flows are made from fz_fields. */
static const struct {
    const fz_template_field *fields;
    unsigned scopes;
} templates[FZ_TID_END - FZ_TID_TYPE] = {
    {type_fields, 2}, {run_fields, 1}, {zone4_fields, 1}, {zone6_fields, 1}, {NULL, 0}, {NULL, 0}, {trailer_fields, 1},
};

uint16_t fz_read_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t fz_read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void fz_write_u32(uint8_t *bytes, uint32_t value)
{
    value = GUINT32_TO_BE(value);
    memcpy(bytes, &value, sizeof value);
}

size_t fz_text_encoded(const char *text)
{
    size_t length = strlen(text);

    return length + (length < 255 ? 1 : 3);
}

void fz_time_split(int64_t time_us, uint64_t *ms, uint16_t *sub_ms)
{
    int64_t quotient = time_us / 1000, rest = time_us % 1000;

    if (rest < 0) {
        rest += 1000;
        quotient--;
    }
    *ms = (uint64_t)quotient;
    *sub_ms = (uint16_t)rest;
}

bool fz_time_join(uint64_t ms, uint16_t sub_ms, int64_t *time_us)
{
    /* The earliest times of all have a millisecond whose start is out of range. */
    __int128 us = (__int128)(int64_t)ms * 1000 + sub_ms;

    *time_us = (int64_t)us;
    return sub_ms < 1000 && us == *time_us;
}

void fz_record_swap_ipv4(fz_record *record)
{
    for (int end = 0; end < 2; end++) {
        uint32_t addr;

        memcpy(&addr, record->addr[end], sizeof addr);
        addr = GUINT32_SWAP_LE_BE(addr);
        memcpy(record->addr[end], &addr, sizeof addr);
    }
}

/* Bytes of a value; libfixbuf also needs to know which of them to swap. */
static uint16_t type_length(fbInfoElementDataType_t type)
{
    switch (type) {
    case FB_UINT_8:
    case FB_BOOL:
        return 1;
    case FB_UINT_16:
        return 2;
    case FB_UINT_32:
    case FB_IP4_ADDR:
        return 4;
    case FB_UINT_64:
    case FB_DT_MILSEC:
        return 8;
    case FB_IP6_ADDR:
        return 16;
    default:
        return FB_IE_VARLEN;
    }
}

static gpointer model_new(gpointer unused)
{
    (void)unused;
    fbInfoModel_t *model = fbInfoModelAlloc();
    for (size_t i = 0; i < fz_element_count; i++) {
        const fz_element *element = &fz_elements[i];
        fbInfoElement_t added = {
            .ref.name = element->name,
            .ent = FZ_MODEL_PEN,
            .num = element->number,
            .len = type_length(element->type),
            .flags = element->flags,
            .max = element->max,
            .type = (uint8_t)element->type,
            .description = element->meaning,
        };

        if (added.len > 1 && added.len <= 8)
            added.flags |= FB_IE_F_ENDIAN;
        fbInfoModelAddElement(model, &added);
    }
    return model;
}

fbInfoModel_t *fz_model(void)
{
    static GOnce once = G_ONCE_INIT;

    return g_once(&once, model_new, NULL);
}

static const fbInfoElement_t *element_find(const char *name)
{
    return fbInfoModelGetElementByName(fz_model(), name);
}

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
            fields_add(fields, element, element_find(element)->len);
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
        uint16_t length = element_find(element)->len;
        fields_add(fields, element, length);
        gap = field->size - length;
        at += field->size;
    }
    if (gap > 0)
        fields_add(fields, NULL, gap);
}

GArray *fz_template_fields(uint16_t tid, bool in_memory, unsigned *scopes)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(fz_template_field));
    unsigned scope_count = 0;

    if (!templates[tid - FZ_TID_TYPE].fields) {
        (in_memory ? flow_fields_in_memory : flow_fields_in_file)(tid == FZ_TID_FLOW6, fields);
    } else {
        const fz_template_field *field = templates[tid - FZ_TID_TYPE].fields;

        scope_count = templates[tid - FZ_TID_TYPE].scopes;
        for (; field->length > 0; field++)
            if (field->element || in_memory)
                g_array_append_val(fields, *field);
    }
    if (scopes)
        *scopes = scope_count;
    return fields;
}

size_t fz_template_size(uint16_t tid, unsigned *texts)
{
    g_autoptr(GArray) fields = fz_template_fields(tid, false, NULL);
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

static fbTemplate_t *template_new(uint16_t tid, bool in_memory, GError **error)
{
    unsigned scopes;

    g_autoptr(GArray) fields = fz_template_fields(tid, in_memory, &scopes);
    fbTemplate_t *made = fbTemplateAlloc(fz_model());
    for (guint i = 0; i < fields->len; i++) {
        const fz_template_field *field = &g_array_index(fields, fz_template_field, i);
        fbInfoElement_t element = *element_find(field->element ? field->element : "paddingOctets");

        element.len = field->length;
        if (!fbTemplateAppend(made, &element, error)) {
            fbTemplateFreeUnused(made);
            return NULL;
        }
    }
    if (scopes > 0)
        fbTemplateSetOptionsScope(made, (uint16_t)scopes);
    return made;
}

bool fz_session_add_templates(fbSession_t *session, bool in_memory, uint16_t first, uint16_t last, GError **error)
{
    GError *local = NULL; /* libfixbuf insists on one */

    for (uint16_t tid = first; tid <= last; tid++) {
        fbTemplate_t *made = template_new(tid, in_memory, &local);

        if (!made || fbSessionAddTemplate(session, in_memory, tid, made, &local) == 0) {
            g_propagate_error(error, local);
            return false;
        }
    }
    return true;
}

struct fz_exporter {
    fbSession_t *session;   /* freed with the buffer */
    fbExporter_t *messages; /* likewise */
    fBuf_t *buffer;
    fz_emit emit;
    void *user;
    uint16_t tid;                           /* of the current set, 0: none */
    size_t room;                            /* bytes left in the message */
    size_t fixed[FZ_TID_END - FZ_TID_TYPE]; /* bytes of a record without its texts, by template */
    uint8_t message[FZ_MESSAGE_MAX];
};

fz_exporter *fz_exporter_new(fz_emit emit, void *user)
{
    fz_exporter *exporter = g_new0(fz_exporter, 1);

    exporter->session = fbSessionAlloc(fz_model());
    exporter->messages = fbExporterAllocBuffer(exporter->message, sizeof exporter->message);
    exporter->buffer = fBufAllocForExport(exporter->session, exporter->messages);
    exporter->emit = emit;
    exporter->user = user;
    exporter->room = FZ_MESSAGE_MAX - FZ_MESSAGE_HEADER;
    unsigned texts;
    for (size_t i = 0; i < G_N_ELEMENTS(exporter->fixed); i++)
        exporter->fixed[i] = fz_template_size((uint16_t)(FZ_TID_TYPE + i), &texts);
    fbSessionSetDomain(exporter->session, FZ_MODEL_DOMAIN);
    return exporter;
}

void fz_exporter_free(fz_exporter *exporter)
{
    if (!exporter)
        return;
    fBufFree(exporter->buffer);
    g_free(exporter);
}

/* libfixbuf would stamp messages with the clock; `emit` sets the time. */
bool fz_exporter_flush(fz_exporter *exporter, GError **error)
{
    GError *local = NULL;

    if (!fBufEmit(exporter->buffer, &local)) {
        g_propagate_error(error, local);
        return false;
    }
    size_t size = fbExporterGetMsgLen(exporter->messages);
    if (exporter->tid == 0 || size == 0)
        return true;
    exporter->tid = 0;
    exporter->room = FZ_MESSAGE_MAX - FZ_MESSAGE_HEADER;
    return exporter->emit(exporter->message, size, exporter->user, error);
}

static bool set_begin(fz_exporter *exporter, uint16_t tid, GError **error)
{
    GError *local = NULL;

    if (!fBufSetInternalTemplate(exporter->buffer, tid, &local) ||
        !fBufSetExportTemplate(exporter->buffer, tid, &local)) {
        g_propagate_error(error, local);
        return false;
    }
    exporter->tid = tid;
    exporter->room -= FZ_SET_HEADER;
    return true;
}

bool fz_exporter_append(fz_exporter *exporter, uint16_t tid, void *record, size_t size, size_t texts, GError **error)
{
    size_t encoded = exporter->fixed[tid - FZ_TID_TYPE] + texts;
    size_t needed = encoded + (exporter->tid == tid ? 0 : FZ_SET_HEADER);

    if (needed > exporter->room && !fz_exporter_flush(exporter, error))
        return false;
    if (exporter->tid != tid && !set_begin(exporter, tid, error))
        return false;
    GError *local = NULL;
    if (!fBufAppend(exporter->buffer, record, size, &local)) {
        g_propagate_error(error, local);
        return false;
    }
    exporter->room -= encoded;
    return true;
}

static bool types_append(fz_exporter *exporter, GError **error)
{
    for (size_t i = 0; i < fz_element_count; i++) {
        const fbInfoElement_t *element = element_find(fz_elements[i].name);
        g_autofree char *name = g_strdup(fz_elements[i].name), *meaning = g_strdup(fz_elements[i].meaning);
        fz_type_record record = {
            .pen = element->ent,
            .number = element->num,
            .type = element->type,
            .semantics = FB_IE_SEMANTIC(element->flags),
            .units = FB_IE_UNITS(element->flags),
            .min = element->min,
            .max = element->max,
            .name = {strlen(name), (uint8_t *)name},
            .meaning = {strlen(meaning), (uint8_t *)meaning},
        };

        if (!fz_exporter_append(exporter, FZ_TID_TYPE, &record, sizeof record,
                                fz_text_encoded(name) + fz_text_encoded(meaning), error))
            return false;
    }
    return true;
}

/* A message of templates alone. */
static bool templates_emit(fz_exporter *exporter, uint16_t first, uint16_t last, GError **error)
{
    if (!fz_session_add_templates(exporter->session, false, first, last, error))
        return false;
    exporter->tid = first;
    return fz_exporter_flush(exporter, error);
}

bool fz_exporter_prelude(fz_exporter *exporter, GError **error)
{
    return fz_session_add_templates(exporter->session, true, FZ_TID_TYPE, FZ_TID_TRAILER, error) &&
           templates_emit(exporter, FZ_TID_TYPE, FZ_TID_TYPE, error) && types_append(exporter, error) &&
           fz_exporter_flush(exporter, error) && templates_emit(exporter, FZ_TID_RUN, FZ_TID_TRAILER, error);
}

static bool prelude_gather(uint8_t *message, size_t size, void *user, GError **error)
{
    (void)error;
    fz_write_u32(message + 4, 0);
    g_byte_array_append(user, message, (guint)size);
    return true;
}

static gpointer prelude_new(gpointer unused)
{
    (void)unused;
    GByteArray *prelude = g_byte_array_new();
    fz_exporter *exporter = fz_exporter_new(prelude_gather, prelude);
    bool made = fz_exporter_prelude(exporter, NULL);
    g_assert(made);
    fz_exporter_free(exporter);
    return prelude;
}

const GByteArray *fz_prelude(void)
{
    static GOnce once = G_ONCE_INIT;

    return g_once(&once, prelude_new, NULL);
}
