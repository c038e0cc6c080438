/* A run, from its options to its output.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector.h"

#include "flowtable.h"
#include "output.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - collector - error - quark, fz_collector_error)

struct fz_collector {
    fz_run run;
    fz_totals totals;
    fz_zone_table *zones;
    fz_zones rows;
    fz_flowtable *table;     /* NULL: the run has no conversations */
    fz_packet_rows *packets; /* NULL: it has no packets */
    int64_t interval;        /* without conversations: the number of the latest interval that had a frame */
    const fz_format *format;
    fz_sink *sink; /* opened with the first record, or at the end: its head describes the first frame */
    fz_output output;
    GError *failure; /* the first one of the output */
};

static char *text_of(const char *text)
{
    return g_strdup(text ? text : "");
}

/* A folder whose text is too long for a run is not kept: the run goes on without. */
static char *folder_text(const char *folder)
{
    g_autofree char *text = fz_text_name(folder ? folder : "");

    return strlen(text) <= FZ_RUN_TEXT_MAX ? g_steal_pointer(&text) : g_strdup("");
}

static bool open_output(fz_collector *collector, const fz_options *options, GError **error)
{
    struct stat zones, out;

    if (!fz_output_open(&collector->output, options->out, options->out_fd, error))
        return false;
    if (options->zones && stat(options->zones, &zones) == 0 && fstat(collector->output.fd, &out) == 0 &&
        S_ISREG(out.st_mode) && zones.st_dev == out.st_dev && zones.st_ino == out.st_ino) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "out=%s: is the zone file",
                    collector->output.name);
        return false;
    }
    if (collector->format != fz_format_by_name("ipfix") || !isatty(collector->output.fd))
        return true;
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                "out=%s: a flow file is binary and this is a terminal; write to a file or a pipe",
                collector->output.name);
    return false;
}

static bool keep_failure(fz_collector *collector, GError *error)
{
    if (!collector->failure)
        collector->failure =
            g_error_new(error->domain, error->code, "out=%s: %s", collector->output.name, error->message);
    g_error_free(error);
    return false;
}

void fz_collector_fail(fz_collector *collector, const char *why)
{
    keep_failure(collector, g_error_new_literal(FZ_COLLECTOR_ERROR, FZ_COLLECTOR_ERROR_SHARED, why));
}

static bool need_sink(fz_collector *collector)
{
    GError *error = NULL;

    if (collector->failure)
        return false;
    if (!collector->sink && !fz_collector_begin(collector, NULL))
        return false;
    if (!collector->sink)
        collector->sink = collector->format->open(collector->output.fd, &collector->run, &collector->rows, &error);
    return collector->sink || keep_failure(collector, error);
}

/* Flushes what was printed on standard output so far, so that our rows never begin in the middle of a line. Flushes all
 * streams, since `stdout` itself may be closed. */
static void give_way(const fz_collector *collector)
{
    if (collector->output.standard)
        fflush(NULL);
}

static bool write_rows(fz_collector *collector, fz_row_kind kind, const void *rows, size_t count)
{
    GError *error = NULL;

    if (!need_sink(collector))
        return false;
    give_way(collector);
    return collector->format->write(collector->sink, kind, rows, count, &error) || keep_failure(collector, error);
}

static bool write_records(const fz_record *records, size_t count, void *user)
{
    fz_collector *collector = user;

    if (!write_rows(collector, FZ_ROW_FLOW, records, count))
        return false;
    collector->totals.records += count;
    return true;
}

static bool write_packets(const fz_packet_row *rows, size_t count, void *user)
{
    fz_collector *collector = user;

    if (!write_rows(collector, FZ_ROW_PACKET, rows, count))
        return false;
    collector->totals.packets += count;
    return true;
}

static bool write_minutes(const fz_minute *minutes, size_t count, void *user)
{
    fz_collector *collector = user;

    if (!write_rows(collector, FZ_ROW_MINUTE, minutes, count))
        return false;
    collector->totals.minutes += count;
    return true;
}

