/* Wiretap's encapsulations: which of them the header walk of core/headers knows, which only dissectors know, and which
 * carry no IP. One row each, found by wiretap's short name ("ether"), since its numbers differ between versions.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ENCAP_H
#define FZ_ENCAP_H

#include <stdbool.h>

typedef enum fz_encap_class {
    FZ_ENCAP_WALKED,    /* every engine finds IP in it */
    FZ_ENCAP_FULL_ONLY, /* Wireshark's dissectors find IP in it, the walk does not */
    FZ_ENCAP_NO_IP,     /* no dissector finds IP in it */
} fz_encap_class;

typedef struct fz_encap {
    const char *name; /* wiretap's */
    /* The LINKTYPE_ number (tcpdump.org/linktypes), or that of core/headers.h, by which it is walked; one of them if
     * several mean the same. -1 if it has none and is not walked. */
    int linktype;
    fz_encap_class class;
    const char *source; /* where that is stated: a standard, a manual, a dissector */
} fz_encap;

/* The row of an encapsulation, valid until the process ends; NULL for one that has none. */
const fz_encap *fz_encap_find(const char *name);

/* True for a LINKTYPE_ number of a row that is full only. */
bool fz_encap_only_dissected(int linktype);

/* The rows of this libwiretap's encapsulations, by its numbers. */
enum { FZ_ENCAPS = 512 };
typedef struct fz_encaps {
    const fz_encap *of[FZ_ENCAPS];
} fz_encaps;

/* Fills the map by means of wtap_encap_name and wtap_get_num_encap_types. */
void fz_encaps_fill(fz_encaps *map, const char *(*name_of)(int encap), int count);

/* The row of wiretap's number. One without a row, which a newer wiretap may have, is full only; its name is "new", its
 * LINKTYPE_ number -1. */
const fz_encap *fz_encaps_find(const fz_encaps *map, int encap);

#endif
