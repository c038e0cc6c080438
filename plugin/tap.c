/* One -z flowzone: its listeners, and how its frames are counted.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "tap.h"

#include "collector.h"
#include "compressed.h"
#include "descriptors.h"
#include "exit_status.h"
#include "frame.h"
#include "jail.h"
#include "lean.h"
#include "listener.h"
#include "message.h"
#include "rows.h"
#include "settings.h"
#include "walker.h"
#include "zone_summary.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTENERS = 7 };

typedef struct fz_tap fz_tap;

/* Wireshark finds a listener by its pointer, so each has one of its own. */
typedef struct tap_listener {
    fz_tap *tap;
} tap_listener;

struct fz_tap {
    fz_collector *collector;
    char *name; /* of the output, for people */
    fz_layers layers;
    bool lean;
    bool has_filter, passed; /* the current frame passed the filter */
    bool drawn, begun;       /* `drawn`: it has seen its last frame; `begun`: its first one */
    bool streams;            /* a flow file on standard output that is written while the run goes on */
    fz_frame frame;          /* the current one */
    fz_frame_link link;      /* of it, if rows of packets need it */
    uint32_t frame_number, frame_bytes;
    int64_t frame_us;
    uint32_t last_frame; /* the highest number seen */
    bool interrupted;    /* another retap began in the middle of this one */
    tap_listener listeners[LISTENERS];
};

/* What all -z flowzone of a run share. */
static struct {
    GPtrArray *taps; /* in the order of the command line; NULL: there is none */
    bool is_jailed;  /* nothing can be opened any more */
    bool is_cut;     /* the capture is compressed and ends too early, which tshark does not notice */
} run;

static void add_row(fz_tap *tap, fz_frame_class class_)
{
    const fz_packet *outermost =
        tap->frame.headers->len ? &g_array_index(tap->frame.headers, fz_header, 0).packet : NULL;

    fz_collector_row(tap->collector, class_, outermost, &tap->link, tap->frame_us, tap->frame_bytes);
}

/* Counts the current frame in the flow table. A frame ends with its `frame` tap, or, if that was dropped because too
 * much was queued, with the next frame's first tap. */
static void close_frame(fz_tap *tap, fz_frame_class class_)
{
    if (tap->has_filter && !tap->passed)
        class_ = FZ_FILTERED;
    fz_collector_frame(tap->collector, class_, tap->frame_us, tap->frame_bytes);
    if (class_ == FZ_COUNTED) {
        const GArray *headers = tap->frame.headers;
        guint count = tap->layers == FZ_LAYERS_ALL ? headers->len : 1;

        for (guint i = 0; i < count; i++)
            fz_collector_packet(tap->collector, &g_array_index(headers, fz_header, i).packet, tap->frame_us,
                                tap->frame_bytes);
    }
    if (fz_collector_has_packets(tap->collector))
        add_row(tap, class_);
    fz_frame_next(&tap->frame);
    tap->passed = false;
    tap->frame_number = 0;
}

/* The frame before, whose own tap was dropped. */
static void close_last(fz_tap *tap)
{
    if (tap->frame_number)
        close_frame(tap, tap->frame.headers->len ? FZ_COUNTED : FZ_NOT_IP);
}

static void begin_frame(fz_tap *tap, packet_info *pinfo, tvbuff_t *tvb)
{
    if (tap->frame_number == pinfo->num)
        return;
    close_last(tap);
    tap->frame_number = pinfo->num;
    tap->frame_bytes = fz_frame_bytes(pinfo);
    tap->frame_us = fz_frame_us(pinfo);
    if (fz_collector_has_packets(tap->collector))
        fz_walker_link(pinfo, tvb, &tap->link);
}

