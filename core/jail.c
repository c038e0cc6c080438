/* The jail: the steps by which a process locks itself, and their order.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail_private.h"

#include "descriptors.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - jail - error - quark, fz_jail_error)

const char *const fz_jail_mode_names[3] = {"require", "try", "off"};

/* nobody and nogroup, as Debian and most others number them. */
enum { NOBODY = 65534 };

typedef struct profile {
    const char *name;
    bool may_drop;      /* root becomes nobody; otherwise root is refused */
    bool closes_others; /* only the descriptors that are named stay open */
    bool launches;      /* becomes another program, whose threads do not count as processes */
    rlim_t descriptors; /* no new one gets this number, nor can more be waited for in poll() */
} profile;

static const profile profiles[FZ_JAIL_PROFILES] = {
    [FZ_JAIL_TSHARK] = {"tshark", false, false, false, 3},
    [FZ_JAIL_READER] = {"reader", true, true, false, 16},
    [FZ_JAIL_WRITER_SOCKET] = {"writer", true, true, false, 64},
    [FZ_JAIL_WRITER_FILE] = {"writer", true, true, false, 64},
    [FZ_JAIL_WRITER_SCRATCH] = {"writer", true, true, false, 64},
    [FZ_JAIL_RESOLVER] = {"resolver", true, true, false, 16},
    [FZ_JAIL_LAUNCH] = {"launcher", true, true, true, 256},
    [FZ_JAIL_CONNECT] = {"writer before it connects", true, true, false, 64},
};

bool fz_jail_mode_parse(const char *text, fz_jail_mode *mode, GError **error)
{
    int index = fz_name_index(fz_jail_mode_names, G_N_ELEMENTS(fz_jail_mode_names), text);

    if (index >= 0) {
        *mode = (fz_jail_mode)index;
        return true;
    }
    g_set_error(error, FZ_JAIL_ERROR, FZ_JAIL_ERROR_VALUE, "jail=%s: expected require, try or off", text);
    return false;
}

bool fz_jail_fail(GError **error, const char *what, int fault)
{
    g_set_error(error, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, "%s: %s", what, g_strerror(fault));
    return false;
}

bool fz_jail_refuse(GError **error, const char *why)
{
    g_set_error_literal(error, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, why);
    return false;
}

/* Landlock locks one thread, not its process. */
static bool check_threads(const fz_jail *jail, GString *reached, GError **error)
{
    (void)jail, (void)reached;
    unsigned threads = 0;
    DIR *folder = opendir("/proc/self/task");
    if (!folder)
        return fz_jail_fail(error, "/proc/self/task, which lists this process's threads", errno);
    for (struct dirent *entry; (entry = readdir(folder));) /* NOLINT(concurrency-mt-unsafe): one thread */
        threads += entry->d_name[0] != '.';
    closedir(folder);
    if (threads == 1)
        return true;
    g_set_error(error, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, "this process has %u threads, and only one can be locked",
                threads);
    return false;
}

static bool is_root(void)
{
    return geteuid() == 0 || getuid() == 0;
}

/* The owner of a database file must own its journal too; files of root are opened as root, without capabilities. */
static bool pick_user(const fz_jail *jail, uid_t *user, gid_t *group, GError **error)
{
    struct stat about;

    *user = *group = NOBODY;
    if (!jail->folder)
        return true;
    if (stat(jail->folder, &about) != 0)
        return fz_jail_fail(error, jail->folder, errno);
    *user = about.st_uid;
    *group = about.st_gid;
    return true;
}

static bool become(uid_t user, gid_t group, GError **error)
{
    if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
        return fz_jail_fail(error, "cannot become an unprivileged user", errno);
    if (user != 0 && (setuid(0) == 0 || is_root()))
        return fz_jail_refuse(error, "became an unprivileged user, but could regain its privileges");
    return true;
}

bool fz_jail_become_nobody(GError **error)
{
    return !is_root() || become(NOBODY, NOBODY, error);
}

