/* The options that make rows: one table, one parser.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "text.h"
#include "zone_builtin.h"

#include <string.h>

G_DEFINE_QUARK(fz - options - error - quark, fz_options_error)

/* A year: longer intervals are mistakes, and their ends cannot overflow. */
#define INTERVAL_MAX_S (UINT64_C(366) * 86400)

static bool refuse(GError **error, const char *name, const char *value, const char *expected)
{
    g_autofree char *shown = fz_text_table(value);

    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s=%s: expected %s", name, shown, expected);
    return false;
}

static bool check_text(const char *name, const char *value, size_t most, GError **error)
{
    if (strlen(value) > most) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s: longer than %zu bytes", name, most);
        return false;
    }
    if (!g_utf8_validate(value, -1, NULL)) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s: not UTF-8", name);
        return false;
    }
    return true;
}

static bool set_text(char **slot, const char *name, const char *value, size_t most, GError **error)
{
    if (!check_text(name, value, most, error))
        return false;
    if (fz_text_find_control(value, strlen(value)) != 0)
        return refuse(error, name, value, "a text without control characters");
    *slot = g_strdup(value);
    return true;
}

static bool set_out(fz_options *options, const char *value, GError **error)
{
    (void)error;
    options->out = g_strdup(value); /* a path is bytes, not text */
    return true;
}

static bool set_format(fz_options *options, const char *value, GError **error)
{
    options->format = fz_format_by_name(value);
    return options->format || refuse(error, "format", value, "table, csv, json or ipfix");
}

static bool set_zones(fz_options *options, const char *value, GError **error)
{
    (void)error;
    options->zones = g_strdup(value);
    return true;
}

static bool set_location(fz_options *options, const char *value, GError **error)
{
    return set_text(&options->location, "location", value, FZ_ZONE_TEXT_MAX, error);
}

static bool set_sensor(fz_options *options, const char *value, GError **error)
{
    return set_text(&options->sensor, "sensor", value, FZ_ZONE_TEXT_MAX, error);
}

/* The name of a file may have any byte. */
static bool set_source(fz_options *options, const char *value, GError **error)
{
    g_autofree char *name = fz_text_name(value);

    if (!check_text("source", name, FZ_RUN_TEXT_MAX, error))
        return false;
    options->source = g_strdup(value);
    return true;
}

static bool set_folder(fz_options *options, const char *value, GError **error)
{
    if (!g_path_is_absolute(value))
        return refuse(error, "folder", value, "an absolute path");
    options->folder = g_strdup(value);
    return true;
}

/* It may have been written in several lines. */
static bool set_filter(fz_options *options, const char *value, GError **error)
{
    g_autofree char *line = g_strdelimit(g_strdup(value), "\t\r\n", ' ');

    return set_text(&options->filter, "display filter", line, FZ_RUN_TEXT_MAX, error);
}

static bool set_key(fz_options *options, const char *value, GError **error)
{
    int kind = fz_name_index(fz_key_names, G_N_ELEMENTS(fz_key_names), value);

    options->key = kind < 0 ? FZ_KEY_5TUPLE : (fz_key_kind)kind;
    return kind >= 0 || refuse(error, "key", value, "5tuple or ip");
}

static bool set_layers(fz_options *options, const char *value, GError **error)
{
    int layers = fz_name_index(fz_layers_names, G_N_ELEMENTS(fz_layers_names), value);

    options->layers = layers < 0 ? FZ_LAYERS_OUTER : (fz_layers)layers;
    return layers >= 0 || refuse(error, "layers", value, "outer or all");
}

static bool set_interval(fz_options *options, const char *value, GError **error)
{
    guint64 seconds;

    if (!g_ascii_string_to_unsigned(value, 10, 1, INTERVAL_MAX_S, &seconds, NULL))
        return refuse(error, "interval", value, "whole seconds, from 1 to 31622400");
    options->interval_s = (uint32_t)seconds;
    return true;
}

static bool set_max_flows(fz_options *options, const char *value, GError **error)
{
    guint64 flows;

    if (!g_ascii_string_to_unsigned(value, 10, 1, G_MAXUINT32, &flows, NULL))
        return refuse(error, "max-flows", value, "a number from 1 to 4294967295");
    options->max_flows = flows;
    return true;
}

static bool set_vlan(fz_options *options, const char *value, GError **error)
{
    (void)value, (void)error;
    options->vlan = true;
    return true;
}

