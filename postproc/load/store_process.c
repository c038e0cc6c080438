/* How a process opens a store and gives up its rights.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "store_process.h"

#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The memory limit until a store is connected: it holds no rows before that. */
#define CONNECT_MEMORY_BYTES (UINT64_C(128) << 20)

/* What name lookup, TLS and authentication plugins read. */
static const char *const network_paths[] = {
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/share",
    "/usr/local/share/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/gnutls",
    "/etc/pkcs11",
    "/etc/crypto-policies",
    "/etc/localtime",
    "/proc/self/task",
    "/proc/self/fd",
    "/proc/sys/crypto/fips_enabled",
    "/dev/null",
    "/dev/urandom",
    NULL,
};

/* Killed, it could not end its query on the server. */
static int farewell(const fz_store *store)
{
    return store->access == FZ_ACCESS_READ && store->ops->connect ? SIGTERM : SIGKILL;
}

/* Connects to a server. It may be hostile, so most rights are dropped first. */
static bool connect_store(const fz_confine *confine, fz_store *store, GError **error)
{
    g_autofree char *line = NULL;
    const fz_jail jail = {
        .profile = FZ_JAIL_CONNECT,
        .keep_count = FZ_JAIL_KEEP_ALL,
        .readable = network_paths,
        .parent_signal = farewell(store),
        .port = store->ops->port(store),
        .memory_bytes = CONNECT_MEMORY_BYTES,
        .later_bytes = FZ_CONFINE_MEMORY_BYTES,
    };

    return fz_confine_lock(confine, &jail, NULL, &line, error) && store->ops->connect(store, error);
}

static bool lock(const fz_confine *confine, fz_store *store, char **line, GError **error)
{
    const char *folder = store->ops->folder ? store->ops->folder(store) : NULL;
    const fz_jail jail = {
        .profile = folder                                 ? FZ_JAIL_WRITER_FILE
                   : store->access == FZ_ACCESS_TEMPORARY ? FZ_JAIL_WRITER_SCRATCH
                                                          : FZ_JAIL_WRITER_SOCKET,
        .keep_count = FZ_JAIL_KEEP_ALL, /* only the store knows its descriptors */
        .folder = folder,
        .parent_signal = farewell(store),
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };

    if (store->ops->seal)
        store->ops->seal(store);
    if (!fz_confine_lock(confine, &jail, NULL, line, error))
        return false;
    if (store->ops->forget && confine->mode != FZ_JAIL_OFF) /* unlocked, it can connect again, and needs them */
        store->ops->forget(store);
    return true;
}

bool fz_store_process_begin(const char *to, fz_access access, const fz_patience *patience, const fz_confine *confine,
                            const int *keep, size_t keep_count, fz_store **store, char **note, GError **error)
{
    fz_jail_close_others(keep, keep_count);
    *store = fz_store_open_for(to, access, patience, error);
    return *store && (!(*store)->ops->connect || connect_store(confine, *store, error)) &&
           lock(confine, *store, note, error);
}

bool fz_store_process_flush(GError **error)
{
    const bool failed = ferror(stdout) != 0;

    if (fflush(stdout) != 0)
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "cannot write the output: %s", g_strerror(errno));
    else if (failed)
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "cannot write the output");
    else
        return true;
    return false;
}

void fz_store_process_heed_output(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    (void)fflush(stdout);
    if (ferror(stdout) && poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0) {
        fz_child_heed_sigpipe();
        (void)raise(SIGPIPE);
    }
}
