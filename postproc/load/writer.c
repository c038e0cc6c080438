/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"
#include "log.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 4096, CAPTURE_MAX_BYTES = 1024 };

/* The most memory until a store is connected: before that there are no rows. */
#define CONNECT_MEMORY_BYTES (UINT64_C(128) << 20)

struct fz_writer {
    const char *to;
    const fz_load_manner *manner;
    bool reports;
    fz_confine *confine;
    pid_t pid; /* 0: not started */
    gint64 since_us;
    int orders;
    bool asks; /* the last order was questions */
};

/* What goes to the process: the first with descriptors beside it. */
typedef enum writer_kind { ORDER_LOAD, ORDER_ASK } writer_kind;

typedef struct writer_order {
    uint32_t kind, count; /* of questions */
    union {
        struct {
            uint64_t size, capture_bytes, records;
            int64_t written_ns;
            uint32_t silence_s;
            char name[NAME_MAX_BYTES], capture[CAPTURE_MAX_BYTES]; /* empty: it is no capture */
            char identity[65];                                     /* empty: not known */
        } load;
        fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    };
} writer_order;

/* What comes back. */
typedef enum writer_word {
    WORD_DONE,
    WORD_INPUT,
    WORD_READER_GONE,
    WORD_BUSY,
    WORD_STORE,
    WORD_LOST,
    WORD_NO_STORE,
    WORD_HOPELESS,
    WORD_DEATH /* none came: the process died */
} writer_word;

typedef struct writer_reply {
    uint32_t word;
    char note[sizeof((fz_load_report *)NULL)->note]; /* about the lock, in the first one */
    union {
        fz_load_report report;
        fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    };
} writer_reply;

static void tell(const char *who, const char *message)
{
    fz_say(who, "%s", message);
}

static bool send_order(int socket, writer_order *order, const fz_source *source)
{
    const int fds[] = {source ? source->records : -1, source ? source->commands : -1};
    size_t count = source == NULL ? 0 : source->commands >= 0 ? 2 : 1;
    char room[CMSG_SPACE(sizeof fds)] = {0};
    struct iovec bytes = {.iov_base = order, .iov_len = sizeof *order};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

    if (count > 0) {
        message.msg_control = room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *order;
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
    if (got != (ssize_t)sizeof *order)
        return false;
    if (order->kind == ORDER_ASK)
        return true;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head == NULL || head->cmsg_type != SCM_RIGHTS)
        return false;
    memcpy(fds, CMSG_DATA(head), MIN(head->cmsg_len - CMSG_LEN(0), sizeof fds));
    *source = (fz_source){
        .records = fds[0],
        .commands = fds[1],
        .name = order->load.name,
        .size = order->load.size,
        .capture = *order->load.capture ? order->load.capture : NULL,
        .identity = *order->load.identity ? order->load.identity : NULL,
        .capture_bytes = order->load.capture_bytes,
        .written_ns = order->load.written_ns,
        .limits = {.records = order->load.records, .silence_s = order->load.silence_s},
    };
    return true;
}

static writer_word judge_store(int code)
{
    switch (code) {
    case FZ_STORE_ERROR_URI:
    case FZ_STORE_ERROR_SCHEMA:
        return WORD_HOPELESS;
    case FZ_STORE_ERROR_CONNECT:
        return WORD_NO_STORE;
    case FZ_STORE_ERROR_LOST:
        return WORD_LOST;
    case FZ_STORE_ERROR_BUSY:
    case FZ_STORE_ERROR_DUPLICATE:
        return WORD_BUSY;
    default:
        return WORD_STORE;
    }
}

static writer_word judge(const GError *fault)
{
    if (fault->domain == FZ_JAIL_ERROR)
        return WORD_HOPELESS;
    if (fault->domain == FZ_STORE_ERROR)
        return judge_store(fault->code);
    return g_error_matches(fault, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE) ? WORD_READER_GONE : WORD_INPUT;
}