static const char *const row_names[] = {"flows", "packets"};
static const fz_row_kind row_kinds[] = {FZ_ROW_FLOW, FZ_ROW_PACKET};

/* The kinds of rows of a list, FZ_KIND of each; 0: it is none. */
static unsigned kinds_of(const char *list)
{
    g_auto(GStrv) names = g_strsplit(list, ",", -1);
    unsigned kinds = 0;

    for (char **name = names; *name; name++) {
        int index = fz_name_index(row_names, G_N_ELEMENTS(row_names), *name);

        if (index < 0 || (kinds & FZ_KIND(row_kinds[index])))
            return 0;
        kinds |= FZ_KIND(row_kinds[index]);
    }
    return kinds;
}

static bool set_rows(fz_options *options, const char *value, GError **error)
{
    options->rows = kinds_of(value);
    return options->rows || refuse(error, "rows", value, "flows, packets or flows,packets");
}

static bool set_lean(fz_options *options, const char *value, GError **error)
{
    (void)value, (void)error;
    options->lean = true;
    return true;
}

static bool set_jail(fz_options *options, const char *value, GError **error)
{
    (void)value, (void)error;
    options->jail = true;
    return true;
}

const fz_option fz_option_table[] = {
    {"out", "PATH|fd:N|-", "where to write; standard output when absent", set_out, false},
    {"format", "NAME", "table, csv, json or ipfix (the flow file); by the suffix of out when absent", set_format,
     false},
    {"zones", "FILE",
     "zone table, CSV rows of location,prefix,number,name; /dev/null: no zones; if absent, built-in ones", set_zones,
     false},
    {"location", "NAME", "use the zone table's rows of this location too", set_location, false},
    {"rows", "KINDS", "what a row is: flows (conversations, default), packets (headers of a frame), or flows,packets",
     set_rows, false},
    {"key", "KIND", "what makes a conversation: 5tuple (default) or ip", set_key, false},
    {"layers", "WHICH", "outer (default): a frame counts once; all: once per IP header, as -z conv,ip", set_layers,
     false},
    {"interval", "SECONDS", "no row crosses a multiple of this", set_interval, false},
    {"max-flows", "N", "write the table out early when it has this many conversations", set_max_flows, false},
    {"vlan", NULL, "the outermost VLAN id is part of the key", set_vlan, false},
    {"sensor", "NAME", "who captured", set_sensor, false},
    {"source", "NAME", "name of the capture, by which stores recognize it", set_source, false},
    {"folder", "PATH", "folder of the capture, an absolute path, so that it can be found again", set_folder, true},
    {"lean", NULL, "count without dissectors", set_lean, true},
    {"jail", NULL, "confine the process before the first packet", set_jail, true},
};
const size_t fz_option_count = G_N_ELEMENTS(fz_option_table);

bool fz_options_set(fz_options *options, const fz_option *option, const char *value, GError **error)
{
    uint32_t bit = 1u << (option - fz_option_table);

    if (options->given & bit) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s: given twice", option->name);
        return false;
    }
    options->given |= bit;
    if (option->value && (!value || !*value)) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s: needs a value, %s=%s", option->name,
                    option->name, option->value);
        return false;
    }
    if (!option->value && value) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s: takes no value", option->name);
        return false;
    }
    return option->set(options, value, error);
}

static const fz_option *option_of(const char *name, size_t length)
{
    for (size_t i = 0; i < fz_option_count; i++)
        if (strlen(fz_option_table[i].name) == length && !strncmp(fz_option_table[i].name, name, length))
            return &fz_option_table[i];
    return NULL;
}

static bool unknown_key(const char *part, size_t length, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < fz_option_count; i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", fz_option_table[i].name);
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_UNKNOWN, "unknown key '%.*s'; known are %s", (int)length,
                part, names->str);
    return false;
}

/* Whether, after a comma, another kind of rows follows. */
static bool lists_on(const fz_option *option, const char *text)
{
    size_t word = strcspn(text + (*text == ','), ",");

    for (size_t i = 0; option->set == set_rows && *text == ',' && i < G_N_ELEMENTS(row_names); i++)
        if (strlen(row_names[i]) == word && !strncmp(text + 1, row_names[i], word))
            return true;
    return false;
}

