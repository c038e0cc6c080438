/* The process that asks name servers, by c-ares: a channel for each server, over a socket that was connected before the
 * lock, a datagram socket or a TCP connection. How fast, how often and whom is decided here; c-ares sends one question
 * once. SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver_private.h"

#include "child.h"
#include "namer.h"
#include "ptr_answer.h"

#include <ares.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

G_STATIC_ASSERT(sizeof(fz_resolved) <= PIPE_BUF);

enum {
    ROUND_MS = 20,                                       /* how long the loop sleeps at most */
    REFUSALS_MAX = 3,                                    /* of a server at whose port nobody listens */
    SILENCE_US = 2 * FZ_LOOK_UP_WAIT_MS * 1000 - 100000, /* after two rounds without an answer a server is given up */
};

typedef struct server {
    ares_channel channel;
    int fd;
    bool stream;     /* TCP */
    uint32_t number; /* in the list of the task */
    struct sockaddr_storage at;
    socklen_t at_size;
    unsigned outstanding;
    int64_t asked_us[FZ_DNS_RATE_MAX]; /* when the last questions were asked: a ring of `rate` */
    unsigned next;
    int64_t silent_us; /* since when nothing that it was asked is answered; 0: it answers */
    unsigned refusals;
    bool lost;
} server;

typedef struct resolver resolver;

typedef struct question {
    resolver *owner;
    uint32_t index;
    unsigned tries;
    server *last; /* whom it was asked last; NULL: nobody yet */
} question;

struct resolver {
    const fz_look_up_task *task;
    const fz_helper *helper;
    server *servers;
    unsigned count;
    question *questions;
    GQueue waiting; /* of questions */
    size_t left;    /* questions without an answer */
};

static bool send_text(const fz_helper *helper, fz_resolved_kind kind, const char *text)
{
    fz_resolved sent = {.kind = kind};

    g_strlcpy(sent.text, text, sizeof sent.text);
    return fz_helper_answer(helper, &sent, sizeof sent);
}

static void settle(question *settled, const fz_ptr_answer *answer)
{
    const bool cut = answer->cut && !settled->owner->task->stream;
    fz_resolved sent = {
        .kind = cut ? FZ_RESOLVED_CUT : FZ_RESOLVED_ANSWER,
        .index = settled->index,
        .status = answer->status,
        .server = settled->last ? settled->last->number : 0,
        .keep_s = answer->keep_s,
    };

    g_strlcpy(sent.text, answer->name, sizeof sent.text);
    if (!fz_helper_answer(settled->owner->helper, &sent, sizeof sent))
        _exit(1);
    settled->owner->left--;
}

/* c-ares's own view of sockets: the one that is there. A connection that was closed is not to be had again. */
static ares_socket_t give_socket(int family, int type, int protocol, void *of)
{
    const server *asked = of;

    (void)family, (void)protocol;
    errno = EACCES;
    return type == (asked->stream ? SOCK_STREAM : SOCK_DGRAM) && !asked->lost ? asked->fd : ARES_SOCKET_BAD;
}
static int leave_open(ares_socket_t fd, void *of)
{
    server *asked = of;

    (void)fd;
    asked->lost = asked->lost || asked->stream;
    return 0;
}
static int leave_connected(ares_socket_t fd, const struct sockaddr *at, ares_socklen_t size, void *of)
{
    (void)fd, (void)at, (void)size, (void)of;
    return 0;
}
/* The kernel lets only what the server sends through. An empty datagram would close the connection of c-ares 1.18. */
static ares_ssize_t receive(ares_socket_t fd, void *bytes, size_t size, int flags, struct sockaddr *from,
                            ares_socklen_t *from_size, void *of)
{
    const server *source = of;
    ares_ssize_t got = read(fd, bytes, size);

    (void)flags;
    if (got == 0 && !source->stream) {
        errno = EAGAIN;
        return -1;
    }
    if (from && from_size && *from_size >= source->at_size) {
        memcpy(from, &source->at, source->at_size);
        *from_size = source->at_size;
    }
    return got;
}
static ares_ssize_t send_out(ares_socket_t fd, const struct iovec *parts, int count, void *of)
{
    (void)of;
    return writev(fd, parts, count);
}

static const struct ares_socket_functions socket_functions = {give_socket, leave_open, leave_connected, receive,
                                                              send_out};

static void set_address(server *made, const fz_name_server *wanted)
{
    if (wanted->addr.family == FZ_IPV4) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(wanted->port)};
        memcpy(&at.sin_addr, wanted->addr.bytes, sizeof at.sin_addr);
        memcpy(&made->at, &at, made->at_size = sizeof at);
    } else {
        struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(wanted->port)};
        memcpy(&at.sin6_addr, wanted->addr.bytes, sizeof at.sin6_addr);
        memcpy(&made->at, &at, made->at_size = sizeof at);
    }
}

