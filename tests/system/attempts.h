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
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* Made before the lock, so that the call that is tried is the only thing that can fail. */
static struct {
    char file[64], other[64], folder[64];
    char listed[64];    /* in a folder below, which the launcher may read */
    char elsewhere[64]; /* outside the folder */
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
static inline int try_pwrite(void)
{
    return pwrite(attempt_at.fd, "x", 1, 0) == 1 ? 0 : -1;
}
static inline int try_ftruncate(void)
{
    return ftruncate(attempt_at.fd, 0);
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
static inline int try_interfaces(void)
{
    char room[1024];
    struct ifconf all = {.ifc_len = sizeof room, .ifc_buf = room};
    ATTEMPT(ioctl(attempt_at.udp, SIOCGIFCONF, &all));
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

#if defined(__aarch64__)
#define LOADER "/lib/ld-linux-aarch64.so.1"
#else
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#endif
/* Of kernels that are newer than many headers: the same number on every architecture. */
enum { CALL_SETXATTRAT = 463, CALL_FILE_SETATTR = 469 };
/* FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h, which conflicts with sys/mount.h. */
#define GET_FLAGS _IOR('f', 1, long)
#define SET_FLAGS _IOW('f', 2, long)

static inline int try_read(void)
{
    char byte;
    ATTEMPT(read(attempt_at.fd, &byte, 1));
}
static inline int try_write(void)
{
    ATTEMPT(write(attempt_at.fd, "x", 1));
}
static inline int try_memory(void)
{
    void *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return errno;
    ATTEMPT(munmap(at, 1 << 20));
}
static inline int try_clock(void)
{
    struct timespec now;
    ATTEMPT(syscall(SYS_clock_gettime, CLOCK_REALTIME, &now));
}
static inline int try_random(void)
{
    char bytes[8];
    ATTEMPT(getrandom(bytes, sizeof bytes, 0));
}
static inline int try_open_listed(void)
{
    ATTEMPT(open(attempt_at.listed, O_RDONLY));
}
static inline int try_create_elsewhere(void)
{
    ATTEMPT(open(attempt_at.elsewhere, O_CREAT | O_WRONLY, 0600) < 0 ? -1 : unlink(attempt_at.elsewhere));
}
static inline int try_create_setuid(void)
{
    ATTEMPT(open(attempt_at.other, O_CREAT | O_WRONLY, 04755));
}
static inline int try_create_nameless(void)
{
    ATTEMPT(open(attempt_at.folder, O_TMPFILE | O_RDWR, 0600));
}
static inline int try_create_setgid(void)
{
    ATTEMPT(syscall(SYS_openat, AT_FDCWD, attempt_at.other, O_CREAT | O_WRONLY, 02755));
}
static inline int try_open_truncated(void)
{
    ATTEMPT(open(attempt_at.file, O_RDONLY | O_TRUNC));
}
static inline int try_open_listed_truncated(void)
{
    ATTEMPT(open(attempt_at.listed, O_RDONLY | O_TRUNC));
}
static inline int try_statx(void)
{
    struct statx about;
    ATTEMPT(statx(AT_FDCWD, "/etc/passwd", AT_EMPTY_PATH, STATX_ALL, &about));
}
static inline int try_access(void)
{
    ATTEMPT(access("/etc/passwd", R_OK));
}
static inline int try_access_empty_path(void)
{
    ATTEMPT(syscall(SYS_faccessat2, AT_FDCWD, "/etc/passwd", R_OK, AT_EMPTY_PATH));
}
static inline int try_readlink(void)
{
    char target[256];
    ATTEMPT(readlink("/proc/self/exe", target, sizeof target));
}
static inline int try_statfs(void)
{
    struct statfs about;
    ATTEMPT(statfs("/etc", &about));
}
static inline int try_listxattr(void)
{
    char names[256];
    ATTEMPT(listxattr("/etc/passwd", names, sizeof names));
}
static inline int try_inotify(void)
{
    int fd = inotify_init1(0);
    ATTEMPT(fd < 0 ? -1 : inotify_add_watch(fd, "/etc", IN_ACCESS));
}
static inline int try_handle(void)
{
    unsigned handle[34] = {128}; /* struct file_handle and its bytes */
    int mount_id;
    ATTEMPT(syscall(SYS_name_to_handle_at, AT_FDCWD, "/etc/passwd", handle, &mount_id, 0));
}
static inline int try_utimes(void)
{
    ATTEMPT(utimensat(AT_FDCWD, attempt_at.file, NULL, 0));
}
static inline int try_utimes_open(void)
{
    ATTEMPT(futimens(attempt_at.fd, NULL));
}
static inline int try_setxattr(void)
{
    ATTEMPT(setxattr(attempt_at.file, "user.flowzone", "x", 1, 0));
}
static inline int try_setxattrat(void)
{
    struct {
        const void *value;
        unsigned size, flags;
    } what = {"x", 1, 0};
    ATTEMPT(syscall(CALL_SETXATTRAT, AT_FDCWD, attempt_at.file, 0, "user.flowzone", &what, sizeof what));
}
static inline int try_file_setattr(void)
{
    char what[24] = {0};
    ATTEMPT(syscall(CALL_FILE_SETATTR, AT_FDCWD, attempt_at.file, what, sizeof what, 0));
}
static inline int try_set_flags(void)
{
    long flags = 0;
    ATTEMPT(ioctl(attempt_at.fd, GET_FLAGS, &flags) < 0 ? -1 : ioctl(attempt_at.fd, SET_FLAGS, &flags));
}
static inline int try_setpriority(void)
{
    ATTEMPT(setpriority(PRIO_PROCESS, (id_t)attempt_at.neighbour, 19));
}
static inline int try_ioprio(void)
{
    ATTEMPT(syscall(SYS_ioprio_set, 1, attempt_at.neighbour, 2 << 13 | 7));
}
static inline int try_affinity(void)
{
    unsigned char all[128];
    memset(all, 0xff, sizeof all);
    ATTEMPT(syscall(SYS_sched_setaffinity, attempt_at.neighbour, sizeof all, all));
}
static inline int try_scheduler(void)
{
    struct sched_param none = {0};
    ATTEMPT(sched_setscheduler(attempt_at.neighbour, SCHED_BATCH, &none));
}
static inline int try_shared_memory(void)
{
    int id = shmget(IPC_PRIVATE, 4096, 0600);
    ATTEMPT(id < 0 ? -1 : shmctl(id, IPC_RMID, NULL));
}
static inline int try_semaphore(void)
{
    int id = semget(IPC_PRIVATE, 1, 0600);
    ATTEMPT(id < 0 ? -1 : semctl(id, 0, IPC_RMID));
}
static inline int try_queue(void)
{
    int id = msgget(IPC_PRIVATE, 0600);
    ATTEMPT(id < 0 ? -1 : msgctl(id, IPC_RMID, NULL));
}
static inline int try_named_queue(void)
{
    char name[32];
    snprintf(name, sizeof name, "/flowzone.%d", (int)getpid());
    ATTEMPT(mq_open(name, O_CREAT | O_RDWR, 0600, NULL) < 0 ? -1 : mq_unlink(name));
}
static inline int try_exec_loader(void)
{
    char *const arguments[] = {(char[]){LOADER}, (char[]){"/bin/true"}, NULL}, *const none[] = {NULL};
    ATTEMPT(execve(LOADER, arguments, none));
}
static inline int try_execveat(void)
{
    char *const arguments[] = {(char[]){"true"}, NULL}, *const none[] = {NULL};
    ATTEMPT(syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, none, 0));
}
static inline int try_clone(void)
{
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
    if (child == 0)
        _exit(0);
    ATTEMPT(child < 0 ? -1 : waitpid(child, NULL, 0));
}
static inline int try_key(void)
{
    ATTEMPT(syscall(SYS_add_key, "user", "flowzone", "x", 1, -1 /* the thread's */));
}

/* Where an attempt works outside a jail; elsewhere there is no control for it. */
typedef enum attempt_for {
    ANYBODY,
    ROOT,
    MACHINE, /* if this kernel has it, and a container's filter lets it through */
} attempt_for;

typedef struct attempt {
    const char *name;
    int (*run)(void);
    attempt_for whom;
    /* How the profiles of core/jail.h answer: 'k' the process ends, 'r' the call is refused, 'w' it works. */
    char answer[9];
    const char *row; /* of docs/CONFINEMENT.md's table, whose cells say what the answers are */
} attempt;

static const attempt attempts[] = {
    /* name, function, for whom; tshark, reader, writer on a socket, writer of a file, resolver, launcher, connecting
     * writer; row */
    {"nothing", try_nothing, ANYBODY, "wwwwwwww", "work on what is open"},
    {"read", try_read, ANYBODY, "wwwwwwww", "work on what is open"},
    {"write", try_write, ANYBODY, "wwwwwwww", "work on what is open"},
    {"fstat", try_fstat, ANYBODY, "wwwwwwww", "work on what is open"},
    {"fstat-as-libraries", try_fstat_as_libraries, ANYBODY, "wwwwwwww", "work on what is open"},
    {"memory", try_memory, ANYBODY, "wwwwwwww", "memory, clock, random numbers"},
    {"clock", try_clock, ANYBODY, "wwwwwwww", "memory, clock, random numbers"},
    {"random", try_random, ANYBODY, "wwwwwwww", "memory, clock, random numbers"},
    {"mmap-exec", try_mmap_exec, ANYBODY, "kkkkkkww", "memory that can be executed"},
    {"mprotect-exec", try_mprotect_exec, ANYBODY, "kkkkkkwr", "memory that can be executed"},
    {"open", try_open, ANYBODY, "rrrrrrrr", "open a file"},
    {"openat2", try_openat2, ANYBODY, "rrrrrrrr", "open a file"},
    {"open-own-memory", try_open_own_memory, ANYBODY, "rrrrrrrr", "open a file"},
    {"dlopen", try_dlopen, ANYBODY, "rrrrrrrr", "open a file"},
    {"open-listed", try_open_listed, ANYBODY, "rrrwrrww", "open a file"},
    {"create", try_create, ANYBODY, "rrrwrrrr", "make, empty or remove a file"},
    {"create-elsewhere", try_create_elsewhere, ANYBODY, "rrrrrrrr", "make, empty or remove a file"},
    {"open-truncated", try_open_truncated, ANYBODY, "rrrwrrrr", "make, empty or remove a file"},
    {"open-listed-truncated", try_open_listed_truncated, ANYBODY, "rrrwrrrr", "make, empty or remove a file"},
    {"unlink", try_unlink, ANYBODY, "kkkwkkrr", "make, empty or remove a file"},
    {"ftruncate", try_ftruncate, ANYBODY, "kkkwwkrr", "shorten a file that is open, write in its middle"},
    {"pwrite", try_pwrite, ANYBODY, "kkkwwkww", "shorten a file that is open, write in its middle"},
    {"create-setuid", try_create_setuid, ANYBODY, "rrrkrrrr", "make a file that is setuid or setgid"},
    {"create-setgid", try_create_setgid, ANYBODY, "rrrkrrrr", "make a file that is setuid or setgid"},
    {"mkdir", try_mkdir, ANYBODY, "rkkkkkrr", "make a folder, a device, a file without a name"},
    {"mknod", try_mknod, ANYBODY, "kkkkkkkk", "make a folder, a device, a file without a name"},
    {"memfd", try_memfd, ANYBODY, "kkkkkkrr", "make a folder, a device, a file without a name"},
    {"create-nameless", try_create_nameless, MACHINE, "rrrkrrrr", "make a folder, a device, a file without a name"},
    {"rename", try_rename, ANYBODY, "kkkkkkrr", "rename, link, truncate by path, change the folder"},
    {"link", try_link, ANYBODY, "kkkkkkrr", "rename, link, truncate by path, change the folder"},
    {"symlink", try_symlink, ANYBODY, "kkkkkkrr", "rename, link, truncate by path, change the folder"},
    {"truncate", try_truncate, ANYBODY, "kkkkkkrr", "rename, link, truncate by path, change the folder"},
    {"chdir", try_chdir, ANYBODY, "rkkkkkrr", "rename, link, truncate by path, change the folder"},
    {"chmod", try_chmod, ANYBODY, "kkkkkkkk", "change modes, times, attributes, flags of files"},
    {"fchmod", try_fchmod, ANYBODY, "kkkrkkkk", "change modes, times, attributes, flags of files"},
    {"utimes", try_utimes, ANYBODY, "kkkkkkkk", "change modes, times, attributes, flags of files"},
    {"utimes-open", try_utimes_open, ANYBODY, "kkkkkkkk", "change modes, times, attributes, flags of files"},
    {"setxattr", try_setxattr, MACHINE, "kkkkkkkk", "change modes, times, attributes, flags of files"},
    {"setxattrat", try_setxattrat, MACHINE, "kkkkkkrr", "change modes, times, attributes, flags of files"},
    {"file-setattr", try_file_setattr, MACHINE, "kkkkkkrr", "change modes, times, attributes, flags of files"},
    {"set-flags", try_set_flags, MACHINE, "rrrrrrrr", "change modes, times, attributes, flags of files"},
    {"stat", try_stat, ANYBODY, "rrrwrrww", "look at a path"},
    {"stat-empty-path", try_stat_empty_path, ANYBODY, "rrrwrrww", "look at a path"},
    {"access", try_access, ANYBODY, "rrrwrrww", "look at a path"},
    {"access-empty-path", try_access_empty_path, ANYBODY, "rrrwrrww", "look at a path"},
    {"readlink", try_readlink, ANYBODY, "rrrwrrww", "look at a path"},
    {"statx", try_statx, ANYBODY, "rrrrrrww", "look at a path by statx, statfs, attributes, handles, watches"},
    {"statfs", try_statfs, ANYBODY, "kkkkkkww", "look at a path by statx, statfs, attributes, handles, watches"},
    {"listxattr", try_listxattr, MACHINE, "kkkkkkrr", "look at a path by statx, statfs, attributes, handles, watches"},
    {"inotify", try_inotify, MACHINE, "kkkkkkrr", "look at a path by statx, statfs, attributes, handles, watches"},
    {"handle", try_handle, MACHINE, "kkkkkkkk", "look at a path by statx, statfs, attributes, handles, watches"},
    {"socket-tcp", try_socket_tcp, ANYBODY, "kkrkkkrw", "new socket"},
    {"socket-udp", try_socket_udp, ANYBODY, "kkrkkkrw", "new socket"},
    {"socket-unix", try_socket_unix, ANYBODY, "kkrkkkrw", "new socket"},
    {"socket-netlink", try_socket_netlink, ANYBODY, "kkrkkkrw", "new socket"},
    {"socketpair", try_socketpair, ANYBODY, "kkkkkkrr", "new socket"},
    {"connect", try_connect, ANYBODY, "kkkkkkkw", "connect, bind, send to an address, pass a descriptor"},
    {"bind", try_bind, ANYBODY, "kkkkkkkw", "connect, bind, send to an address, pass a descriptor"},
    {"send-udp", try_send_udp, ANYBODY, "kkkkkkkw", "connect, bind, send to an address, pass a descriptor"},
    {"pass-descriptor", try_pass_descriptor, ANYBODY, "kkkkkkkr",
     "connect, bind, send to an address, pass a descriptor"},
    {"inherited-socket", try_inherited_socket, ANYBODY, "rrrrrrrr", "use a socket that was left open"},
    {"fork", try_fork, ANYBODY, "kkkkkkrr", "processes, programs"},
    {"clone", try_clone, ANYBODY, "kkkkkkrr", "processes, programs"},
    {"exec", try_exec, ANYBODY, "kkkkkkrr", "processes, programs"},
    {"exec-loader", try_exec_loader, ANYBODY, "kkkkkkrr", "processes, programs"},
    {"execveat", try_execveat, ANYBODY, "kkkkkkkk", "programs by descriptor"},
    {"thread", try_thread, ANYBODY, "kkkkkkwr", "new threads"},
    {"kill", try_kill, ANYBODY, "kkkkkkkk", "signals to others, ptrace, other processes' memory"},
    {"tgkill", try_tgkill, ANYBODY, "kkkkkkkk", "signals to others, ptrace, other processes' memory"},
    {"pidfd", try_pidfd, ANYBODY, "kkkkkkkk", "signals to others, ptrace, other processes' memory"},
    {"setown", try_setown, ANYBODY, "kkkkkkkk", "signals to others, ptrace, other processes' memory"},
    {"ptrace", try_ptrace, MACHINE, "kkkkkkkk", "signals to others, ptrace, other processes' memory"},
    {"read-process", try_read_process, MACHINE, "kkkkkkkk", "signals to others, ptrace, other processes' memory"},
    {"setpriority", try_setpriority, ANYBODY, "kkkkkkkk", "priority, affinity, limits of others"},
    {"ioprio", try_ioprio, MACHINE, "kkkkkkkk", "priority, affinity, limits of others"},
    {"affinity", try_affinity, ANYBODY, "kkkkkkrr", "priority, affinity, limits of others"},
    {"scheduler", try_scheduler, ANYBODY, "kkkkkkrr", "priority, affinity, limits of others"},
    {"prlimit", try_prlimit, ANYBODY, "rrrrrrkk", "priority, affinity, limits of others"},
    {"shared-memory", try_shared_memory, MACHINE, "kkkkkkkk", "shared memory, semaphores, queues"},
    {"semaphore", try_semaphore, MACHINE, "kkkkkkkk", "shared memory, semaphores, queues"},
    {"queue", try_queue, MACHINE, "kkkkkkkk", "shared memory, semaphores, queues"},
    {"named-queue", try_named_queue, MACHINE, "kkkkkkkk", "shared memory, semaphores, queues"},
    {"io_uring", try_io_uring, MACHINE, "kkkkkkkk",
     "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"bpf", try_bpf, ROOT, "kkkkkkkk", "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"perf", try_perf, ROOT, "kkkkkkkk", "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"mount", try_mount, ROOT, "kkkkkkkk", "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"mount-call", try_mount_call, ROOT, "kkkkkkkk",
     "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"unshare", try_unshare, ROOT, "kkkkkkkk", "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"chroot", try_chroot, ROOT, "kkkkkkkk", "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"key", try_key, MACHINE, "kkkkkkkk", "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"personality", try_personality, MACHINE, "kkkkkkkk",
     "io_uring, bpf, perf, mount, namespaces, chroot, keys, personality"},
    {"setuid", try_setuid, ANYBODY, "kkkkkkrr", "change the user"},
    {"ioctl", try_ioctl, ANYBODY, "rrrrrrrw", "ask or steer devices"},
    {"interfaces", try_interfaces, ANYBODY, "rrrrrrrr", "ask or steer devices"},
    {"prctl", try_prctl, ANYBODY, "rrrrrrww", "settings of its own (prctl)"},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static inline const attempt *attempt_find(const char *name)
{
    for (int i = 0; i < ATTEMPTS; i++)
        if (strcmp(attempts[i].name, name) == 0)
            return &attempts[i];
    return NULL;
}

/* A child that lives as long as this process: until the other end of its pipe is closed. */
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
    snprintf(attempt_at.elsewhere, sizeof attempt_at.elsewhere, "%.50s.elsewhere", attempt_at.folder);
    snprintf(attempt_at.listed, sizeof attempt_at.listed, "%.50s/list", attempt_at.folder);
    if (mkdir(attempt_at.listed, 0700) != 0)
        return false;
    snprintf(attempt_at.listed, sizeof attempt_at.listed, "%.50s/list/file", attempt_at.folder);
    close(open(attempt_at.listed, O_CREAT | O_RDWR, 0600));
    attempt_at.neighbour = start_neighbour();
    attempt_at.fd = open(attempt_at.file, O_CREAT | O_RDWR, 0600);
    attempt_at.udp = socket(AF_INET, SOCK_DGRAM, 0);
    return attempt_at.neighbour > 0 && attempt_at.fd >= 0 && attempt_at.udp >= 0 &&
           socketpair(AF_UNIX, SOCK_DGRAM, 0, attempt_at.pair) == 0;
}

#endif
