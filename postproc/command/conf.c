/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf.h"

#include <string.h>

G_DEFINE_QUARK(fz - conf - error - quark, fz_conf_error)

typedef struct setting {
    char *value;  /* NULL: not given */
    char *origin; /* the file; NULL: the command line */
} setting;

struct fz_conf {
    const fz_conf_row *rows;
    size_t count;
    setting *settings;
};

fz_conf *fz_conf_new(const fz_conf_row *rows, size_t count)
{
    fz_conf *conf = g_new(fz_conf, 1);

    *conf = (fz_conf){.rows = rows, .count = count, .settings = g_new0(setting, count)};
    return conf;
}

void fz_conf_free(fz_conf *conf)
{
    if (!conf)
        return;
    for (size_t i = 0; i < conf->count; i++) {
        g_free(conf->settings[i].value);
        g_free(conf->settings[i].origin);
    }
    g_free(conf->settings);
    g_free(conf);
}

/* The setting of a name; NULL: there is none. */
static setting *find(const fz_conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->count; i++)
        if (!strcmp(conf->rows[i].name, name))
            return &conf->settings[i];
    return NULL;
}

static setting *find_option(const fz_conf *conf, const char *option)
{
    if (g_str_has_prefix(option, "--"))
        return find(conf, option + 2);
    for (size_t i = 0; i < conf->count; i++)
        if (conf->rows[i].letter && conf->rows[i].letter == option[1])
            return &conf->settings[i];
    return NULL;
}

bool fz_conf_take(fz_conf *conf, const char *option, const char *value, GError **error)
{
    setting *of = find_option(conf, option);

    g_assert(of != NULL);
    if (of->value) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s: given twice", option);
        return false;
    }
    of->value = g_strdup(value ? value : "true");
    return true;
}

static bool take_key(fz_conf *conf, GKeyFile *file, const char *path, const char *group, const char *key,
                     GError **error)
{
    setting *of = find(conf, key);

    if (!of) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_KEY, "%s: there is no setting \"%s\" in [%s]", path, key,
                    group);
        return false;
    }
    if (of->value)
        return true;
    g_autoptr(GError) fault = NULL;
    of->value = g_key_file_get_string(file, group, key, &fault);
    of->origin = g_strdup(path);
    if (!fault)
        return true;
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s: %s: %s", path, key, fault->message);
    return false;
}

bool fz_conf_read(fz_conf *conf, const char *path, const char *group, bool must_exist, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) fault = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &fault)) {
        if (!must_exist && g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return true;
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_FILE, "%s: %s", path, fault->message);
        return false;
    }
    g_autofree char *first = g_key_file_get_start_group(file);
    if (first && !g_key_file_has_group(file, group)) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_FILE, "%s: there is no section [%s], but [%s]", path, group,
                    first);
        return false;
    }
    g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL); /* none of an empty file */
    for (char **key = keys; key && *key; key++)
        if (!take_key(conf, file, path, group, *key, error))
            return false;
    return true;
}

/* A flag that is false is one that was not given. */
static bool is_off(const fz_conf_row *row, const char *value, bool *valid)
{
    *valid = row->value || !strcmp(value, "true") || !strcmp(value, "false");
    return !row->value && !strcmp(value, "false");
}

static bool apply(const fz_conf_row *row, const setting *of, void *settings, GError **error)
{
    bool valid;

    if (!of->value || is_off(row, of->value, &valid))
        return true;
    if (!valid) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s=%s: expected true or false", row->name, of->value);
        return false;
    }
    if (row->value && !*of->value) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s: needs a value, %s=%s", row->name, row->name,
                    row->value);
        return false;
    }
    return row->set(settings, row, row->value ? of->value : NULL, error);
}

bool fz_conf_apply(const fz_conf *conf, void *settings, GError **error)
{
    for (size_t i = 0; i < conf->count; i++) {
        const setting *of = &conf->settings[i];
        if (apply(&conf->rows[i], of, settings, error))
            continue;
        if (of->origin)
            g_prefix_error(error, "%s: ", of->origin);
        else
            g_prefix_error(error, "--");
        return false;
    }
    return true;
}
