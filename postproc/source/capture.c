/* Reads captures through libwiretap. The differences between its versions are only here.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_private.h"

#include "compressed.h"
#include "flow.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <wsutil/wslog.h>

enum { RECORD_BYTES = 1514 }; /* to begin with; it grows */

G_DEFINE_QUARK(fz - capture - error - quark, fz_capture_error)

#if WIRESHARK >= 406

static void init_record(fz_capture *capture)
{
    wtap_rec_init(&capture->record, RECORD_BYTES);
}

static void clear_record(fz_capture *capture)
{
    wtap_rec_cleanup(&capture->record);
}

static bool read_record(fz_capture *capture)
{
    return wtap_read(capture->file, &capture->record, &capture->code, &capture->details, &capture->offset);
}

static const uint8_t *record_bytes(fz_capture *capture)
{
    return ws_buffer_start_ptr(&capture->record.data);
}

#else

static void init_record(fz_capture *capture)
{
    wtap_rec_init(&capture->record);
    ws_buffer_init(&capture->bytes, RECORD_BYTES);
}

static void clear_record(fz_capture *capture)
{
    ws_buffer_free(&capture->bytes);
    wtap_rec_cleanup(&capture->record);
}

static bool read_record(fz_capture *capture)
{
    return wtap_read(capture->file, &capture->record, &capture->bytes, &capture->code, &capture->details,
                     &capture->offset);
}

static const uint8_t *record_bytes(fz_capture *capture)
{
    return ws_buffer_start_ptr(&capture->bytes);
}

#endif

bool fz_capture_fail(int code, char *details, GError **error)
{
    if (code == WTAP_ERR_SHORT_READ)
        g_set_error_literal(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_CUT, "cut short in the middle of a packet");
    else
        g_set_error(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_OTHER, "%s%s%s", wtap_strerror(code), details ? ": " : "",
                    details ? details : "");
    g_free(details);
    return false;
}

void fz_capture_prepare(void)
{
    ws_log_set_level(LOG_LEVEL_ERROR); /* what matters is returned as an error */
    wtap_init(FALSE);                  /* without libwiretap's plugins */
}

/* A format without a magic number, for which libwiretap sometimes takes ERF files if it does not see the name. */
static bool is_guess(wtap *file)
{
    static const char *const guesses[] = {"lanalyzer", "pklg", "mpeg", "dsna", "stanag4607", "ber", "netscreen"};
    const char *format = wtap_file_type_subtype_name(wtap_file_type_subtype(file));

    for (size_t i = 0; format && i < G_N_ELEMENTS(guesses); i++)
        if (strcmp(format, guesses[i]) == 0)
            return true;
    return false;
}

/* Opens the file as tshark does, by its name. */
static wtap *read_as_erf(wtap *file, off_t begin)
{
    char *details = NULL;
    int code = 0;

    wtap_close(file);
    if (lseek(STDIN_FILENO, begin, SEEK_SET) < 0)
        return NULL;
    file = wtap_open_offline("-", open_info_name_to_type("Endace ERF capture"), &code, &details, FALSE);
    g_free(details);
    return file;
}

/* If compressed data is cut off, newer libwiretaps report an unsupported kind of compression. */
static wtap *open_file(const char *name, off_t begin, bool cut, GError **error)
{
    char *details = NULL;
    int code = 0;
    g_autofree char *lower = g_ascii_strdown(name ? name : "", -1);
    wtap *file = wtap_open_offline("-", WTAP_TYPE_AUTO, &code, &details, FALSE);

    if (file && begin >= 0 && g_str_has_suffix(lower, ".erf") && is_guess(file) && !(file = read_as_erf(file, begin)) &&
        lseek(STDIN_FILENO, begin, SEEK_SET) >= 0)
        file = wtap_open_offline("-", WTAP_TYPE_AUTO, &code, &details, FALSE);
    /* Of a pipe libwiretap keeps less than some formats need to be told. */
    if (!file && code == ESPIPE)
        g_set_error_literal(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_OTHER,
                            "its format cannot be told from a pipe: if it is a capture, read it from a file");
    else if (!file)
        fz_capture_fail(cut && code == WTAP_ERR_DECOMPRESSION_NOT_SUPPORTED ? WTAP_ERR_SHORT_READ : code, details,
                        error);
    return file;
}

fz_capture *fz_capture_open(const char *name, GError **error)
{
    const off_t begin = lseek(STDIN_FILENO, 0, SEEK_CUR);
    const bool cut = fz_compressed_is_cut(STDIN_FILENO, begin);
    wtap *file = open_file(name, begin, cut, error);

    if (!file)
        return NULL;
    fz_capture *capture = g_new0(fz_capture, 1);
    capture->file = file;
    capture->cut = cut;
    init_record(capture);
    fz_encaps_fill(&capture->encaps, wtap_encap_name, wtap_get_num_encap_types());
    return capture;
}

void fz_capture_free(fz_capture *capture)
{
    if (!capture)
        return;
    clear_record(capture);
    wtap_close(capture->file);
    g_free(capture);
}

static bool end(fz_capture *capture, GError **error)
{
    if (capture->code != 0)
        return fz_capture_fail(capture->code, g_steal_pointer(&capture->details), error);
    if (capture->cut)
        g_set_error_literal(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_CUT,
                            "cut short in the middle of its compressed data");
    return false;
}

bool fz_capture_next(fz_capture *capture, fz_capture_frame *frame, GError **error)
{
    const wtap_packet_header *header = &capture->record.rec_header.packet_header;

    do {
        wtap_rec_reset(&capture->record);
        if (!read_record(capture))
            return end(capture, error);
        capture->number++;
    } while (capture->record.rec_type != REC_TYPE_PACKET);
    frame->time_us = fz_time_us(capture->record.ts.secs, capture->record.ts.nsecs);
    frame->time_ns = fz_time_ns(capture->record.ts.nsecs);
    frame->number = capture->number;
    frame->wire_bytes = header->len;
    frame->captured_bytes = header->caplen;
    frame->bytes = record_bytes(capture);
    frame->encap = fz_encaps_find(&capture->encaps, header->pkt_encap);
    return true;
}

/* NULL for an encapsulation that is not only dissected. */
static const fz_encap *only_dissected(const fz_capture *capture, int encap)
{
    const fz_encap *row = encap == WTAP_ENCAP_PER_PACKET ? NULL : fz_encaps_find(&capture->encaps, encap);

    return row && row->class == FZ_ENCAP_FULL_ONLY ? row : NULL;
}

const fz_encap *fz_capture_find_unwalked(const fz_capture *capture)
{
    wtapng_iface_descriptions_t *interfaces = wtap_file_get_idb_info(capture->file);
    const fz_encap *found = NULL;

    for (guint i = interfaces->interface_data->len; i > 0 && !found; i--) {
        const wtapng_if_descr_mandatory_t *about =
            wtap_block_get_mandatory_data(g_array_index(interfaces->interface_data, wtap_block_t, i - 1));
        found = only_dissected(capture, about->wtap_encap);
    }
    g_free(interfaces);
    if (!found)
        found = only_dissected(capture, capture->record.rec_header.packet_header.pkt_encap);
    return found ? found : only_dissected(capture, wtap_file_encap(capture->file));
}
