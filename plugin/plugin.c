/* The entry points that Wireshark looks for.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "conversations.h"
#include "dialogs.h"
#include "exit_status.h"
#include "fields.h"
#include "menu.h"
#include "outermost.h"
#include "output.h"
#include "settings.h"
#include "tables.h"
#include "tap.h"
#include "walker.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT extern const char plugin_version[];
EXPORT extern const int plugin_want_major, plugin_want_minor;
EXPORT void plugin_register(void);
EXPORT uint32_t plugin_describe(void);

const char plugin_version[] = FZ_VERSION;
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

static void register_protocol(void)
{
    const int protocol = fz_fields_register();

    fz_settings_register(protocol);
    fz_outermost_register();
    fz_conversations_register(protocol);
    fz_exit_status_register();
}

static void hand_off(void)
{
    fz_walker_hand_off();
    fz_outermost_hand_off();
    fz_fields_hand_off();
}

static void register_taps(void)
{
    fz_tap_register();
    if (fz_in_tshark()) {
        fz_tables_register();
        return;
    }
    fz_dialogs_register();
    fz_menu_register();
}

void plugin_register(void)
{
    static const proto_plugin protocol = {.register_protoinfo = register_protocol, .register_handoff = hand_off};
    static const tap_plugin tap = {.register_tap_listener = register_taps};

    fz_output_remember_standard();
    proto_register_plugin(&protocol);
    tap_register_plugin(&tap);
    if (!fz_in_tshark())
        fz_dialogs_load();
}

uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR | WS_PLUGIN_DESC_TAP_LISTENER;
}
