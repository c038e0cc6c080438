/* What a locked process may and may not do: every attempt, each in its own process.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail.h"

#include "../system/attempts.h"

#include <asm/termbits.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* How a child's attempt ended. */
enum { WORKED = 0, REFUSED = 40, NOT_LOCKED = 41, NOT_PREPARED = 42 };

static const char *const profile_names[FZ_JAIL_PROFILES] = {
    "tshark",          "reader",   "writer on a socket", "writer of a file",
    "temporary store", "resolver", "launcher",           "connecting writer"};

static void as_nobody(void)
{
    if (geteuid() == 0 && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
        _exit(NOT_PREPARED);
}

/* A second thread of a child, which starts its work on request. */
static struct {
    sem_t runs, work;
    int (*todo)(void);
    pthread_t thread;
    bool made;
} second;

static void *live_second(void *unused)
{
    (void)sem_post(&second.runs);
    while (sem_wait(&second.work) != 0)
        continue;
    _exit(second.todo() == 0 ? WORKED : REFUSED);
    return unused;
}

static void make_second(void *unused)
{
    (void)unused;
    if (sem_init(&second.runs, 0, 0) != 0 || sem_init(&second.work, 0, 0) != 0 ||
        pthread_create(&second.thread, NULL, live_second, NULL) != 0)
        return;
    while (sem_wait(&second.runs) != 0)
        continue;
    second.made = true;
}

/* Ends this process, as the second thread's work does. */
static void __attribute__((noreturn)) work_in_second(void)
{
    if (!second.made)
        _exit(NOT_PREPARED);
    (void)sem_post(&second.work);
    for (;;)
        (void)pthread_join(second.thread, NULL);
}

/* Locks the process as the profile does, except for what attempts need: those that need the socket keep it. */
static void lock(fz_jail_profile profile, bool with_second)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *list = g_path_get_dirname(attempt_at.listed);
    const char *const readable[] = {list, NULL}, *const programs[] = {LOADER, "/bin/true", NULL};
    const int keep[] = {attempt_at.udp, attempt_at.fd};
    const bool launches = profile == FZ_JAIL_LAUNCH;
    fz_jail jail = {.profile = profile,
                    .keep = keep,
                    .keep_count = 2,
                    .folder = profile == FZ_JAIL_WRITER_FILE ? attempt_at.folder : NULL,
                    .readable = launches || profile == FZ_JAIL_CONNECT ? readable : NULL,
                    .programs = launches ? programs : NULL,
                    .make_threads = with_second ? make_second : NULL};

    if (!fz_jail_lock(&jail, NULL, NULL, &error)) {
        dprintf(2, "%s\n", error->message);
        _exit(NOT_LOCKED);
    }
}

/* Runs one attempt in a child, outside or in a profile, by its first or its second thread, and returns the child's wait
 * status. */
static int run(const attempt *what, const char *base, int profile, bool by_second)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (profile >= 0)
            as_nobody();
        if (!attempt_prepare(base))
            _exit(NOT_PREPARED);
        second.todo = what->run;
        if (profile >= 0)
            lock((fz_jail_profile)profile, by_second);
        if (by_second)
            work_in_second();
        _exit(what->run() == 0 ? WORKED : REFUSED);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static char answer_of(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? 'k' : '?';
    return WEXITSTATUS(status) == WORKED ? 'w' : WEXITSTATUS(status) == REFUSED ? 'r' : '?';
}

static char *make_base(void)
{
    char *base = g_strdup("/tmp/jail.XXXXXX");
    assert_non_null(mkdtemp(base));
    assert_int_equal(chmod(base, 0777), 0);
    return base;
}