/* Tells what went wrong, or has it reported. Of a reader that hung up the one who waits for it knows more. */
static void explain(const fz_writer *writer, const GError *fault, fz_load_report *report)
{
    if (writer->reports)
        g_strlcpy(report->line, fault->message, sizeof report->line);
    else if (!g_error_matches(fault, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE))
        tell(writer->manner->who, fault->message);
}

static bool say(int socket, const writer_reply *reply)
{
    return write(socket, reply, sizeof *reply) == (ssize_t)sizeof *reply;
}

static bool lock(const fz_writer *writer, fz_store *store, char **line, GError **error)
{
    const char *folder = store->ops->folder ? store->ops->folder(store) : NULL;
    const fz_jail jail = {
        .profile = folder ? FZ_JAIL_WRITER_FILE : FZ_JAIL_WRITER_SOCKET,
        .keep_count = FZ_JAIL_KEEP_ALL, /* what the store opened is its own business */
        .folder = folder,
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };

    if (store->ops->seal)
        store->ops->seal(store);
    if (!fz_confine_lock(writer->confine, &jail, NULL, line, error))
        return false;
    if (store->ops->forget && writer->confine->mode != FZ_JAIL_OFF) /* else it may connect again */
        store->ops->forget(store);
    return true;
}

static writer_word load(const fz_writer *writer, fz_store *store, const fz_source *source, writer_reply *reply)
{
    g_autoptr(GError) fault = NULL;
    writer_word word = WORD_DONE;

    if (!fz_load_source(store, source, writer->manner, writer->reports ? &reply->report : NULL, &fault)) {
        /* A capture that the ledger takes for another one is no fault of the store. */
        word = reply->report.outcome == FZ_LEDGER_OTHER ? WORD_INPUT : judge(fault);
        explain(writer, fault, &reply->report);
    }
    close(source->records);
    if (source->commands >= 0)
        close(source->commands);
    return word;
}

static writer_word answer(const fz_writer *writer, fz_store *store, fz_ledger_files *files, const writer_order *order,
                          writer_reply *reply)
{
    g_autoptr(GError) fault = NULL;
    size_t count = MIN(order->count, (size_t)FZ_WRITER_QUESTIONS);

    memcpy(reply->questions, order->questions, count * sizeof *order->questions);
    if (fz_ledger_ask(store, writer->manner->run, files, reply->questions, count, &fault))
        return WORD_DONE;
    memset(&reply->report, 0, sizeof reply->report);
    explain(writer, fault, &reply->report);
    return judge(fault);
}

/* One order after the other. False when the store is lost. `note` goes along with the first reply. */
static bool serve(const fz_writer *writer, fz_store *store, fz_ledger_files *files, char **note)
{
    fz_source source;
    g_autofree writer_order *order = g_new(writer_order, 1);
    g_autofree writer_reply *reply = g_new(writer_reply, 1);

    while (take_order(writer->orders, order, &source)) {
        memset(reply, 0, sizeof *reply);
        reply->word =
            order->kind == ORDER_ASK ? answer(writer, store, files, order, reply) : load(writer, store, &source, reply);
        g_strlcpy(reply->note, *note ? *note : "", sizeof reply->note);
        g_clear_pointer(note, g_free);
        if (!say(writer->orders, reply) || reply->word == WORD_LOST)
            return false;
    }
    return true;
}

/* What looking a server up, TLS and ways to authenticate read. */
static const char *const network_paths[] = {
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/share",
    "/usr/local/share/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/gnutls",
    "/etc/pkcs11",
    "/etc/crypto-policies",
    "/etc/localtime",
    "/proc/self/task",
    "/proc/self/fd",
    "/proc/sys/crypto/fips_enabled",
    "/dev/null",
    "/dev/urandom",
    NULL,
};

/* Connects to a store that is elsewhere: whoever is there may be no friend, so most rights go before. */
static bool connect_store(const fz_writer *writer, fz_store *store, GError **error)
{
    g_autofree char *line = NULL;
    const fz_jail jail = {
        .profile = FZ_JAIL_CONNECT,
        .keep_count = FZ_JAIL_KEEP_ALL,
        .readable = network_paths,
        .port = store->ops->port(store),
        .memory_bytes = CONNECT_MEMORY_BYTES,
        .later_bytes = FZ_CONFINE_MEMORY_BYTES,
    };

    return fz_confine_lock(writer->confine, &jail, NULL, &line, error) && store->ops->connect(store, error);
}

