/* Flow files through libfixbuf: its information model, sessions and messages.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile_model.h"

#include <string.h>

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

void fz_addrs_swap_ipv4(uint8_t addr[2][16])
{
    for (int end = 0; end < 2; end++) {
        uint32_t swapped;

        memcpy(&swapped, addr[end], sizeof swapped);
        swapped = GUINT32_SWAP_LE_BE(swapped);
        memcpy(addr[end], &swapped, sizeof swapped);
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
    for (size_t i = 0; i < fz_version_elements(FZ_VERSION_LATEST); i++) {
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

const fbInfoElement_t *fz_element_find(const char *name)
{
    return fbInfoModelGetElementByName(fz_model(), name);
}

static fbTemplate_t *template_new(const GArray *fields, unsigned scopes, GError **error)
{
    fbTemplate_t *made = fbTemplateAlloc(fz_model());
    for (guint i = 0; i < fields->len; i++) {
        const fz_template_field *field = &g_array_index(fields, fz_template_field, i);
        fbInfoElement_t element = *fz_element_find(field->element ? field->element : "paddingOctets");

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

/* Version 0: in memory. An exporting session writes the others into its message. */
static bool templates_add(fbSession_t *session, unsigned version, uint16_t first, uint16_t last, GError **error)
{
    GError *local = NULL; /* libfixbuf insists on one */

    for (uint16_t tid = first; tid <= last; tid++) {
        unsigned scopes;
        g_autoptr(GArray) fields =
            version == 0 ? fz_template_in_memory(tid, &scopes) : fz_template_in_file(tid, version, &scopes);
        fbTemplate_t *made = template_new(fields, scopes, &local);

        if (!made || fbSessionAddTemplate(session, version == 0, tid, made, &local) == 0) {
            g_propagate_error(error, local);
            return false;
        }
    }
    return true;
}

bool fz_session_add_templates(fbSession_t *session, unsigned version, GError **error)
{
    const uint16_t last = fz_version_templates(version);

    return templates_add(session, 0, FZ_TID_TYPE, last, error) &&
           templates_add(session, version, FZ_TID_TYPE, last, error);
}

struct fz_exporter {
    fbSession_t *session;   /* freed with the buffer */
    fbExporter_t *messages; /* likewise */
    fBuf_t *buffer;
    unsigned version;
    fz_emit emit;
    void *user;
    uint16_t tid;                           /* of the current set, 0: none */
    size_t room;                            /* bytes left in the message */
    size_t fixed[FZ_TID_END - FZ_TID_TYPE]; /* bytes of a record without its texts, by template */
    uint8_t message[FZ_MESSAGE_MAX];
};

fz_exporter *fz_exporter_new(unsigned version, fz_emit emit, void *user)
{
    fz_exporter *exporter = g_new0(fz_exporter, 1);

    exporter->session = fbSessionAlloc(fz_model());
    exporter->messages = fbExporterAllocBuffer(exporter->message, sizeof exporter->message);
    exporter->buffer = fBufAllocForExport(exporter->session, exporter->messages);
    exporter->version = version;
    exporter->emit = emit;
    exporter->user = user;
    exporter->room = FZ_MESSAGE_MAX - FZ_MESSAGE_HEADER;
    unsigned texts;
    for (size_t i = 0; i < G_N_ELEMENTS(exporter->fixed); i++)
        exporter->fixed[i] = fz_template_size((uint16_t)(FZ_TID_TYPE + i), version, &texts);
    fbSessionSetDomain(exporter->session, FZ_MODEL_DOMAIN(version));
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
    for (size_t i = 0; i < fz_version_elements(exporter->version); i++) {
        const fbInfoElement_t *element = fz_element_find(fz_elements[i].name);
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
    if (!templates_add(exporter->session, exporter->version, first, last, error))
        return false;
    exporter->tid = first;
    return fz_exporter_flush(exporter, error);
}

bool fz_exporter_prelude(fz_exporter *exporter, GError **error)
{
    const uint16_t last = fz_version_templates(exporter->version);

    return templates_add(exporter->session, 0, FZ_TID_TYPE, last, error) &&
           templates_emit(exporter, FZ_TID_TYPE, FZ_TID_TYPE, error) && types_append(exporter, error) &&
           fz_exporter_flush(exporter, error) && templates_emit(exporter, FZ_TID_RUN, last, error);
}

static bool prelude_gather(uint8_t *message, size_t size, void *user, GError **error)
{
    (void)error;
    fz_write_u32(message + 4, 0);
    g_byte_array_append(user, message, (guint)size);
    return true;
}

static gpointer prelude_new(gpointer version)
{
    GByteArray *prelude = g_byte_array_new();
    fz_exporter *exporter = fz_exporter_new(GPOINTER_TO_UINT(version), prelude_gather, prelude);
    bool made = fz_exporter_prelude(exporter, NULL);
    g_assert(made);
    fz_exporter_free(exporter);
    return prelude;
}

const GByteArray *fz_prelude(unsigned version)
{
    static GOnce once[] = {[FZ_VERSION_1] = G_ONCE_INIT, [FZ_VERSION_LATEST] = G_ONCE_INIT};

    return g_once(&once[version], prelude_new, GUINT_TO_POINTER(version));
}
