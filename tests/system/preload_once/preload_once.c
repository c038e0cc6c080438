/* Preloaded behind a sanitizer: what this program starts is not sanitized. Wireshark's helpers hang at their end when
 * they are. SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

__attribute__((constructor)) static void forget(void)
{
    unsetenv("LD_PRELOAD");
}