/* Whoever follows the output sees an interval as soon as it has ended. */
static bool pass_on(void *user)
{
    fz_collector *collector = user;
    GError *error = NULL;

    if (collector->packets && !fz_packet_rows_flush(collector->packets))
        return false;
    give_way(collector);
    return !collector->format->flush || collector->format->flush(collector->sink, &error) ||
           keep_failure(collector, error);
}

/* Minutes come with conversations, into what takes them. */
static bool wants_minutes(const fz_options *options)
{
    return (options->format->kinds & FZ_KIND(FZ_ROW_MINUTE)) != 0 && (options->rows & FZ_KIND(FZ_ROW_FLOW)) != 0;
}

fz_collector *fz_collector_new(const fz_options *options, fz_engine engine, const char *program, fz_zone_warning warn,
                               void *user, GError **error)
{
    fz_collector *collector = g_new0(fz_collector, 1);

    collector->output.fd = -1;
    collector->interval = INT64_MIN;
    collector->format = options->format;
    collector->run = (fz_run){
        .sensor = text_of(options->sensor),
        .source = fz_text_name(options->source ? options->source : ""),
        .folder = folder_text(options->folder),
        .location = text_of(options->location),
        .filter = text_of(options->filter),
        .program = text_of(program),
        .engine = engine,
        .key = options->key,
        .layers = options->layers,
        .without_flows = (options->rows & FZ_KIND(FZ_ROW_FLOW)) == 0,
        .minutes = wants_minutes(options),
        .interval_s = options->interval_s,
        .max_flows = options->max_flows,
        .vlan = options->vlan,
        .packets = (options->rows & FZ_KIND(FZ_ROW_PACKET)) != 0,
    };
    collector->zones = fz_zone_table_ref(options->table);
    if (!options->table && options->zones) {
        collector->zones = fz_zone_table_read(options->zones, options->location, warn, user, error);
        if (!collector->zones)
            goto failed;
    }
    collector->rows = fz_zone_table_rows(collector->zones);
    if (!open_output(collector, options, error))
        goto failed;
    if (options->rows & FZ_KIND(FZ_ROW_FLOW))
        collector->table = fz_flowtable_new(&(fz_flowtable_options){
            .key = options->key,
            .vlan = options->vlan,
            .interval_s = options->interval_s,
            .max_flows = options->max_flows,
            .zones = collector->zones,
            .sink = write_records,
            .minutes = wants_minutes(options) ? write_minutes : NULL,
            .ended = pass_on,
            .user = collector,
        });
    if (collector->run.packets)
        collector->packets = fz_packet_rows_new(collector->zones, write_packets, collector);
    return collector;
failed:
    fz_collector_free(collector);
    return NULL;
}

void fz_collector_free(fz_collector *collector)
{
    if (!collector)
        return;
    if (collector->sink)
        collector->format->finish(collector->sink, NULL, NULL);
    fz_output_clear(&collector->output);
    fz_flowtable_free(collector->table);
    fz_packet_rows_free(collector->packets);
    fz_zone_table_free(collector->zones);
    fz_run_clear(&collector->run);
    g_clear_error(&collector->failure);
    g_free(collector);
}

int fz_collector_fd(const fz_collector *collector)
{
    return collector->output.fd;
}

bool fz_collector_is_standard(const fz_collector *collector)
{
    return collector->output.standard;
}

bool fz_collector_begin(fz_collector *collector, GError **error)
{
    if (!collector->failure && fz_output_begin(&collector->output, &collector->failure))
        return true;
    g_propagate_error(error, g_error_copy(collector->failure));
    return false;
}

static fz_count *class_count(fz_totals *totals, fz_frame_class class_)
{
    switch (class_) {
    case FZ_COUNTED:
        return &totals->counted;
    case FZ_NOT_IP:
        return &totals->not_ip;
    case FZ_UNPARSABLE:
        return &totals->unparsable;
    case FZ_FILTERED:
        break;
    }
    return &totals->filtered;
}

