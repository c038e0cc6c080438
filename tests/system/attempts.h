/* What an intruder would try, one named attempt each. Every one of them works in an ordinary process.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TEST_ATTEMPTS_H
#define FZ_TEST_ATTEMPTS_H

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Made before the lock, so that the call that is tried is the only thing that can fail. */
static struct {
    char file[64], other[64], folder[64];
    int fd, udp, pair[2];
    pid_t neighbour; /* a process of the same user */
} attempt_at;

/* Every attempt returns 0 when it worked, or an errno. */
#define ATTEMPT(expression) return (expression) < 0 ? errno : 0

static inline int try_nothing(void)
{
    return 0;
}
static inline int try_open(void)
{
    ATTEMPT(open("/etc/passwd", O_RDONLY));
}
static inline int try_openat2(void)
{
    unsigned long how[3] = {O_RDONLY, 0, 0};
    ATTEMPT(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how));
}
static inline int try_create(void)
{
    ATTEMPT(open(attempt_at.other, O_CREAT | O_WRONLY, 0600));
}
static inline int try_open_own_memory(void)
{
    ATTEMPT(open("/proc/self/mem", O_RDWR));
}
static inline int try_stat(void)
{
    struct stat about;
    ATTEMPT(stat("/etc/passwd", &about));
}
static inline int try_stat_empty_path(void)
{
    struct stat about;
    ATTEMPT(syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &about, AT_EMPTY_PATH));
}
static inline int try_fstat(void)
{
    struct stat about = {0};
    if (fstat(attempt_at.fd, &about) != 0)
        return errno;
    return S_ISREG(about.st_mode) ? 0 : EIO;
}
static inline int try_fstat_as_libraries(void)
{
    struct stat about = {0};
    if (syscall(SYS_newfstatat, attempt_at.fd, "", &about, AT_EMPTY_PATH) != 0)
        return errno;
    if (syscall(SYS_newfstatat, 9999, "", &about, AT_EMPTY_PATH) == 0 || errno != EBADF)
        return EIO;
    return S_ISREG(about.st_mode) ? 0 : EIO;
}
static inline int try_unlink(void)
{
    ATTEMPT(unlink(attempt_at.file));
}
static inline int try_rename(void)
{
    ATTEMPT(rename(attempt_at.file, attempt_at.other));
}
static inline int try_link(void)
{
    ATTEMPT(link(attempt_at.file, attempt_at.other));
}
static inline int try_symlink(void)
{
    ATTEMPT(symlink("/etc/passwd", attempt_at.other));
}
static inline int try_mkdir(void)
{
    ATTEMPT(mkdir(attempt_at.other, 0700));
}
static inline int try_truncate(void)
{
    ATTEMPT(truncate(attempt_at.file, 1));
}
static inline int try_chmod(void)
{
    ATTEMPT(chmod(attempt_at.file, 0666));
}
static inline int try_fchmod(void)
{
    ATTEMPT(fchmod(attempt_at.fd, 0666));
}
static inline int try_chdir(void)
{
    ATTEMPT(chdir("/tmp"));
}
static inline int try_socket_tcp(void)
{
    ATTEMPT(socket(AF_INET, SOCK_STREAM, 0));
}
static inline int try_socket_udp(void)
{
    ATTEMPT(socket(AF_INET, SOCK_DGRAM, 0));
}
static inline int try_socket_unix(void)
{
    ATTEMPT(socket(AF_UNIX, SOCK_STREAM, 0));
}
static inline int try_socket_netlink(void)
{
    ATTEMPT(socket(AF_NETLINK, SOCK_RAW, 0));
}
static inline int try_socketpair(void)
{
    int ends[2];
    ATTEMPT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}
