/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail_parts.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* What becomes of a system call: it ends the process, it goes through, or it fails with this errno. */
enum { K = 0, A = -1 };

/* si_code of a trapped call: SYS_SECCOMP of the kernel, which few headers have. */
enum { TRAPPED = 1 };

/* What a call that goes through must look like besides. Arguments are compared by value: what is behind a pointer,
 * a path say, can't be seen. */
typedef enum guard {
    ANY,
    NOT_EXEC,     /* memory that can't be executed */
    NOT_WRITTEN,  /* memory that can't be written where it can be executed */
    OF_FD,        /* newfstatat as fstat; by path it fails with EACCES */
    TO_SELF,      /* first argument is this process */
    FLAG_ONLY,    /* fcntl: descriptor flags, file flags and record locks; not who gets signals (F_SETOWN) */
    CONNECTED,    /* sendto without an address */
    NOT_FIRST,    /* sendmsg: not as the first of a TCP connection, which asks nobody about its port */
    NOT_FIRST_TO, /* the same for sendto and sendmmsg */
    SCREEN,       /* ioctl: is it a terminal, and how wide; most others fail with ENOTTY */
    PROMPT,       /* ioctl: the same, asking for a password without echo, and how much a socket has */
    TO_SERVER,    /* socket: this machine's, TCP and UDP, and netlink for the C library's choice of addresses */
    PLAIN,        /* open: no file with the rights of its owner (setuid), or without a name, comes of it */
    PLAIN_AT,     /* the same for openat */
    READ_ONLY,    /* open: writes, makes and empties nothing */
    READ_ONLY_AT, /* the same for openat */
    OWN_FLAGS,    /* fcntl as in FLAG_ONLY, but for locks, and copies of descriptors */
    OWN_STATE,    /* prctl: what concerns the caller only */
    MINE,         /* prlimit64 of the caller */
    THREAD,       /* clone makes a thread, no process */
    ONCE,         /* execve with this launch's ticket */
} guard;

#define IS(argument, value)             \
    {                                   \
        argument, SCMP_CMP_EQ, value, 0 \
    }
#define IS_NOT(argument, value)         \
    {                                   \
        argument, SCMP_CMP_NE, value, 0 \
    }
#define BELOW(argument, value)          \
    {                                   \
        argument, SCMP_CMP_LT, value, 0 \
    }
#define ABOVE(argument, value)          \
    {                                   \
        argument, SCMP_CMP_GT, value, 0 \
    }
#define AT_MOST(argument, value)        \
    {                                   \
        argument, SCMP_CMP_LE, value, 0 \
    }
#define BITS(argument, mask, value)               \
    {                                             \
        argument, SCMP_CMP_MASKED_EQ, mask, value \
    }
#define PASS SCMP_ACT_ALLOW
#define FAIL(code) SCMP_ACT_ERRNO(code)
#define KILL SCMP_ACT_KILL_PROCESS
#define TO_US SCMP_ACT_TRAP

/* PR_SET_VMA of Linux 5.17, newer than many headers. */
#define FZ_PR_SET_VMA 0x53564d41

enum {
    SPECIAL_MODES = S_ISUID | S_ISGID | S_ISVTX,
    MAKE = O_ACCMODE | O_CREAT,
    WRITES = MAKE | O_TRUNC,
    NAMELESS = O_TMPFILE & ~O_DIRECTORY,
    SOCKET_TYPE = 0xf, /* the rest of that argument are flags */
};
/* TCGETS and TIOCGWINSZ are let through; between the two lie those that change the terminal, or type into it. */
G_STATIC_ASSERT(TCGETS < TIOCSTI && TIOCSTI < TIOCGWINSZ);

