/* Columns that follow from others: sums, durations, dates. Where a dialect wants them in tables, the server computes
 * them. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DERIVED_H
#define FZ_DERIVED_H

#include "dialect.h"

/* Appends a dialect's template, its '@' replaced. */
void fz_template_append(GString *sql, const char *pattern, const char *subject);

/* Appends ", bytes BIGINT GENERATED ALWAYS AS (...) VIRTUAL" for each derived column that the dialect has in the table.
 */
void fz_derived_define(GString *sql, const fz_dialect *dialect, fz_table table);

/* Appends a derived column of the table that a view calls `alias`: its name, or the expression. It must exist. */
void fz_derived_append(GString *sql, const fz_dialect *dialect, fz_table table, const char *alias, const char *name);

#endif
