/* Options that several commands have. Each macro is a row of a command's table; TYPE.MEMBER is where it goes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SHARED_OPTIONS_H
#define FZ_SHARED_OPTIONS_H

#include "confine.h"
#include "setting.h"

enum { FZ_WAIT_MAX_S = 86400 };

/* --to=STORE, into a char *. */
#define FZ_ROW_TO(type, member, where)                                                                        \
    {                                                                                                         \
        "to", 't', "STORE", NULL, FZ_INTO(type, member), .complete = fz_setting_complete_to, .place = (where) \
    }

/* --wait=SECONDS, into an unsigned. */
#define FZ_ROW_WAIT(type, member, where)                                                                           \
    {                                                                                                              \
        "wait", 'w', "SECONDS", "How long to wait for a store that is locked (default 60)", FZ_INTO(type, member), \
            .most = FZ_WAIT_MAX_S, .place = (where)                                                                \
    }

/* --jail=MODE, into a fz_confine. */
#define FZ_ROW_JAIL(type, member, where)                                                                       \
    {                                                                                                          \
        "jail", '\0', "MODE", FZ_CONFINE_HELP, FZ_INTO_BY(fz_setting_set_jail, type, member), .place = (where) \
    }

/* An option that the tap has too, into a fz_options: its row in fz_option_table has the rest. */
#define FZ_ROW_TAP(key, type, member, where)                                                                        \
    {                                                                                                               \
        (key), '\0', NULL, NULL, FZ_INTO_BY(fz_setting_set_tap, type, member), .complete = fz_setting_complete_tap, \
                                                                               .place = (where)                     \
    }

void fz_setting_complete_to(fz_setting *setting);
void fz_setting_complete_tap(fz_setting *setting);
bool fz_setting_set_jail(void *settings, const fz_setting *setting, const char *value, GError **error);
bool fz_setting_set_tap(void *settings, const fz_setting *setting, const char *value, GError **error);

/* A time as fz_when_parse reads it, into an int64_t. */
bool fz_setting_set_time(void *settings, const fz_setting *setting, const char *value, GError **error);

#endif
