/* Zones in preferences: the table of rows, the file, and the zone table made from both.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "settings.h"

#include "file_state.h"
#include "message.h"
#include "zone_builtin.h"

#include <stdio.h>
#include <sys/stat.h>

/* One row of the table as Wireshark keeps it; texts may be NULL. */
typedef struct row {
    char *text[FZ_ZONE_COLUMNS];
} row;

/* The preferences: Wireshark writes here. */
static struct {
    const char *zones_file, *location;
    row *rows;
    unsigned row_count;
    struct epan_uat *table;
    bool rows_are_whole; /* all of the table's file could be read */
} preferences = {.zones_file = "", .location = ""};

/* What was made from them. */
static struct {
    fz_zone_table *zones;
    GError *fault;
    bool is_made, is_reported, is_builtin;
    unsigned generation;
    fz_file_state of_file;
} made;

/* The zones of the first run that named a zone file; NULL: none did. They are used if the preferences have none. */
static struct {
    fz_zone_table *zones;
    char *location;
} run;

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static fz_uat_result check_field(void *record, const char *text, unsigned size, const void *unused, const void *column,
                                 char **error)
{
    (void)record, (void)unused;
    *error = fz_zone_field_fault(GPOINTER_TO_UINT(column), text_of(text), text ? size : 0);
    return !*error;
}

static void set_field(void *record, const char *text, unsigned size, const void *unused, const void *column)
{
    (void)unused;
    char **field = &((row *)record)->text[GPOINTER_TO_UINT(column)];
    g_free(*field);
    *field = g_strndup(text_of(text), text ? size : 0);
}

static void print_field(void *record, char **text, unsigned *size, const void *unused, const void *column)
{
    (void)unused;
    *text = g_strdup(text_of(((row *)record)->text[GPOINTER_TO_UINT(column)]));
    *size = (unsigned)strlen(*text);
}

static void *copy_row(void *to, const void *from, size_t size)
{
    (void)size;
    for (unsigned i = 0; i < FZ_ZONE_COLUMNS; i++)
        ((row *)to)->text[i] = g_strdup(((const row *)from)->text[i]);
    return to;
}

static void free_row(void *record)
{
    for (unsigned i = 0; i < FZ_ZONE_COLUMNS; i++)
        g_clear_pointer(&((row *)record)->text[i], g_free);
}

static bool same_key(const row *a, const row *b)
{
    fz_prefix left, right;
    const char *why;

    return !strcmp(text_of(a->text[FZ_ZONE_LOCATION]), text_of(b->text[FZ_ZONE_LOCATION])) &&
           fz_prefix_parse(text_of(a->text[FZ_ZONE_PREFIX]), &left, &why) &&
           fz_prefix_parse(text_of(b->text[FZ_ZONE_PREFIX]), &right, &why) && left.length == right.length &&
           !fz_addr_compare(&left.addr, &right.addr);
}

/* A row was edited, or read. While a file is read nothing is reported yet: the table is checked as a whole. */
static fz_uat_result check_row(void *record, char **error)
{
    unsigned found = 0;

    for (unsigned i = 0; preferences.table->loaded && i < preferences.table->raw_data->len; i++)
        found += same_key(record, (const row *)UAT_INDEX_PTR(preferences.table, i));
    *error = found < 2 ? NULL
                       : g_strdup_printf("%s is listed twice in this location",
                                         text_of(((const row *)record)->text[FZ_ZONE_PREFIX]));
    return !*error;
}

static fz_file_state state_of(const char *path)
{
    struct stat status;

    if (!*path || stat(path, &status) != 0)
        return (fz_file_state){0};
    return fz_file_state_of(&status);
}

/* Wireshark silently drops a last row without a newline. */
static bool check_rows_file(GError **error)
{
    g_autofree char *path = uat_get_actual_filename(preferences.table, FALSE);
    FILE *file = path ? fopen(path, "re") : NULL;
    int last = '\n';

    if (file && fseek(file, -1, SEEK_END) == 0)
        last = getc(file);
    if (file)
        fclose(file);
    if (preferences.rows_are_whole && last == '\n')
        return true;
    g_set_error(error, FZ_ZONE_ERROR, FZ_ZONE_ERROR_SYNTAX, "%s: %s", path ? path : preferences.table->filename,
                preferences.rows_are_whole ? "no newline after the last row" : "could not be read completely");
    return false;
}

static fz_zone_table *read_rows(fz_zone_warning warn, void *user, GError **error)
{
    g_autofree fz_zone_texts *texts = g_new(fz_zone_texts, preferences.row_count);

    for (unsigned i = 0; i < preferences.row_count; i++)
        for (unsigned column = 0; column < FZ_ZONE_COLUMNS; column++)
            texts[i].text[column] = preferences.rows[i].text[column];
    return fz_zone_table_new(preferences.table->filename, texts, preferences.row_count, NULL, warn, user, error);
}

/* The preferences' zones in a location. NULL without an error when there are none. */
static fz_zone_table *make(const char *where, fz_zone_warning warn, void *user, GError **error)
{
    g_autoptr(fz_zone_table) of_file = NULL, of_rows = NULL;

    if (!check_rows_file(error))
        return NULL;
    if (!*preferences.zones_file && !preferences.row_count)
        return NULL;
    if (*preferences.zones_file && !(of_file = fz_zone_table_read(preferences.zones_file, NULL, warn, user, error)))
        return NULL;
    if (preferences.row_count && !(of_rows = read_rows(warn, user, error)))
        return NULL;
    return fz_zone_table_merge("flowzone.location", of_rows, of_file, *where ? where : NULL, error);
}

