/* Tap listeners with filters: registers them with Wireshark, and makes its refusals readable.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LISTENER_H
#define FZ_LISTENER_H

#include "compat.h"

/* What a listener does, as register_tap_listener takes it; a call that is NULL is not made. */
typedef struct fz_listener {
    const char *tap;
    unsigned flags; /* TL_REQUIRES_... */
    tap_reset_cb reset;
    tap_packet_cb packet;
    tap_draw_cb draw;
    tap_finish_cb finish;
} fz_listener;

/* Listens with `data`, by which the listener is known, to what passes a display filter; NULL: to all. False with one
 * clear line in `error`: the text is neither an option nor a filter. */
bool fz_listener_add(const fz_listener *listener, void *data, const char *filter, GError **error);

#endif