static void remove_base(char *base)
{
    char *arguments[] = {(char[]){"rm"}, (char[]){"-rf"}, base, NULL};
    assert_true(g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
    g_free(base);
}

/* 0, or 1 where the answer is not the expected one. Without a control what matters is that it does not work. */
static unsigned try_inside(const attempt *what, const char *base, int profile, bool by_second, bool controlled)
{
    const char expected = what->answer[profile], got = answer_of(run(what, base, profile, by_second));

    if (controlled ? got == expected : got == 'k' || got == 'r' || expected == 'w')
        return 0;
    print_error("%s in %s, thread %d: expected %c, got %c\n", what->name, profile_names[profile], by_second ? 2 : 1,
                expected, got);
    return 1;
}

static void what_an_intruder_tries_works_outside_and_not_inside(void **state)
{
    (void)state;
    char *base = make_base();
    unsigned wrong = 0, tried = 0;
    for (int i = 0; i < ATTEMPTS; i++) {
        if (attempts[i].whom == ROOT && geteuid() != 0)
            continue;
        const bool works = answer_of(run(&attempts[i], base, -1, false)) == 'w';
        if (!works)
            print_message("%s does not work outside: no control for it\n", attempts[i].name);
        wrong += !works && attempts[i].whom == ANYBODY;
        for (int profile = 0; profile < FZ_JAIL_PROFILES; profile++)
            wrong += try_inside(&attempts[i], base, profile, false, works) +
                     try_inside(&attempts[i], base, profile, true, works);
        tried += works ? 2 * FZ_JAIL_PROFILES : 0;
    }
    print_message("%u attempts inside, with a control\n", tried);
    remove_base(base);
    assert_int_equal(wrong, 0);
    assert_true(tried > 400);
}

/* Tasks of a process whose status has all of these lines; -1 where one misses any. */
static int tasks_with(pid_t pid, const char *const *lines)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)pid);
    g_autoptr(GDir) tasks = g_dir_open(path, 0, NULL);
    const char *task;
    int count = 0;

    assert_non_null(tasks);
    for (; (task = g_dir_read_name(tasks)); count++) {
        g_autofree char *file = g_build_filename(path, task, "status", NULL), *status = NULL;
        assert_true(g_file_get_contents(file, &status, NULL, NULL));
        for (const char *const *line = lines; *line; line++)
            if (!strstr(status, *line)) {
                print_error("task %s has no line %s:\n%s", task, *line + 1, status);
                return -1;
            }
    }
    return count;
}

static void every_thread_is_locked(void **state)
{
    static const char *const locked[] = {"\nUid:\t65534\t65534\t65534\t65534\n",
                                         "\nGid:\t65534\t65534\t65534\t65534\n",
                                         "\nCapInh:\t0000000000000000\n",
                                         "\nCapPrm:\t0000000000000000\n",
                                         "\nCapEff:\t0000000000000000\n",
                                         "\nCapAmb:\t0000000000000000\n",
                                         "\nNoNewPrivs:\t1\n",
                                         "\nSeccomp:\t2\n",
                                         NULL};
    int held[2], tells[2], status;
    char byte;

    (void)state;
    assert_int_equal(pipe(held) | pipe(tells), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const int keep[] = {held[0], tells[1]};
        second.todo = try_nothing;
        if (!fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_READER,
                                     .keep = keep,
                                     .keep_count = G_N_ELEMENTS(keep),
                                     .make_threads = make_second},
                          NULL, NULL, NULL) ||
            write(tells[1], "", 1) != 1 || read(held[0], &byte, 1) < 0)
            _exit(NOT_LOCKED);
        work_in_second();
    }
    close(tells[1]);
    assert_int_equal(read(tells[0], &byte, 1), 1);
    int tasks = tasks_with(child, geteuid() == 0 ? locked : locked + 2);
    close(held[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, WORKED);
    assert_int_equal(tasks, 2);
    close(held[0]);
    close(tells[0]);
}

