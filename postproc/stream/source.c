/* Child processes that send records: the pipes to them, and how they ended.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include "child.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20, SILENCE_S = 60, SLOWEST_BYTES_S = 1000000, WORDS_MAX = 16384 };

static bool fail(GError **error, const char *name, const char *what)
{
    int fault = errno;

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "%s: %s: %s", name, what, g_strerror(fault));
    return false;
}

static void close_pair(const int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
}

bool fz_source_fork(fz_source *source, const fz_input *input, bool with_commands, GError **error)
{
    int records[2] = {-1, -1}, commands[2] = {-1, -1};

    *source = (fz_source){.records = -1, .commands = -1, .name = input->name, .size = input->size, .feeder_words = -1};
    if (pipe2(records, O_CLOEXEC) != 0 || (with_commands && pipe2(commands, O_CLOEXEC) != 0)) {
        fail(error, input->name, "cannot make a pipe");
        close_pair(records);
        return false;
    }
    fcntl(records[1], F_SETPIPE_SZ, PIPE_BYTES); /* fewer switches between processes; smaller pipes work too */
    source->pid = fz_child_fork();
    if (source->pid < 0) {
        fail(error, input->name, "cannot start a process");
        close_pair(records);
        close_pair(commands);
        return false;
    }
    bool child = source->pid == 0;
    source->records = records[child ? 1 : 0];
    source->commands = commands[child ? 0 : 1];
    close(records[child ? 0 : 1]);
    if (with_commands)
        close(commands[child ? 1 : 0]);
    return true;
}

char *fz_source_name(const fz_input *capture, const char *given)
{
    if (given || !strcmp(capture->name, FZ_INPUT_STDIN))
        return g_strdup(given ? given : "");
    g_autofree char *base = g_path_get_basename(capture->name);
    return g_steal_pointer(&base);
}

char *fz_source_folder(const fz_input *capture)
{
    if (!strcmp(capture->name, FZ_INPUT_STDIN))
        return NULL;
    g_autofree char *path = g_canonicalize_filename(capture->name, NULL), *folder = g_path_get_dirname(path);
    return g_steal_pointer(&folder);
}

/* A packet has a header of 16 bytes, and deflate compresses at most 1032 to 1. */
uint64_t fz_source_rows_max(uint64_t size)
{
    return size > G_MAXUINT64 / 65 ? 0 : size * 65 + 1;
}

unsigned fz_source_silence_s(uint64_t size)
{
    return size ? SILENCE_S + (unsigned)MIN(size / SLOWEST_BYTES_S, G_MAXINT / 1000 - SILENCE_S) : 0;
}

void fz_source_limit(fz_source *source, const fz_input *input, uint64_t rows)
{
    if (input->seekable)
        source->limits = (fz_pipe_limits){.rows = rows, .silence_s = fz_source_silence_s(input->size)};
}

/* Reads the end of the feeder's output. */
static void read_words(int fd, char words[WORDS_MAX + 1])
{
    off_t size = lseek(fd, 0, SEEK_END);
    ssize_t got = pread(fd, words, WORDS_MAX, MAX(size - WORDS_MAX, 0));

    words[MAX(got, 0)] = '\0';
    g_strchomp(words);
}

/* The feeder's last line of output, safe for a terminal. The caller frees. */
static char *last_words(int fd)
{
    char words[WORDS_MAX + 1];

    read_words(fd, words);
    const char *line = strrchr(words, '\n');
    return fz_text_table(line ? line + 1 : words);
}

/* The lines in which the plugin reported layers without a walk ("flowzone: out=fd:3: link type ..."), safe for a
 * terminal. NULL: none. The caller frees. */
static char *remarks_of(int fd)
{
    static const char plugin[] = "flowzone: out=", mark[] = ": no walk; ";
    char words[WORDS_MAX + 1];

    read_words(fd, words);
    g_auto(GStrv) lines = g_strsplit(words, "\n", -1);
    GString *text = g_string_new(NULL);
    for (char **line = lines; *line; line++) {
        const char *said = g_str_has_prefix(*line, plugin) && strstr(*line, mark) ? strstr(*line, ": ") : NULL;
        said = said ? strstr(said + 2, ": ") : NULL;
        if (!said)
            continue;
        g_autofree char *harmless = fz_text_table(said + 2);
        g_string_append_printf(text, "%s%s", text->len > 0 ? "\n" : "", harmless);
    }
    return g_string_free(text, text->len == 0);
}

static char *describe_feeder(char *end, int words)
{
    g_autofree char *how = end;
    g_autofree char *said = words >= 0 ? last_words(words) : g_strdup("");

    if (!how || !*said)
        return g_steal_pointer(&how);
    return g_strdup_printf("%s: %s", how, said);
}

fz_source_end fz_source_stop(fz_source *source)
{
    fz_source_end end = {0};

    if (source->records >= 0)
        close(source->records);
    if (source->commands >= 0)
        close(source->commands);
    source->records = source->commands = -1;
    end.process = fz_child_reap(source->pid, &end.status);
    if (source->feeder > 0) {
        int status = 0;
        char *how = fz_child_reap(source->feeder, &status);
        end.feeder_killed = how != NULL && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        end.remarks = !how && source->feeder_words >= 0 ? remarks_of(source->feeder_words) : NULL;
        end.feeder = describe_feeder(how, source->feeder_words);
    }
    if (source->feeder_words >= 0)
        close(source->feeder_words);
    source->feeder_words = -1;
    return end;
}

void fz_source_end_clear(fz_source_end *end)
{
    g_clear_pointer(&end->process, g_free);
    g_clear_pointer(&end->remarks, g_free);
    g_clear_pointer(&end->feeder, g_free);
}
