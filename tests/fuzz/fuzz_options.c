/* Any text as the argument of `-z flowzone` and as the value of an option of `flowzone scan`: options that hold what
 * the contract says and that say the same when they are written out again, or one error.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

static void require_line(const GError *error)
{
    REQUIRE(error->domain == FZ_OPTIONS_ERROR && *error->message && g_utf8_validate(error->message, -1, NULL));
    for (const char *at = error->message; *at; at++)
        REQUIRE(!g_ascii_iscntrl(*at));
}

static bool read_options(fz_options *options, const char *text)
{
    g_autoptr(GError) error = NULL;
    memset(options, 0, sizeof *options);
    bool done = fz_options_parse(options, text, &error) && fz_options_finish(options, &error);
    REQUIRE(done == !error);
    if (error)
        require_line(error);
    return done;
}

static void require_text(const char *text, size_t most)
{
    REQUIRE(!text || (*text && strlen(text) <= most && g_utf8_validate(text, -1, NULL) &&
                      fz_text_find_control(text, strlen(text)) == 0));
}

static void require_options(const fz_options *options)
{
    require_text(options->location, FZ_ZONE_TEXT_MAX);
    require_text(options->sensor, FZ_ZONE_TEXT_MAX);
    g_autofree char *source = options->source ? fz_text_name(options->source) : NULL; /* bytes, as a file's name */
    require_text(source, FZ_RUN_TEXT_MAX);
    require_text(options->filter, FZ_RUN_TEXT_MAX);
    REQUIRE(options->format && options->key <= FZ_KEY_IP && options->layers <= FZ_LAYERS_ALL);
    REQUIRE(!options->location || options->zones);
    REQUIRE(!options->lean || (!options->filter && options->layers == FZ_LAYERS_OUTER));
    REQUIRE((!options->out || *options->out) && (!options->zones || *options->zones));
    REQUIRE(options->given < 1u << fz_option_count && options->max_flows <= UINT32_MAX);
}

static void add_text(GString *text, const char *name, const char *value)
{
    g_autofree char *quoted = value ? fz_options_quote(value) : NULL;
    if (quoted)
        g_string_append_printf(text, ",%s=%s", name, quoted);
}

static void add_number(GString *text, const char *name, uint64_t value)
{
    if (value)
        g_string_append_printf(text, ",%s=%" G_GUINT64_FORMAT, name, (guint64)value);
}

static const char *rows_of(unsigned kinds)
{
    return !(kinds & FZ_KIND(FZ_ROW_PACKET)) ? "flows" : kinds & FZ_KIND(FZ_ROW_FLOW) ? "packets,flows" : "packets";
}

/* Writes the options out in another way. The filter is last, and takes all that follows. */
static char *write_options(const fz_options *options)
{
    GString *text = g_string_new(options->jail ? ",jail" : NULL);

    g_string_append(text, options->lean ? ",lean" : "");
    g_string_append(text, options->vlan ? ",vlan" : "");
    add_text(text, "rows", rows_of(options->rows));
    add_number(text, "max-flows", options->max_flows);
    add_number(text, "interval", options->interval_s);
    add_text(text, "layers", fz_layers_names[options->layers]);
    add_text(text, "key", fz_key_names[options->key]);
    add_text(text, "source", options->source);
    add_text(text, "sensor", options->sensor);
    add_text(text, "location", options->location);
    add_text(text, "zones", options->zones);
    add_text(text, "format", options->format->name);
    add_text(text, "out", options->out);
    if (options->filter)
        g_string_append_printf(text, ",%s", options->filter);
    return g_string_free(text, FALSE);
}

static void require_same(const fz_options *before, const fz_options *after)
{
    REQUIRE(g_strcmp0(before->out, after->out) == 0 && g_strcmp0(before->zones, after->zones) == 0 &&
            g_strcmp0(before->location, after->location) == 0 && g_strcmp0(before->sensor, after->sensor) == 0 &&
            g_strcmp0(before->source, after->source) == 0 && g_strcmp0(before->filter, after->filter) == 0);
    REQUIRE(before->format == after->format && before->key == after->key && before->layers == after->layers &&
            before->interval_s == after->interval_s && before->max_flows == after->max_flows &&
            before->rows == after->rows && before->vlan == after->vlan && before->lean == after->lean &&
            before->jail == after->jail);
}

/* As `flowzone scan --NAME VALUE` does, where a value may have commas. */
static void set_one(const fz_option *option, const char *value)
{
    g_autoptr(GError) error = NULL;
    fz_options options = {0};

    REQUIRE(fz_options_set(&options, option, value, &error) == !error);
    if (error)
        require_line(error);
    fz_options_clear(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    fz_options options;

    if (read_options(&options, text)) {
        fz_options again;
        g_autofree char *written = write_options(&options);
        require_options(&options);
        REQUIRE(read_options(&again, written));
        require_same(&options, &again);
        fz_options_clear(&again);
    }
    fz_options_clear(&options);
    set_one(&fz_option_table[g_str_hash(text) % fz_option_count], text);
    return 0;
}
