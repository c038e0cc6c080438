/* Counts frames whose layers have no walk, by layer.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwalked.h"

#include "text.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

/* What a line is about. Any capture has at most as many of them as the tables have rows. */
typedef struct subject {
    fz_layer layer;
    const char *name; /* of an encapsulation without a number; NULL: it has one */
    uint64_t frames;
} subject;

struct fz_unwalked {
    GArray *subjects;
};

fz_unwalked *fz_unwalked_new(void)
{
    fz_unwalked *unwalked = g_new(fz_unwalked, 1);

    unwalked->subjects = g_array_new(FALSE, FALSE, sizeof(subject));
    return unwalked;
}

void fz_unwalked_free(fz_unwalked *unwalked)
{
    if (!unwalked)
        return;
    g_array_free(unwalked->subjects, TRUE);
    g_free(unwalked);
}

static void add(fz_unwalked *unwalked, fz_layer layer, const char *name)
{
    for (guint i = 0; i < unwalked->subjects->len; i++) {
        subject *known = &g_array_index(unwalked->subjects, subject, i);

        if (known->layer.kind == layer.kind && known->layer.number == layer.number && known->name == name) {
            known->frames++;
            return;
        }
    }
    const subject first = {layer, name, 1};
    g_array_append_val(unwalked->subjects, first);
}

fz_verdict fz_unwalked_frame(fz_unwalked *unwalked, const fz_encap *encap, const uint8_t *bytes, uint32_t captured,
                             uint32_t wire, fz_packet *packet)
{
    fz_layer layer;
    const fz_verdict verdict = fz_headers_frame(encap->linktype, bytes, captured, wire, packet, &layer);

    if (G_LIKELY(verdict == FZ_FRAME_IP))
        return verdict;
    if (verdict == FZ_FRAME_UNWALKED)
        add(unwalked, layer, NULL);
    else if (encap->class == FZ_ENCAP_FULL_ONLY)
        add(unwalked, (fz_layer){FZ_LAYER_LINK_TYPE, 0}, encap->name);
    return encap->class == FZ_ENCAP_FULL_ONLY ? FZ_FRAME_UNWALKED : verdict;
}

static int compare(const void *left, const void *right)
{
    const subject *a = left, *b = right;

    if (a->layer.kind != b->layer.kind)
        return a->layer.kind < b->layer.kind ? -1 : 1;
    if (a->layer.number != b->layer.number)
        return a->layer.number < b->layer.number ? -1 : 1;
    return g_strcmp0(a->name, b->name);
}

static char *print_subject(const subject *about)
{
    static const struct {
        const char *name;
        int digits; /* hexadecimal; 0: decimal; -1: no number */
    } kinds[FZ_LAYER_KINDS] = {
        [FZ_LAYER_LINK_TYPE] = {"link type", 0},
        [FZ_LAYER_ETHERTYPE] = {"EtherType", 4},
        [FZ_LAYER_PPP] = {"PPP protocol", 4},
        [FZ_LAYER_SAP] = {"LLC service", 2},
        [FZ_LAYER_RADIO_FRAGMENTS] = {"802.11 fragments", -1},
    };
    GString *text = g_string_new(kinds[about->layer.kind].name);
    const int digits = kinds[about->layer.kind].digits;

    if (about->name)
        g_string_append_printf(text, " %s", about->name);
    else if (digits == 0)
        g_string_append_printf(text, " %u", about->layer.number);
    else if (digits > 0)
        g_string_append_printf(text, " 0x%0*x", digits, about->layer.number);
    g_string_append_printf(text, ": no walk; %" PRIu64 " frame%s counted as not IP; the full engine dissects %s",
                           about->frames, fz_text_plural(about->frames), about->frames == 1 ? "it" : "them");
    return g_string_free(text, FALSE);
}

char **fz_unwalked_lines(const fz_unwalked *unwalked)
{
    GPtrArray *lines = g_ptr_array_new();

    g_array_sort(unwalked->subjects, compare);
    for (guint i = 0; i < unwalked->subjects->len; i++)
        g_ptr_array_add(lines, print_subject(&g_array_index(unwalked->subjects, subject, i)));
    g_ptr_array_add(lines, NULL);
    return (char **)g_ptr_array_free(lines, FALSE);
}
