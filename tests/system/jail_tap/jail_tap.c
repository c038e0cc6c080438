/* A tap that tries named attempts when the first packet comes, one after the other: `-z jailtry,FOLDER,NAME+NAME...`,
 * before `-z flowzone,jail`. `-z jailtry,FOLDER,control` tries all of them, each in a process of its own.
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

static const attempt *wanted[ATTEMPTS];
static bool is_control;
static char folder[40];

static void tell(const attempt *one, bool worked)
{
    dprintf(STDERR_FILENO, "jailtry: %s: %s\n", one->name, worked ? "worked" : "refused");
}

static void try_in_process(const attempt *one)
{
    int status = 1;
    pid_t child = fork();

    if (child == 0)
        _exit(attempt_prepare(folder) && one->run() == 0 ? 0 : 1);
    tell(one, child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static tap_packet_status on_frame(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                  tap_flags_t flags)
{
    (void)data, (void)pinfo, (void)edt, (void)tapped, (void)flags;
    for (int i = 0; i < ATTEMPTS && wanted[i]; i++) {
        if (is_control)
            try_in_process(wanted[i]);
        else
            tell(wanted[i], wanted[i]->run() == 0);
        wanted[i] = NULL;
    }
    return TAP_PACKET_DONT_REDRAW;
}

/* False where there is no such attempt. */
static bool want(const char *names)
{
    char **list = g_strsplit(names, "+", ATTEMPTS);
    int count = 0;

    is_control = strcmp(names, "control") == 0;
    for (int i = 0; i < ATTEMPTS && is_control; i++)
        if (attempts[i].whom != ROOT)
            wanted[count++] = &attempts[i];
    for (char **name = list; *name && !is_control; name++)
        if (!(wanted[count++] = attempt_find(*name)))
            return false;
    g_strfreev(list);
    return true;
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
    const char *base = strchr(argument, ','), *name = strrchr(argument, ',');

    (void)unused;
    snprintf(folder, sizeof folder, "%.*s", (int)(name - base - 1), base + 1);
    if (!want(name + 1) || !attempt_prepare(folder) ||
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
