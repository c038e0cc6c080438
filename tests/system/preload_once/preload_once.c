/* LD_PRELOAD, after a sanitizer: programs that this one starts get no sanitizer. Wireshark's helpers hang at exit with
 * one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

__attribute__((constructor)) static void forget(void)
{
    unsetenv("LD_PRELOAD");
}
