/* The taps of -z flowzone-matrix and the other tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "tables.h"

#include "exit_status.h"
#include "frame.h"
#include "listener.h"
#include "message.h"
#include "options.h"
#include "outermost.h"
#include "settings.h"
#include "write.h"
#include "zone_summary.h"

#include <stdio.h>
#include <unistd.h>

/* One -z flowzone-NAME of the command line. */
typedef struct table_run {
    fz_zone_summary *table;
    fz_zone_table *zones;
    const char *form;
} table_run;

static tap_packet_status on_packet(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                   tap_flags_t flags)
{
    (void)edt, (void)flags;
    table_run *run = data;
    fz_zone_summary_packet(run->table, tapped, fz_frame_us(pinfo), fz_frame_bytes(pinfo));
    return TAP_PACKET_REDRAW;
}

static void run_free(table_run *run)
{
    fz_zone_summary_free(run->table);
    fz_zone_table_free(run->zones);
    g_free(run);
}

/* The capture has been read. */
static void on_draw(void *data)
{
    table_run *run = data;
    g_autoptr(GError) error = NULL;

    if (!run->table)
        return;
    fz_zone_summary_close(run->table, run->zones);
    g_autofree char *text = fz_zone_summary_print(run->table, run->form);
    g_clear_pointer(&run->table, fz_zone_summary_free);
    fflush(stdout);
    if (fz_write_all(STDOUT_FILENO, text, strlen(text), &error))
        return;
    fz_exit_status_report(FZ_EXIT_TABLE_MISSING);
    fz_report(error);
}

static void on_finish(void *data)
{
    run_free(data);
}

/* The options of -z flowzone that apply to a table. */
static bool check_options(const fz_options *options, const fz_zone_summary_kind *kind, GError **error)
{
    static const char *const known[] = {"format", "zones", "location", NULL};

    for (size_t i = 0; i < fz_option_count; i++)
        if (options->given & 1u << i && !g_strv_contains(known, fz_option_table[i].name)) {
            g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                        "%s: not an option of -z flowzone-%s; known are format, zones, location",
                        fz_option_table[i].name, kind->name);
            return false;
        }
    if (fz_zone_summary_has_form(options->format->name))
        return true;
    g_autofree char *forms = fz_zone_summary_forms();
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "format=%s: expected %s", options->format->name,
                forms);
    return false;
}

static bool start(const fz_zone_summary_kind *kind, const fz_options *options, GError **error)
{
    if (!fz_outermost_enabled(error) || !check_options(options, kind, error))
        return false;
    static const fz_listener listener = {
        .tap = FZ_OUTERMOST_TAP, .packet = on_packet, .draw = on_draw, .finish = on_finish};
    table_run *run = g_new0(table_run, 1);

    run->table = fz_zone_summary_new(kind);
    run->zones = fz_zone_table_ref(options->table);
    run->form = options->format->name;
    if (fz_listener_add(&listener, run, options->filter, error))
        return true;
    run_free(run);
    return false;
}

static fz_init_result init(const char *argument, void *user)
{
    const fz_zone_summary_kind *kind = user;
    fz_options options = {0};
    g_autoptr(GError) error = NULL;
    const char *rest = argument + strlen("flowzone-") + strlen(kind->name);

    if (*rest != '\0' && *rest != ',')
        g_set_error(&error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_UNKNOWN,
                    "-z %s: expected flowzone-%s or flowzone-%s,...", argument, kind->name, kind->name);
    else if (fz_options_parse(&options, rest, &error) && fz_settings_apply(&options, fz_report_warning, NULL, &error) &&
             fz_options_finish(&options, &error))
        start(kind, &options, &error);
    fz_options_clear(&options);
    if (!error)
        FZ_INIT_DONE;
    fz_report(error);
    FZ_INIT_FAILED;
}

void fz_tables_register(void)
{
    for (size_t i = 0; i < fz_zone_summary_kind_count; i++) {
        const fz_zone_summary_kind *kind = &fz_zone_summary_kinds[i];
        g_autofree char *name = g_strconcat("flowzone-", kind->name, NULL);
        stat_tap_ui ui = {.group = REGISTER_STAT_GROUP_GENERIC, .cli_string = name, .tap_init_cb = init};
        void *user = (void *)(uintptr_t)kind; /* NOLINT(performance-no-int-to-ptr): it is only read */

        register_stat_tap_ui(&ui, user);
    }
}
