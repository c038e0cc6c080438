/* A tap that tries one named attempt when the first packet comes: `-z jailtry,FOLDER,NAME`, before `-z flowzone,jail`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "../attempts.h"

#include <epan/epan.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <ws_version.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT extern const char plugin_version[];
EXPORT extern const int plugin_want_major, plugin_want_minor;
EXPORT void plugin_register(void);
EXPORT uint32_t plugin_describe(void);

const char plugin_version[] = "1";
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

static const attempt *wanted;

static tap_packet_status on_frame(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                  tap_flags_t flags)
{
    (void)data, (void)pinfo, (void)edt, (void)tapped, (void)flags;
    if (wanted) {
        int fault = wanted->run();
        dprintf(STDERR_FILENO, "jailtry: %s: %s\n", wanted->name, fault ? "refused" : "worked");
        wanted = NULL;
    }
    return TAP_PACKET_DONT_REDRAW;
}

#if WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR >= 406
#define RETURN_INIT return true
static bool
#else
#define RETURN_INIT return
static void
#endif
init(const char *argument, void *unused)
{
    static int listener;
    char folder[40];
    const char *base = strchr(argument, ','), *name = strrchr(argument, ',');

    (void)unused;
    snprintf(folder, sizeof folder, "%.*s", (int)(name - base - 1), base + 1);
    wanted = attempt_find(name + 1);
    if (!wanted || !attempt_prepare(folder) ||
        register_tap_listener("frame", &listener, NULL, 0, NULL, on_frame, NULL, NULL)) {
        dprintf(STDERR_FILENO, "jailtry: no attempt %s, or no folder %s\n", name + 1, folder);
        exit(1);
    }
    RETURN_INIT;
}

static void register_ui(void)
{
    static stat_tap_ui ui = {.group = REGISTER_STAT_GROUP_GENERIC, .cli_string = "jailtry", .tap_init_cb = init};
    register_stat_tap_ui(&ui, NULL);
}

void plugin_register(void)
{
    static const tap_plugin tap = {.register_tap_listener = register_ui};
    tap_register_plugin(&tap);
}

uint32_t plugin_describe(void)
{
    return 0;
}