/* Opens the store, and locks. A line about the lock is told at once, or goes into `*note`. */
static bool begin(const fz_writer *writer, fz_store **store, char **note, GError **error)
{
    fz_jail_close_others(&writer->orders, 1);
    *store = fz_store_open(writer->to, error);
    if (*store == NULL || ((*store)->ops->connect && !connect_store(writer, *store, error)) ||
        !lock(writer, *store, note, error))
        return false;
    if (*note == NULL || writer->reports)
        return true;
    tell(writer->manner->who, *note);
    g_clear_pointer(note, g_free);
    return true;
}

/* The child's whole life. */
static void G_GNUC_NORETURN live(const fz_writer *writer)
{
    g_autoptr(GError) fault = NULL;
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);
    g_autofree char *note = NULL;
    fz_store *store = NULL;
    fz_ledger_files *files = fz_ledger_files_new();

    for (int fd = 0; fd < STDERR_FILENO; fd++)
        fz_confine_close_standard(fd);
    bool done = begin(writer, &store, &note, &fault) && serve(writer, store, files, &note);
    if (fault != NULL) { /* of begin: this process is at its end, and so is its word */
        reply->word = judge(fault) == WORD_HOPELESS ? WORD_HOPELESS : WORD_NO_STORE;
        explain(writer, fault, &reply->report);
        say(writer->orders, reply);
    }
    fz_ledger_files_free(files);
    fz_store_close(store);
    (void)fflush(stderr);
    _exit(done ? 0 : 1);
}

fz_writer *fz_writer_new(const char *to, const fz_load_manner *manner, bool reports, fz_confine *confine)
{
    fz_writer *writer = g_new(fz_writer, 1);

    *writer = (fz_writer){.to = to, .manner = manner, .reports = reports, .confine = confine, .orders = -1};
    return writer;
}

static bool start(fz_writer *writer)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    (void)fflush(NULL);
    writer->since_us = g_get_monotonic_time();
    writer->pid = fz_confine_fork();
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

/* A text ends where its room does, and steers no terminal, whatever the process wrote there. */
static void settle_text(char *text, size_t size)
{
    text[size - 1] = '\0';
    g_autofree char *shown = fz_text_table(text);
    g_strlcpy(text, shown, size);
}

/* The same of a text of several lines. */
static void settle_lines(char *text, size_t size)
{
    text[size - 1] = '\0';
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *shown = fz_text_table(*line);
        g_free(*line);
        *line = shown;
    }
    g_autofree char *shown = g_strjoinv("\n", lines);
    g_strlcpy(text, shown, size);
}

/* Reads no bool: one that is neither is none. */
static bool is_bool(const bool *at)
{
    unsigned char byte;
    memcpy(&byte, at, sizeof byte);
    return byte <= 1;
}

/* Whoever owns the process owns its replies: false where it has one that no such process gives. */
static bool settle_reply(const fz_writer *writer, writer_reply *reply)
{
    bool sound = true;

    settle_text(reply->note, sizeof reply->note);
    if (writer->asks && reply->word == WORD_DONE) {
        for (size_t i = 0; i < FZ_WRITER_QUESTIONS; i++)
            sound = sound && (unsigned)reply->questions[i].answer <= FZ_LEDGER_SAME_DIFFERS;
        return sound;
    }
    settle_text(reply->report.line, sizeof reply->report.line);
    settle_text(reply->report.note, sizeof reply->report.note);
    settle_lines(reply->report.remarks, sizeof reply->report.remarks);
    return (unsigned)reply->report.outcome <= FZ_LEDGER_OTHER && is_bool(&reply->report.totals.cut_short) &&
           is_bool(&reply->report.totals.changed) && is_bool(&reply->report.before.cut_short) &&
           is_bool(&reply->report.before.changed);
}