/* No two conditions of a guard are true of one call. What meets none gets what a call gets that isn't listed. */
static const struct {
    guard guard;
    uint32_t action;
    struct scmp_arg_cmp tests[3]; /* all that are there must be true */
} conditions[] = {
    {NOT_EXEC, PASS, {BITS(2, PROT_EXEC, 0)}},
    {NOT_WRITTEN, PASS, {BITS(2, PROT_EXEC, 0)}},
    {NOT_WRITTEN, PASS, {BITS(2, PROT_EXEC | PROT_WRITE, PROT_EXEC)}},
    {OF_FD, TO_US, {BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}},
    {OF_FD, FAIL(EACCES), {BITS(3, AT_EMPTY_PATH, 0)}},
    {FLAG_ONLY, PASS, {IS(1, F_GETFD)}},
    {FLAG_ONLY, PASS, {IS(1, F_SETFD)}},
    {FLAG_ONLY, PASS, {IS(1, F_GETFL)}},
    {FLAG_ONLY, PASS, {IS(1, F_SETFL)}},
    {FLAG_ONLY, PASS, {IS(1, F_GETLK)}},
    {FLAG_ONLY, PASS, {IS(1, F_SETLK)}},
    {FLAG_ONLY, PASS, {IS(1, F_SETLKW)}},
    {CONNECTED, PASS, {IS(4, 0)}},
    {NOT_FIRST, PASS, {BITS(2, MSG_FASTOPEN, 0)}},
    {NOT_FIRST_TO, PASS, {BITS(3, MSG_FASTOPEN, 0)}},
    {SCREEN, PASS, {IS(1, TCGETS)}},
    {SCREEN, PASS, {IS(1, TIOCGWINSZ)}},
    {SCREEN, FAIL(ENOTTY), {BELOW(1, TCGETS)}},
    {SCREEN, FAIL(ENOTTY), {ABOVE(1, TIOCGWINSZ)}},
    {PROMPT, PASS, {IS(1, TCGETS)}},
    {PROMPT, PASS, {IS(1, TCSETSF)}},
    {PROMPT, PASS, {IS(1, TCGETS2)}}, /* glibc's since 2.42 */
    {PROMPT, PASS, {IS(1, TCSETSF2)}},
    {PROMPT, PASS, {IS(1, TIOCGWINSZ)}},
    {PROMPT, PASS, {IS(1, FIONREAD)}},
    {PROMPT, PASS, {IS(1, FIONBIO)}},
    {TO_SERVER, PASS, {IS(0, AF_UNIX)}},
    /* Other protocols have ports that Landlock doesn't know: MPTCP reaches any server's of TCP. */
    {TO_SERVER, PASS, {IS(0, AF_INET), BITS(1, SOCKET_TYPE, SOCK_STREAM), AT_MOST(2, IPPROTO_UDP)}},
    {TO_SERVER, PASS, {IS(0, AF_INET), BITS(1, SOCKET_TYPE, SOCK_DGRAM), AT_MOST(2, IPPROTO_UDP)}},
    {TO_SERVER, PASS, {IS(0, AF_INET6), BITS(1, SOCKET_TYPE, SOCK_STREAM), AT_MOST(2, IPPROTO_UDP)}},
    {TO_SERVER, PASS, {IS(0, AF_INET6), BITS(1, SOCKET_TYPE, SOCK_DGRAM), AT_MOST(2, IPPROTO_UDP)}},
    {TO_SERVER, PASS, {IS(0, AF_NETLINK)}},
    {PLAIN, PASS, {BITS(2, SPECIAL_MODES, 0), BITS(1, NAMELESS, 0)}},
    {PLAIN_AT, PASS, {BITS(3, SPECIAL_MODES, 0), BITS(2, NAMELESS, 0)}},
    {READ_ONLY, PASS, {BITS(1, WRITES, O_RDONLY)}},
    {READ_ONLY, FAIL(EACCES), {BITS(1, O_ACCMODE, O_WRONLY)}},
    {READ_ONLY, FAIL(EACCES), {BITS(1, O_ACCMODE, O_RDWR)}},
    {READ_ONLY, FAIL(EACCES), {BITS(1, MAKE, O_CREAT)}},
    {READ_ONLY, FAIL(EACCES), {BITS(1, WRITES, O_TRUNC)}},
    {READ_ONLY_AT, PASS, {BITS(2, WRITES, O_RDONLY)}},
    {READ_ONLY_AT, FAIL(EACCES), {BITS(2, O_ACCMODE, O_WRONLY)}},
    {READ_ONLY_AT, FAIL(EACCES), {BITS(2, O_ACCMODE, O_RDWR)}},
    {READ_ONLY_AT, FAIL(EACCES), {BITS(2, MAKE, O_CREAT)}},
    {READ_ONLY_AT, FAIL(EACCES), {BITS(2, WRITES, O_TRUNC)}},
    {OWN_FLAGS, PASS, {IS(1, F_GETFD)}},
    {OWN_FLAGS, PASS, {IS(1, F_SETFD)}},
    {OWN_FLAGS, PASS, {IS(1, F_GETFL)}},
    {OWN_FLAGS, PASS, {IS(1, F_SETFL)}},
    {OWN_FLAGS, PASS, {IS(1, F_DUPFD)}},
    {OWN_FLAGS, PASS, {IS(1, F_DUPFD_CLOEXEC)}},
    {OWN_FLAGS, KILL, {IS(1, F_SETOWN)}},
    {OWN_FLAGS, KILL, {IS(1, F_SETSIG)}},
    {OWN_FLAGS, KILL, {IS(1, F_SETOWN_EX)}},
    {OWN_STATE, PASS, {IS(0, PR_SET_NAME)}},
    {OWN_STATE, PASS, {IS(0, PR_GET_NAME)}},
    {OWN_STATE, PASS, {IS(0, PR_SET_DUMPABLE)}},
    {OWN_STATE, PASS, {IS(0, PR_GET_DUMPABLE)}},
    {OWN_STATE, PASS, {IS(0, PR_CAPBSET_READ)}},
    {OWN_STATE, PASS, {IS(0, PR_CAP_AMBIENT)}},
    {OWN_STATE, PASS, {IS(0, PR_SET_NO_NEW_PRIVS)}},
    {OWN_STATE, PASS, {IS(0, PR_GET_NO_NEW_PRIVS)}},
    {OWN_STATE, PASS, {IS(0, PR_SET_SECCOMP)}},
    {OWN_STATE, FAIL(EINVAL), {IS(0, FZ_PR_SET_VMA)}}, /* malloc() names its pages */
    {MINE, PASS, {IS(0, 0)}},
    {MINE, KILL, {IS_NOT(0, 0)}},
    {THREAD, PASS, {BITS(0, CLONE_THREAD, CLONE_THREAD)}},
    {THREAD, FAIL(EPERM), {BITS(0, CLONE_THREAD, 0)}},
};

