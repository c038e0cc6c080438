/* What differs for the plugin between Wireshark 4.0 and 4.6, and between tshark and the window: all of it, and nothing
 * else. What differs in libwiretap, with which the program reads captures, is in postproc/source/capture.c.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COMPAT_H
#define FZ_COMPAT_H

#include <ws_version.h>

#define FZ_WIRESHARK (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <epan/addr_resolv.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/packet.h>
#include <epan/packet_info.h>
#include <epan/prefs.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <epan/uat-int.h>
#include <wsutil/report_message.h>

/* Since 4.4 Wireshark asks a plugin what it is; before that it doesn't, and the declarations are missing. */
#if FZ_WIRESHARK >= 404
#include <wsutil/plugins.h>
#else
enum { WS_PLUGIN_DESC_DISSECTOR = 1 << 0, WS_PLUGIN_DESC_TAP_LISTENER = 1 << 4 };
#endif

/* stat_tap_ui's init callback reports since 4.6 whether it worked; before that it has to exit in tshark. */
#if FZ_WIRESHARK >= 406
typedef bool fz_init_result;
#define FZ_INIT_DONE return true
#define FZ_INIT_FAILED return false
#else
typedef void fz_init_result;
#define FZ_INIT_DONE return
#define FZ_INIT_FAILED fz_exit_status_fail() /* of exit_status.h */
#endif

/* What a uat's checks return. */
#if FZ_WIRESHARK >= 404
typedef bool fz_uat_result;
#else
typedef gboolean fz_uat_result;
#endif

/* Turns off lookups of names on servers. */
static inline void fz_resolve_nothing(void)
{
    gbl_resolv_flags.use_external_net_name_resolver = FALSE;
}

/* tshark draws once, at the end of a run, and then exits; the window draws at any time, and never exits. */
static inline bool fz_in_tshark(void)
{
    return strcmp(program_invocation_short_name, "wireshark") != 0;
}

/* Whether the run ends with an exit status, unlike those of windows and servers. */
static inline bool fz_has_status(void)
{
    return strcmp(program_invocation_short_name, "tshark") == 0;
}

#endif
