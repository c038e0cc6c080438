/* LD_PRELOAD: simulates a capture that takes over the process that reads it. After a pcap file with OWNED in place of
 * its "sigfigs", the process reads no more packets, of this capture or of later ones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

enum { SIGFIGS_AT = 12 };
#define OWNED UINT32_C(0x444e574f) /* "OWND" on a little-endian machine */

/* The parameters of all versions of Wireshark; one too many does no harm. */
typedef int read_function(void *, void *, void *, void *, void *, void *);

read_function wtap_read;

static read_function *real;

static void __attribute__((constructor)) find(void)
{
    void *at = dlsym(RTLD_NEXT, "wtap_read");
    __builtin_memcpy(&real, &at, sizeof real);
}

__attribute__((visibility("default"))) int wtap_read(void *a, void *b, void *c, void *d, void *e, void *f)
{
    static bool owned;
    uint32_t sigfigs = 0;

    if (pread(STDIN_FILENO, &sigfigs, sizeof sigfigs, SIGFIGS_AT) == sizeof sigfigs && sigfigs == OWNED)
        owned = true;
    return owned ? 0 : real(a, b, c, d, e, f);
}