typedef struct call {
    const char *name;
    guard guard;
    short fate[FZ_JAIL_LAUNCH]; /* by profile; from that one on there is a table of their own */
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
    {"recvmsg", ANY, {K, K, A, A}}, /* writers get their inputs this way */
    {"shutdown", ANY, {K, K, A, K}},
    {"setitimer", ANY, {K, K, A, K}}, /* a server has so long for an answer */
    {"fsync", ANY, {K, K, K, A}},
    {"fdatasync", ANY, {K, K, K, A}},
    {"ftruncate", ANY, {K, K, K, A}},
    {"fallocate", ANY, {K, K, K, EOPNOTSUPP}},
    /* Paths: tshark's late configuration, message catalogues, time zones, character sets. */
    {"open", PLAIN, {EACCES, EACCES, EACCES, A}},
    {"openat", PLAIN_AT, {EACCES, EACCES, EACCES, A}},
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
    {"chdir", ANY, {EACCES, K, K, K}}, /* Wireshark 4.6 goes to Diameter's dictionary at its first packet */
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
#if FZ_SANITIZED
    {"sigaltstack", ANY, {A, A, A, A}},
#endif
};

/* Two profiles are not at their work yet, and open files. FZ_JAIL_LAUNCH leaves to the program that it becomes no way
 * to other processes, to the network, or to what outlives it; FZ_JAIL_CONNECT neither programs nor processes, and the
 * network. Any other call fails with ENOSYS, as one of a kernel that is newer than this table does on an older kernel.
 * The filter of the work itself comes on top: the tap's, or FZ_JAIL_WRITER_SOCKET's. */