/* Whether the server takes the connection, and in time. */
static bool is_taken(int fd, int64_t until_us)
{
    const int64_t left_us = MIN(until_us - g_get_monotonic_time(), (int64_t)FZ_LOOK_UP_WAIT_MS * 1000);
    struct pollfd end = {.fd = fd, .events = POLLOUT};
    int fault = 0;
    socklen_t size = sizeof fault;

    return left_us > 0 && poll(&end, 1, (int)(left_us / 1000) + 1) == 1 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault == 0;
}

static bool open_socket(server *made, const fz_look_up_task *task)
{
    const int type = task->stream ? SOCK_STREAM : SOCK_DGRAM;

    made->stream = task->stream;
    made->fd = socket(made->at.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made->fd < 0)
        return false;
    return connect(made->fd, (const struct sockaddr *)&made->at, made->at_size) == 0 ||
           (errno == EINPROGRESS && is_taken(made->fd, task->until_us));
}

/* Everything is given, so that c-ares reads no file for it. */
static bool open_channel(server *made, const fz_name_server *wanted)
{
    struct ares_options options = {
        .flags = ARES_FLAG_IGNTC | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
                 ARES_FLAG_STAYOPEN | (made->stream ? ARES_FLAG_USEVC : 0),
        .timeout = FZ_LOOK_UP_WAIT_MS,
        .tries = 1,
        .ndots = 1,
        .lookups = (char[]){"b"},
    };
    struct ares_addr_port_node node = {
        .family = made->at.ss_family, .udp_port = wanted->port, .tcp_port = wanted->port};

    memcpy(&node.addr, wanted->addr.bytes, fz_family_bits(wanted->addr.family) / 8);
    if (ares_init_options(&made->channel, &options,
                          ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_LOOKUPS |
                              ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST) != ARES_SUCCESS)
        return false;
    ares_set_socket_functions(made->channel, &socket_functions, made);
    return ares_set_servers_ports(made->channel, &node) == ARES_SUCCESS;
}

/* Servers that this machine has no way to are left out. */
static bool open_servers(resolver *opened)
{
    const fz_name_servers *wanted = opened->task->servers;
    int fault = 0;

    opened->servers = g_new0(server, wanted->count);
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return send_text(opened->helper, FZ_RESOLVED_FAULT, "c-ares cannot start") && false;
    for (unsigned i = 0; i < wanted->count; i++) {
        server *made = &opened->servers[opened->count];

        *made = (server){.number = i};
        for (unsigned asked = 0; asked < MIN(opened->task->asked, opened->task->rate); asked++)
            made->asked_us[made->next++ % opened->task->rate] = g_get_monotonic_time();
        set_address(made, &wanted->at[i]);
        if (open_socket(made, opened->task) && open_channel(made, &wanted->at[i])) {
            opened->count++;
            continue;
        }
        fault = errno;
        if (made->fd >= 0)
            close(made->fd);
    }
    if (opened->count > 0)
        return true;
    if (opened->task->stream) /* as many home routers: there is no answer */
        _exit(0);
    g_autofree char *list = fz_name_servers_print(wanted);
    g_autofree char *line = g_strdup_printf("%s: no name server can be reached: %s", list, g_strerror(fault));
    return send_text(opened->helper, FZ_RESOLVED_FAULT, line) && false;
}

static bool lock(const resolver *locked, const fz_confine *confine)
{
    g_autofree char *line = NULL;
    g_autoptr(GError) fault = NULL;
    int keep[1 + FZ_NAME_SERVERS_MAX] = {locked->helper->channel};
    const fz_jail jail = {
        .profile = FZ_JAIL_RESOLVER,
        .keep = keep,
        .keep_count = 1 + locked->count,
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };

    for (unsigned i = 0; i < locked->count; i++)
        keep[1 + i] = locked->servers[i].fd;
    if (!fz_confine_lock(confine, &jail, NULL, &line, &fault))
        return send_text(locked->helper, FZ_RESOLVED_FAULT, fault->message) && false;
    return !line || send_text(locked->helper, FZ_RESOLVED_NOTE, line);
}

/* The system tells of a refusal once: it may be to any of the questions that are open. */
static void judge_silence(server *asked, int status, int64_t now_us)
{
    asked->refusals += status == ARES_ECONNREFUSED;
    if (status == ARES_ETIMEOUT && asked->silent_us == 0)
        asked->silent_us = now_us - (int64_t)FZ_LOOK_UP_WAIT_MS * 1000;
    if (asked->refusals >= REFUSALS_MAX || (asked->silent_us && now_us - asked->silent_us >= SILENCE_US))
        asked->lost = true;
}

