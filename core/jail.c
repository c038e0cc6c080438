/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - jail - error - quark, fz_jail_error)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
#if SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

const char *const fz_jail_mode_names[3] = {"require", "try", "off"};

/* nobody and nogroup, as Debian and most others number them. */
enum { NOBODY = 65534 };

/* What becomes of a system call: it ends the process, it goes through, or it fails with this errno. */
enum { K = 0, A = -1 };

/* What a call that goes through must look like besides; where it doesn't, the process ends. */
typedef enum guard {
    ANY,
    NOT_EXEC,  /* third argument without PROT_EXEC */
    OF_FD,     /* newfstatat as fstat: with AT_EMPTY_PATH; by path it fails with EACCES */
    TO_SELF,   /* first argument is this process */
    FLAG_ONLY, /* fcntl: descriptor flags, file flags and record locks; not who gets signals (F_SETOWN) */
    CONNECTED, /* sendto without an address */
    SCREEN,    /* ioctl: is it a terminal, and how wide; most others fail with ENOTTY */
} guard;

typedef struct call {
    const char *name;
    guard guard;
    short fate[FZ_JAIL_LAUNCH]; /* by profile; the last one has a table of its own */
} call;

/* Every call that doesn't end the process, once. What nobody needs but a library may try on a path that copes with
 * "no" fails; what only an intruder would call isn't here. */
