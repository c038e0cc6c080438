/* Landlock: which files and ports are left to a process.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Landlock (Linux 5.13), whose numbers are part of the kernel's interface and newer than many headers. */
enum {
    LANDLOCK_CREATE_RULESET = FZ_LANDLOCK_FIRST,
    LANDLOCK_ADD_RULE,
    LANDLOCK_RESTRICT_SELF = FZ_LANDLOCK_LAST,
    LANDLOCK_VERSION = 1,
    LANDLOCK_PATH_BENEATH = 1,
    LANDLOCK_PORT = 2,
};

/* Where name servers listen. */
enum { NAME_SERVER_PORT = 53 };

typedef struct landlock_rules {
    uint64_t files, net, scoped;
} landlock_rules;

typedef struct __attribute__((packed)) landlock_path {
    uint64_t allowed;
    int32_t parent_fd;
} landlock_path;

typedef struct landlock_port {
    uint64_t allowed, port;
} landlock_port;

#define LANDLOCK_CONNECT_TCP (UINT64_C(1) << 1)
#define LANDLOCK_EXECUTE (UINT64_C(1) << 0)
#define LANDLOCK_WRITE_FILE (UINT64_C(1) << 1)
#define LANDLOCK_READ_FILE (UINT64_C(1) << 2)
#define LANDLOCK_READ_DIR (UINT64_C(1) << 3)
#define LANDLOCK_REMOVE_FILE (UINT64_C(1) << 5)
#define LANDLOCK_MAKE_REG (UINT64_C(1) << 8)
#define LANDLOCK_TRUNCATE (UINT64_C(1) << 14)

/* What each version of Landlock added to the rights that can be taken away. */
static const struct {
    int abi;
    landlock_rules rights;

} landlock_versions[] = {
    {1, {0x1fff, 0, 0}},            /* execute, read, write, list, remove, make */
    {2, {UINT64_C(1) << 13, 0, 0}}, /* link and rename between folders */
    {3, {LANDLOCK_TRUNCATE, 0, 0}}, /* truncate */
    {4, {0, 3, 0}},                 /* TCP: bind, connect */
    {5, {UINT64_C(1) << 15, 0, 0}}, /* ioctl on devices */
    {6, {0, 0, 3}},                 /* abstract unix sockets, signals to others */
};

static landlock_rules landlock_rights(int abi)
{
    landlock_rules all = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(landlock_versions) && landlock_versions[i].abi <= abi; i++) {
        all.files |= landlock_versions[i].rights.files;
        all.net |= landlock_versions[i].rights.net;
        all.scoped |= landlock_versions[i].rights.scoped;
    }
    return all;
}

static bool allow_path(int ruleset, const char *path, uint64_t rights, bool required, GError **error)
{
    struct stat about;
    landlock_path rule = {.allowed = rights, .parent_fd = open(path, O_PATH | O_CLOEXEC)};

    if (rule.parent_fd < 0)
        return !required || fz_jail_fail(error, path, errno);
    if (fstat(rule.parent_fd, &about) == 0 && !S_ISDIR(about.st_mode))
        rule.allowed &= ~LANDLOCK_READ_DIR; /* of a file the kernel wouldn't take it */
    long done = syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
    int fault = errno;
    close(rule.parent_fd);
    return done == 0 || fz_jail_fail(error, "Landlock", fault);
}

/* What the profile may still do with files. */
static bool allow_paths(int ruleset, const fz_jail *jail, const landlock_rules *handled, GError **error)
{
    static const char *const none[] = {NULL};
    const uint64_t work = handled->files & (LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR |
                                            LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE);
    const uint64_t look = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR;

    if (jail->folder && !allow_path(ruleset, jail->folder, work, true, error))
        return false;
    for (const char *const *path = jail->readable ? jail->readable : none; *path; path++)
        if (!allow_path(ruleset, *path, look, false, error))
            return false;
    for (const char *const *path = jail->programs ? jail->programs : none; *path; path++)
        if (!allow_path(ruleset, *path, LANDLOCK_READ_FILE | LANDLOCK_EXECUTE, false, error))
            return false;
    return true;
}

/* Older kernels cannot restrict ports. */
static bool allow_ports(int ruleset, const fz_jail *jail, const landlock_rules *handled, GError **error)
{
    const landlock_port ports[] = {{LANDLOCK_CONNECT_TCP, jail->port}, {LANDLOCK_CONNECT_TCP, NAME_SERVER_PORT}};

    for (size_t i = 0; i < G_N_ELEMENTS(ports) && jail->port && handled->net; i++)
        if (syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PORT, &ports[i], 0) != 0)
            return fz_jail_fail(error, "Landlock", errno);
    return true;
}

/* A kernel may accept the rules and not apply them: checks that / cannot be opened. */
static bool check_landlock(const fz_jail *jail, GError **error)
{
    if (jail->folder && strcmp(jail->folder, "/") == 0)
        return true;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return true;
    close(fd);
    return fz_jail_refuse(error, "Landlock: the kernel accepted the rules, but / can still be opened");
}

bool fz_jail_restrict_files(const fz_jail *jail, GString *reached, GError **error)
{
    long abi = syscall(LANDLOCK_CREATE_RULESET, NULL, (size_t)0, LANDLOCK_VERSION);

    if (abi < 1)
        return fz_jail_refuse(error, errno == EOPNOTSUPP
                                         ? "Landlock is switched off in this kernel (its lsm= parameter)"
                                         : "this kernel has no Landlock (Linux 5.13 and later have)");
    landlock_rules handled = landlock_rights((int)abi);
    int ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &handled, sizeof handled, 0);
    if (ruleset < 0)
        return fz_jail_fail(error, "Landlock", errno);
    bool done = allow_paths(ruleset, jail, &handled, error) && allow_ports(ruleset, jail, &handled, error);
    if (done && syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0)
        done = fz_jail_fail(error, "Landlock", errno);
    close(ruleset);
    if (!done || !check_landlock(jail, error))
        return false;
    g_string_append_printf(reached, ", Landlock version %ld", abi);
    return true;
}
