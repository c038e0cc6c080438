/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 4096 };

struct fz_writer {
    const char *to;
    const fz_load_manner *manner;
    fz_confine *confine;
    pid_t pid; /* 0: not started */
    int orders;
};

/* What goes to the process, with the descriptors beside it; what comes back is one of these words. */
typedef struct writer_order {
    uint64_t size, records;
    uint32_t silence_s;
    char name[NAME_MAX_BYTES];
} writer_order;

typedef enum writer_word {
    WORD_READY,
    WORD_LOADED,
    WORD_FAILED,
    WORD_HOPELESS,
    WORD_LOST,
    WORD_READER_GONE
} writer_word;

static void tell(const char *who, const char *message)
{
    fprintf(stderr, "%s: %s\n", who, message);
}

static bool send_order(int socket, const fz_source *source)
{
    writer_order order = {
        .size = source->size, .records = source->limits.records, .silence_s = source->limits.silence_s};
    const int fds[] = {source->records, source->commands};
    size_t count = source->commands >= 0 ? 2 : 1;
    char room[CMSG_SPACE(sizeof fds)] = {0};
    struct iovec bytes = {.iov_base = &order, .iov_len = sizeof order};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    g_strlcpy(order.name, source->name, sizeof order.name);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof order;
}

/* False when there are no more. */
static bool take_order(int socket, writer_order *order, fz_source *source)
{
    int fds[2] = {-1, -1};
    char room[CMSG_SPACE(sizeof fds)];
    struct iovec bytes = {.iov_base = order, .iov_len = sizeof *order};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t got;

    while ((got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        continue;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (got != (ssize_t)sizeof *order || head == NULL || head->cmsg_type != SCM_RIGHTS)
        return false;
    memcpy(fds, CMSG_DATA(head), MIN(head->cmsg_len - CMSG_LEN(0), sizeof fds));
    *source = (fz_source){
        .records = fds[0],
        .commands = fds[1],
        .name = order->name,
        .size = order->size,
        .limits = {.records = order->records, .silence_s = order->silence_s},
    };
    return true;
}

/* The store itself can't be had, whichever file is next. */
static bool is_hopeless(const GError *fault)
{
    return fault->domain == FZ_JAIL_ERROR ||
           (fault->domain == FZ_STORE_ERROR &&
            (fault->code == FZ_STORE_ERROR_URI || fault->code == FZ_STORE_ERROR_CONNECT ||
             fault->code == FZ_STORE_ERROR_SCHEMA));
}

/* Tells what went wrong, but for the reader's death: the one who waits for it knows more. */
static writer_word judge(const fz_writer *writer, const GError *fault)
{
    if (g_error_matches(fault, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE))
        return WORD_READER_GONE;
    tell(writer->manner->who, fault->message);
    if (g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_LOST))
        return WORD_LOST;
    return is_hopeless(fault) ? WORD_HOPELESS : WORD_FAILED;
}

static bool say(int socket, writer_word word)
{
    const uint8_t byte = (uint8_t)word;

    return write(socket, &byte, 1) == 1;
}

static bool lock(const fz_writer *writer, fz_store *store, GError **error)
{
    g_autofree char *line = NULL;
    const char *folder = store->ops->folder ? store->ops->folder(store) : NULL;
    const fz_jail jail = {
        .profile = folder ? FZ_JAIL_WRITER_FILE : FZ_JAIL_WRITER_SOCKET,
        .keep_count = FZ_JAIL_KEEP_ALL, /* what the store opened is its own business */
        .folder = folder,
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
        .ends_with_parent = true,
    };

    if (store->ops->seal)
        store->ops->seal(store);
    if (!fz_confine_lock(writer->confine, &jail, NULL, &line, error))
        return false;
    if (line != NULL)
        tell(writer->manner->who, line);
    return true;
}

/* One order after the other. False when the store is lost. */
static bool serve(const fz_writer *writer, fz_store *store)
{
    fz_source source;
    g_autofree writer_order *room = g_new(writer_order, 1);

    while (take_order(writer->orders, room, &source)) {
        g_autoptr(GError) fault = NULL;
        writer_word word = fz_load_source(store, &source, writer->manner, &fault) ? WORD_LOADED : judge(writer, fault);
        close(source.records);
        if (source.commands >= 0)
            close(source.commands);
        if (!say(writer->orders, word) || word == WORD_LOST)
            return false;
    }
    return true;
}

/* The child's whole life. */
static void G_GNUC_NORETURN live(const fz_writer *writer)
{
    g_autoptr(GError) fault = NULL;
    fz_store *store = NULL;

    for (int fd = 0; fd < STDERR_FILENO; fd++)
        fz_confine_close_standard(fd);
    if (fz_jail_close_others(&writer->orders, 1, &fault))
        store = fz_store_open(writer->to, &fault);
    bool done = store != NULL && lock(writer, store, &fault);

    if (!done)
        say(writer->orders, judge(writer, fault));
    else
        done = say(writer->orders, WORD_READY) && serve(writer, store);
    fz_store_close(store);
    (void)fflush(stderr);
    _exit(done ? 0 : 1);
}

fz_writer *fz_writer_new(const char *to, const fz_load_manner *manner, fz_confine *confine)
{
    fz_writer *writer = g_new(fz_writer, 1);

    *writer = (fz_writer){.to = to, .manner = manner, .confine = confine, .orders = -1};
    return writer;
}

static bool start(fz_writer *writer)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    (void)fflush(NULL);
    writer->pid = fork();
    if (writer->pid == 0) {
        close(ends[0]);
        writer->orders = ends[1];
        live(writer);
    }
    close(ends[1]);
    writer->orders = ends[0];
    if (writer->pid < 0) {
        close(ends[0]);
        writer->pid = 0;
        return false;
    }
    return true;
}