static tap_packet_status on_ip(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                               tap_flags_t flags)
{
    (void)flags;
    fz_tap *tap = ((tap_listener *)data)->tap;
    begin_frame(tap, pinfo, edt->tvb);
    fz_frame_add_ip(&tap->frame, pinfo, edt->tvb, tapped);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status on_ipv6(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                 tap_flags_t flags)
{
    (void)flags;
    fz_tap *tap = ((tap_listener *)data)->tap;
    begin_frame(tap, pinfo, edt->tvb);
    fz_frame_add_ipv6(&tap->frame, pinfo, edt->tvb, tapped);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status on_tcp(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                tap_flags_t flags)
{
    (void)edt, (void)flags;
    fz_tap *tap = ((tap_listener *)data)->tap;
    if (tap->frame_number == pinfo->num)
        fz_frame_add_tcp(&tap->frame, tapped);
    return TAP_PACKET_DONT_REDRAW;
}

static tap_packet_status on_udp(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                tap_flags_t flags)
{
    (void)edt, (void)flags;
    fz_tap *tap = ((tap_listener *)data)->tap;
    if (tap->frame_number == pinfo->num)
        fz_frame_add_udp(&tap->frame, tapped);
    return TAP_PACKET_DONT_REDRAW;
}

static tap_packet_status on_sctp(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                 tap_flags_t flags)
{
    (void)edt, (void)flags;
    fz_tap *tap = ((tap_listener *)data)->tap;
    if (tap->frame_number == pinfo->num)
        fz_frame_add_sctp(&tap->frame, tapped);
    return TAP_PACKET_DONT_REDRAW;
}

/* Only this listener has the display filter; it is called before on_frame, as newer listeners are. */
static tap_packet_status on_passed(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                   tap_flags_t flags)
{
    (void)tapped, (void)flags;
    fz_tap *tap = ((tap_listener *)data)->tap;
    begin_frame(tap, pinfo, edt->tvb);
    tap->passed = true;
    return TAP_PACKET_DONT_REDRAW;
}

/* What comes after `-z flowzone` on the command line, and whether -q is given, is known only now. */
static void look_at_neighbours(fz_tap *tap, const packet_info *pinfo, const proto_tree *tree)
{
    bool prints = pinfo->cinfo || (tree && PTREE_DATA(tree)->visible);

    tap->begun = true;
    if (tap->lean && fz_lean_has_neighbours())
        fz_report_warning("lean: the other statistics of this run see no protocols", NULL);
    else if (tap->lean && prints)
        fz_report_warning("lean: the packets printed by this run are not dissected; add -q", NULL);
    if (tap->streams && prints)
        fz_collector_fail(tap->collector, "packets are printed between its rows, and it is binary; add -q, or write "
                                          "to a file");
}

/* The last tap of a frame. */
static tap_packet_status on_frame(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                  tap_flags_t flags)
{
    (void)tapped, (void)flags;
    fz_tap *tap = ((tap_listener *)data)->tap;
    tap->last_frame = MAX(tap->last_frame, pinfo->num);
    if (pinfo->rec->rec_type != REC_TYPE_PACKET) /* system calls, journal entries and the like are not frames */
        return TAP_PACKET_DONT_REDRAW;
    if (!tap->begun)
        look_at_neighbours(tap, pinfo, edt->tree);
    begin_frame(tap, pinfo, edt->tvb);
    close_frame(tap, fz_frame_close(&tap->frame, pinfo, edt->tvb, tap->layers));
    return TAP_PACKET_REDRAW;
}

static void on_reset(void *data)
{
    fz_tap *tap = ((tap_listener *)data)->tap;

    tap->interrupted = tap->last_frame > 0;
}

/* The capture has been read. What is left of the output is written at the end of the process, in one piece and after
 * everything else that is printed; only the exit status shows whether the capture was cut short. */
static void on_draw(void *data)
{
    fz_tap *tap = ((tap_listener *)data)->tap;

    if (tap->drawn || !fz_in_tshark()) /* the window also draws during a run */
        return;
    tap->drawn = true;
    close_last(tap);
}

static void tap_free(fz_tap *tap)
{
    fz_collector_free(tap->collector);
    fz_frame_clear(&tap->frame);
    g_free(tap->name);
    g_free(tap);
}

/* Reports layers without a walk, if no dissector looked at them. */
static void tell_unwalked(const fz_tap *tap)
{
    g_auto(GStrv) lines = fz_walker_unwalked();

    for (char **at = lines; tap->lean && *at; at++) {
        g_autofree char *line = g_strdup_printf("out=%s: %s", tap->name, *at);

        fz_exit_status_tell(line);
    }
}

/* True if the output is whole. */
static bool finish(fz_tap *tap, int status)
{
    g_autoptr(GError) error = NULL;
    bool cut = status != 0 || run.is_cut;
    bool whole =
        tap->drawn && fz_collector_flush(tap->collector, &error) && fz_collector_finish(tap->collector, cut, &error);
    bool begun = fz_totals_all(fz_collector_totals(tap->collector)).frames > 0;

    if (!tap->drawn && begun) {
        g_autofree char *line = g_strdup_printf("out=%s: the run did not finish; the output is incomplete", tap->name);

        fz_exit_status_tell(line);
    } else if (error)
        fz_exit_status_tell(error->message);
    else if (whole && (fz_collector_totals_hidden(tap->collector) || cut)) {
        g_autofree char *totals = fz_totals_print(fz_collector_totals(tap->collector));
        g_autofree char *line = g_strdup_printf("out=%s: %s", tap->name, totals);

        fz_exit_status_tell(line);
    }
    if (whole)
        tell_unwalked(tap);
    tap_free(tap);
    return whole;
}

static void on_end(int status)
{
    bool whole = true;

    for (guint i = 0; i < run.taps->len; i++)
        whole = finish(g_ptr_array_index(run.taps, i), status) && whole;
    g_clear_pointer(&run.taps, g_ptr_array_unref);
    if (!whole)
        fz_exit_status_report(FZ_EXIT_ROWS_MISSING);
    if (run.is_cut)
        fz_exit_status_report(FZ_EXIT_CAPTURE_CUT);
}

/* A dissector that fails inside an ICMP error leaves the whole frame marked as one: it counts nevertheless. The display
 * filter has a listener of its own, the last one. */
static const fz_listener listening[LISTENERS] = {
    {"frame", TL_REQUIRES_ERROR_PACKETS, .reset = on_reset, .packet = on_frame, .draw = on_draw},
    {"ip", TL_REQUIRES_NOTHING, .packet = on_ip},
    {"ipv6", TL_REQUIRES_NOTHING, .packet = on_ipv6},
    {"tcp", TL_REQUIRES_NOTHING, .packet = on_tcp},
    {"udp", TL_REQUIRES_NOTHING, .packet = on_udp},
    {"sctp", TL_REQUIRES_NOTHING, .packet = on_sctp},
    {"frame", TL_REQUIRES_ERROR_PACKETS, .packet = on_passed},
};

static bool listen_to(fz_tap *tap, unsigned slot, const char *filter, GError **error)
{
    if (!fz_listener_add(&listening[slot], &tap->listeners[slot], filter, error))
        return false;
    tap->listeners[slot].tap = tap;
    return true;
}

static bool listen_all(fz_tap *tap, const char *filter, GError **error)
{
    unsigned count = tap->lean ? 1 : LISTENERS - 1;

    for (unsigned i = 0; i < count; i++)
        if (!listen_to(tap, i, NULL, error))
            return false;
    return !filter || listen_to(tap, LISTENERS - 1, filter, error);
}

static void listen_no_more(fz_tap *tap)
{
    for (unsigned i = 0; i < LISTENERS; i++)
        if (tap->listeners[i].tap)
            remove_tap_listener(&tap->listeners[i]);
}

/* Two runs that write to one regular file would destroy each other's rows; on standard output one follows the other,
 * unless one cannot wait until the end. */
static bool share(const fz_tap *mine, const fz_tap *other)
{
    struct stat my_file, other_file;
    int fd = fz_collector_fd(mine->collector), other_fd = fz_collector_fd(other->collector);

    if (fz_collector_is_standard(mine->collector) && fz_collector_is_standard(other->collector))
        return mine->streams || other->streams;
    return fd != other_fd && fstat(fd, &my_file) == 0 && fstat(other_fd, &other_file) == 0 &&
           S_ISREG(my_file.st_mode) && my_file.st_dev == other_file.st_dev && my_file.st_ino == other_file.st_ino;
}

static bool is_shared(const fz_tap *tap)
{
    bool found = false;

    for (guint i = 0; run.taps && i < run.taps->len && !found; i++)
        found = share(tap, g_ptr_array_index(run.taps, i));
    return found;
}

/* A limit of file sizes (ulimit -f) would end the process in the middle of a row. Now it is reported like a full disk,
 * unless the signal has another handler. */
static void outlive_size_limit(void)
{
    struct sigaction now;

    if (sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        (void)signal(SIGXFSZ, SIG_IGN);
}

static fz_tap *tap_new(const fz_options *options, GError **error)
{
    g_autofree char *program = g_strdup_printf("flowzone %s, Wireshark %s", FZ_VERSION, epan_get_version());
    fz_collector *collector = fz_collector_new(options, options->lean ? FZ_ENGINE_LEAN : FZ_ENGINE_FULL, program,
                                               fz_report_warning, NULL, error);

    if (!collector)
        return NULL;
    outlive_size_limit();
    fz_tap *new = g_new0(fz_tap, 1);
    new->collector = collector;
    new->name = g_strdup(options->out ? options->out : "-");
    new->layers = options->layers;
    new->lean = options->lean;
    new->has_filter = options->filter != NULL;
    new->streams = fz_collector_is_standard(collector) && options->format == fz_format_by_name("ipfix") &&
                   (options->interval_s || options->max_flows);
    fz_frame_init(&new->frame, options->vlan);
    if (!is_shared(new))
        return new;
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "out=%s: another -z flowzone writes to it", new->name);
    tap_free(new);
    return NULL;
}

/* lean changes the whole process: other statistics would see no protocols, and not report it. */
static bool may_be_lean(const fz_options *options, GError **error)
{
    const char *fault = NULL;

    if (run.taps->len && ((const fz_tap *)g_ptr_array_index(run.taps, 0))->lean != options->lean)
        fault = "lean: all -z flowzone of one run must be lean, or none";
    else if (options->lean && fz_lean_has_neighbours())
        fault = "lean: another -z of this run would see no protocols; run it separately";
    if (fault)
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, fault);
    return !fault;
}

/* A locked process cannot empty its files. */
static bool begin_all(const fz_tap *last, GError **error)
{
    for (guint i = 0; i < run.taps->len; i++)
        if (!fz_collector_begin(((const fz_tap *)g_ptr_array_index(run.taps, i))->collector, error))
            return false;
    return fz_collector_begin(last->collector, error);
}

/* Called when the capture and all outputs are open, and no packet has been dissected yet. */
static bool lock_process(const fz_tap *last, GError **error)
{
    if (!begin_all(last, error))
        return false;
    g_autofree int *outputs = g_new(int, run.taps->len + 1);
    g_autofree char *reached = NULL;
    for (guint i = 0; i < run.taps->len; i++) {
        const fz_tap *tap = g_ptr_array_index(run.taps, i);

        outputs[i] = fz_collector_fd(tap->collector);
    }
    outputs[run.taps->len] = fz_collector_fd(last->collector);
    const fz_jail jail = {.profile = FZ_JAIL_TSHARK, .keep = outputs, .keep_count = run.taps->len + 1};
    fz_resolve_nothing();
    fz_settings_zones(); /* the fields may ask for them when no file can be opened any more */
    fflush(NULL);
    run.is_jailed = fz_jail_lock(&jail, &reached, NULL, error);
    if (run.is_jailed)
        fz_exit_status_tell(reached);
    return run.is_jailed;
}

static bool is_cut(int fd, void *unused)
{
    (void)unused;
    int flags = fcntl(fd, F_GETFL);
    return fd > STDERR_FILENO && flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && fz_compressed_is_cut(fd, 0);
}

/* The first one of a run. The capture is open, and is among our descriptors; standard input is then open twice. */
static void begin_run(void)
{
    run.taps = g_ptr_array_new();
    run.is_cut = fz_descriptors_find(is_cut, NULL, NULL);
    fz_exit_status_at_end(on_end);
}

static bool start(const char *argument, GError **error)
{
    fz_options options = {0};
    fz_tap *tap = NULL;
    bool ready = false;

    if (run.is_jailed) {
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                            "jail: belongs in the last -z flowzone, which locks for all of them");
        return false;
    }
    if (!fz_in_tshark()) {
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "-z flowzone works only in tshark");
        return false;
    }
    if (!run.taps)
        begin_run();
    if (fz_options_parse(&options, argument, error) && fz_settings_apply(&options, fz_report_warning, NULL, error) &&
        fz_options_finish(&options, error) && may_be_lean(&options, error) && (tap = tap_new(&options, error)) &&
        listen_all(tap, options.filter, error) && (!options.jail || lock_process(tap, error))) {
        if (tap->lean)
            fz_lean_begin();
        g_ptr_array_add(run.taps, tap);
        ready = true;
    }
    fz_options_clear(&options);
    return ready;
}

