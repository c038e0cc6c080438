/* Tables about zones as dialogs of the window, with its filter box, Copy and Save as.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DIALOGS_H
#define FZ_DIALOGS_H

#include "zone_summary.h"

/* Registers a dialog for each of fz_zone_summary_kinds. */
void fz_dialogs_register(void);

/* Must be called while plugins are loaded, when there is a window: makes the end of a retap known. */
void fz_dialogs_load(void);

/* Opens the dialog of a kind. */
void fz_dialogs_open(const fz_zone_summary_kind *kind);

#endif
