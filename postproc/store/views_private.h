/* What the files of views share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_VIEWS_PRIVATE_H
#define FZ_VIEWS_PRIVATE_H

#include "views.h"

/* Loads l that have rows of sums of their own: they are not merged yet or not all, or never will be (merge.h). */
#define FZ_VIEWS_KEEPS_SUMS "l.merged IN (0, 2, 3)"

/* Appends a text's collation, always given explicitly: comparing it with columns of other collations then works. */
void fz_views_append_collation(GString *sql, const fz_dialect *dialect);

/* Appends a text: a pattern of the dialect, its '@' replaced, and the collation. */
void fz_views_append_text(GString *sql, const fz_dialect *dialect, const char *pattern, const char *subject);

/* Appends " AS name", quoted. */
void fz_views_append_name(GString *sql, const fz_dialect *dialect, const char *name);

/* As fz_view.create. */
char *fz_views_create_talkers(const fz_dialect *dialect, const char *create);
char *fz_views_create_hosts(const fz_dialect *dialect, const char *create);

#endif