enum { LAUNCHING, CONNECTING };
static const struct {
    const char *name;
    guard guard;
    short fate[2];
} starting[] = {
    /* name, guard, {launch, connect} */
    {"read", ANY, {A, A}},
    {"write", ANY, {A, A}},
    {"readv", ANY, {A, A}},
    {"writev", ANY, {A, A}},
    {"lseek", ANY, {A, A}},
    {"pread64", ANY, {A, A}},
    {"pwrite64", ANY, {A, A}},
    {"close", ANY, {A, A}},
    {"dup", ANY, {A, A}},
    {"dup2", ANY, {A, A}},
    {"dup3", ANY, {A, A}},
    {"fstat", ANY, {A, A}},
    {"newfstatat", ANY, {A, A}},
    {"stat", ANY, {A, A}},
    {"lstat", ANY, {A, A}},
    {"statx", ANY, {A, A}},
    {"access", ANY, {A, A}},
    {"faccessat", ANY, {A, A}},
    {"faccessat2", ANY, {A, A}},
    {"readlink", ANY, {A, A}},
    {"readlinkat", ANY, {A, A}},
    {"getcwd", ANY, {A, A}},
    {"getdents64", ANY, {A, A}},
    {"fstatfs", ANY, {A, A}},
    {"statfs", ANY, {A, A}},
    {"fadvise64", ANY, {A, A}},
    {"poll", ANY, {A, A}},
    {"ppoll", ANY, {A, A}},
    {"select", ANY, {A, A}},
    {"pselect6", ANY, {A, A}},
    {"brk", ANY, {A, A}},
    {"mmap", ANY, {A, ENOSYS}},
    {"mmap", NOT_WRITTEN, {ENOSYS, A}}, /* name services and ways to authenticate are libraries */
    {"mprotect", ANY, {A, ENOSYS}},
    {"mprotect", NOT_EXEC, {ENOSYS, A}},
    {"munmap", ANY, {A, A}},
    {"mremap", ANY, {A, A}},
    {"madvise", ANY, {A, A}},
    {"futex", ANY, {A, A}},
    {"rt_sigaction", ANY, {A, A}},
    {"rt_sigprocmask", ANY, {A, A}},
    {"rt_sigreturn", ANY, {A, A}},
    {"restart_syscall", ANY, {A, A}},
    {"sigaltstack", ANY, {A, A}},
    {"getpid", ANY, {A, A}},
    {"getppid", ANY, {A, A}},
    {"gettid", ANY, {A, A}},
    {"getuid", ANY, {A, A}},
    {"geteuid", ANY, {A, A}},
    {"getgid", ANY, {A, A}},
    {"getegid", ANY, {A, A}},
    {"getresuid", ANY, {A, A}},
    {"getresgid", ANY, {A, A}},
    {"getgroups", ANY, {A, A}},
    {"clock_gettime", ANY, {A, A}},
    {"clock_getres", ANY, {A, A}},
    {"gettimeofday", ANY, {A, A}},
    {"time", ANY, {A, A}},
    {"clock_nanosleep", ANY, {A, A}},
    {"nanosleep", ANY, {A, A}},
    {"getrandom", ANY, {A, A}},
    {"sysinfo", ANY, {A, A}},
    {"uname", ANY, {A, A}},
    {"getrusage", ANY, {A, A}},
    {"sched_yield", ANY, {A, A}},
    {"set_robust_list", ANY, {A, A}},
    {"set_tid_address", ANY, {A, A}},
    {"rseq", ANY, {A, A}},
    {"arch_prctl", ANY, {A, A}},
    {"membarrier", ANY, {A, A}},
    {"eventfd2", ANY, {A, A}},
    {"pipe", ANY, {A, A}},
    {"pipe2", ANY, {A, A}},
    {"getrlimit", ANY, {A, A}},
    {"setrlimit", ANY, {A, A}},
    {"capget", ANY, {A, A}},
    {"capset", ANY, {A, A}}, /* these two and prctl: the tap locks itself */
    {"seccomp", ANY, {A, A}},
    {"exit", ANY, {A, A}},
    {"exit_group", ANY, {A, A}},
    {"open", READ_ONLY, {A, A}},
    {"openat", READ_ONLY_AT, {A, A}},
    {"fcntl", OWN_FLAGS, {A, A}},
    {"ioctl", SCREEN, {A, ENOSYS}},
    {"ioctl", PROMPT, {ENOSYS, A}},
    {"prctl", OWN_STATE, {A, A}},
    {"prlimit64", MINE, {A, A}},
    {"kill", TO_SELF, {A, A}},
    {"tgkill", TO_SELF, {A, A}},
    {"clone", THREAD, {A, EPERM}},
    {"execve", ONCE, {A, ENOSYS}}, /* by fz_jail_exec */
    {"openat2", ANY, {EACCES, EACCES}},
    {"clone3", ANY, {ENOSYS, ENOSYS}}, /* the C library goes on with clone, whose flags can be seen */
    {"fork", ANY, {EPERM, EPERM}},
    {"vfork", ANY, {EPERM, EPERM}},
    {"socket", ANY, {EACCES, ENOSYS}}, /* name services ask, and cope */
    {"socket", TO_SERVER, {ENOSYS, A}},
    {"setsockopt", ANY, {ENOSYS, A}},
    {"getsockopt", ANY, {ENOSYS, A}},
    {"getsockname", ANY, {ENOSYS, A}},
    {"getpeername", ANY, {ENOSYS, A}},
    {"recvfrom", ANY, {ENOSYS, A}},
    {"recvmsg", ANY, {ENOSYS, A}},
    {"shutdown", ANY, {ENOSYS, A}},
    {"setitimer", ANY, {ENOSYS, A}},
    {"socketpair", ANY, {EACCES, EACCES}},
    {"sched_getaffinity", ANY, {A, EPERM}}, /* pthread_getattr_np() */
    /* Only an intruder would. */
    {"connect", ANY, {K, A}},
    {"bind", ANY, {K, A}},
    {"listen", ANY, {K, K}},
    {"accept", ANY, {K, K}},
    {"accept4", ANY, {K, K}},
    {"sendto", NOT_FIRST_TO, {K, A}},
    {"sendmsg", NOT_FIRST, {K, A}},
    {"sendmmsg", NOT_FIRST_TO, {K, A}},
    {"tkill", ANY, {K, K}},
    {"rt_sigqueueinfo", ANY, {K, K}},
    {"rt_tgsigqueueinfo", ANY, {K, K}},
    {"pidfd_open", ANY, {K, K}},
    {"pidfd_send_signal", ANY, {K, K}},
    {"pidfd_getfd", ANY, {K, K}},
    {"ptrace", ANY, {K, K}},
    {"process_vm_readv", ANY, {K, K}},
    {"process_vm_writev", ANY, {K, K}},
    {"process_madvise", ANY, {K, K}},
    {"kcmp", ANY, {K, K}},
    {"execveat", ANY, {K, K}},
    {"chmod", ANY, {K, K}},
    {"fchmod", ANY, {K, K}},
    {"fchmodat", ANY, {K, K}},
    {"fchmodat2", ANY, {K, K}},
    {"chown", ANY, {K, K}},
    {"fchown", ANY, {K, K}},
    {"lchown", ANY, {K, K}},
    {"fchownat", ANY, {K, K}},
    {"setxattr", ANY, {K, K}},
    {"lsetxattr", ANY, {K, K}},
    {"fsetxattr", ANY, {K, K}},
    {"mknod", ANY, {K, K}},
    {"mknodat", ANY, {K, K}},
    {"mount", ANY, {K, K}},
    {"umount2", ANY, {K, K}},
    {"move_mount", ANY, {K, K}},
    {"open_tree", ANY, {K, K}},
    {"fsopen", ANY, {K, K}},
    {"fsmount", ANY, {K, K}},
    {"mount_setattr", ANY, {K, K}},
    {"pivot_root", ANY, {K, K}},
    {"chroot", ANY, {K, K}},
    {"unshare", ANY, {K, K}},
    {"setns", ANY, {K, K}},
    {"open_by_handle_at", ANY, {K, K}},
    {"name_to_handle_at", ANY, {K, K}},
    {"io_uring_setup", ANY, {K, K}},
    {"io_uring_enter", ANY, {K, K}},
    {"io_uring_register", ANY, {K, K}},
    {"io_setup", ANY, {K, K}},
    {"bpf", ANY, {K, K}},
    {"perf_event_open", ANY, {K, K}},
    {"userfaultfd", ANY, {K, K}},
    {"memfd_secret", ANY, {K, K}},
    {"fanotify_init", ANY, {K, K}},
    {"add_key", ANY, {K, K}},
    {"request_key", ANY, {K, K}},
    {"keyctl", ANY, {K, K}},
    {"personality", ANY, {K, K}},
    {"init_module", ANY, {K, K}},
    {"finit_module", ANY, {K, K}},
    {"delete_module", ANY, {K, K}},
    {"kexec_load", ANY, {K, K}},
    {"kexec_file_load", ANY, {K, K}},
    {"reboot", ANY, {K, K}},
    {"swapon", ANY, {K, K}},
    {"swapoff", ANY, {K, K}},
    {"settimeofday", ANY, {K, K}},
    {"clock_settime", ANY, {K, K}},
    {"adjtimex", ANY, {K, K}},
    {"clock_adjtime", ANY, {K, K}},
    {"sethostname", ANY, {K, K}},
    {"setdomainname", ANY, {K, K}},
    {"syslog", ANY, {K, K}},
    {"acct", ANY, {K, K}},
    {"quotactl", ANY, {K, K}},
    {"iopl", ANY, {K, K}},
    {"ioperm", ANY, {K, K}},
    {"modify_ldt", ANY, {K, K}},
    {"removexattr", ANY, {K, K}},
    {"lremovexattr", ANY, {K, K}},
    {"fremovexattr", ANY, {K, K}},
    {"utime", ANY, {K, K}},
    {"utimes", ANY, {K, K}},
    {"futimesat", ANY, {K, K}},
    {"utimensat", ANY, {K, K}},
    {"shmget", ANY, {K, K}},
    {"shmat", ANY, {K, K}},
    {"shmctl", ANY, {K, K}},
    {"shmdt", ANY, {K, K}},
    {"semget", ANY, {K, K}},
    {"semop", ANY, {K, K}},
    {"semtimedop", ANY, {K, K}},
    {"semctl", ANY, {K, K}},
    {"msgget", ANY, {K, K}},
    {"msgsnd", ANY, {K, K}},
    {"msgrcv", ANY, {K, K}},
    {"msgctl", ANY, {K, K}},
    {"mq_open", ANY, {K, K}},
    {"mq_unlink", ANY, {K, K}},
    {"mq_notify", ANY, {K, K}},
    {"setpriority", ANY, {K, K}},
    {"ioprio_set", ANY, {K, K}},
    {"quotactl_fd", ANY, {K, K}},
    {"fsconfig", ANY, {K, K}},
    {"fspick", ANY, {K, K}},
    {"process_mrelease", ANY, {K, K}},
    {"fanotify_mark", ANY, {K, K}},
};

