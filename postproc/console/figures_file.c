/* Figures for Prometheus, family by family.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "figures_file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READABLE = 0644 };

struct fz_figures_file {
    GString *text;
    char *label; /* ring="..." */
    const char *family;
};

/* label="value": backslash, quote and newline are escaped. */
static char *print_label(const char *label, const char *value)
{
    GString *text = g_string_new(label);
    g_autofree char *valid = g_utf8_make_valid(value, -1);

    g_string_append(text, "=\"");
    for (const char *at = valid; *at; at++) {
        if (*at == '\n')
            g_string_append(text, "\\n");
        else if (*at == '"' || *at == '\\')
            g_string_append_printf(text, "\\%c", *at);
        else
            g_string_append_c(text, *at);
    }
    g_string_append_c(text, '"');
    return g_string_free(text, FALSE);
}

fz_figures_file *fz_figures_file_new(const char *label, const char *value)
{
    fz_figures_file *file = g_new0(fz_figures_file, 1);

    file->text = g_string_new(NULL);
    file->label = print_label(label, value);
    return file;
}

void fz_figures_file_free(fz_figures_file *file)
{
    if (!file)
        return;
    g_string_free(file->text, TRUE);
    g_free(file->label);
    g_free(file);
}

void fz_figures_file_family(fz_figures_file *file, const char *name, const char *help)
{
    file->family = name;
    g_string_append_printf(file->text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void fz_figures_file_add(fz_figures_file *file, const char *label, const char *value, const char *format, ...)
{
    g_autofree char *more = label ? print_label(label, value) : NULL;
    va_list numbers;

    g_string_append_printf(file->text, "%s{%s%s%s} ", file->family, file->label, more ? "," : "", more ? more : "");
    va_start(numbers, format);
    g_string_append_vprintf(file->text, format, numbers);
    va_end(numbers);
    g_string_append_c(file->text, '\n');
}

const char *fz_figures_file_text(const fz_figures_file *file)
{
    return file->text->str;
}

static bool check_place(const char *path, GError **error)
{
    struct stat there;

    if (lstat(path, &there) != 0 || S_ISREG(there.st_mode))
        return true;
    /* the rename would replace it */
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: exists and is not a regular file", path);
    return false;
}

bool fz_figures_file_try(const char *path, GError **error)
{
    g_autofree char *beside = g_strconcat(path, ".XXXXXX", NULL);

    if (!check_place(path, error))
        return false;
    const int file = g_mkstemp(beside);
    if (file < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
        return false;
    }
    close(file);
    unlink(beside);
    return true;
}

bool fz_figures_file_write(const fz_figures_file *file, const char *path, GError **error)
{
    return check_place(path, error) &&
           g_file_set_contents_full(path, file->text->str, -1, G_FILE_SET_CONTENTS_CONSISTENT, READABLE, error);
}
