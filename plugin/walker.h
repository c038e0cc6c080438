/* The header walk of the current frame, done once per frame for every listener and the fields.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WALKER_H
#define FZ_WALKER_H

#include "compat.h"

#include "headers.h"
#include "packet_rows.h"

/* When all protocols are known. */
void fz_walker_hand_off(void);

/* Forgets the last frame when a dissection ends. It need not be called for every frame: the walker also notices a new
 * frame's number. */
void fz_walker_next(void);

/* The frame's own bytes, which tapped addresses may point into. NULL if it has none. `tvb` is the whole frame; if that
 * begins with IP, dissectors have cut it to IP's length, but all bytes are still there. */
const uint8_t *fz_walker_bytes(const packet_info *pinfo, tvbuff_t *tvb, uint32_t *captured);

/* Walks the frame from its link layer on, as fz_headers_frame does. */
fz_verdict fz_walker_frame(const packet_info *pinfo, tvbuff_t *tvb, fz_packet *packet);

/* What a row of packets has of the frame itself. */
void fz_walker_link(const packet_info *pinfo, tvbuff_t *tvb, fz_frame_link *link);

/* Layers without a walk so far, as fz_unwalked_lines. The caller frees, with g_strfreev. */
char **fz_walker_unwalked(void);

#endif
