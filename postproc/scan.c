/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan.h"

#include "command.h"
#include "headers.h"
#include "linktype.h"

#include <errno.h>
#include <string.h>

#include <wiretap/pcap-encap.h>
#include <wiretap/wtap.h>
#include <wsutil/buffer.h>

G_DEFINE_QUARK(fz - scan - error - quark, fz_scan_error)

/* Wiretap's words for an error, and the details it may have added. */
static char *fault_of(int code, char *details)
{
    char *text = code == WTAP_ERR_SHORT_READ
                     ? g_strdup("cut short in the middle of a packet")
                     : g_strdup_printf("%s%s%s", wtap_strerror(code), details ? ": " : "", details ? details : "");
    g_free(details);
    return text;
}

static void count(fz_collector *collector, const fz_linktypes *linktypes, const wtap_rec *rec, const uint8_t *bytes)
{
    static const fz_frame_class classes[] = {
        [FZ_FRAME_IP] = FZ_COUNTED, [FZ_FRAME_NOT_IP] = FZ_NOT_IP, [FZ_FRAME_UNPARSABLE] = FZ_UNPARSABLE};
    const wtap_packet_header *header = &rec->rec_header.packet_header;
    int64_t time_us = (int64_t)rec->ts.secs * 1000000 + rec->ts.nsecs / 1000;
    fz_packet packet;
    fz_verdict verdict =
        fz_headers_frame(fz_linktypes_find(linktypes, header->pkt_encap), bytes, header->caplen, header->len, &packet);
    fz_collector_frame(collector, classes[verdict], time_us, header->len);
    if (verdict == FZ_FRAME_IP)
        fz_collector_packet(collector, &packet, time_us, header->len);
}

bool fz_scan_capture(const char *path, fz_collector *collector, bool *cut_short, char **note, GError **error)
{
    int code = 0;
    char *details = NULL;
    *cut_short = false;
    *note = NULL;
    wtap *wth = wtap_open_offline(path, WTAP_TYPE_AUTO, &code, &details, FALSE);
    if (!wth) {
        g_autofree char *fault = fault_of(code, details);
        g_set_error(error, FZ_SCAN_ERROR, FZ_SCAN_ERROR_OPEN, "%s: %s", path, fault);
        return false;
    }
    fz_linktypes linktypes;
    fz_linktypes_fill(&linktypes, wtap_pcap_encap_to_wtap_encap);
    wtap_rec rec;
    Buffer buffer;
    gint64 offset;
    wtap_rec_init(&rec);
    ws_buffer_init(&buffer, 1514);
    while (wtap_read(wth, &rec, &buffer, &code, &details, &offset)) {
        if (rec.rec_type == REC_TYPE_PACKET)
            count(collector, &linktypes, &rec, ws_buffer_start_ptr(&buffer));
        wtap_rec_reset(&rec);
    }
    if (code != 0) {
        *cut_short = true;
        *note = fault_of(code, details);
    }
    ws_buffer_free(&buffer);
    wtap_rec_cleanup(&rec);
    wtap_close(wth);
    return fz_collector_flush(collector, error);
}
