/* docs/CONFINEMENT.md against what test_jail shows: every cell of its tables is checked by attempts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail.h"

#include "../system/attempts.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const profile_names[FZ_JAIL_PROFILES] = {
    "tshark",          "reader",   "writer on a socket", "writer of a file",
    "temporary store", "resolver", "launcher",           "connecting writer"};

/* What a cell of docs/CONFINEMENT.md's table says of the attempts of its row. */
static const struct {
    const char *cell, *answers;
} cells[] = {
    {"yes", "w"},
    {"fails", "r"},
    {"ends", "k"},
    {"fails or ends", "kr"},
    {"in the database's folder", "rw"},
    {"what is listed, to read", "rw"},
    {"what was not written", "rw"},
    {"local, TCP, UDP, netlink", "rw"},
    {"TCP to two ports, UDP", "rw"},
    {"its sockets", "rw"},
    {"write in its middle", "rw"},
    {"in part", "krw"},
};

/* The page's table with this head, a line each row. The caller frees. */
static char **page_table(const char *head)
{
    g_autofree char *page = NULL;
    assert_true(g_file_get_contents(FZ_SOURCE "/docs/CONFINEMENT.md", &page, NULL, NULL));
    const char *start = strstr(page, head);
    assert_non_null(start);
    const char *end = strstr(start, "\n\n");
    g_autofree char *table = g_strndup(start, end ? (gsize)(end - start) : strlen(start));
    char **lines = g_strsplit(table, "\n", 0);
    assert_true(g_strv_length(lines) > 2);
    return lines;
}

/* "| a | b |": its cells. The caller frees. */
static char **split_row(const char *line)
{
    g_autofree char *inner = g_strndup(line + strlen("| "), strlen(line) - strlen("|  |"));
    return g_strsplit(inner, " | ", 0);
}

/* The answers of a row's attempts in a profile, each once, in the order of the alphabet; "" where it has none. */
static void answers_of(const char *row, int profile, char answers[4])
{
    size_t count = 0;

    for (const char *answer = "krw"; *answer; answer++)
        for (int i = 0; i < ATTEMPTS; i++)
            if (strcmp(attempts[i].row, row) == 0 && attempts[i].answer[profile] == *answer) {
                answers[count++] = *answer;
                break;
            }
    answers[count] = '\0';
}

static bool says(const char *cell, const char *answers)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++)
        if (strcmp(cells[i].cell, cell) == 0)
            return strcmp(cells[i].answers, answers) == 0;
    return false;
}

static void the_page_says_what_the_attempts_show(void **state)
{
    (void)state;
    g_auto(GStrv) lines = page_table("| | tshark | reader |");
    unsigned wrong = 0, found = 0;
    for (char **line = lines + 2; *line; line++) {
        g_auto(GStrv) row = split_row(*line);
        assert_int_equal(g_strv_length(row), 1 + FZ_JAIL_PROFILES);
        for (int profile = 0; profile < FZ_JAIL_PROFILES; profile++) {
            char answers[4];
            answers_of(row[0], profile, answers);
            if (says(row[1 + profile], answers))
                continue;
            print_error("%s, %s: the page says \"%s\", its attempts \"%s\"\n", row[0], profile_names[profile],
                        row[1 + profile], answers);
            wrong++;
        }
        for (int i = 0; i < ATTEMPTS; i++)
            found += strcmp(attempts[i].row, row[0]) == 0;
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(found, ATTEMPTS); /* no attempt without a row */
}

#define SECRET "FLOWZONE_TEST_SECRET"

/* Rights other than system calls and files that are dropped: for each row of the page, how to see it in a jailed
 * process. */
enum { SEEN_MAX = 1 << 14, NAMED_FILES = 5 /* and standard ones */ };
typedef struct seen {
    char status[SEEN_MAX], limits[SEEN_MAX];
    bool secret;    /* in its environment */
    uid_t owner;    /* of its files in /proc: root's, where nobody may look into it */
    unsigned files; /* open ones */
} seen;

static bool has_line(const char *text, const char *name, const char *value)
{
    g_autofree char *pattern = g_strdup_printf("^%s%s\\s*$", name, value);
    return g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0);
}
static bool sees_no_secret(const seen *process)
{
    return !process->secret;
}
static bool sees_no_root(const seen *process)
{
    return !has_line(process->status, "Uid:\\s+", "0\\s.*") && !has_line(process->status, "Gid:\\s+", "0\\s.*") &&
           has_line(process->status, "Groups:", "");
}
static bool sees_no_capabilities(const seen *process)
{
    return has_line(process->status, "CapInh:\\s+", "0+") && has_line(process->status, "CapPrm:\\s+", "0+") &&
           has_line(process->status, "CapEff:\\s+", "0+") && has_line(process->status, "CapAmb:\\s+", "0+");
}
static bool sees_no_files(const seen *process)
{
    return process->files == NAMED_FILES;
}
static bool sees_no_core(const seen *process)
{
    return has_line(process->limits, "Max core file size\\s+", "0\\s+0\\s.*");
}
static bool sees_no_processes(const seen *process)
{
    return has_line(process->limits, "Max processes\\s+", "0\\s+0\\s.*");
}
static bool sees_memory_limit(const seen *process)
{
    return has_line(process->limits, "Max address space\\s+", "1073741824\\s+1073741824\\s.*");
}
static bool sees_few_descriptors(const seen *process)
{
    return has_line(process->limits, "Max open files\\s+", "16\\s+16\\s.*");
}
static bool sees_nobody_looking(const seen *process)
{
    return process->owner == 0 && !has_line(process->status, "Uid:\\s+", "0\\s.*");
}
static bool sees_no_privileges(const seen *process)
{
    return has_line(process->status, "NoNewPrivs:\\s+", "1");
}
static bool sees_filter(const seen *process)
{
    return has_line(process->status, "Seccomp:\\s+", "2");
}

