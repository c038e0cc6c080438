/* What the tables of options have in common.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "setting.h"

GArray *fz_setting_rows(const fz_setting *rows, size_t count)
{
    GArray *whole = g_array_sized_new(FALSE, FALSE, sizeof(fz_setting), (guint)count);

    for (size_t i = 0; i < count; i++) {
        fz_setting row = rows[i];

        if (row.complete)
            row.complete(&row);
        g_array_append_val(whole, row);
    }
    return whole;
}

void *fz_setting_member(void *settings, const fz_setting *setting)
{
    return (char *)settings + setting->offset;
}

bool fz_setting_set_flag(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    bool *member = fz_setting_member(settings, setting);

    (void)value, (void)error;
    *member = true;
    return true;
}

bool fz_setting_set_text(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    char **member = fz_setting_member(settings, setting);

    (void)error;
    *member = g_strdup(value);
    return true;
}

bool fz_setting_set_number(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    unsigned *member = fz_setting_member(settings, setting);
    guint64 number;

    if (!g_ascii_string_to_unsigned(value, 10, setting->least, setting->most, &number, NULL)) {
        g_autofree char *range = g_strdup_printf("%u to %u", setting->least, setting->most);

        return fz_setting_refuse(setting, value, range, error);
    }
    *member = (unsigned)number;
    return true;
}

bool fz_setting_refuse(const fz_setting *setting, const char *value, const char *expected, GError **error)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s=%s: expected %s", setting->name, value, expected);
    return false;
}
