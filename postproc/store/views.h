/* The views for people and their tools.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_VIEWS_H
#define FZ_VIEWS_H

#include "dialect.h"

/* A view: its name, and what makes its statement. `create` is "CREATE VIEW" or similar; the caller frees the text. */
typedef struct fz_view {
    const char *name;
    char *(*create)(const fz_dialect *dialect, const char *create);
} fz_view;

extern const fz_view fz_views[];
extern const size_t fz_view_count;

#endif