static const struct {
    const char *row;
    bool (*sees)(const seen *process); /* NULL: `attempt` shows it, in the writer that may open files */
    const char *attempt;
    bool for_root; /* an ordinary user has none to give up: no control */
} given_up[] = {
    {"the environment", sees_no_secret, NULL, true}, /* of ours only root sees it; test_jail looks from inside */
    {"root and its groups", sees_no_root, NULL, true},
    {"capabilities", sees_no_capabilities, NULL, true},
    {"descriptors that were not named", sees_no_files, NULL, false},
    {"core files", sees_no_core, NULL, false},
    {"memory beyond the limit", sees_memory_limit, NULL, false},
    {"being looked into", sees_nobody_looking, NULL, false},
    {"new privileges", sees_no_privileges, NULL, false},
    {"files and TCP", NULL, "create-elsewhere", false}, /* and files_and_tcp_are_out_of_reach */
    {"new processes", sees_no_processes, NULL, false},
    {"many descriptors", sees_few_descriptors, NULL, false},
    {"system calls that are not listed", sees_filter, NULL, false},
};

static void read_proc(pid_t pid, const char *name, char *text)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY);
    ssize_t size = fd < 0 ? -1 : read(fd, text, SEEN_MAX - 1);

    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < size; i++) /* variables end in NUL */
        if (text[i] == '\0')
            text[i] = '\n';
    text[MAX(size, 0)] = '\0';
}

static unsigned count_files(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    unsigned files = 0;

    if (!folder)
        return NAMED_FILES; /* not ours to look at */
    while (g_dir_read_name(folder))
        files++;
    return files;
}

/* A child that waits to be examined, with extra descriptors, a core limit, and traceable; locks itself first if
 * `locks`. */
static void G_GNUC_NORETURN wait_to_be_seen(bool locks, const int ready[2], const int end[2])
{
    const fz_jail jail = {
        .profile = FZ_JAIL_READER, .keep = (const int[]){ready[1], end[0]}, .keep_count = 2, .memory_bytes = 1 << 30};
    char byte;

    close(end[1]);
    /* What the control has: extra descriptors, a core limit, and it can be traced. */
    if (dup(ready[1]) < 0)
        _exit(1);
    prctl(PR_SET_DUMPABLE, 1);
    setrlimit(RLIMIT_CORE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    if (locks && !fz_jail_lock(&jail, NULL, NULL, NULL))
        _exit(1);
    if (write(ready[1], "x", 1) != 1)
        _exit(1);
    _exit((int)read(end[0], &byte, 1));
}

static void look_at(bool locks, seen *process)
{
    int ready[2], end[2];
    char byte;
    struct stat about;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        wait_to_be_seen(locks, ready, end);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    g_autofree char *environment = g_malloc0(SEEN_MAX);
    read_proc(child, "environ", environment);
    process->secret = strstr(environment, SECRET "=") != NULL;
    read_proc(child, "status", process->status);
    read_proc(child, "limits", process->limits);
    assert_true(*process->status && *process->limits);
    g_autofree char *path = g_strdup_printf("/proc/%d/limits", (int)child);
    assert_int_equal(stat(path, &about), 0);
    process->owner = about.st_uid;
    process->files = count_files(child);
    for (int i = 0; i < 2; i++) {
        close(end[1 - i]);
        close(ready[i]);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void the_page_lists_what_is_given_up(void **state)
{
    (void)state;
    g_autofree seen *outside = g_new0(seen, 1), *inside = g_new0(seen, 1);
    g_auto(GStrv) lines = page_table("| given up |");
    look_at(false, outside);
    look_at(true, inside);
    assert_int_equal(g_strv_length(lines) - 2, G_N_ELEMENTS(given_up));
    for (size_t i = 0; i < G_N_ELEMENTS(given_up); i++) {
        g_auto(GStrv) row = split_row(lines[2 + i]);
        assert_string_equal(row[0], given_up[i].row);
#if defined(__SANITIZE_ADDRESS__)
        if (given_up[i].sees == sees_memory_limit)
            continue; /* a sanitizer's shadow memory alone is more */
#endif
        if (!given_up[i].sees) {
            const attempt *shows = attempt_find(given_up[i].attempt);
            assert_true(shows && shows->answer[FZ_JAIL_WRITER_FILE] == 'r');
            continue;
        }
        if (!given_up[i].sees(inside))
            fail_msg("%s: not given up\n%s%s", row[0], inside->status, inside->limits);
        if ((geteuid() == 0 || !given_up[i].for_root) && given_up[i].sees(outside))
            fail_msg("%s: no control, it is given up outside too", row[0]);
    }
}

/* What a process reaches of "files and TCP", a bit each; in the profile that has sockets, so that Landlock is what
 * stops it. */
enum { LISTS = 1, CREATES = 2, SERVER = 4, OTHER_PORT = 8, BINDS = 16, ABSTRACT = 32, NOT_LOCKED = 64 };

/* A socket of this machine that listens where the kernel chooses: its address replaces `at`, which has room for more.
 * Its size. */
static socklen_t listen_at(struct sockaddr *at, socklen_t size, socklen_t room)
{
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, at, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, at, &room), 0);
    return room;
}

static bool reaches(const void *at, socklen_t size)
{
    const struct sockaddr *address = at;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, address, size) == 0;
}

