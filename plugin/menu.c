/* FlowZone's submenu of Statistics: its entries, and the export of conversations.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "menu.h"

#include "dialogs.h"
#include "outermost.h"
#include "settings.h"
#include "tap.h"

#include <epan/funnel.h>
#include <epan/plugin_if.h>

/* The questions of the export, and the indices of the answers. */
enum { PATH, FILTER, ROWS, ANSWERS };

static void retap(void)
{
    const funnel_ops_t *window = funnel_get_funnel_ops();

    window->retap_packets(window->ops_id);
}

/* The file must not exist yet: a typing error could name the capture. */
static bool take_path(fz_options *options, const char *path, GError **error)
{
    if (!*path)
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "a file to write is needed");
    else if (g_file_test(path, G_FILE_TEST_EXISTS))
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s: already exists; choose another name", path);
    else
        options->out = g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(".", path, NULL);
    return options->out != NULL;
}

static bool take_rows(fz_options *options, const char *rows, GError **error)
{
    g_autofree char *quoted = fz_options_quote(rows), *argument = g_strconcat(",rows=", quoted, NULL);

    return !*rows || fz_options_parse(options, argument, error);
}

static void report(const char *path, const char *totals, bool flows)
{
    const funnel_ops_t *window = funnel_get_funnel_ops();
    const char *title = flows ? "FlowZone: conversations exported" : "FlowZone: packets exported";
    g_autofree char *text = g_strdup_printf("%s\n%s\n", path, totals);

    window->set_text(window->new_text_window(window->ops_id, title), text);
}

static bool export(char **answers, GError **error)
{
    fz_options options = {0};
    g_autofree char *path = g_strstrip(g_strdup(answers[PATH])), *totals = NULL;
    g_autofree char *filter = g_strstrip(g_strdup(answers[FILTER])), *rows = g_strstrip(g_strdup(answers[ROWS]));
    ws_info_t *info;

    plugin_if_get_ws_info(&info);
    options.filter = *filter ? g_strdup(filter) : NULL;
    if (info->cf_filename) {
        g_autofree char *capture = g_canonicalize_filename(info->cf_filename, NULL);
        options.source = g_path_get_basename(capture);
        options.folder = g_path_get_dirname(capture);
    }
    bool done = take_path(&options, path, error) && take_rows(&options, rows, error) &&
                fz_settings_apply(&options, NULL, NULL, error) && fz_options_finish(&options, error) &&
                fz_tap_export(&options, retap, info->cf_count, &totals, error);
    const bool flows = options.rows & FZ_KIND(FZ_ROW_FLOW);
    fz_options_clear(&options);
    if (done)
        report(path, totals, flows);
    return done;
}

static void on_answers(char **answers, void *unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    if (!export(answers, &error) && error)
        report_failure("FlowZone: %s", error->message);
    g_strfreev(answers);
}

static void on_export(ext_menubar_gui_type type, gpointer window_object, gpointer unused)
{
    (void)type, (void)window_object, (void)unused;
    static const char *names[ANSWERS + 1] = {[PATH] = "File to write (.csv, .json, .ipfix or .txt)",
                                             [FILTER] = "Display filter",
                                             [ROWS] = "Rows: flows or packets"};
    const funnel_ops_t *window = funnel_get_funnel_ops();
    const char *values[ANSWERS + 1] = {[FILTER] = window->get_filter(window->ops_id), [ROWS] = "flows"};
    ws_info_t *info;
    plugin_if_get_ws_info(&info);
    if (!info->cf_filename || !info->cf_count) {
        report_failure("FlowZone: there are no packets to export");
        return;
    }
    g_autofree char *path = g_strconcat(info->cf_filename, ".csv", NULL);
    values[PATH] = path;
    window->new_dialog(window->ops_id, "FlowZone: export conversations", names, values, on_answers, NULL, NULL);
}

static void on_table(ext_menubar_gui_type type, gpointer window_object, gpointer kind)
{
    (void)type, (void)window_object;
    g_autoptr(GError) error = NULL;
    if (fz_outermost_enabled(&error))
        fz_dialogs_open(kind);
    else
        report_failure("FlowZone: %s", error->message);
}

void fz_menu_register(void)
{
    ext_menu_t *menu = ext_menubar_register_menu(proto_get_id_by_filter_name(FZ_OUTERMOST_TAP), "FlowZone", TRUE);

    ext_menubar_set_parentmenu(menu, "Statistics");
    for (size_t i = 0; i < fz_zone_summary_kind_count; i++) {
        const fz_zone_summary_kind *kind = &fz_zone_summary_kinds[i];
        void *user = (void *)(uintptr_t)kind; /* NOLINT(performance-no-int-to-ptr): it is only read */

        ext_menubar_add_entry(menu, kind->title, kind->meaning, on_table, user);
    }
    ext_menubar_add_separator(menu);
    ext_menubar_add_entry(menu, "Export conversations…", "Write what -z flowzone writes to a file", on_export, NULL);
}