/* Ends the process; how it ended where that was not as it should. */
static char *stop(fz_writer *writer)
{
    char *end;

    close(writer->orders);
    writer->orders = -1;
    end = fz_confine_reap(writer->pid, NULL);
    writer->pid = 0;
    return end;
}

/* The process's next word. Where it has no more to say it is ended, and `*end` says how, if that was not as it should
 * be and it has not told why. */
static writer_word listen_to(fz_writer *writer, char **end)
{
    uint8_t byte = WORD_FAILED;
    ssize_t got;

    while ((got = read(writer->orders, &byte, 1)) < 0 && errno == EINTR)
        continue;
    bool spoke = got == 1;
    if (spoke && (byte == WORD_READY || byte == WORD_LOADED || byte == WORD_FAILED || byte == WORD_READER_GONE))
        return (writer_word)byte;
    *end = stop(writer);
    if (spoke)
        g_clear_pointer(end, g_free);
    return spoke && byte == WORD_HOPELESS ? WORD_HOPELESS : WORD_FAILED;
}

static void tell_end(const fz_writer *writer, const char *name, const char *which, const char *end, const char *so)
{
    fprintf(stderr, "%s: %s: the process that %s %s; %s\n", writer->manner->who, name, which, end, so);
}

/* Starts the process where it must be, and gives it the source. */
static writer_word have_loaded(fz_writer *writer, const fz_source *source, char **end)
{
    if (writer->pid == 0) {
        if (!start(writer)) {
            fprintf(stderr, "%s: no process for the store: %s\n", writer->manner->who, g_strerror(errno));
            return WORD_HOPELESS;
        }
        writer_word first = listen_to(writer, end);
        if (first != WORD_READY)
            return first;
    }
    send_order(writer->orders, source); /* where it fails, the process has no word for it either */
    return listen_to(writer, end);
}

fz_writer_outcome fz_writer_load(fz_writer *writer, fz_source *source)
{
    g_autofree char *writer_end = NULL;
    writer_word word = have_loaded(writer, source, &writer_end);
    fz_source_end end = fz_source_stop(source);

    if (writer_end != NULL)
        tell_end(writer, source->name, "writes into the store", writer_end, "what it had not committed is not there");
    else if (word == WORD_READER_GONE)
        tell_end(writer, source->name, "reads it", end.process ? end.process : "hung up before the end",
                 "nothing was loaded");
    if (word != WORD_LOADED && end.feeder != NULL)
        tell_end(writer, source->name, "dissects it", end.feeder, "nothing was loaded");
    fz_source_end_clear(&end);
    if (word == WORD_LOADED)
        return FZ_WRITER_LOADED;
    return word == WORD_HOPELESS ? FZ_WRITER_HOPELESS : FZ_WRITER_FAILED;
}

void fz_writer_free(fz_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->pid != 0)
        g_free(stop(writer));
    g_free(writer);
}