static struct sockaddr_in server, other;
static struct sockaddr_un named; /* in the abstract name space */
static socklen_t named_size;

static int what_is_reached(const char *file)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int created = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    int reached = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 ? LISTS : 0;

    reached |= created >= 0 && unlink(file) == 0 ? CREATES : 0;
    reached |= reaches(&server, sizeof server) ? SERVER : 0;
    reached |= reaches(&other, sizeof other) ? OTHER_PORT : 0;
    reached |=
        bind(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&any, sizeof any) == 0 ? BINDS : 0;
    return reached | (reaches(&named, named_size) ? ABSTRACT : 0);
}

static int reached_by_child(const fz_jail *jail)
{
    g_autofree char *file = g_strdup_printf("%s/flowzone-reach.%d", g_get_tmp_dir(), (int)getpid());
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(jail && !fz_jail_lock(jail, NULL, NULL, NULL) ? NOT_LOCKED : what_is_reached(file));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void files_and_tcp_are_out_of_reach(void **state)
{
    const long version = syscall(444, NULL, (size_t)0, 1); /* of Landlock */
    (void)state;
    server = other = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    named.sun_family = AF_UNIX;
    named_size = sizeof named.sun_family; /* the kernel chooses a name */
    listen_at((struct sockaddr *)&server, sizeof server, sizeof server);
    listen_at((struct sockaddr *)&other, sizeof other, sizeof other);
    named_size = listen_at((struct sockaddr *)&named, named_size, sizeof named);
    const fz_jail jail = {.profile = FZ_JAIL_CONNECT, .port = ntohs(server.sin_port)};
    const int before_ports = version < 4 ? OTHER_PORT | BINDS : 0, before_scopes = version < 6 ? ABSTRACT : 0;
    assert_int_equal(reached_by_child(NULL), LISTS | CREATES | SERVER | OTHER_PORT | BINDS | ABSTRACT);
    assert_int_equal(reached_by_child(&jail), SERVER | before_ports | before_scopes);
}

/* What a resolver reaches: its server over its socket, and nobody by any other way. Its exit status. */
static int ask_as_resolver(int fd)
{
    const fz_jail jail = {.profile = FZ_JAIL_RESOLVER, .keep = &fd, .keep_count = 1};
    char answer[8];

    if (!fz_jail_lock(&jail, NULL, NULL, NULL))
        return NOT_LOCKED;
    if (write(fd, "ask", 3) != 3 || poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 60000) != 1)
        return 1;
    return read(fd, answer, sizeof answer) == 4 ? 0 : 2;
}

static void a_resolver_talks_to_its_server_alone(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, from;
    socklen_t size = sizeof at, from_size = sizeof from;
    int listens = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), asks = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char question[8];
    int status;

    (void)state;
    assert_int_equal(bind(listens, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(listens, (struct sockaddr *)&at, &size), 0);
    assert_int_equal(connect(asks, (struct sockaddr *)&at, sizeof at), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(ask_as_resolver(asks));
    assert_int_equal(recvfrom(listens, question, sizeof question, 0, (struct sockaddr *)&from, &from_size), 3);
    assert_int_equal(sendto(listens, "told", 4, 0, (struct sockaddr *)&from, from_size), 4);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (const char *const *name = (const char *const[]){"connect", "send-udp", "socket-udp", "socket-tcp", NULL};
         *name; name++)
        assert_int_equal(attempt_find(*name)->answer[FZ_JAIL_RESOLVER], 'k');
    close(listens);
    close(asks);
}

int main(int count, char **arguments)
{
    (void)count;
    if (!getenv(SECRET)) { /* it must be there when we begin */
        setenv(SECRET, "x", 1);
        execv("/proc/self/exe", arguments);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_says_what_the_attempts_show),
        cmocka_unit_test(the_page_lists_what_is_given_up),
        cmocka_unit_test(files_and_tcp_are_out_of_reach),
        cmocka_unit_test(a_resolver_talks_to_its_server_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