static void refuse_time(fz_collector *collector)
{
    if (!collector->failure)
        collector->failure =
            g_error_new(FZ_COLLECTOR_ERROR, FZ_COLLECTOR_ERROR_TIME,
                        "frame %" G_GUINT64_FORMAT ": its time is more than 292,000 years away from 1970 and cannot be "
                        "kept; correct it with editcap -t, or leave the frame out",
                        fz_totals_all(&collector->totals).frames + 1);
}

void fz_collector_frame(fz_collector *collector, fz_frame_class class_, int64_t time_us, uint32_t bytes)
{
    if (!collector->run.first_bytes && !collector->run.first_us && !fz_totals_all(&collector->totals).frames) {
        collector->run.first_us = time_us;
        collector->run.first_bytes = bytes;
    }
    if (G_UNLIKELY(time_us == FZ_TIME_NONE))
        refuse_time(collector);
    collector->totals.cut_short = collector->totals.cut_short || (time_us == 0 && bytes == 0);
    fz_count *count = class_count(&collector->totals, class_);
    count->frames++;
    count->bytes += bytes;
}

void fz_collector_packet(fz_collector *collector, const fz_packet *packet, int64_t time_us, uint32_t bytes)
{
    /* A failed output is reported at the end; until then the table must still not grow without limit. */
    if (G_LIKELY(time_us != FZ_TIME_NONE && collector->table))
        fz_flowtable_add(collector->table, packet, time_us, bytes);
}

bool fz_collector_has_packets(const fz_collector *collector)
{
    return collector->packets != NULL;
}

/* Packets without conversations, whose intervals the flow table would end, leave with their interval too. */
static void end_interval(fz_collector *collector, int64_t time_us)
{
    const int64_t interval_us = collector->run.interval_s * (int64_t)G_USEC_PER_SEC;

    if (collector->table || interval_us == 0)
        return;
    const int64_t interval = time_us / interval_us - (time_us % interval_us < 0);
    const bool ends = interval > collector->interval && !collector->failure;
    if (ends && fz_packet_rows_flush(collector->packets) && collector->sink)
        pass_on(collector);
    collector->interval = MAX(collector->interval, interval);
}

void fz_collector_row(fz_collector *collector, fz_frame_class class_, const fz_packet *packet,
                      const fz_frame_link *link, int64_t time_us, uint32_t bytes)
{
    if (class_ == FZ_FILTERED || time_us == FZ_TIME_NONE)
        return;
    end_interval(collector, time_us);
    fz_packet_rows_add(collector->packets, class_ == FZ_COUNTED ? packet : NULL, link, time_us, bytes);
}

bool fz_collector_flush(fz_collector *collector, GError **error)
{
    bool done = !collector->failure && (!collector->packets || fz_packet_rows_flush(collector->packets)) &&
                (!collector->table || fz_flowtable_flush(collector->table, FZ_END_FORCED)) && need_sink(collector);

    if (done)
        return true;
    g_propagate_error(error, g_error_copy(collector->failure));
    return false;
}

void fz_collector_changed(fz_collector *collector)
{
    collector->totals.changed = true;
}

bool fz_collector_finish(fz_collector *collector, bool cut_short, GError **error)
{
    GError *failure = NULL;

    collector->totals.cut_short = collector->totals.cut_short || cut_short;
    if (need_sink(collector)) {
        fz_sink *sink = g_steal_pointer(&collector->sink);

        give_way(collector);
        if (!collector->format->finish(sink, &collector->totals, &failure))
            keep_failure(collector, failure);
    }
    fz_output_close(&collector->output, collector->failure ? NULL : &collector->failure);
    if (!collector->failure)
        return true;
    g_propagate_error(error, g_error_copy(collector->failure));
    return false;
}

const fz_totals *fz_collector_totals(const fz_collector *collector)
{
    return &collector->totals;
}

bool fz_collector_totals_hidden(const fz_collector *collector)
{
    return collector->format != fz_format_by_name("table");
}
