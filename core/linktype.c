/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linktype.h"

#include <string.h>

/* Above the highest number that wiretap knows. */
enum { LINKTYPES = 400 };

void fz_linktypes_fill(fz_linktypes *map, int (*encap_of)(int linktype))
{
    memset(map->of, -1, sizeof map->of);
    /* Where several numbers mean one encapsulation the lowest wins. */
    for (int linktype = LINKTYPES - 1; linktype >= 0; linktype--) {
        int encap = encap_of(linktype);
        if (encap > 0 && encap < FZ_ENCAPS) /* 0 is unknown */
            map->of[encap] = (int16_t)linktype;
    }
}

int fz_linktypes_find(const fz_linktypes *map, int encap)
{
    return encap >= 0 && encap < FZ_ENCAPS ? map->of[encap] : -1;
}