static const call calls[] = {
    /* name, guard           tshark   reader   socket   file */
    {"read", ANY, {A, A, A, A}},
    {"write", ANY, {A, A, A, A}},
    {"readv", ANY, {A, A, A, A}},
    {"writev", ANY, {A, A, A, A}},
    {"lseek", ANY, {A, A, A, A}},
    {"pread64", ANY, {A, A, A, A}},
    {"pwrite64", ANY, {K, K, K, A}},
    {"close", ANY, {A, A, A, A}},
    {"dup", ANY, {A, A, K, K}},
    {"fstat", ANY, {A, A, A, A}},
    {"newfstatat", OF_FD, {A, A, A, K}},
    {"newfstatat", ANY, {K, K, K, A}},
    {"poll", ANY, {A, A, A, A}},
    {"ppoll", ANY, {A, A, A, A}},
    {"fcntl", FLAG_ONLY, {A, A, A, A}},
    {"brk", ANY, {A, A, A, A}},
    {"mmap", NOT_EXEC, {A, A, A, A}},
    {"mprotect", NOT_EXEC, {A, A, A, A}},
    {"munmap", ANY, {A, A, A, A}},
    {"mremap", ANY, {A, A, A, A}},
    {"madvise", ANY, {A, A, A, A}},
    {"futex", ANY, {A, A, A, A}},
    {"rt_sigaction", ANY, {A, A, A, A}},
    {"rt_sigprocmask", ANY, {A, A, A, A}},
    {"rt_sigreturn", ANY, {A, A, A, A}},
    {"restart_syscall", ANY, {A, A, A, A}},
    {"tgkill", TO_SELF, {A, A, A, A}}, /* abort() */
    {"getpid", ANY, {A, A, A, A}},
    {"getppid", ANY, {A, A, A, A}},
    {"gettid", ANY, {A, A, A, A}},
    {"getuid", ANY, {A, A, A, A}},
    {"geteuid", ANY, {A, A, A, A}},
    {"getgid", ANY, {A, A, A, A}},
    {"getegid", ANY, {A, A, A, A}},
    {"clock_gettime", ANY, {A, A, A, A}},
    {"gettimeofday", ANY, {A, A, A, A}},
    {"time", ANY, {A, A, A, A}},
    {"clock_nanosleep", ANY, {K, K, A, A}},
    {"nanosleep", ANY, {K, K, A, A}},
    {"getrandom", ANY, {A, A, A, A}},
    {"sysinfo", ANY, {A, A, A, A}}, /* qsort() of older C libraries */
    {"uname", ANY, {A, A, A, A}},
    {"sched_yield", ANY, {A, A, A, A}},
    {"exit", ANY, {A, A, A, A}},
    {"exit_group", ANY, {A, A, A, A}},
    {"sendto", CONNECTED, {K, K, A, K}},
    {"socket", ANY, {K, K, EACCES, K}}, /* a store that was lost tries to come back */
    {"recvfrom", ANY, {K, K, A, K}},
    {"recvmsg", ANY, {K, A, A, A}}, /* writers and the probe get their inputs this way */
    {"shutdown", ANY, {K, K, A, K}},
    {"fsync", ANY, {K, K, K, A}},
    {"fdatasync", ANY, {K, K, K, A}},
    {"ftruncate", ANY, {K, K, K, A}},
    {"fallocate", ANY, {K, K, K, EOPNOTSUPP}},
    /* Paths: tshark's late configuration, message catalogues, time zones, character sets. */
    {"open", ANY, {EACCES, EACCES, EACCES, A}},
    {"openat", ANY, {EACCES, EACCES, EACCES, A}},
    {"openat2", ANY, {EACCES, EACCES, EACCES, EACCES}},
    {"stat", ANY, {EACCES, EACCES, EACCES, A}},
    {"lstat", ANY, {EACCES, EACCES, EACCES, A}},
    {"statx", ANY, {EACCES, EACCES, EACCES, EACCES}},
    {"access", ANY, {EACCES, EACCES, EACCES, A}},
    {"faccessat", ANY, {EACCES, EACCES, EACCES, A}},
    {"faccessat2", ANY, {EACCES, EACCES, EACCES, A}},
    {"readlink", ANY, {EACCES, EACCES, EACCES, A}},
    {"readlinkat", ANY, {EACCES, EACCES, EACCES, A}},
    {"getcwd", ANY, {EACCES, EACCES, EACCES, A}},
    {"unlink", ANY, {K, K, K, A}},
    {"unlinkat", ANY, {K, K, K, A}},
    {"mkdir", ANY, {EACCES, K, K, K}}, /* --export-objects says so and goes on */
    {"mkdirat", ANY, {EACCES, K, K, K}},
    {"fchmod", ANY, {K, K, K, EPERM}}, /* SQLite gives its journal the database's mode and owner where it may */
    {"fchown", ANY, {K, K, K, EPERM}},
    /* Questions that have an answer without the kernel's. */
    {"ioctl", ANY, {ENOTTY, ENOTTY, K, K}},                         /* isatty() */
    {"ioctl", SCREEN, {K, K, A, A}},                                /* the progress bar */
    {"getsockname", ANY, {ENOTSOCK, ENOTSOCK, ENOTSOCK, ENOTSOCK}}, /* GLib: is standard error the journal? */
    {"pipe", ANY, {EPERM, K, K, K}},                                /* tshark's live capture says so and ends */
    {"pipe2", ANY, {EPERM, K, K, K}},
    {"prctl", ANY, {EINVAL, EINVAL, EINVAL, EINVAL}}, /* malloc() names its pages */
    {"prlimit64", ANY, {EPERM, EPERM, EPERM, EPERM}}, /* sysconf() */
    {"getrlimit", ANY, {EPERM, EPERM, EPERM, EPERM}},
    {"sched_getaffinity", ANY, {EPERM, EPERM, EPERM, EPERM}},
#if SANITIZED
    {"sigaltstack", ANY, {A, A, A, A}},
#endif
};

/* What a call that is denied to a launched program looks like; any other of that name goes through. */
typedef enum denial {
    ALWAYS,
    TO_OTHERS,   /* first argument is another process */
    NOT_MINE,    /* the same where 0 is the caller */
    SET_OWNER,   /* fcntl: who gets signals */
    NEW_PROCESS, /* clone without CLONE_THREAD: tshark has threads while it starts */
} denial;

/* What FZ_JAIL_LAUNCH takes away for good, before it becomes a program that opens files and starts threads: the way to
 * other processes, to the network and to the rarely used corners of the kernel. The tap's own filter comes on top. */
