/* Wiretap's encapsulation numbers, which differ between its versions, as the LINKTYPE_ numbers of core/headers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LINKTYPE_H
#define FZ_LINKTYPE_H

#include <stdint.h>

enum { FZ_ENCAPS = 512 };

typedef struct fz_linktypes {
    int16_t of[FZ_ENCAPS];
} fz_linktypes;

/* Fills the map with the help of wtap_pcap_encap_to_wtap_encap, the direction that wiretap exports. */
void fz_linktypes_fill(fz_linktypes *map, int (*encap_of)(int linktype));

/* The LINKTYPE_ number (tcpdump.org/linktypes) of an encapsulation; -1 for one that has none. */
int fz_linktypes_find(const fz_linktypes *map, int encap);

#endif