/* The process's word on its order, into `reply` (the report is of use where it is no WORD_DONE, or a load's). Where the
 * store was at fault, or the process has no more to say, it is ended: the next order opens the store anew. `*end` says
 * how it ended, if that was not as it should be and it has not told why. */
static writer_word listen_to(fz_writer *writer, writer_reply *reply, char **end)
{
    ssize_t got;

    /* ECONNRESET, once: it ended with an order unread; its last word may still be there. */
    while ((got = recv(writer->orders, reply, sizeof *reply, 0)) < 0 && (errno == EINTR || errno == ECONNRESET))
        continue;
    bool spoke = got == (ssize_t)sizeof *reply && reply->word < WORD_DEATH && settle_reply(writer, reply);
    writer_word word = spoke ? (writer_word)reply->word : WORD_DEATH;
    if (word == WORD_DONE || word == WORD_INPUT || word == WORD_READER_GONE || word == WORD_BUSY)
        return word;
    *end = stop(writer);
    if (spoke)
        g_clear_pointer(end, g_free);
    else
        memset(reply, 0, sizeof *reply);
    return word;
}

static bool need_process(fz_writer *writer, GError **error)
{
    if (writer->pid != 0 || start(writer))
        return true;
    int fault = errno;
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "no process for the store: %s",
                g_strerror(fault));
    return false;
}

bool fz_writer_give(fz_writer *writer, const fz_source *source, GError **error)
{
    g_autofree writer_order *order = g_new0(writer_order, 1);

    if (!need_process(writer, error))
        return false;
    writer->asks = false;
    order->kind = ORDER_LOAD;
    order->load.size = source->size;
    order->load.capture_bytes = source->capture_bytes;
    order->load.written_ns = source->written_ns;
    order->load.records = source->limits.records;
    order->load.silence_s = source->limits.silence_s;
    g_strlcpy(order->load.name, source->name, sizeof order->load.name);
    g_strlcpy(order->load.capture, source->capture ? source->capture : "", sizeof order->load.capture);
    g_strlcpy(order->load.identity, source->identity ? source->identity : "", sizeof order->load.identity);
    send_order(writer->orders, order, source); /* where it fails, the process has no word for it either */
    return true;
}

int64_t fz_writer_since_us(const fz_writer *writer)
{
    return writer->since_us;
}

int fz_writer_descriptor(const fz_writer *writer)
{
    return writer->orders;
}

/* What became of an order, by the word that came. */
static fz_writer_end end_of(writer_word word)
{
    static const fz_writer_end ends[] = {
        [WORD_DONE] = FZ_WRITER_END_LOADED,      [WORD_INPUT] = FZ_WRITER_END_INPUT,
        [WORD_READER_GONE] = FZ_WRITER_END_GONE, [WORD_BUSY] = FZ_WRITER_END_BUSY,
        [WORD_STORE] = FZ_WRITER_END_STORE,      [WORD_LOST] = FZ_WRITER_END_MISSING,
        [WORD_NO_STORE] = FZ_WRITER_END_MISSING, [WORD_HOPELESS] = FZ_WRITER_END_HOPELESS,
        [WORD_DEATH] = FZ_WRITER_END_GONE,
    };

    return ends[word];
}

static char *describe_end(const char *name, const char *which, const char *end, const char *so)
{
    return g_strdup_printf("%s: the process that %s %s; %s", name, which, end, so);
}

/* Errors begin with the source's name, lines of a report don't. */
static void drop_name(char line[], const char *name)
{
    size_t length = strlen(name);

    if (strncmp(line, name, length) == 0 && strncmp(line + length, ": ", 2) == 0)
        memmove(line, line + length + 2, strlen(line + length + 2) + 1);
}