static const struct {
    const char *name;
    denial when;
    short fate;
} denied[] = {
    {"fork", ALWAYS, EPERM},
    {"vfork", ALWAYS, EPERM},
    {"clone", NEW_PROCESS, EPERM},
    {"clone3", ALWAYS, ENOSYS}, /* the C library goes on with clone, whose flags can be seen */
    {"socket", ALWAYS, EACCES}, /* name services ask, and cope */
    {"socketpair", ALWAYS, EACCES},
    {"connect", ALWAYS, K},
    {"bind", ALWAYS, K},
    {"listen", ALWAYS, K},
    {"accept", ALWAYS, K},
    {"accept4", ALWAYS, K},
    {"sendto", ALWAYS, K},
    {"sendmsg", ALWAYS, K},
    {"sendmmsg", ALWAYS, K},
    {"kill", TO_OTHERS, K},
    {"tkill", ALWAYS, K},
    {"tgkill", TO_OTHERS, K},
    {"rt_sigqueueinfo", ALWAYS, K},
    {"rt_tgsigqueueinfo", ALWAYS, K},
    {"pidfd_open", ALWAYS, K},
    {"pidfd_send_signal", ALWAYS, K},
    {"pidfd_getfd", ALWAYS, K},
    {"fcntl", SET_OWNER, K},
    {"prlimit64", NOT_MINE, K},
    {"ptrace", ALWAYS, K},
    {"process_vm_readv", ALWAYS, K},
    {"process_vm_writev", ALWAYS, K},
    {"process_madvise", ALWAYS, K},
    {"kcmp", ALWAYS, K},
    {"execveat", ALWAYS, K},
    {"chmod", ALWAYS, K},
    {"fchmod", ALWAYS, K},
    {"fchmodat", ALWAYS, K},
    {"fchmodat2", ALWAYS, K},
    {"chown", ALWAYS, K},
    {"fchown", ALWAYS, K},
    {"lchown", ALWAYS, K},
    {"fchownat", ALWAYS, K},
    {"setxattr", ALWAYS, K},
    {"lsetxattr", ALWAYS, K},
    {"fsetxattr", ALWAYS, K},
    {"mknod", ALWAYS, K},
    {"mknodat", ALWAYS, K},
    {"mount", ALWAYS, K},
    {"umount2", ALWAYS, K},
    {"move_mount", ALWAYS, K},
    {"open_tree", ALWAYS, K},
    {"fsopen", ALWAYS, K},
    {"fsmount", ALWAYS, K},
    {"mount_setattr", ALWAYS, K},
    {"pivot_root", ALWAYS, K},
    {"chroot", ALWAYS, K},
    {"unshare", ALWAYS, K},
    {"setns", ALWAYS, K},
    {"open_by_handle_at", ALWAYS, K},
    {"name_to_handle_at", ALWAYS, K},
    {"io_uring_setup", ALWAYS, K},
    {"io_uring_enter", ALWAYS, K},
    {"io_uring_register", ALWAYS, K},
    {"io_setup", ALWAYS, K},
    {"bpf", ALWAYS, K},
    {"perf_event_open", ALWAYS, K},
    {"userfaultfd", ALWAYS, K},
    {"memfd_secret", ALWAYS, K},
    {"fanotify_init", ALWAYS, K},
    {"add_key", ALWAYS, K},
    {"request_key", ALWAYS, K},
    {"keyctl", ALWAYS, K},
    {"personality", ALWAYS, K},
    {"init_module", ALWAYS, K},
    {"finit_module", ALWAYS, K},
    {"delete_module", ALWAYS, K},
    {"kexec_load", ALWAYS, K},
    {"kexec_file_load", ALWAYS, K},
    {"reboot", ALWAYS, K},
    {"swapon", ALWAYS, K},
    {"swapoff", ALWAYS, K},
    {"settimeofday", ALWAYS, K},
    {"clock_settime", ALWAYS, K},
    {"adjtimex", ALWAYS, K},
    {"clock_adjtime", ALWAYS, K},
    {"sethostname", ALWAYS, K},
    {"setdomainname", ALWAYS, K},
    {"syslog", ALWAYS, K},
    {"acct", ALWAYS, K},
    {"quotactl", ALWAYS, K},
    {"iopl", ALWAYS, K},
    {"ioperm", ALWAYS, K},
    {"modify_ldt", ALWAYS, K},
};

