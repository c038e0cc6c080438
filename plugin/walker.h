/* The header walk of the current frame, done once per frame for every listener and the fields.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WALKER_H
#define FZ_WALKER_H

#include "compat.h"

#include "headers.h"

/* When all protocols are known. */
void fz_walker_hand_off(void);

/* A dissection ends: what was found before is not of this frame. It need not be called before every request: the
 * frame's number shows too that a new frame began. */
void fz_walker_next(void);

/* The bytes of the frame itself: where tapped addresses may point into. NULL if it has none. `tvb` is the whole frame;
 * where that begins with IP, dissectors have cut it to the length that IP says, and its bytes are there
 * nevertheless. */
const uint8_t *fz_walker_bytes(const packet_info *pinfo, tvbuff_t *tvb, uint32_t *captured);

/* Walks the frame from its link layer on, as fz_headers_frame does. */
fz_verdict fz_walker_frame(const packet_info *pinfo, tvbuff_t *tvb, fz_packet *packet);

/* What the walk could not get through so far, as fz_unwalked_lines says it. The caller frees, with g_strfreev. */
char **fz_walker_unwalked(void);

#endif
