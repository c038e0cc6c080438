/* The values of a command's settings, as texts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf.h"

#include <string.h>

G_DEFINE_QUARK(fz - conf - error - quark, fz_conf_error)

/* The value of a row. */
typedef struct given {
    char *text;   /* NULL: none */
    char *origin; /* the file; NULL: the command line */
} given;

struct fz_conf {
    const fz_setting *rows;
    size_t count;
    given *values;
};

fz_conf *fz_conf_new(const fz_setting *rows, size_t count)
{
    fz_conf *conf = g_new(fz_conf, 1);

    *conf = (fz_conf){.rows = rows, .count = count, .values = g_new0(given, count)};
    return conf;
}

void fz_conf_free(fz_conf *conf)
{
    if (!conf)
        return;
    for (size_t i = 0; i < conf->count; i++) {
        g_free(conf->values[i].text);
        g_free(conf->values[i].origin);
    }
    g_free(conf->values);
    g_free(conf);
}

/* The row of a name; NULL: there is none. */
static const fz_setting *find(const fz_conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->count; i++)
        if (!strcmp(conf->rows[i].name, name))
            return &conf->rows[i];
    return NULL;
}

static const fz_setting *find_option(const fz_conf *conf, const char *option)
{
    if (g_str_has_prefix(option, "--"))
        return find(conf, option + 2);
    for (size_t i = 0; i < conf->count; i++)
        if (conf->rows[i].letter && conf->rows[i].letter == option[1])
            return &conf->rows[i];
    return NULL;
}

static given *value_of(const fz_conf *conf, const fz_setting *row)
{
    return &conf->values[row - conf->rows];
}

bool fz_conf_take(fz_conf *conf, const char *option, const char *text, GError **error)
{
    const fz_setting *row = find_option(conf, option);

    g_assert(row != NULL);
    given *value = value_of(conf, row);
    if (value->text && row->place != FZ_SETTING_LINE) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s: given twice", option);
        return false;
    }
    g_free(value->text);
    value->text = g_strdup(text ? text : "true");
    return true;
}

static const fz_setting *find_key(const fz_conf *conf, const char *path, const char *section, const char *key,
                                  GError **error)
{
    const fz_setting *row = find(conf, key);

    if (!row)
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_KEY, "%s: unknown setting \"%s\" in [%s]", path, key, section);
    else if (row->place != FZ_SETTING_FILE)
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_KEY, "%s: %s: can only be given on the command line, as --%s",
                    path, key, key);
    return row && row->place == FZ_SETTING_FILE ? row : NULL;
}

static bool take_key(fz_conf *conf, GKeyFile *file, const char *path, const char *section, const char *key,
                     GError **error)
{
    const fz_setting *row = find_key(conf, path, section, key, error);
    g_autoptr(GError) fault = NULL;

    if (!row)
        return false;
    given *value = value_of(conf, row);
    if (value->text)
        return true;
    value->text = g_key_file_get_string(file, section, key, &fault);
    value->origin = g_strdup(path);
    if (!fault)
        return true;
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s: %s: %s", path, key, fault->message);
    return false;
}

/* A file that is for batch alone has nothing for other commands. */
static bool check_section(GKeyFile *file, const char *path, const char *section, GError **error)
{
    g_autofree char *found = g_key_file_get_start_group(file);

    if (!found || g_key_file_has_group(file, section) || g_key_file_has_group(file, "batch"))
        return true;
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_FILE, "%s: section [%s] is missing, found [%s]", path, section,
                found);
    return false;
}

bool fz_conf_read(fz_conf *conf, const char *path, const char *section, bool must_exist, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) fault = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &fault)) {
        if (!must_exist && g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return true;
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_FILE, "%s: %s", path, fault->message);
        return false;
    }
    if (!check_section(file, path, section, error))
        return false;
    g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, NULL); /* NULL for an empty file */
    for (char **key = keys; key && *key; key++)
        if (!take_key(conf, file, path, section, *key, error))
            return false;
    return true;
}

/* Reads a flag's text. */
static bool read_flag(const fz_setting *row, const char *text, bool *flag, GError **error)
{
    *flag = !strcmp(text, "true");
    return *flag || !strcmp(text, "false") || fz_setting_refuse(row, text, "true or false", error);
}

static bool apply(const fz_setting *row, const char *text, void *settings, GError **error)
{
    bool flag;

    if (!row->argument)
        return read_flag(row, text, &flag, error) && (!flag || row->set(settings, row, NULL, error));
    if (*text || row->place != FZ_SETTING_FILE)
        return row->set(settings, row, text, error);
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s: needs a value, %s=%s", row->name, row->name,
                row->argument);
    return false;
}

bool fz_conf_apply(const fz_conf *conf, void *settings, GError **error)
{
    for (size_t i = 0; i < conf->count; i++) {
        const given *value = &conf->values[i];

        if (!value->text || apply(&conf->rows[i], value->text, settings, error))
            continue;
        if (value->origin)
            g_prefix_error(error, "%s: ", value->origin);
        else
            g_prefix_error(error, "--");
        return false;
    }
    return true;
}

char *fz_conf_value(const char *path, const char *section, const char *key)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *value = g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL)
                                 ? g_key_file_get_value(file, section, key, NULL)
                                 : NULL;

    return value && *value ? g_strdup(g_strstrip(value)) : NULL;
}