static void forget(void)
{
    g_clear_pointer(&made.zones, fz_zone_table_free);
    g_clear_error(&made.fault);
    made.is_made = made.is_reported = made.is_builtin = false;
    made.generation++;
}

static void need_zones(void)
{
    GError *error = NULL;

    if (made.is_made)
        return;
    made.is_made = true;
    made.of_file = state_of(preferences.zones_file);
    made.zones = make(preferences.location, NULL, NULL, &error);
    if (error) {
        made.fault = g_error_new(error->domain, error->code, "zones in preferences: %s", error->message);
        g_error_free(error);
    } else if (!made.zones) {
        made.is_builtin = !run.zones;
        made.zones = run.zones ? fz_zone_table_ref(run.zones) : fz_zone_builtin_table();
    }
}

static void tell_fault(void)
{
    if (made.fault && !made.is_reported)
        fz_report(made.fault);
    made.is_reported = true;
}

/* Changes are read when zones are next needed, but a window must report mistakes at once. */
static void on_change(void)
{
    forget();
    if (!fz_in_tshark()) {
        need_zones();
        tell_fault();
    }
}

static void on_rows(void)
{
    /* A row of the command line says nothing about the file. */
    if (!preferences.table->changed)
        preferences.rows_are_whole = true;
    on_change();
}

static void on_rows_gone(void)
{
    preferences.rows_are_whole = false;
    forget();
}

/* A capture is opened, or dissected again: the file may have been edited. */
static void on_capture(void)
{
    fz_file_state now = state_of(preferences.zones_file);

    if (made.is_made && !fz_file_state_is_same(&now, &made.of_file))
        on_change();
}

const fz_zone_table *fz_settings_zones(void)
{
    need_zones();
    if (fz_in_tshark())
        tell_fault();
    return made.zones;
}

bool fz_settings_are_at_fault(void)
{
    need_zones();
    return made.fault;
}

unsigned fz_settings_generation(void)
{
    return made.generation;
}

const char *fz_settings_location(void)
{
    if (made.is_builtin)
        return "";
    return made.zones && made.zones == run.zones ? text_of(run.location) : preferences.location;
}

static bool read_file_of(fz_options *options, fz_zone_warning warn, void *user, GError **error)
{
    options->table = fz_zone_table_read(options->zones, options->location, warn, user, error);
    if (options->table && !run.zones) {
        run.zones = fz_zone_table_ref(options->table);
        run.location = g_strdup(options->location);
        forget();
    }
    return options->table;
}

bool fz_settings_apply(fz_options *options, fz_zone_warning warn, void *user, GError **error)
{
    GError *cause = NULL;
    const char *where = options->location ? options->location : preferences.location;

    if (options->zones)
        return read_file_of(options, warn, user, error);
    options->table = make(where, warn, user, &cause);
    if (cause)
        g_propagate_prefixed_error(error, cause, "zones in preferences: ");
    else if (options->table && !options->location && *where)
        options->location = g_strdup(where);
    return !cause;
}

#define FIELD(name, title, column, help)                                                                           \
    {                                                                                                              \
        name, title, PT_TXTMOD_STRING, {check_field, set_field, print_field}, {0}, GUINT_TO_POINTER(column), help, \
            FLDFILL                                                                                                \
    }

static void register_rows(module_t *module)
{
    static uat_field_t fields[] = {
        FIELD("location", "Location", FZ_ZONE_LOCATION, "Where the row applies; empty: everywhere"),
        FIELD("prefix", "Prefix", FZ_ZONE_PREFIX, "Network of the zone, 10.1.3.0/24 or 2001:db8:25::/48"),
        FIELD("number", "Number", FZ_ZONE_NUMBER, "Number of the zone, for example its VLAN; may be empty"),
        FIELD("name", "Name", FZ_ZONE_NAME, "Name of the zone"),
        UAT_END_FIELDS,
    };

    preferences.table =
        uat_new("FlowZone zones", sizeof(row), "flowzone_zones", TRUE, &preferences.rows, &preferences.row_count,
                UAT_AFFECTS_DISSECTION, NULL, copy_row, check_row, free_row, on_rows, on_rows_gone, fields);
    prefs_register_uat_preference(
        module, "zones", "Zones",
        "Networks and their zones. They are added to those of the zone file, and take precedence over it",
        preferences.table);
}

void fz_settings_register(int protocol)
{
    module_t *module = prefs_register_protocol(protocol, on_change);

    prefs_register_filename_preference(
        module, "zones_file", "Zone file",
        "CSV file of location,prefix,number,name: see flowzone(1). If there are no zones, built-in ones are used; "
        "/dev/null is none at all",
        &preferences.zones_file, FALSE);
    prefs_register_string_preference(module, "location", "Location",
                                     "Use the zones of this location too; if empty, only those without a location",
                                     &preferences.location);
    register_rows(module);
    register_init_routine(on_capture);
}
