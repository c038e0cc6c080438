/* Options that several commands have.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared_options.h"

#include "options.h"
#include "store.h"
#include "when.h"

#include <string.h>

void fz_setting_complete_to(fz_setting *setting)
{
    g_autofree char *help = fz_store_describe_to();

    setting->help = g_intern_string(help);
}

static const fz_option *find_tap_option(const char *name)
{
    for (size_t i = 0; i < fz_option_count; i++)
        if (!strcmp(fz_option_table[i].name, name))
            return &fz_option_table[i];
    g_assert_not_reached();
}

void fz_setting_complete_tap(fz_setting *setting)
{
    const fz_option *option = find_tap_option(setting->name);

    setting->argument = option->value;
    setting->help = option->help;
}

bool fz_setting_set_tap(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    return fz_options_set(fz_setting_member(settings, setting), find_tap_option(setting->name), value, error);
}

bool fz_setting_set_jail(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    return fz_confine_parse(fz_setting_member(settings, setting), value, error);
}

/* The row of a whole fz_naming as that of one of its members. */
static fz_setting row_within(const fz_setting *setting, size_t offset)
{
    fz_setting row = *setting;

    row.offset += offset;
    return row;
}

bool fz_setting_set_names(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    const fz_setting row = row_within(setting, offsetof(fz_naming, names));

    return fz_setting_set_flag(settings, &row, value, error);
}

bool fz_setting_set_names_all(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    const fz_setting row = row_within(setting, offsetof(fz_naming, all));

    return fz_setting_set_flag(settings, &row, value, error);
}

bool fz_setting_set_dns_server(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    fz_naming *naming = fz_setting_member(settings, setting);

    if (fz_name_servers_parse(value, &naming->servers, error))
        return true;
    g_prefix_error(error, "%s=", setting->name);
    return false;
}

bool fz_setting_set_dns_rate(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    const fz_setting row = row_within(setting, offsetof(fz_naming, rate));

    return fz_setting_set_number(settings, &row, value, error);
}

bool fz_setting_set_time(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    if (fz_when_parse(value, g_get_real_time() / G_USEC_PER_SEC, fz_setting_member(settings, setting), error))
        return true;
    g_prefix_error(error, "%s=", setting->name);
    return false;
}