typedef struct profile {
    const char *name;
    bool may_drop;      /* root becomes nobody; otherwise root is refused */
    bool closes_others; /* only the descriptors that are named stay open */
    bool launches;      /* goes on as another program: `denied` instead of `calls`, and threads are no processes */
    rlim_t descriptors; /* no new one gets this number, nor can more be waited for in poll() */
} profile;

static const profile profiles[FZ_JAIL_PROFILES] = {
    [FZ_JAIL_TSHARK] = {"tshark", false, false, false, 3},
    [FZ_JAIL_READER] = {"reader", true, true, false, 16},
    [FZ_JAIL_WRITER_SOCKET] = {"writer", true, true, false, 64},
    [FZ_JAIL_WRITER_FILE] = {"writer", true, true, false, 64},
    [FZ_JAIL_LAUNCH] = {"launcher", true, true, true, 256},
};

bool fz_jail_mode_parse(const char *text, fz_jail_mode *mode, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fz_jail_mode_names); i++)
        if (strcmp(text, fz_jail_mode_names[i]) == 0) {
            *mode = (fz_jail_mode)i;
            return true;
        }
    g_set_error(error, FZ_JAIL_ERROR, FZ_JAIL_ERROR_VALUE, "jail=%s: expected require, try or off", text);
    return false;
}

static bool fail(GError **error, const char *what, int fault)
{
    g_set_error(error, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, "%s: %s", what, g_strerror(fault));
    return false;
}

static bool refuse(GError **error, const char *why)
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
    if (folder == NULL)
        return fail(error, "/proc/self/task, which tells our threads", errno);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) /* NOLINT(concurrency-mt-unsafe): one thread */
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

/* A database file's owner goes on to own its journal; root's own files are worked on as root without capabilities. */
static bool pick_user(const fz_jail *jail, uid_t *user, gid_t *group, GError **error)
{
    struct stat about;

    *user = *group = NOBODY;
    if (jail->folder == NULL)
        return true;
    if (stat(jail->folder, &about) != 0)
        return fail(error, jail->folder, errno);
    *user = about.st_uid;
    *group = about.st_gid;
    return true;
}

static bool become(uid_t user, gid_t group, GError **error)
{
    if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
        return fail(error, "cannot become an unprivileged user", errno);
    if (user != 0 && (setuid(0) == 0 || is_root()))
        return refuse(error, "became an unprivileged user, but could turn back");
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

    if (!is_root())
        return true;
    if (!profiles[jail->profile].may_drop)
        return refuse(error, "this process is root, and dissectors are not for root: run it as an ordinary user");
    if (!pick_user(jail, &user, &group, error) || !become(user, group, error))
        return false;
    g_string_append_printf(reached, ", user %u", (unsigned)user);
    return true;
}

