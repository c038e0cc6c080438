/* The frames of a capture that only the full engine dissects: lean and scan report them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_UNWALKED_H
#define FZ_UNWALKED_H

#include "encap.h"
#include "headers.h"

typedef struct fz_unwalked fz_unwalked;

fz_unwalked *fz_unwalked_new(void);
void fz_unwalked_free(fz_unwalked *unwalked);

/* Walks a frame of that encapsulation, as fz_headers_frame does, and counts layers without a walk. */
fz_verdict fz_unwalked_frame(fz_unwalked *unwalked, const fz_encap *encap, const uint8_t *bytes, uint32_t captured,
                             uint32_t wire, fz_packet *packet);

/* "link type 143: no walk; 412 frames counted as not IP; the full engine dissects them": one line for each
 * encapsulation and each layer inside another one, in the order of their numbers. The caller frees, with g_strfreev. */
char **fz_unwalked_lines(const fz_unwalked *unwalked);

#endif