/* A child that runs `work` in a profile; its wait status. */
static int in_child(void (*work)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        work();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* Secrets that we were started with: one as it was, one that we replaced, one that we removed. */
static const char *const secrets[] = {"FLOWZONE_TEST_KEPT", "FLOWZONE_TEST_REPLACED", "FLOWZONE_TEST_REMOVED"};

static void forget(fz_jail_profile profile)
{
    char *at[G_N_ELEMENTS(secrets)];

    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        if (!(at[i] = getenv(secrets[i])) || strcmp(at[i], "secret") != 0)
            _exit(2);
    setenv("PATH", "/bin", 1);
    setenv(secrets[1], "another", 1);
    unsetenv(secrets[2]);
    if (strcmp(at[0], "secret") != 0 || strcmp(at[1], "secret") != 0 || strcmp(at[2], "secret") != 0)
        _exit(3); /* the control: it is all still there */
    as_nobody();
    if (!fz_jail_lock(&(fz_jail){.profile = profile, .folder = profile == FZ_JAIL_WRITER_FILE ? "/tmp" : NULL}, NULL,
                      NULL, NULL))
        _exit(4);
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        if (getenv(secrets[i]) || at[i][0] != '\0' || at[i][3] != '\0')
            _exit(5);
    _exit(g_strcmp0(getenv("PATH"), "/bin") == 0 ? 0 : 6);
}

static void the_environment_is_forgotten(void **state)
{
    (void)state;
    for (int profile = 0; profile < FZ_JAIL_PROFILES; profile++) {
        if (profile == FZ_JAIL_LAUNCH)
            continue; /* its program gets the environment that it is given */
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            forget((fz_jail_profile)profile);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

/* A launcher that becomes a shell, which tries to become true(1). */
static void launch(char *const arguments[])
{
    static const char *const readable[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", NULL};
    static const char *const programs[] = {LOADER, "/bin/sh", "/bin/true", NULL};

    as_nobody();
    if (!fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_LAUNCH, .readable = readable, .programs = programs}, NULL, NULL,
                      NULL))
        _exit(1);
    close(STDERR_FILENO);
    _exit(fz_jail_exec(arguments[0], arguments) ? 2 : 3);
}
static void launch_true(void)
{
    launch((char *[]){(char[]){"/bin/true"}, NULL});
}
static void launch_shell(void)
{
    launch((char *[]){(char[]){"/bin/sh"}, (char[]){"-c"}, (char[]){"exit 42"}, NULL});
}
static void launch_shell_that_launches(void)
{
    launch((char *[]){(char[]){"/bin/sh"}, (char[]){"-c"}, (char[]){"exec /bin/true"}, NULL});
}
static void launch_shell_that_loads(void)
{
    launch((char *[]){(char[]){"/bin/sh"}, (char[]){"-c"}, (char[]){"exec " LOADER " /bin/true"}, NULL});
}

static void a_launched_program_starts_no_other(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* the launched ones would need its settings */
#endif
    assert_int_equal(in_child(launch_true), 0);
    assert_int_equal(WEXITSTATUS(in_child(launch_shell)), 42);
    assert_int_equal(WEXITSTATUS(in_child(launch_shell_that_launches)), 126);
    assert_int_equal(WEXITSTATUS(in_child(launch_shell_that_loads)), 126);
}

static void lock_reader(void)
{
    if (!fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_READER}, NULL, NULL, NULL))
        _exit(1);
}

static void work_as_reader(void)
{
    lock_reader();
    void *big = g_malloc0(64 << 20);
    big = g_realloc(big, 128 << 20);
    g_free(big);
    g_autofree char *text = g_strdup_printf("%f %s %" G_GINT64_FORMAT, 1.5, g_strerror(ENOENT), g_get_real_time());
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    if (!text || !now || isatty(STDIN_FILENO) > 1 || dprintf(STDERR_FILENO, "%s", "") < 0)
        _exit(1);
}

static void ordinary_work_goes_on_in_a_jail(void **state)
{
    (void)state;
    assert_int_equal(in_child(work_as_reader), 0);
}

static void abort_in_reader(void)
{
    lock_reader();
    abort();
}

static void an_abort_in_a_jail_is_an_abort(void **state)
{
    (void)state;
    int status = in_child(abort_in_reader);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void end_with_open(void)
{
    lock_reader();
    _exit(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES ? 0 : 1);
}

static void a_refused_open_says_permission_denied(void **state)
{
    (void)state;
    assert_int_equal(in_child(end_with_open), 0);
}

static void as_root_in_tshark(void)
{
    g_autoptr(GError) error = NULL;
    if (fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_TSHARK}, NULL, NULL, &error) || !strstr(error->message, "root"))
        _exit(1);
}