/* The value at `*text`, which moves past it. In quotes it may hold commas, and doubled quotes. The caller frees. */
static char *take_value(const char **text, const fz_option *option, GError **error)
{
    const char *at = *text;

    if (*at != '"') {
        *text = strchrnul(at, ',');
        while (*text > at && lists_on(option, *text))
            *text = strchrnul(*text + 1, ',');
        return g_strndup(at, (gsize)(*text - at));
    }
    g_autoptr(GString) value = g_string_new(NULL);
    for (at++; *at != '\0' && (*at != '"' || at[1] == '"'); at++) {
        at += *at == '"';
        g_string_append_c(value, *at);
    }
    if (*at != '"' || (at[1] != ',' && at[1] != '\0')) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "%s: its value begins with a quote, %s",
                    option->name, *at == '"' ? "but goes on after the closing one" : "and there is no closing one");
        return NULL;
    }
    *text = at + 1;
    return g_strdup(value->str);
}

char *fz_options_quote(const char *value)
{
    GString *quoted = g_string_new("\"");

    for (; *value != '\0'; value++) {
        if (*value == '"')
            g_string_append_c(quoted, '"');
        g_string_append_c(quoted, *value);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

bool fz_options_parse(fz_options *options, const char *text, GError **error)
{
    while (*text == ',') {
        const char *part = text + 1;
        /* In a display filter, a field has a dot, comparisons have two characters, and a protocol has no '='. */
        size_t word = strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
        char after = part[word];
        bool assigns = word && after == '=' && part[word + 1] != '=';
        const fz_option *option = option_of(part, word);

        if (!option || (!assigns && after != ',' && after != '\0')) {
            if (assigns)
                return unknown_key(part, word, error);
            if (!*part) {
                g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "nothing follows the last comma");
                return false;
            }
            return set_filter(options, part, error);
        }
        text = part + word + (assigns ? 1 : 0);
        g_autofree char *value = assigns ? take_value(&text, option, error) : NULL;
        if ((assigns && !value) || !fz_options_set(options, option, value, error))
            return false;
    }
    return true;
}

static bool pick_format(fz_options *options, GError **error)
{
    if (options->format)
        return true;
    if (!options->out)
        options->format = fz_format_by_name("table");
    else if (!strcmp(options->out, "-") || g_str_has_prefix(options->out, "fd:"))
        options->format = fz_format_by_name("ipfix"); /* pipes are read by programs: `flowzone load -` */
    else
        options->format = fz_format_by_suffix(options->out);
    if (options->format)
        return true;
    g_autofree char *shown = fz_text_table(options->out);
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "out=%s: %s", shown,
                g_str_has_suffix(options->out, "/")
                    ? "no such folder"
                    : "the suffix names no known format (.ipfix, .flow, .csv, .json, .ndjson, .txt); add format=NAME");
    return false;
}

/* A text has rows of one kind, since their columns differ. */
static bool check_rows(const fz_options *options, GError **error)
{
    const unsigned both = FZ_KIND(FZ_ROW_FLOW) | FZ_KIND(FZ_ROW_PACKET);

    if (options->format == fz_format_by_name("ipfix") || options->rows != both)
        return true;
    g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                        "rows=flows,packets: a text has rows of one kind; choose one, or write a flow file or into a "
                        "store");
    return false;
}

bool fz_options_finish(fz_options *options, GError **error)
{
    const char *fault = NULL;

    if (options->location && !options->zones && !options->table)
        fault = "location: needs zones=FILE, whose rows it selects";
    else if (options->lean && options->filter)
        fault = "lean: takes no display filter, which needs dissectors";
    else if (options->lean && options->layers == FZ_LAYERS_ALL)
        fault = "lean: sees the outermost header only, layers=all needs dissectors";
    if (fault) {
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, fault);
        return false;
    }
    if (!options->rows)
        options->rows = FZ_KIND(FZ_ROW_FLOW);
    if (!options->zones && !options->table)
        options->table = fz_zone_builtin_table();
    return pick_format(options, error) && check_rows(options, error);
}

bool fz_options_read_zones(fz_options *options, fz_zone_warning warn, void *user, GError **error)
{
    if (!options->table && options->zones)
        options->table = fz_zone_table_read(options->zones, options->location, warn, user, error);
    return options->table || !options->zones;
}

void fz_options_clear(fz_options *options)
{
    g_free(options->out);
    g_free(options->zones);
    fz_zone_table_free(options->table);
    g_free(options->location);
    g_free(options->sensor);
    g_free(options->source);
    g_free(options->folder);
    g_free(options->filter);
    memset(options, 0, sizeof *options);
}
