/* A filter as a Wireshark display filter.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FILTER_DISPLAY_H
#define FZ_FILTER_DISPLAY_H

#include "dictionary.h"
#include "filter.h"
#include "flow.h"

/* The display filter that passes exactly the frames of the conversations that the filter is about; the caller frees.
 * NULL with an error that says why there is none: it asks for what frames do not say (sides, sums, zones ...). */
char *fz_filter_display(const fz_filter *filter, const char *text, GError **error);

/* One made of the keys of conversations: at most FZ_DISPLAY_KEYS of them. The caller frees. */
enum { FZ_DISPLAY_KEYS = 200 };
typedef struct fz_display_key {
    fz_record record;
    bool by_vlan; /* the VLAN is part of the key */
} fz_display_key;
char *fz_filter_display_of(const fz_display_key *keys, size_t count);

#endif
