/* Zones in Wireshark's preferences: a zone file, a table that is edited in the window, and the location of both.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SETTINGS_H
#define FZ_SETTINGS_H

#include "options.h"
#include "zone.h"

/* Registers the preferences flowzone.zones_file and flowzone.location and the table flowzone_zones with Wireshark, for
 * its protocol of this id. */
void fz_settings_register(int protocol);

/* The zones that the preferences make: rows of the table and of the file, the table taking precedence where both have a
 * prefix in one location; of these, those of flowzone.location and those without one. Read when first asked for after a
 * change. The built-in zones when there are none. NULL when the preferences are at fault: that is reported once until
 * they change (in the window when they change, as no dialog may open while a packet is dissected). Valid until the next
 * change: don't keep it beyond the current packet or callback, or take a share of it. */
const fz_zone_table *fz_settings_zones(void);

/* True if the preferences as they are make no zones because something is wrong with them. */
bool fz_settings_are_at_fault(void);

/* Another number whenever fz_settings_zones may return another table, so that labels can be kept as long as it stays.
 */
unsigned fz_settings_generation(void);

/* The location whose zones those are: never NULL, "" when there is none. Valid until they change. */
const char *fz_settings_location(void);

/* Sets the zones of a run, options->table: between fz_options_parse and fz_options_finish. They are those of the file
 * that the run names; if it names none, those of the preferences, and their location if the run has none; if these name
 * none either, none are set here, and fz_options_finish takes the built-in ones. If the preferences name none,
 * fz_settings_zones returns the zones of the first run that named a file: its filter may ask for them. `warn` receives
 * the warnings of file and table. False with one clear line in `error` when zones that are needed are at fault. */
bool fz_settings_apply(fz_options *options, fz_zone_warning warn, void *user, GError **error);

#endif
