/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan.h"

#include "headers.h"
#include "linktype.h"
#include "rows.h"
#include "wiretap_compat.h"

#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK(fz - scan - error - quark, fz_scan_error)

/* Wiretap's words for an error, and the details it may have added, which are taken over. */
static char *describe_fault(int code, char *details)
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
    const int64_t time_us = (int64_t)rec->ts.secs * 1000000 + rec->ts.nsecs / 1000;
    const int linktype = fz_linktypes_find(linktypes, header->pkt_encap);
    fz_packet packet;
    const fz_verdict verdict = fz_headers_frame(linktype, bytes, header->caplen, header->len, &packet);

    fz_collector_frame(collector, classes[verdict], time_us, header->len);
    if (verdict == FZ_FRAME_IP)
        fz_collector_packet(collector, &packet, time_us, header->len);
}

static wtap *open_capture(const char *path, GError **error)
{
    static bool ready;
    char *details = NULL;
    int code = 0;

    if (!ready) {
        ws_log_set_level(LOG_LEVEL_ERROR); /* what matters comes back as an error, with the capture's name */
        wtap_init(FALSE);                  /* without wiretap's plugins */
        ready = true;
    }
    wtap *wth = wtap_open_offline(path, WTAP_TYPE_AUTO, &code, &details, FALSE);
    if (!wth) {
        g_autofree char *fault = describe_fault(code, details);
        g_set_error(error, FZ_SCAN_ERROR, FZ_SCAN_ERROR_OPEN, "%s: %s", path, fault);
    }
    return wth;
}

bool fz_scan_capture(const char *path, fz_collector *collector, bool *cut_short, char **note, GError **error)
{
    char *details = NULL;
    int code = 0;
    fz_linktypes linktypes;
    fz_wiretap_record record;

    *cut_short = false;
    *note = NULL;
    wtap *wth = open_capture(path, error);
    if (!wth)
        return false;
    fz_linktypes_fill(&linktypes, wtap_pcap_encap_to_wtap_encap);
    fz_wiretap_record_init(&record);
    while (fz_wiretap_read(wth, &record, &code, &details)) {
        if (record.rec.rec_type == REC_TYPE_PACKET) /* system calls, journal entries and the like are no frames */
            count(collector, &linktypes, &record.rec, fz_wiretap_record_bytes(&record));
        wtap_rec_reset(&record.rec);
    }
    if (code != 0) {
        *cut_short = true;
        *note = describe_fault(code, details);
    }
    fz_wiretap_record_clear(&record);
    wtap_close(wth);
    return fz_collector_flush(collector, error);
}

static void warn(const char *message, void *unused)
{
    (void)unused;
    fprintf(stderr, "flowzone scan: %s\n", message);
}

static void tell(const char *path, const fz_collector *collector, const char *note, bool quiet)
{
    g_autofree char *totals = fz_totals_print(fz_collector_totals(collector));

    if (note)
        fprintf(stderr, "flowzone scan: %s: %s: what came before was counted\n", path, note);
    if (!quiet && (note || fz_collector_totals_hidden(collector)))
        fprintf(stderr, "flowzone scan: %s: %s\n", path, totals);
}

bool fz_scan_run(const char *path, const fz_options *options, bool quiet, GError **error)
{
    g_autofree char *program = g_strdup_printf("flowzone %s, libwiretap", FZ_VERSION);
    g_autofree char *base = strcmp(path, "-") ? g_path_get_basename(path) : g_strdup("");
    g_autofree char *source = g_utf8_make_valid(base, -1);
    g_autofree char *note = NULL;
    fz_options named = *options;
    bool cut_short;

    if (!named.source && *source)
        named.source = source;
    fz_collector *collector = fz_collector_new(&named, FZ_ENGINE_SCAN, program, warn, NULL, error);
    bool done = collector && fz_scan_capture(path, collector, &cut_short, &note, error) &&
                fz_collector_finish(collector, cut_short, error);
    if (done)
        tell(path, collector, note, quiet);
    fz_collector_free(collector);
    return done;
}
