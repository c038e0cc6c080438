/* Tap listeners with filters. SPDX-License-Identifier: GPL-2.0-or-later */
#include "listener.h"

#include "options.h"

bool fz_listener_add(const fz_listener *listener, void *data, const char *filter, GError **error)
{
    GString *fault = register_tap_listener(listener->tap, data, filter, listener->flags, listener->reset,
                                           listener->packet, listener->draw, listener->finish);

    if (!fault)
        return true;
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "'%s' is neither an option nor a display filter: %s",
                filter ? filter : "", g_strchomp(fault->str));
    g_string_free(fault, TRUE);
    return false;
}