/* What a launched process doesn't know: execve has three arguments, and the filter looks at two more. */
static unsigned long ticket[2];

/* The registers of a call that was trapped: where its arguments are, and where its result goes. */
#if defined(__x86_64__)
#define ARGUMENT(machine, n) ((machine)->gregs[(const int[]){REG_RDI, REG_RSI, REG_RDX}[n]])
#define RESULT(machine) ((machine)->gregs[REG_RAX])
#elif defined(__aarch64__)
#define ARGUMENT(machine, n) ((machine)->regs[n])
#define RESULT(machine) ((machine)->regs[0])
#elif defined(__riscv)
#define ARGUMENT(machine, n) ((machine)->__gregs[REG_A0 + (n)])
#define RESULT(machine) ((machine)->__gregs[REG_A0])
#else
#error "jail_calls.c: it isn't known where this processor keeps the arguments of a system call"
#endif

/* fstat() of glibc 2.33 to 2.38 is newfstatat with an empty path, and no filter can see whether a path is empty. So the
 * kernel never gets that call: it comes here as a signal, and we answer by the call that takes no path. */
static void answer_fstat(int signal_number, siginfo_t *info, void *context)
{
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    int before = errno;

    if (info->si_code != TRAPPED || info->si_syscall != SYS_newfstatat) {
        (void)signal(signal_number, SIG_DFL); /* sent by a process: it ends us when we return */
        (void)raise(signal_number);
        return;
    }
    const char *path = (const char *)(uintptr_t)ARGUMENT(machine, 1); /* NOLINT(performance-no-int-to-ptr) */
    if (path && *path)
        RESULT(machine) = -EACCES;
    else
        RESULT(machine) = syscall(SYS_fstat, ARGUMENT(machine, 0), ARGUMENT(machine, 2)) == 0 ? 0 : -errno;
    errno = before;
}

