/* The taps of -z flowzone-matrix and of the other tables about zones, for tshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TABLES_H
#define FZ_TABLES_H

/* Registers -z flowzone-NAME[,...] for each of fz_zone_summary_kinds. */
void fz_tables_register(void);

#endif