static void fail_name(const char *argument, GError **error)
{
    g_autoptr(GString) known = g_string_new("flowzone");

    for (size_t i = 0; i < fz_zone_summary_kind_count; i++)
        g_string_append_printf(known, "%sflowzone-%s", i + 1 < fz_zone_summary_kind_count ? ", " : " or ",
                               fz_zone_summary_kinds[i].name);
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_UNKNOWN, "-z %s: expected %s, alone or with ,...", argument,
                known->str);
}

static fz_init_result init(const char *argument, void *unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    const char *rest = argument + strlen("flowzone"); /* Wireshark matches by prefix: flowzonex is ours too */
    if (*rest != '\0' && *rest != ',')
        fail_name(argument, &error);
    else if (start(rest, &error))
        FZ_INIT_DONE;
    fz_report(error);
    FZ_INIT_FAILED;
}

static bool write_export(fz_tap *tap, uint32_t frames, GError **error)
{
    close_last(tap);
    if (tap->interrupted || tap->last_frame < frames) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                    "out=%s: the run did not finish; the output is incomplete", tap->name);
        return false;
    }
    return fz_collector_flush(tap->collector, error) && fz_collector_finish(tap->collector, false, error);
}

bool fz_tap_export(const fz_options *options, void (*retap)(void), uint32_t frames, char **totals, GError **error)
{
    fz_tap *tap = tap_new(options, error);
    bool ready = tap && listen_all(tap, options->filter, error);

    if (ready)
        retap();
    if (tap)
        listen_no_more(tap);
    ready = ready && write_export(tap, frames, error);
    if (ready)
        *totals = fz_totals_print(fz_collector_totals(tap->collector));
    if (tap)
        tap_free(tap);
    return ready;
}

void fz_tap_register(void)
{
    static stat_tap_ui ui = {
        .group = REGISTER_STAT_GROUP_GENERIC,
        .title = NULL, /* no menu entry */
        .cli_string = "flowzone",
        .tap_init_cb = init,
    };

    register_stat_tap_ui(&ui, NULL);
}