/* Whoever changes its user loses this, so it comes behind. */
static bool follow_parent(const fz_jail *jail, GString *reached, GError **error)
{
    (void)reached;
    if (jail->parent && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return fail(error, "cannot follow its parent", errno);
    if (jail->parent && getppid() != jail->parent)
        (void)raise(SIGKILL); /* it ended before we could follow */
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

/* A service manager may have forbidden the calls and taken all capabilities: then none are there to drop, ambient ones
 * neither, which are permitted ones. */
static bool drop_capabilities(const fz_jail *jail, GString *reached, GError **error)
{
    (void)jail;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (has_capabilities(&head)) {
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
            return fail(error, "cannot drop ambient capabilities", errno);
        if (syscall(SYS_capset, &head, none) != 0)
            return fail(error, "cannot drop capabilities", errno);
    }
    g_string_append(reached, ", no capabilities");
    return true;
}

static bool set_limit(int resource, const char *name, rlim_t most, GError **error)
{
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

    return setrlimit((__rlimit_resource_t)resource, &limit) == 0 || fail(error, name, errno);
}

/* No core file with a stranger's bytes or our passwords in it, no process, no more memory than was said. */
static bool limit_resources(const fz_jail *jail, GString *reached, GError **error)
{
    struct rlimit now;

    if (!set_limit(RLIMIT_CORE, "limit of core files", 0, error) ||
        (!profiles[jail->profile].launches && !set_limit(RLIMIT_NPROC, "limit of processes", 0, error)))
        return false;
    if (jail->memory_bytes && !SANITIZED) {
        if (getrlimit(RLIMIT_AS, &now) != 0)
            return fail(error, "limit of memory", errno);
        if (!set_limit(RLIMIT_AS, "limit of memory", MIN(now.rlim_max, jail->memory_bytes), error))
            return false;
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(error, "cannot forbid that others look into this process", errno);
    g_string_append(reached, ", limits");
    return true;
}

/* Landlock still needs descriptors, so this limit comes behind it. */
static bool limit_descriptors(const fz_jail *jail, GString *reached, GError **error)
{
    struct rlimit now;

    (void)reached;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return fail(error, "limit of descriptors", errno);
    return set_limit(RLIMIT_NOFILE, "limit of descriptors", MIN(now.rlim_max, profiles[jail->profile].descriptors),
                     error);
}

static bool is_kept(const fz_jail *jail, int fd)
{
    for (size_t i = 0; i < jail->keep_count; i++)
        if (jail->keep[i] == fd)
            return true;
    return fd <= STDERR_FILENO;
}

/* tshark holds descriptors that we don't know; of these a socket is a way out. */
static bool may_stay(const fz_jail *jail, int fd)
{
    struct stat about;

    if (jail->keep_count == FZ_JAIL_KEEP_ALL || is_kept(jail, fd))
        return true;
    if (profiles[jail->profile].closes_others)
        return false;
    return fstat(fd, &about) != 0 || !S_ISSOCK(about.st_mode);
}

static bool close_others(const fz_jail *jail, GString *reached, GError **error)
{
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(int));
    DIR *folder = opendir("/proc/self/fd");

    if (folder == NULL)
        return fail(error, "/proc/self/fd, which tells our descriptors", errno);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) { /* NOLINT(concurrency-mt-unsafe): one thread */
        int fd = entry->d_name[0] == '.' ? dirfd(folder) : (int)strtol(entry->d_name, NULL, 10);
        if (fd != dirfd(folder) && !may_stay(jail, fd))
            g_array_append_val(others, fd);
    }
    closedir(folder);
    for (guint i = 0; i < others->len; i++)
        close(g_array_index(others, int, i));
    g_string_append(reached, profiles[jail->profile].closes_others ? ", no other descriptors" : "");
    return true;
}

bool fz_jail_close_others(const int *keep, size_t keep_count, GError **error)
{
    g_autoptr(GString) unused = g_string_new(NULL);
    const fz_jail jail = {.profile = FZ_JAIL_READER, .keep = keep, .keep_count = keep_count};

    return close_others(&jail, unused, error);
}

static bool forbid_new_privileges(const fz_jail *jail, GString *reached, GError **error)
{
    (void)jail;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(error, "no_new_privs", errno);
    g_string_append(reached, ", no new privileges");
    return true;
}

/* Landlock (Linux 5.13), whose numbers are part of the kernel's interface and newer than many headers. */
enum {
    LANDLOCK_CREATE_RULESET = 444, /* the three calls have one number on every architecture */
    LANDLOCK_ADD_RULE = 445,
    LANDLOCK_RESTRICT_SELF = 446,
    LANDLOCK_VERSION = 1,
    LANDLOCK_PATH_BENEATH = 1,
};

typedef struct landlock_rules {
    uint64_t files, net, scoped;
} landlock_rules;

typedef struct __attribute__((packed)) landlock_path {
    uint64_t allowed;
    int32_t parent_fd;
} landlock_path;

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
        return !required || fail(error, path, errno);
    if (fstat(rule.parent_fd, &about) == 0 && !S_ISDIR(about.st_mode))
        rule.allowed &= ~LANDLOCK_READ_DIR; /* of a file the kernel wouldn't take it */
    long done = syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
    int fault = errno;
    close(rule.parent_fd);
    return done == 0 || fail(error, "Landlock", fault);
}

