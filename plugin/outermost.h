/* The tap "flowzone": one packet per frame, that of its outermost IP header, as -z flowzone counts it by default.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_OUTERMOST_H
#define FZ_OUTERMOST_H

#include "compat.h"

#include "flow.h"

/* The name of the tap, whose data is a const fz_packet. Frames that are in no conversation are not tapped. */
#define FZ_OUTERMOST_TAP "flowzone"

/* Registers the tap: with the protocol of the same name, as conversation tables need it. */
void fz_outermost_register(void);
/* When all protocols are known. */
void fz_outermost_hand_off(void);

/* False, with one clear line in `error`, while the protocol "flowzone" is switched off, and nothing is tapped. */
bool fz_outermost_enabled(GError **error);

/* Taps the current frame if anything listens: called by the postdissector, when all other taps of the frame are queued.
 * `tvb` is the whole frame. */
void fz_outermost_tap(tvbuff_t *tvb, packet_info *pinfo);

#endif