static void tshark_as_root_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(as_root_in_tshark), 0);
}

static void check_user(void)
{
    lock_reader();
    if (getuid() == 0 || geteuid() == 0 || getgid() == 0)
        _exit(1);
}

static void root_becomes_nobody(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(check_user), 0);
}

static void *wait_for_ever(void *unused)
{
    pause();
    return unused;
}

static void lock_with_threads(void)
{
    pthread_t thread;
    g_autoptr(GError) error = NULL;
    if (pthread_create(&thread, NULL, wait_for_ever, NULL) ||
        fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_READER}, NULL, NULL, &error) || !strstr(error->message, "2 threads"))
        _exit(1);
}

static void a_process_with_threads_is_refused(void **state)
{
    (void)state;
    assert_int_equal(in_child(lock_with_threads), 0);
}

static void lock_with_limit(void)
{
    if (!fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_READER, .memory_bytes = 256 << 20}, NULL, NULL, NULL))
        _exit(1);
    g_autofree void *much = g_try_malloc(512 << 20), *little = g_try_malloc(1 << 20);
    if (much || !little)
        _exit(2);
}

/* A later lock may have more; the process itself may take as much, and nothing beyond. */
/* As C libraries do for a password: old ones, and glibc since 2.42. */
static void ask_at_terminal(void)
{
    const unsigned long calls[][2] = {{TCGETS, TCSETSF}, {TCGETS2, TCSETSF2}};
    uint8_t settings[256];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0)
        _exit(NOT_PREPARED);
    if (!fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_CONNECT, .keep = &terminal, .keep_count = 1}, NULL, NULL, NULL))
        _exit(NOT_LOCKED);
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        if (ioctl(terminal, calls[i][0], settings) != 0 || ioctl(terminal, calls[i][1], settings) != 0)
            _exit((int)i + 1);
    if (ioctl(terminal, TIOCSTI, "x") == 0 || errno != ENOSYS)
        _exit(9);
}

static void a_terminal_can_be_asked_for_a_password(void **state)
{
    (void)state;
    assert_int_equal(in_child(ask_at_terminal), 0);
}

static void lock_with_later_limit(void)
{
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY}, later = {256 << 20, 256 << 20};
    const fz_jail jail = {.profile = FZ_JAIL_CONNECT, .memory_bytes = 128 << 20, .later_bytes = 256 << 20};
    as_nobody();
    if (!fz_jail_lock(&jail, NULL, NULL, NULL))
        _exit(1);
    if (setrlimit(RLIMIT_AS, &all) == 0 || g_try_malloc(192 << 20))
        _exit(2);
    g_autofree void *much = setrlimit(RLIMIT_AS, &later) == 0 ? g_try_malloc(192 << 20) : NULL;
    if (!much || g_try_malloc(512 << 20))
        _exit(3);
}

static void memory_has_a_limit(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* a sanitizer's shadow memory alone is more */
#endif
    int status = in_child(lock_with_limit);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(status, 0);
    status = in_child(lock_with_later_limit);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(status, 0);
}

/* A server of this machine; its port. */
static uint16_t listen_somewhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    return ntohs(at.sin_port);
}

static uint16_t server_port, other_port;

static int connect_to(uint16_t port)
{
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 ? fd : -errno;
}

enum { MPTCP = 262 }; /* newer than many headers */

/* What reaches a TCP port without the call that Landlock looks at: 0, or an errno. */
static int send_first(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)};
    char x = 0;
    struct iovec byte = {.iov_base = &x, .iov_len = 1};
    struct mmsghdr message = {
        .msg_hdr = {.msg_name = &at, .msg_namelen = sizeof at, .msg_iov = &byte, .msg_iovlen = 1}};
    int fds[3];
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return sendto(fds[0], &x, 1, MSG_FASTOPEN, (struct sockaddr *)&at, sizeof at) < 0 &&
                   sendmsg(fds[1], &message.msg_hdr, MSG_FASTOPEN) < 0 &&
                   sendmmsg(fds[2], &message, 1, MSG_FASTOPEN) < 0
               ? errno
               : 0;
}

