/* read_with_fixbuf FILE: prints every record of an IPFIX file, knowing nothing but libfixbuf's public interface. A
 * record is a line: "data" or "options", then a tab and name=value for each of its information elements.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <fixbuf/public.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Space for one record in memory: templates are far smaller, variable-length values are only pointed to. */
#define RECORD_MAX 4096

/* Internal templates are what the file has, element by element. */
static void take_template(fbSession_t *session, uint16_t tid, fbTemplate_t *tmpl, void *unused_context, void **context,
                          fbTemplateCtxFree_fn *free_context)
{
    (void)unused_context;
    *context = NULL;
    *free_context = NULL;
    g_autoptr(GError) error = NULL;
    if (!fbSessionAddTemplate(session, TRUE, tid, tmpl, &error))
        fprintf(stderr, "template %u: %s\n", tid, error->message);
}

static size_t size_in_memory(const fbInfoElement_t *element)
{
    return element->len == FB_IE_VARLEN ? sizeof(fbVarfield_t) : element->len;
}

static void print_bytes(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < ' ' || bytes[i] == '\\')
            printf("\\x%02x", bytes[i]);
        else
            putchar(bytes[i]);
    }
}

/* Integers of 1, 2, 4 or 8 bytes, in host byte order. */
static void print_unsigned(const uint8_t *value, size_t size)
{
    uint64_t number = 0;
    uint32_t four;
    uint16_t two;
    switch (size) {
    case 1:
        number = *value;
        break;
    case 2:
        memcpy(&two, value, sizeof two);
        number = two;
        break;
    case 4:
        memcpy(&four, value, sizeof four);
        number = four;
        break;
    case 8:
        memcpy(&number, value, sizeof number);
        break;
    default:
        printf("(%zu bytes)", size);
        return;
    }
    printf("%" PRIu64, number);
}

static void print_value(const fbInfoElement_t *element, const uint8_t *value)
{
    char text[INET6_ADDRSTRLEN];
    if (element->len == FB_IE_VARLEN) {
        fbVarfield_t field;
        memcpy(&field, value, sizeof field);
        print_bytes(field.buf, field.len);
        return;
    }
    switch (element->ref.canon->type) {
    case FB_IP4_ADDR: {
        uint32_t address;
        memcpy(&address, value, sizeof address);
        address = htonl(address);
        printf("%s", inet_ntop(AF_INET, &address, text, sizeof text));
        break;
    }
    case FB_IP6_ADDR:
        printf("%s", inet_ntop(AF_INET6, value, text, sizeof text));
        break;
    case FB_STRING:
    case FB_OCTET_ARRAY:
    case FB_MAC_ADDR:
        print_bytes(value, element->len);
        break;
    default:
        print_unsigned(value, element->len);
    }
}

static void print_record(fbTemplate_t *tmpl, const uint8_t *record)
{
    printf(fbTemplateGetOptionsScope(tmpl) ? "options" : "data");
    for (uint32_t i = 0; i < fbTemplateCountElements(tmpl); i++) {
        const fbInfoElement_t *element = fbTemplateGetIndexedIE(tmpl, i);
        if (strcmp(element->ref.canon->ref.name, "paddingOctets") != 0) {
            printf("\t%s=", element->ref.canon->ref.name);
            print_value(element, record);
        }
        record += size_in_memory(element);
    }
    putchar('\n');
}

static gboolean read_next(fBuf_t *buffer, gboolean print, GError **error)
{
    uint8_t record[RECORD_MAX] = {0};
    size_t size = sizeof record, needed = 0;
    uint16_t tid = 0;
    fbTemplate_t *tmpl = fBufNextCollectionTemplate(buffer, &tid, error);
    if (!tmpl)
        return FALSE;
    for (uint32_t i = 0; i < fbTemplateCountElements(tmpl); i++)
        needed += size_in_memory(fbTemplateGetIndexedIE(tmpl, i));
    if (needed > sizeof record) {
        g_set_error(error, FB_ERROR_DOMAIN, FB_ERROR_BUFSZ, "template %u: %zu bytes", tid, needed);
        return FALSE;
    }
    if (!fBufSetInternalTemplate(buffer, tid, error) || !fBufNext(buffer, record, &size, error))
        return FALSE;
    if (print)
        print_record(tmpl, record);
    return TRUE;
}

/* Types of enterprise elements (RFC 5610) come in records; what a template has of them must be known before the
 * template is: a first reading fills the model. */
static gboolean read_file(FILE *file, fbInfoModel_t *model, gboolean print, GError **error)
{
    fbSession_t *session = fbSessionAlloc(model);
    fBuf_t *buffer = fBufAllocForCollection(session, fbCollectorAllocFP(NULL, file));
    fbSessionAddNewTemplateCallback(session, take_template, NULL);
    gboolean more = fBufSetAutomaticInsert(buffer, error);
    while (more)
        more = read_next(buffer, print, error);
    fBufFree(buffer);
    return g_error_matches(*error, FB_ERROR_DOMAIN, FB_ERROR_EOF);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "usage: read_with_fixbuf FILE\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    fbInfoModel_t *model = fbInfoModelAlloc();
    gboolean complete = read_file(file, model, FALSE, &error);
    if (complete) {
        g_clear_error(&error);
        rewind(file);
        complete = read_file(file, model, TRUE, &error);
    }
    if (!complete)
        fprintf(stderr, "%s: %s\n", argv[1], error->message);
    fbInfoModelFree(model);
    fclose(file);
    return complete ? 0 : 1;
}
