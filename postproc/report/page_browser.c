/* The policy of a report's page, from the digests of its style and script.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "page_browser.h"

#include <glib.h>
#include <string.h>

/* SHA-256 of a text in base64, as a policy names it. Caller frees. */
static char *digest(const char *text)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 bytes[32];
    gsize size = sizeof bytes;

    g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(checksum, bytes, &size);
    return g_base64_encode(bytes, size);
}

char *fz_page_policy(void)
{
    g_autofree char *style = digest(fz_page_css), *script = digest(fz_page_js);

    return g_strdup_printf("default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; "
                           "base-uri 'none'; form-action 'none'",
                           style, script);
}