/* In two steps, as the writer: first what it takes to connect, then only what is open. */
static void connect_and_work(void)
{
    char byte = 0;
    const char *const readable[] = {"/etc/hosts", "/proc/self/task", "/proc/self/fd", NULL};
    if (!fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_CONNECT, .readable = readable, .port = server_port}, NULL, NULL,
                      NULL))
        _exit(1);
    int fd = connect_to(server_port), hosts = open("/etc/hosts", O_RDONLY);
    if (fd < 0 || hosts < 0 || open("/etc/passwd", O_RDONLY) >= 0)
        _exit(2);
    /* Kernels before Linux 6.7 know no ports. */
    int other = connect_to(other_port);
    if (syscall(444, NULL, (size_t)0, 1) >= 4 && other != -EACCES)
        _exit(3);
    if (send_first(other_port) != ENOSYS || socket(AF_INET, SOCK_STREAM, MPTCP) >= 0 ||
        socket(AF_INET, SOCK_SEQPACKET, 0) >= 0 || socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE) >= 0)
        _exit(6);
    bool complete = false;
    if (!fz_jail_lock(&(fz_jail){.profile = FZ_JAIL_WRITER_SOCKET, .keep_count = FZ_JAIL_KEEP_ALL}, NULL, &complete,
                      NULL) ||
        !complete)
        _exit(4);
    if (send(fd, &byte, 1, 0) != 1 || socket(AF_INET, SOCK_STREAM, 0) >= 0)
        _exit(5);
    connect(fd, NULL, 0);
}

static void a_connecting_writer_is_locked_twice(void **state)
{
    (void)state;
    server_port = listen_somewhere();
    other_port = listen_somewhere();
    int status = in_child(connect_and_work);
    assert_true(WIFSIGNALED(status)); /* by its last call */
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void modes_are_read_by_name(void **state)
{
    (void)state;
    fz_jail_mode mode = FZ_JAIL_REQUIRE;
    g_autoptr(GError) error = NULL;
    assert_true(fz_jail_mode_parse("off", &mode, NULL));
    assert_int_equal(mode, FZ_JAIL_OFF);
    assert_true(fz_jail_mode_parse("try", &mode, NULL));
    assert_int_equal(mode, FZ_JAIL_TRY);
    assert_true(fz_jail_mode_parse("require", &mode, NULL));
    assert_int_equal(mode, FZ_JAIL_REQUIRE);
    assert_false(fz_jail_mode_parse("maybe", &mode, &error));
    assert_string_equal(error->message, "jail=maybe: expected require, try or off");
}

static void off_changes_nothing(void **state)
{
    (void)state;
    char *reached;
    bool complete;
    assert_true(fz_jail_lock(&(fz_jail){.mode = FZ_JAIL_OFF}, &reached, &complete, NULL));
    assert_null(reached);
    int fd = open("/etc/passwd", O_RDONLY);
    assert_true(fd >= 0);
    close(fd);
}

int main(int count, char **arguments)
{
    (void)count;
    if (!getenv(secrets[0])) { /* they must be there when we begin */
        for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
            setenv(secrets[i], "secret", 1);
        execv("/proc/self/exe", arguments);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_intruder_tries_works_outside_and_not_inside),
        cmocka_unit_test(every_thread_is_locked),
        cmocka_unit_test(the_environment_is_forgotten),
        cmocka_unit_test(a_launched_program_starts_no_other),
        cmocka_unit_test(ordinary_work_goes_on_in_a_jail),
        cmocka_unit_test(an_abort_in_a_jail_is_an_abort),
        cmocka_unit_test(a_refused_open_says_permission_denied),
        cmocka_unit_test(tshark_as_root_is_refused),
        cmocka_unit_test(root_becomes_nobody),
        cmocka_unit_test(a_process_with_threads_is_refused),
        cmocka_unit_test(a_terminal_can_be_asked_for_a_password),
        cmocka_unit_test(memory_has_a_limit),
        cmocka_unit_test(a_connecting_writer_is_locked_twice),
        cmocka_unit_test(modes_are_read_by_name),
        cmocka_unit_test(off_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