static int catch_fstat(void)
{
    const struct sigaction action = {.sa_sigaction = answer_fstat, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigset_t mine;

    sigemptyset(&mine);
    sigaddset(&mine, SIGSYS);
    if (sigaction(SIGSYS, &action, NULL) != 0)
        return -errno;
    return -pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
}

/* What happens anyway needs no rule, and may have none. */
static int add_rule(scmp_filter_ctx filter, uint32_t action, int number, unsigned count,
                    const struct scmp_arg_cmp *tests)
{
    uint32_t usual = action;
    int fault = seccomp_attr_get(filter, SCMP_FLTATR_ACT_DEFAULT, &usual);

    return fault || action == usual ? fault : seccomp_rule_add_array(filter, action, number, count, tests);
}

static int add_conditions(scmp_filter_ctx filter, int number, guard kind)
{
    int fault = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(conditions) && !fault; i++) {
        const struct scmp_arg_cmp *tests = conditions[i].tests;
        unsigned count = 1;
        while (count < G_N_ELEMENTS(conditions[i].tests) && tests[count].op != _SCMP_CMP_MIN)
            count++;
        if (conditions[i].guard == kind)
            fault = add_rule(filter, conditions[i].action, number, count, tests);
    }
    return fault;
}

static int allow_to_self(scmp_filter_ctx filter, int number)
{
    const uint32_t self = (uint32_t)getpid();
    const struct scmp_arg_cmp is = IS(0, self), is_not = IS_NOT(0, self);
    int fault = add_rule(filter, PASS, number, 1, &is);

    return fault ? fault : add_rule(filter, KILL, number, 1, &is_not);
}