static const struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = 2304, .sin_addr = {0x0100007f}};
static inline int try_connect(void)
{
    ATTEMPT(connect(attempt_at.udp, (const struct sockaddr *)&nowhere, sizeof nowhere));
}
static inline int try_bind(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    ATTEMPT(bind(attempt_at.udp, (const struct sockaddr *)&any, sizeof any));
}
static inline int try_send_udp(void)
{
    ATTEMPT(sendto(attempt_at.udp, "x", 1, 0, (const struct sockaddr *)&nowhere, sizeof nowhere));
}
static inline int try_pass_descriptor(void)
{
    char room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {room, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(head), &attempt_at.fd, sizeof(int));
    ATTEMPT(sendmsg(attempt_at.pair[0], &message, 0));
}
static inline int try_exec(void)
{
    char *const arguments[] = {(char[]){"true"}, NULL}, *const none[] = {NULL};
    ATTEMPT(execve("/bin/true", arguments, none));
}
static inline int try_fork(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    ATTEMPT(child < 0 ? -1 : waitpid(child, NULL, 0));
}
static inline void *no_work(void *unused)
{
    return unused;
}
static inline int try_thread(void)
{
    pthread_t thread;
    int fault = pthread_create(&thread, NULL, no_work, NULL);
    if (!fault)
        pthread_join(thread, NULL);
    return fault;
}
static inline int try_ptrace(void)
{
    ATTEMPT(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
static inline int try_read_process(void)
{
    char from = 1, to;
    struct iovec local = {&to, 1}, remote = {&from, 1};
    ATTEMPT(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}
static inline int try_kill(void)
{
    ATTEMPT(kill(attempt_at.neighbour, 0));
}
static inline int try_tgkill(void)
{
    ATTEMPT(syscall(SYS_tgkill, attempt_at.neighbour, attempt_at.neighbour, 0));
}
static inline int try_pidfd(void)
{
    ATTEMPT(syscall(SYS_pidfd_open, attempt_at.neighbour, 0));
}
static inline int try_setown(void)
{
    ATTEMPT(fcntl(attempt_at.udp, F_SETOWN, attempt_at.neighbour));
}
static inline int try_mmap_exec(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}
static inline int try_mprotect_exec(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ATTEMPT(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}
static inline int try_dlopen(void)
{
    return dlopen("libBrokenLocale.so.1", RTLD_NOW) ? 0 : EACCES;
}
static inline int try_memfd(void)
{
    ATTEMPT(syscall(SYS_memfd_create, "x", 0));
}
static inline int try_personality(void)
{
    ATTEMPT(personality(READ_IMPLIES_EXEC));
}
static inline int try_ioctl(void)
{
    int ready;
    ATTEMPT(ioctl(attempt_at.udp, FIONREAD, &ready));
}
static inline int try_prlimit(void)
{
    struct rlimit limit;
    ATTEMPT(prlimit(attempt_at.neighbour, RLIMIT_NOFILE, NULL, &limit));
}
static inline int try_prctl(void)
{
    ATTEMPT(prctl(PR_SET_NAME, "x"));
}
static inline int try_setuid(void)
{
    ATTEMPT(setresuid(getuid(), getuid(), getuid()));
}
static inline int try_io_uring(void)
{
    struct io_uring_params params = {0};
    ATTEMPT(syscall(SYS_io_uring_setup, 2, &params));
}
static inline int try_bpf(void)
{
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    ATTEMPT(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
}
static inline int try_perf(void)
{
    struct perf_event_attr event = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1};
    ATTEMPT(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}
static inline int try_unshare(void)
{
    ATTEMPT(unshare(CLONE_NEWNS));
}
static inline int try_mount(void)
{
    if (unshare(CLONE_NEWNS) < 0) /* in a jail the process is gone by now */
        return errno;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return errno;
    ATTEMPT(mount("none", attempt_at.folder, "tmpfs", 0, NULL));
}
static inline int try_mount_call(void)
{
    ATTEMPT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}
static inline int try_chroot(void)
{
    ATTEMPT(chroot("/"));
}
static inline int try_mknod(void)
{
    ATTEMPT(mkfifo(attempt_at.other, 0600));
}
static inline int try_inherited_socket(void)
{
    ATTEMPT(write(attempt_at.pair[0], "x", 1));
}

/* How a jail answers: columns are the profiles of core/jail.h. 'k' the process ends, 'r' the call is refused, 'w' it
 * works. */
typedef struct attempt {
    const char *name;
    int (*run)(void);
    bool for_root; /* works for root only */
    char answer[7];
} attempt;

static const attempt attempts[] = {
    /* name, function, for root; tshark, reader, writer on a socket, writer of a file, launcher, connecting writer */
    {"nothing", try_nothing, false, "wwwwww"},
    {"open", try_open, false, "rrrrrr"},
    {"openat2", try_openat2, false, "rrrrrr"},
    {"create", try_create, false, "rrrwrr"}, /* the writer of a file: in its folder */
    {"open-own-memory", try_open_own_memory, false, "rrrrrr"},
    {"stat", try_stat, false, "rrrwww"},
    {"stat-empty-path", try_stat_empty_path, false, "rrrwww"},
    {"fstat", try_fstat, false, "wwwwww"},
    {"fstat-as-libraries", try_fstat_as_libraries, false, "wwwwww"},
    {"unlink", try_unlink, false, "kkkwrr"},
    {"rename", try_rename, false, "kkkkrr"},
    {"link", try_link, false, "kkkkrr"},
    {"symlink", try_symlink, false, "kkkkrr"},
    {"mkdir", try_mkdir, false, "rkkkrr"},
    {"truncate", try_truncate, false, "kkkkrr"},
    {"chmod", try_chmod, false, "kkkkkk"},
    {"fchmod", try_fchmod, false, "kkkrkk"},
    {"chdir", try_chdir, false, "kkkkrr"},
    {"mknod", try_mknod, false, "kkkkkk"},
    {"socket-tcp", try_socket_tcp, false, "kkrkrw"},
    {"socket-udp", try_socket_udp, false, "kkrkrw"},
    {"socket-unix", try_socket_unix, false, "kkrkrw"},
    {"socket-netlink", try_socket_netlink, false, "kkrkrw"},
    {"socketpair", try_socketpair, false, "kkkkrr"},
    {"connect", try_connect, false, "kkkkkw"},
    {"bind", try_bind, false, "kkkkkw"},
    {"send-udp", try_send_udp, false, "kkkkkw"},
    {"pass-descriptor", try_pass_descriptor, false, "kkkkkr"},
    {"inherited-socket", try_inherited_socket, false, "rrrrrr"},
    {"exec", try_exec, false, "kkkkrr"},
    {"fork", try_fork, false, "kkkkrr"},
    {"thread", try_thread, false, "kkkkwr"},
    {"ptrace", try_ptrace, false, "kkkkkk"},
    {"read-process", try_read_process, false, "kkkkkk"},
    {"kill", try_kill, false, "kkkkkk"},
    {"tgkill", try_tgkill, false, "kkkkkk"},
    {"pidfd", try_pidfd, false, "kkkkkk"},
    {"setown", try_setown, false, "kkkkkk"},
    {"mmap-exec", try_mmap_exec, false, "kkkkww"},
    {"mprotect-exec", try_mprotect_exec, false, "kkkkwr"},
    {"dlopen", try_dlopen, false, "rrrrrr"},
    {"memfd", try_memfd, false, "kkkkrr"},
    {"personality", try_personality, false, "kkkkkk"},
    {"ioctl", try_ioctl, false, "rrrrrw"},
    {"prlimit", try_prlimit, false, "rrrrkk"},
    {"prctl", try_prctl, false, "rrrrww"},
    {"setuid", try_setuid, false, "kkkkrr"},
    {"io_uring", try_io_uring, false, "kkkkkk"},
    {"bpf", try_bpf, true, "kkkkkk"},
    {"perf", try_perf, true, "kkkkkk"},
    {"unshare", try_unshare, true, "kkkkkk"},
    {"mount", try_mount, true, "kkkkkk"},
    {"mount-call", try_mount_call, true, "kkkkkk"},
    {"chroot", try_chroot, true, "kkkkkk"},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static inline const attempt *attempt_find(const char *name)
{
    for (int i = 0; i < ATTEMPTS; i++)
        if (strcmp(attempts[i].name, name) == 0)
            return &attempts[i];
    return NULL;
}

/* Lives as long as we do: until the pipe's only other end is gone. */
static inline pid_t start_neighbour(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return -1;
    pid_t neighbour = fork();
    if (neighbour == 0) {
        close(ends[1]);
        _exit((int)read(ends[0], &byte, 1));
    }
    close(ends[0]);
    return neighbour;
}

/* What the attempts need, in a new folder below `base`. False with errno. */
static inline bool attempt_prepare(const char *base)
{
    snprintf(attempt_at.folder, sizeof attempt_at.folder, "%s/attempt.XXXXXX", base);
    if (!mkdtemp(attempt_at.folder))
        return false;
    snprintf(attempt_at.file, sizeof attempt_at.file, "%.55s/file", attempt_at.folder);
    snprintf(attempt_at.other, sizeof attempt_at.other, "%.55s/other", attempt_at.folder);
    attempt_at.neighbour = start_neighbour();
    attempt_at.fd = open(attempt_at.file, O_CREAT | O_RDWR, 0600);
    attempt_at.udp = socket(AF_INET, SOCK_DGRAM, 0);
    return attempt_at.neighbour > 0 && attempt_at.fd >= 0 && attempt_at.udp >= 0 &&
           socketpair(AF_UNIX, SOCK_DGRAM, 0, attempt_at.pair) == 0;
}

#endif
