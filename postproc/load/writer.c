/* The handle of a writer: starts its process, sends orders, and takes replies that it does not trust.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer_private.h"

#include "log.h"
#include "store.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - writer - error - quark, fz_writer_error)

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

bool fz_writer_count(const char *to, unsigned most, unsigned *count, GError **error)
{
    const fz_store_ops *store = fz_store_find(to ? to : FZ_DEFAULT_STORE, error);

    if (!store)
        return false;
    *count = store->writers ? MIN(store->writers, most) : most;
    return true;
}

fz_writer *fz_writer_new(const char *to, const fz_load_manner *manner, bool reports, fz_confine *confine)
{
    fz_writer *writer = g_new(fz_writer, 1);

    *writer = (fz_writer){
        .to = to ? to : FZ_DEFAULT_STORE, .manner = manner, .reports = reports, .confine = confine, .orders = -1};
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
        fz_writer_live(writer);
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
    g_set_error(error, FZ_WRITER_ERROR, FZ_WRITER_ERROR_PROCESS, "no process for the store: %s", g_strerror(fault));
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
