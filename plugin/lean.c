/* The engine `lean`: which dissectors it switches off, and which statistics would need them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "lean.h"

void fz_lean_begin(void)
{
    void *cookie = NULL;

    for (int id = proto_get_first_protocol(&cookie); id != -1; id = proto_get_next_protocol(&cookie))
        /* proto_set_decoding asserts what is checked here */
        if (!proto_is_pino(find_protocol_by_id(id)) && proto_can_toggle_protocol(id))
            proto_set_decoding(id, FALSE);
}

bool fz_lean_has_neighbours(void)
{
    bool found = false;
    GList *names = get_tap_names();

    for (GList *name = names; name; name = name->next)
        if (strcmp(name->data, "frame") != 0 && have_tap_listener(find_tap_id(name->data)))
            found = true;
    g_list_free(names);
    return found;
}