static bool drop_user(const fz_jail *jail, GString *reached, GError **error)
{
    uid_t user;
    gid_t group;
    static bool dropped; /* in a lock before this one */

    if (dropped)
        g_string_append_printf(reached, ", user %u", (unsigned)getuid());
    if (!is_root())
        return true;
    if (!profiles[jail->profile].may_drop)
        return fz_jail_refuse(error,
                              "this process is root, and dissectors must not run as root: run it as an ordinary user");
    if (!pick_user(jail, &user, &group, error) || !become(user, group, error))
        return false;
    dropped = true;
    g_string_append_printf(reached, ", user %u", (unsigned)user);
    return true;
}

/* Changing the user clears this, so it comes afterwards. A process that was locked before follows already. */
static bool follow_parent(const fz_jail *jail, GString *reached, GError **error)
{
    static pid_t followed;

    (void)reached;
    if (followed == jail->parent)
        return true;
    const int farewell = jail->parent_signal ? jail->parent_signal : SIGKILL;
    if (jail->parent && prctl(PR_SET_PDEATHSIG, farewell, 0, 0, 0) != 0)
        return fz_jail_fail(error, "cannot be made to end with its parent", errno);
    if (jail->parent && getppid() != jail->parent)
        (void)raise(SIGKILL); /* it ended before this took effect */
    followed = jail->parent;
    return true;
}

static bool has_capabilities(struct __user_cap_header_struct *head)
{
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, head, held) != 0)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(held); i++)
        if (held[i].effective != 0 || held[i].permitted != 0 || held[i].inheritable != 0)
            return true;
    return false;
}

/* A service manager may have forbidden these calls and taken all capabilities. Then there are none to drop, nor ambient
 * ones, which must be permitted. */
static bool drop_capabilities(const fz_jail *jail, GString *reached, GError **error)
{
    (void)jail;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (has_capabilities(&head)) {
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
            return fz_jail_fail(error, "cannot drop ambient capabilities", errno);
        if (syscall(SYS_capset, &head, none) != 0)
            return fz_jail_fail(error, "cannot drop capabilities", errno);
    }
    g_string_append(reached, ", no capabilities");
    return true;
}

static bool set_limit(int resource, const char *name, rlim_t most, GError **error)
{
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

    return setrlimit((__rlimit_resource_t)resource, &limit) == 0 || fz_jail_fail(error, name, errno);
}

/* No core files, which could hold untrusted bytes or our passwords, and no more memory than the limit. */
static bool limit_resources(const fz_jail *jail, GString *reached, GError **error)
{
    struct rlimit now;

    if (!set_limit(RLIMIT_CORE, "cannot limit core files", 0, error))
        return false;
    if (jail->memory_bytes && !fz_jail_is_sanitized()) {
        if (getrlimit(RLIMIT_AS, &now) != 0)
            return fz_jail_fail(error, "cannot limit memory", errno);
        now.rlim_cur = MIN(now.rlim_max, jail->memory_bytes);
        now.rlim_max = MIN(now.rlim_max, MAX(jail->memory_bytes, jail->later_bytes));
        if (setrlimit(RLIMIT_AS, &now) != 0)
            return fz_jail_fail(error, "cannot limit memory", errno);
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fz_jail_fail(error, "cannot keep other processes from inspecting this one", errno);
    g_string_append(reached, ", limits");
    return true;
}

/* The kernel counts threads as processes. */
static bool make_threads(const fz_jail *jail, GString *reached, GError **error)
{
    (void)reached, (void)error;
    if (jail->make_threads)
        jail->make_threads(jail->user);
    return true;
}

static bool limit_processes(const fz_jail *jail, GString *reached, GError **error)
{
    (void)reached;
    return profiles[jail->profile].launches || set_limit(RLIMIT_NPROC, "cannot limit processes", 0, error);
}

/* Landlock still needs descriptors, so this limit comes afterwards. */
static bool limit_descriptors(const fz_jail *jail, GString *reached, GError **error)
{
    struct rlimit now;

    (void)reached;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return fz_jail_fail(error, "cannot limit descriptors", errno);
    return set_limit(RLIMIT_NOFILE, "cannot limit descriptors", MIN(now.rlim_max, profiles[jail->profile].descriptors),
                     error);
}

static bool is_kept(const fz_jail *jail, int fd)
{
    for (size_t i = 0; i < jail->keep_count; i++)
        if (jail->keep[i] == fd)
            return true;
    return fd <= STDERR_FILENO;
}

/* tshark holds descriptors that we don't know; a socket among them would be a way out. */
static bool may_stay(const fz_jail *jail, int fd)
{
    struct stat about;

    if (jail->keep_count == FZ_JAIL_KEEP_ALL || is_kept(jail, fd))
        return true;
    if (profiles[jail->profile].closes_others)
        return false;
    return fstat(fd, &about) != 0 || !S_ISSOCK(about.st_mode);
}

typedef struct search_others {
    const fz_jail *jail;
    GArray *others;
} search_others;

static bool note_other(int fd, void *user)
{
    search_others *search = user;

    if (!may_stay(search->jail, fd))
        g_array_append_val(search->others, fd);
    return false;
}

/* False if there may be more. */
static bool close_found(const fz_jail *jail)
{
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(int));
    search_others search = {jail, others};
    bool all;

    fz_descriptors_find(note_other, &search, &all);
    for (guint i = 0; i < others->len; i++)
        close(g_array_index(others, int, i));
    return all;
}