/* What the profile may still do with files. */
static bool allow_paths(int ruleset, const fz_jail *jail, const landlock_rules *handled, GError **error)
{
    static const char *const none[] = {NULL};
    const uint64_t work = handled->files & (LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR |
                                            LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE);
    const uint64_t look = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR;

    if (jail->folder != NULL && !allow_path(ruleset, jail->folder, work, true, error))
        return false;
    for (const char *const *path = jail->readable ? jail->readable : none; *path != NULL; path++)
        if (!allow_path(ruleset, *path, look, false, error))
            return false;
    for (const char *const *path = jail->programs ? jail->programs : none; *path != NULL; path++)
        if (!allow_path(ruleset, *path, LANDLOCK_READ_FILE | LANDLOCK_EXECUTE, false, error))
            return false;
    return true;
}

/* A kernel that says yes to everything is no jail. */
static bool check_landlock(const fz_jail *jail, GError **error)
{
    if (jail->folder != NULL && strcmp(jail->folder, "/") == 0)
        return true;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return true;
    close(fd);
    return refuse(error, "Landlock: the kernel took the rules, but / can still be opened");
}

static bool restrict_files(const fz_jail *jail, GString *reached, GError **error)
{
    long abi = syscall(LANDLOCK_CREATE_RULESET, NULL, (size_t)0, LANDLOCK_VERSION);
    if (abi < 1)
        return refuse(error, errno == EOPNOTSUPP ? "Landlock is switched off in this kernel (its lsm= parameter)"
                                                 : "this kernel has no Landlock (Linux 5.13 and later have)");
    landlock_rules handled = landlock_rights((int)abi);
    int ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &handled, sizeof handled, 0);
    if (ruleset < 0)
        return fail(error, "Landlock", errno);
    bool done = allow_paths(ruleset, jail, &handled, error);
    if (done && syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0)
        done = fail(error, "Landlock", errno);
    close(ruleset);
    if (!done || !check_landlock(jail, error))
        return false;
    g_string_append_printf(reached, ", Landlock version %ld", abi);
    return true;
}

/* Between the two lie those that change the terminal, or type into it. */
static int allow_screen(scmp_filter_ctx filter, int number)
{
    int fault = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A1(SCMP_CMP_EQ, TCGETS, 0));

    G_STATIC_ASSERT(TCGETS < TIOCSTI && TIOCSTI < TIOCGWINSZ);
    if (!fault)
        fault = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ, 0));
    if (!fault)
        fault = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), number, 1, SCMP_A1(SCMP_CMP_LT, TCGETS, 0));
    if (!fault)
        fault = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), number, 1, SCMP_A1(SCMP_CMP_GT, TIOCGWINSZ, 0));
    return fault;
}

/* Adds a row whose call goes through. Arguments are compared by value, never behind a pointer. */
static int allow_call(scmp_filter_ctx filter, int number, guard kind)
{
    static const int harmless[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW};
    int fault = 0;

    switch (kind) {
    case ANY:
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    case NOT_EXEC:
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    case TO_SELF:
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)getpid(), 0));
    case CONNECTED:
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A4(SCMP_CMP_EQ, 0, 0));
    case OF_FD:
        fault = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
                                 SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
        return fault ? fault
                     : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), number, 1,
                                        SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
    case FLAG_ONLY:
        for (size_t i = 0; i < G_N_ELEMENTS(harmless) && !fault; i++)
            fault =
                seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_A1_32(SCMP_CMP_EQ, (uint32_t)harmless[i], 0));
        return fault;
    case SCREEN:
        return allow_screen(filter, number);
    }
    return -EINVAL;
}

static int add_row(scmp_filter_ctx filter, const call *row, short fate)
{
    int number = seccomp_syscall_resolve_name(row->name);

    if (fate == K || number < 0) /* this machine has no such call */
        return 0;
    return fate == A ? allow_call(filter, number, row->guard)
                     : seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t)fate), number, 0);
}