/* c-ares calls this once for every question: with an answer, or when it was not answered. */
static void take_answer(void *user, int status, int timeouts, unsigned char *bytes, int size)
{
    question *asked = user;
    resolver *owner = asked->owner;
    fz_ptr_answer answer = {.status = FZ_NAME_FAILED, .again = true, .keep_s = FZ_NAME_FAILED_S};

    (void)timeouts;
    asked->last->outstanding--;
    if (bytes && size > 0) {
        asked->last->silent_us = 0;
        asked->last->refusals = 0;
        fz_ptr_answer_read(&owner->task->addrs[asked->index], bytes, (size_t)size, &answer);
    } else {
        judge_silence(asked->last, status, g_get_monotonic_time());
    }
    if (answer.status == FZ_NAME_FAILED && answer.again && asked->tries < FZ_LOOK_UP_TRIES)
        g_queue_push_tail(&owner->waiting, asked);
    else
        settle(asked, &answer);
}

static unsigned count_alive(const resolver *run)
{
    unsigned alive = 0;

    for (unsigned i = 0; i < run->count; i++)
        alive += !run->servers[i].lost;
    return alive;
}

/* One that is silent, and a connection, which may be closed after each answer, get one question at a time. */
static bool may_ask(const server *asked, unsigned rate, int64_t now_us)
{
    const unsigned most = asked->silent_us || asked->stream ? 1 : FZ_LOOK_UP_OUTSTANDING;
    const int64_t oldest_us = asked->asked_us[asked->next % rate];

    return !asked->lost && asked->outstanding < most && (oldest_us == 0 || now_us - oldest_us >= FZ_LOOK_UP_WINDOW_US);
}

/* The next question for a server: none that it just failed to answer, if there is another one. */
static question *next_for(resolver *run, const server *asked)
{
    const bool alone = count_alive(run) == 1;

    for (GList *at = run->waiting.head; at; at = at->next) {
        question *next = at->data;

        if (!alone && next->last == asked)
            continue;
        g_queue_delete_link(&run->waiting, at);
        return next;
    }
    return NULL;
}

static void ask(resolver *run, server *asked, question *next, int64_t now_us)
{
    char name[FZ_PTR_QUESTION_SIZE];

    asked->asked_us[asked->next++ % run->task->rate] = now_us;
    asked->outstanding++;
    next->last = asked;
    next->tries++;
    ares_query(asked->channel, fz_ptr_question(&run->task->addrs[next->index], name), FZ_DNS_CLASS_IN, FZ_DNS_TYPE_PTR,
               take_answer, next);
    if (asked->stream)
        ares_process_fd(asked->channel, ARES_SOCKET_BAD, asked->fd); /* sends it */
}

/* In turn, a question each, until no server may be asked. */
static void ask_all(resolver *run)
{
    bool asked = true;

    while (asked) {
        asked = false;
        for (unsigned i = 0; i < run->count; i++) {
            const int64_t now_us = g_get_monotonic_time();
            question *next =
                may_ask(&run->servers[i], run->task->rate, now_us) ? next_for(run, &run->servers[i]) : NULL;

            if (!next)
                continue;
            ask(run, &run->servers[i], next, now_us);
            asked = true;
        }
    }
}

static void hear_all(resolver *run)
{
    struct pollfd ends[FZ_NAME_SERVERS_MAX];

    for (unsigned i = 0; i < run->count; i++)
        ends[i] = (struct pollfd){.fd = run->servers[i].fd, .events = POLLIN};
    const int ready = poll(ends, run->count, ROUND_MS);
    for (unsigned i = 0; i < run->count; i++)
        ares_process_fd(run->servers[i].channel, ready > 0 && ends[i].revents ? ends[i].fd : ARES_SOCKET_BAD,
                        run->servers[i].stream ? ends[i].fd : ARES_SOCKET_BAD);
}

static void resolve(resolver *run)
{
    const fz_look_up_task *task = run->task;
    const fz_ptr_answer none = {.status = FZ_NAME_FAILED, .keep_s = FZ_NAME_FAILED_S};

    run->questions = g_new0(question, task->count);
    run->left = task->count;
    for (size_t i = 0; i < task->count; i++) {
        run->questions[i] = (question){.owner = run, .index = (uint32_t)i};
        g_queue_push_tail(&run->waiting, &run->questions[i]);
    }
    while (run->left > 0 && g_get_monotonic_time() < task->until_us && count_alive(run) > 0) {
        ask_all(run);
        hear_all(run);
    }
    for (question *next; !task->stream && count_alive(run) == 0 && (next = g_queue_pop_head(&run->waiting));)
        settle(next, &none);
}

void fz_resolver_live(const fz_look_up_task *task, const fz_confine *confine, const fz_helper *helper)
{
    resolver alive = {.task = task, .helper = helper, .waiting = G_QUEUE_INIT};

    (void)signal(SIGPIPE, SIG_IGN);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        fz_child_close_standard(fd);
    if (!open_servers(&alive) || !lock(&alive, confine))
        _exit(1);
    resolve(&alive);
    _exit(0);
}
