/* What only a process with sanitizers needs of its jail.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail_private.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED

#include <sanitizer/lsan_interface.h>

bool fz_jail_is_sanitized(void)
{
    return true;
}

void fz_jail_look_for_leaks(void)
{
    __lsan_do_leak_check();
}

#else

bool fz_jail_is_sanitized(void)
{
    return false;
}

void fz_jail_look_for_leaks(void)
{
}

#endif
