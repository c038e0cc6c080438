/* What the files of the jail share. No other file includes it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_JAIL_PRIVATE_H
#define FZ_JAIL_PRIVATE_H

#include "jail.h"

/* Sanitizers take more memory than any limit, and a stack for signals. */
bool fz_jail_is_sanitized(void);

/* The leak checker traces this process from its own thread, once. It cannot in a jail, so it runs before. */
void fz_jail_look_for_leaks(void);

/* The numbers of Landlock's three calls, the same on every architecture. */
enum { FZ_LANDLOCK_FIRST = 444, FZ_LANDLOCK_LAST = 446 };

/* Both set FZ_JAIL_ERROR_MISSING and return false. `fault` is an errno. */
bool fz_jail_fail(GError **error, const char *what, int fault);
bool fz_jail_refuse(GError **error, const char *why);

/* Steps of fz_jail_lock, in files of their own. They add to `reached` what they did. */

/* Environment variables that may hold secrets are gone, out of memory too. */
bool fz_jail_forget_environment(const fz_jail *jail, GString *reached, GError **error);

/* Landlock: only `folder`, `readable` and `programs` are left of all files, no TCP, no signals. */
bool fz_jail_restrict_files(const fz_jail *jail, GString *reached, GError **error);

/* seccomp: only the system calls of the profile are left. */
bool fz_jail_filter_calls(const fz_jail *jail, GString *reached, GError **error);

#endif