static int deny_call(scmp_filter_ctx filter, int number, denial when, short fate)
{
    uint32_t action = fate == K ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO((uint16_t)fate);

    static const int owners[] = {F_SETOWN, F_SETSIG, F_SETOWN_EX};
    int fault = 0;

    switch (when) {
    case ALWAYS:
        break;
    case NOT_MINE:
        return seccomp_rule_add(filter, action, number, 1, SCMP_A0_32(SCMP_CMP_NE, 0, 0));
    case SET_OWNER:
        for (size_t i = 0; i < G_N_ELEMENTS(owners) && !fault; i++)
            fault = seccomp_rule_add(filter, action, number, 1, SCMP_A1_32(SCMP_CMP_EQ, (uint32_t)owners[i], 0));
        return fault;
    case TO_OTHERS:
        return seccomp_rule_add(filter, action, number, 1, SCMP_A0_32(SCMP_CMP_NE, (uint32_t)getpid(), 0));
    case NEW_PROCESS:
        return seccomp_rule_add(filter, action, number, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    }
    return seccomp_rule_add(filter, action, number, 0);
}

static int fill_denials(scmp_filter_ctx filter)
{
    int fault = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(denied) && !fault; i++) {
        int number = seccomp_syscall_resolve_name(denied[i].name);
        if (number >= 0)
            fault = deny_call(filter, number, denied[i].when, denied[i].fate);
    }
    return fault;
}

/* SCMP_ACT_KILL would end a thread, and leave main to exit with 0. */
static int fill_filter(scmp_filter_ctx filter, fz_jail_profile who)
{
    int fault = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    if (!fault)
        fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (profiles[who].launches)
        return fault ? fault : fill_denials(filter);
    for (size_t i = 0; i < G_N_ELEMENTS(calls) && !fault; i++)
        fault = add_row(filter, &calls[i], calls[i].fate[who]);
    return fault;
}

static bool filter_calls(const fz_jail *jail, GString *reached, GError **error)
{
    scmp_filter_ctx filter = seccomp_init(profiles[jail->profile].launches ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return refuse(error, "system calls can't be filtered: this kernel or libseccomp can't end a process for one");
    g_string_append(reached, ", system calls filtered"); /* nothing is allocated once the filter is in place */
    int fault = fill_filter(filter, jail->profile);
    if (!fault)
        fault = seccomp_load(filter);
    seccomp_release(filter);
    return fault == 0 || fail(error, "system calls can't be filtered (seccomp)", -fault);
}

typedef bool (*step)(const fz_jail *jail, GString *reached, GError **error);

/* The order matters: each takes away what the earlier ones needed. */
static const step steps[] = {
    check_threads,         drop_user,      follow_parent,     drop_capabilities, close_others, limit_resources,
    forbid_new_privileges, restrict_files, limit_descriptors, filter_calls,
};

/* localtime() looks at /etc/localtime again and again unless TZ says something. */
static void settle_time_zone(void)
{
    setenv("TZ", ":/etc/localtime", 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    tzset();
}

/* The leak checker traces us from a thread of its own, once: in a jail it can't. */
static void look_for_leaks(void)
{
#if SANITIZED
    __lsan_do_leak_check();
#endif
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
        return follow_parent(jail, done, error);
    settle_time_zone();
    look_for_leaks();
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

/* The number behind `key` in a line of the kernel's log; -1 where it isn't there. */
static long log_number(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

/* The call for which the kernel ended a process last, by its log: -1 where that can't be known. */
static int find_fatal_call(pid_t pid)
{
    char line[8192];
    long number = -1;
    ssize_t size;
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -1;
    /* EPIPE: records were overwritten while we read. */
    while ((size = read(fd, line, sizeof line - 1)) > 0 || (size < 0 && errno == EPIPE)) {
        line[MAX(size, 0)] = '\0';
        if (strstr(line, "type=1326") != NULL && log_number(line, " pid=") == pid &&
            log_number(line, " sig=") == SIGSYS)
            number = log_number(line, " syscall=");
    }
    close(fd);
    return (int)number;
}

static char *describe_violation(pid_t pid)
{
    int number = find_fatal_call(pid);
    char *name = number < 0 ? NULL : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    char *text = name ? g_strdup_printf("was ended by its jail: it tried the system call %s (SIGSYS)", name)
                      : g_strdup("was ended by its jail: it tried a system call that is not allowed (SIGSYS)");

    free(name);
    return text;
}

char *fz_jail_describe_end(pid_t pid, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return describe_violation(pid);
    if (WIFSIGNALED(status))
        return g_strdup_printf("was killed by signal %d (%s)", WTERMSIG(status), g_strsignal(WTERMSIG(status)));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return g_strdup_printf("ended with status %d", WEXITSTATUS(status));
    return NULL;
}