static int allow_once(scmp_filter_ctx filter, int number)
{
    const struct scmp_arg_cmp both[] = {IS(3, ticket[0]), IS(4, ticket[1])};

    return add_rule(filter, PASS, number, G_N_ELEMENTS(both), both);
}

static int add_call(scmp_filter_ctx filter, const char *name, guard kind, short fate)
{
    int number = seccomp_syscall_resolve_name(name);

    if (number < 0) /* this machine has no such call */
        return 0;
    if (fate != A)
        return add_rule(filter, fate == K ? KILL : FAIL((uint16_t)fate), number, 0, NULL);
    switch (kind) {
    case ANY:
        return add_rule(filter, PASS, number, 0, NULL);
    case TO_SELF:
        return allow_to_self(filter, number);
    case ONCE:
        return allow_once(filter, number);
    default:
        return add_conditions(filter, number, kind);
    }
}

/* The newest calls have one number on every architecture, and names that an older libseccomp doesn't know. */
static int fill_starting(scmp_filter_ctx filter, int who)
{
    int fault = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(starting) && !fault; i++)
        fault = add_call(filter, starting[i].name, starting[i].guard, starting[i].fate[who]);
    for (int number = FZ_LANDLOCK_FIRST; number <= FZ_LANDLOCK_LAST && !fault; number++)
        fault = add_rule(filter, PASS, number, 0, NULL);
    return fault;
}

/* SCMP_ACT_KILL would end a thread, and leave main to exit with 0. */
static int fill_filter(scmp_filter_ctx filter, fz_jail_profile who)
{
    int fault = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    if (!fault)
        fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (who >= FZ_JAIL_LAUNCH)
        return fault ? fault : fill_starting(filter, who == FZ_JAIL_LAUNCH ? LAUNCHING : CONNECTING);
    for (size_t i = 0; i < G_N_ELEMENTS(calls) && !fault; i++)
        if (calls[i].fate[who] != K)
            fault = add_call(filter, calls[i].name, calls[i].guard, calls[i].fate[who]);
    return fault ? fault : catch_fstat();
}

bool fz_jail_filter_calls(const fz_jail *jail, GString *reached, GError **error)
{
    const bool launches = jail->profile == FZ_JAIL_LAUNCH;

    if (launches && getrandom(ticket, sizeof ticket, 0) != (ssize_t)sizeof ticket)
        return fz_jail_fail(error, "random numbers", errno);
    scmp_filter_ctx filter = seccomp_init(jail->profile >= FZ_JAIL_LAUNCH ? FAIL(ENOSYS) : KILL);
    if (filter == NULL)
        return fz_jail_refuse(error,
                              "system calls can't be filtered: this kernel or libseccomp can't end a process for one");
    g_string_append(reached, ", system calls filtered"); /* nothing is allocated once the filter is in place */
    int fault = fill_filter(filter, jail->profile);
    if (!fault)
        fault = seccomp_load(filter);
    seccomp_release(filter);
    return fault == 0 || fz_jail_fail(error, "system calls can't be filtered (seccomp)", -fault);
}

int fz_jail_exec(const char *path, char *const arguments[])
{
    syscall(SYS_execve, path, arguments, environ, ticket[0], ticket[1], 0L);
    return errno;
}
