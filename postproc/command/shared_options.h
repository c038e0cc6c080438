/* Options that several commands have. Each macro is a row of a command's table; TYPE.MEMBER is where it goes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SHARED_OPTIONS_H
#define FZ_SHARED_OPTIONS_H

#include "confine.h"
#include "namer.h"
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

/* --names, --names-all, --dns-server and --dns-rate, into a fz_naming that begins as FZ_NAMING_INIT. */
#define FZ_ROW_NAMES(type, member, where)                                                          \
    {                                                                                              \
        "names", '\0', NULL, "Look up the names of addresses that are shown; outsiders see which", \
            FZ_INTO_BY(fz_setting_set_names, type, member), .place = (where)                       \
    }
#define FZ_ROW_NAMES_ALL(type, member, where)                                    \
    {                                                                            \
        "names-all", '\0', NULL, "The same, also of private addresses",          \
            FZ_INTO_BY(fz_setting_set_names_all, type, member), .place = (where) \
    }
#define FZ_ROW_DNS_SERVER(type, member, where)                                                                      \
    {                                                                                                               \
        "dns-server", '\0', "SERVERS", "ADDR[:PORT],...: name servers to ask (default: those of /etc/resolv.conf)", \
            FZ_INTO_BY(fz_setting_set_dns_server, type, member), .place = (where)                                   \
    }
#define FZ_ROW_DNS_RATE(type, member, where)                                                                         \
    {                                                                                                                \
        "dns-rate", '\0', "N", "Questions a second and name server (default 50)",                                    \
            FZ_INTO_BY(fz_setting_set_dns_rate, type, member), .least = 1, .most = FZ_DNS_RATE_MAX, .place = (where) \
    }

void fz_setting_complete_to(fz_setting *setting);
void fz_setting_complete_tap(fz_setting *setting);
bool fz_setting_set_jail(void *settings, const fz_setting *setting, const char *value, GError **error);
bool fz_setting_set_tap(void *settings, const fz_setting *setting, const char *value, GError **error);

/* Into members of a fz_naming. */
bool fz_setting_set_names(void *settings, const fz_setting *setting, const char *value, GError **error);
bool fz_setting_set_names_all(void *settings, const fz_setting *setting, const char *value, GError **error);
bool fz_setting_set_dns_server(void *settings, const fz_setting *setting, const char *value, GError **error);
bool fz_setting_set_dns_rate(void *settings, const fz_setting *setting, const char *value, GError **error);

/* A time as fz_when_parse reads it, into an int64_t. */
bool fz_setting_set_time(void *settings, const fz_setting *setting, const char *value, GError **error);

#endif
