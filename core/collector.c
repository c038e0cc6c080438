/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector.h"

#include "flowtable.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fz_collector {
    fz_run run;
    fz_totals totals;
    fz_zone_table *zones;
    fz_zones rows;
    fz_flowtable *table;
    const fz_format *format;
    fz_sink *sink; /* opened with the first record, or at the end: its head tells of the first frame */
    char *name;    /* of the output, for errors */
    int fd;
    bool owns_fd;
    GError *failure; /* the first one of the output */
};

static bool fail_out(GError **error, const char *name, const char *what)
{
    int code = errno;
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "out=%s: %s: %s", name, what,
                g_strerror(code));
    return false;
}

/* fd:N was opened by whoever started us, and is its to close. */
static bool open_inherited(fz_collector *collector, const char *number, GError **error)
{
    guint64 fd;
    if (!g_ascii_string_to_unsigned(number, 10, 0, G_MAXINT, &fd, NULL)) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "out=%s: expected fd:N with N a descriptor",
                    collector->name);
        return false;
    }
    collector->fd = (int)fd;
    int flags = fcntl(collector->fd, F_GETFL);
    if (flags < 0)
        return fail_out(error, collector->name, "no such descriptor");
    if ((flags & O_ACCMODE) == O_RDONLY) {
        errno = EBADF;
        return fail_out(error, collector->name, "open for reading only");
    }
    return true;
}

/* Whether this process reads the file: it is the capture, then. */
static bool is_read(int fd, const struct stat *file)
{
    g_autoptr(GDir) open_ones = g_dir_open("/proc/self/fd", 0, NULL);
    const char *name;
    while (open_ones && (name = g_dir_read_name(open_ones))) {
        int other = atoi(name); /* NOLINT(cert-err34-c): a number, by the kernel's word */
        int flags = fcntl(other, F_GETFL);
        struct stat status;
        if (other != fd && flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && fstat(other, &status) == 0 &&
            status.st_dev == file->st_dev && status.st_ino == file->st_ino)
            return true;
    }
    return false;
}

/* What was in a file goes, unless it is what we read. */
static bool empty_file(const fz_collector *collector, GError **error)
{
    struct stat file;
    if (fstat(collector->fd, &file) != 0)
        return fail_out(error, collector->name, "cannot be written");
    if (!S_ISREG(file.st_mode))
        return true;
    if (is_read(collector->fd, &file)) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "out=%s: is the capture itself", collector->name);
        return false;
    }
    return ftruncate(collector->fd, 0) == 0 || fail_out(error, collector->name, "cannot be written");
}

static bool open_out(fz_collector *collector, const fz_options *options, GError **error)
{
    collector->name = g_strdup(options->out ? options->out : "-");
    collector->fd = STDOUT_FILENO;
    if (!strcmp(collector->name, "-")) {
        if (collector->format == fz_format_by_name("ipfix") && isatty(STDOUT_FILENO)) {
            g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                        "out=-: a flow file is binary and standard output is a terminal; write to a file or a pipe");
            return false;
        }
        return true;
    }
    if (g_str_has_prefix(collector->name, "fd:"))
        return open_inherited(collector, collector->name + 3, error);
    collector->fd = open(collector->name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    collector->owns_fd = collector->fd >= 0;
    return collector->owns_fd ? empty_file(collector, error) : fail_out(error, collector->name, "cannot be written");
}

static char *text_of(const char *text)
{
    return g_strdup(text ? text : "");
}

static bool keep_failure(fz_collector *collector, GError *error)
{
    if (!collector->failure)
        collector->failure = g_error_new(error->domain, error->code, "out=%s: %s", collector->name, error->message);
    g_error_free(error);
    return false;
}

static bool need_sink(fz_collector *collector)
{
    GError *error = NULL;
    if (collector->failure)
        return false;
    if (!collector->sink)
        collector->sink = collector->format->open(collector->fd, &collector->run, &collector->rows, &error);
    return collector->sink || keep_failure(collector, error);
}

static bool write_records(const fz_record *records, size_t count, void *user)
{
    fz_collector *collector = user;
    GError *error = NULL;
    if (!need_sink(collector))
        return false;
    if (!collector->format->write(collector->sink, records, count, &error))
        return keep_failure(collector, error);
    collector->totals.records += count;
    return true;
}

fz_collector *fz_collector_new(const fz_options *options, fz_engine engine, const char *program, fz_zone_warning warn,
                               void *user, GError **error)
{
    fz_collector *collector = g_new0(fz_collector, 1);
    collector->fd = -1;
    collector->format = options->format;
    collector->run = (fz_run){
        .sensor = text_of(options->sensor),
        .source = fz_text_name(options->source ? options->source : ""),
        .location = text_of(options->location),
        .filter = text_of(options->filter),
        .program = text_of(program),
        .engine = engine,
        .key = options->key,
        .layers = options->layers,
        .interval_s = options->interval_s,
        .max_flows = options->max_flows,
        .vlan = options->vlan,
    };
    collector->zones = fz_zone_table_ref(options->table);
    if (!options->table && options->zones) {
        collector->zones = fz_zone_table_read(options->zones, options->location, warn, user, error);
        if (!collector->zones)
            goto failed;
    }
    collector->rows = fz_zone_table_rows(collector->zones);
    if (!open_out(collector, options, error))
        goto failed;
    collector->table = fz_flowtable_new(&(fz_flowtable_options){
        .key = options->key,
        .vlan = options->vlan,
        .interval_s = options->interval_s,
        .max_flows = options->max_flows,
        .zones = collector->zones,
        .sink = write_records,
        .user = collector,
    });
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
    if (collector->owns_fd)
        close(collector->fd);
    fz_flowtable_free(collector->table);
    fz_zone_table_free(collector->zones);
    fz_run_clear(&collector->run);
    g_clear_error(&collector->failure);
    g_free(collector->name);
    g_free(collector);
}

int fz_collector_fd(const fz_collector *collector)
{
    return collector->fd;
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

void fz_collector_frame(fz_collector *collector, fz_frame_class class_, int64_t time_us, uint32_t bytes)
{
    if (!collector->run.first_bytes && !collector->run.first_us && !fz_totals_all(&collector->totals).frames) {
        collector->run.first_us = time_us;
        collector->run.first_bytes = bytes;
    }
    fz_count *count = class_count(&collector->totals, class_);
    count->frames++;
    count->bytes += bytes;
}

void fz_collector_packet(fz_collector *collector, const fz_packet *packet, int64_t time_us, uint32_t bytes)
{
    /* A failed output is told at the end; until then the table must still not grow without limit. */
    fz_flowtable_add(collector->table, packet, time_us, bytes);
}

bool fz_collector_flush(fz_collector *collector, GError **error)
{
    if (fz_flowtable_flush(collector->table, FZ_END_FORCED) && need_sink(collector))
        return true;
    g_propagate_error(error, g_error_copy(collector->failure));
    return false;
}

bool fz_collector_finish(fz_collector *collector, bool cut_short, GError **error)
{
    GError *failure = NULL;
    collector->totals.cut_short = cut_short;
    if (need_sink(collector)) {
        fz_sink *sink = g_steal_pointer(&collector->sink);
        if (!collector->format->finish(sink, &collector->totals, &failure))
            keep_failure(collector, failure);
    }
    if (collector->owns_fd && close(collector->fd) != 0 && !collector->failure)
        fail_out(&collector->failure, collector->name, "cannot be written");
    collector->owns_fd = false;
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