/* What is to be told beside the process's own words; NULL: nothing. */
static char *judge_ends(const char *name, writer_word word, const char *writer_end, const fz_source_end *end)
{
    if (writer_end != NULL || word == WORD_DEATH)
        return describe_end(name, "writes into the store", writer_end ? writer_end : "hung up before the end",
                            "what it had not committed is not there");
    if (word != WORD_DONE && end->feeder != NULL)
        return describe_end(name, "dissects it", end->feeder, "nothing was loaded");
    if (word == WORD_READER_GONE)
        return describe_end(name, "reads it", end->process ? end->process : "hung up before the end",
                            "nothing was loaded");
    return NULL;
}

/* Ends the source's processes. A flow file without an end is no fault of the capture where tshark was killed. The
 * caller frees what is to be told. */
static char *end_source(fz_source *source, writer_word *word, const char *writer_end, fz_load_report *report)
{
    fz_source_end end = fz_source_stop(source);
    char *line = judge_ends(source->name, *word, writer_end, &end);

    if (*word == WORD_INPUT && end.feeder_killed)
        *word = WORD_READER_GONE;
    if (report != NULL && end.remarks != NULL)
        g_strlcpy(report->remarks, end.remarks, sizeof report->remarks);
    fz_source_end_clear(&end);
    return line;
}

fz_writer_end fz_writer_take(fz_writer *writer, fz_source *source, fz_load_report *report)
{
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);
    g_autofree char *writer_end = NULL;
    writer_word word = listen_to(writer, reply, &writer_end);
    g_autofree char *line = end_source(source, &word, writer_end, &reply->report);

    *report = reply->report;
    if (line != NULL)
        g_strlcpy(report->line, line, sizeof report->line);
    drop_name(report->line, source->name);
    if (*report->note == '\0')
        g_strlcpy(report->note, reply->note, sizeof report->note);
    return end_of(word);
}

bool fz_writer_ask(fz_writer *writer, const fz_ledger_question *questions, size_t count, GError **error)
{
    g_autofree writer_order *order = g_new0(writer_order, 1);

    if (!need_process(writer, error))
        return false;
    writer->asks = true;
    order->kind = ORDER_ASK;
    order->count = (uint32_t)count;
    memcpy(order->questions, questions, count * sizeof *questions);
    send_order(writer->orders, order, NULL);
    return true;
}

fz_writer_end fz_writer_answer(fz_writer *writer, fz_ledger_question *questions, size_t count, fz_load_report *report)
{
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);
    g_autofree char *end = NULL;
    writer_word word = listen_to(writer, reply, &end);

    memset(report, 0, sizeof *report);
    for (size_t i = 0; word == WORD_DONE && i < count; i++) {
        questions[i].answer = reply->questions[i].answer;
        questions[i].first_us = reply->questions[i].first_us;
    }
    if (word != WORD_DONE)
        *report = reply->report;
    if (end != NULL || word == WORD_DEATH)
        g_snprintf(report->line, sizeof report->line, "the process that writes into the store %s",
                   end ? end : "hung up before the end");
    g_strlcpy(report->note, reply->note, sizeof report->note);
    return end_of(word);
}

fz_writer_outcome fz_writer_load(fz_writer *writer, fz_source *source)
{
    g_autoptr(GError) error = NULL;
    g_autofree writer_reply *reply = g_new0(writer_reply, 1);
    g_autofree char *writer_end = NULL;

    if (!fz_writer_give(writer, source, &error)) {
        tell(writer->manner->who, error->message);
        fz_source_end end = fz_source_stop(source);
        fz_source_end_clear(&end);
        return FZ_WRITER_HOPELESS;
    }
    writer_word word = listen_to(writer, reply, &writer_end);
    g_autofree char *line = end_source(source, &word, writer_end, NULL);
    if (line != NULL)
        tell(writer->manner->who, line);
    if (word == WORD_DONE)
        return FZ_WRITER_LOADED;
    return word == WORD_HOPELESS || word == WORD_NO_STORE ? FZ_WRITER_HOPELESS : FZ_WRITER_FAILED;
}

void fz_writer_kill(fz_writer *writer)
{
    if (writer->pid == 0)
        return;
    kill(writer->pid, SIGKILL);
    g_free(stop(writer));
}

void fz_writer_free(fz_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->pid != 0)
        g_free(stop(writer));
    g_free(writer);
}