static bool close_others(const fz_jail *jail, GString *reached, GError **error)
{
    bool all = close_found(jail);

    if (!all) {
        g_set_error_literal(error, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING,
                            "/proc/self/fd, which lists this process's descriptors, is missing");
        return false;
    }
    g_string_append(reached, profiles[jail->profile].closes_others ? ", no other descriptors" : "");
    return true;
}

void fz_jail_close_others(const int *keep, size_t keep_count)
{
    const fz_jail jail = {.profile = FZ_JAIL_READER, .keep = keep, .keep_count = keep_count};

    close_found(&jail);
}

static bool forbid_new_privileges(const fz_jail *jail, GString *reached, GError **error)
{
    (void)jail;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fz_jail_fail(error, "no_new_privs", errno);
    g_string_append(reached, ", no new privileges");
    return true;
}

typedef bool (*step)(const fz_jail *jail, GString *reached, GError **error);

/* The order matters: each step takes away what earlier ones needed. Steps before the threads apply to one thread or to
 * the process; steps after them to the process or to all threads. */
static const step steps[] = {
    check_threads,
    fz_jail_forget_environment,
    drop_user,
    follow_parent,
    drop_capabilities,
    close_others,
    limit_resources,
    forbid_new_privileges,
    fz_jail_restrict_files,
    make_threads,
    limit_processes,
    limit_descriptors,
    fz_jail_filter_calls,
};

/* localtime() reads /etc/localtime again and again unless TZ is set. */
static void settle_time_zone(void)
{
    setenv("TZ", ":/etc/localtime", 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    tzset();
}

bool fz_jail_lock(const fz_jail *jail, char **reached, bool *complete, GError **error)
{
    g_autoptr(GString) done = g_string_new(NULL);
    g_autoptr(GString) missing = g_string_new(NULL);

    if (reached)
        *reached = NULL;
    if (complete)
        *complete = false;
    if (jail->mode == FZ_JAIL_OFF)
        return follow_parent(jail, done, error) && make_threads(jail, done, error);
    settle_time_zone();
    fz_jail_look_for_leaks();
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(GError) fault = NULL;
        gsize before = done->len;

        if (steps[i](jail, done, &fault))
            continue;
        g_string_truncate(done, before);
        if (jail->mode == FZ_JAIL_REQUIRE) {
            g_propagate_prefixed_error(error, g_steal_pointer(&fault), "jail: %s: ", profiles[jail->profile].name);
            return false;
        }
        g_string_append_printf(missing, "%s%s", missing->len ? "; " : "", fault->message);
    }
    if (complete)
        *complete = missing->len == 0;
    if (reached)
        *reached = g_strdup_printf("jail: %s: %s%s%s", profiles[jail->profile].name,
                                   done->len ? done->str + strlen(", ") : "nothing was reached",
                                   missing->len ? "; missing: " : "", missing->str);
    return true;
}
