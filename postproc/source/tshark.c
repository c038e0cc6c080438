/* Starts tshark, confined, and tries whether it works.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tshark.h"
#include "child.h"
#include "log.h"

#include "flowfile_source.h"
#include "text.h"
#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - tshark - error - quark, fz_tshark_error)

/* The most output of tshark that is kept, in memory; how often its trial is checked. */
enum { WORDS_MAX_BYTES = 1 << 16, TRIAL_POLL_MS = 10 };

/* Programs, libraries, data and the system's settings. Nothing of a user's. */
static const char *const system_paths[] = {
    "/usr",           "/lib",           "/lib64",        "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/resolv.conf",
    "/etc/localtime", "/etc/wireshark", "/proc/cpuinfo", "/proc/self",       "/dev/null",          "/dev/urandom",
};

/* The only variables that tshark inherits; others may hold passwords. */
static const char *const kept_variables[] = {"PATH", "LD_LIBRARY_PATH", "WIRESHARK_PLUGIN_DIR"};

/* How tshark is run. */
typedef struct tshark_run {
    fz_confine *confine;
    char *path;
    char **arguments; /* the last one is for a process that the tap locks */
    char *unlocked;   /* the last one if this system cannot confine processes and --jail=try continues */
    int in, words;
    int keep[3]; /* flow file and zones, which it inherits under the same numbers, and `words`; -1: none */
} tshark_run;

static bool fail(GError **error, fz_tshark_error code, const char *name, const char *what)
{
    int fault = errno;

    g_set_error(error, FZ_TSHARK_ERROR, code, "%s: %s: %s", name, what, g_strerror(fault));
    return false;
}

static void set_environment(void)
{
    g_auto(GStrv) kept = g_new0(char *, G_N_ELEMENTS(kept_variables) + 1);

    for (size_t i = 0; i < G_N_ELEMENTS(kept_variables); i++)
        kept[i] = g_strdup(getenv(kept_variables[i])); /* NOLINT(concurrency-mt-unsafe): one thread */
    clearenv();                                        /* NOLINT(concurrency-mt-unsafe): one thread */
    for (size_t i = 0; i < G_N_ELEMENTS(kept_variables); i++)
        if (kept[i])
            g_setenv(kept_variables[i], kept[i], TRUE);
    g_setenv("HOME", "/nonexistent", TRUE); /* personal plugins and settings would be loaded from it */
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
}

/* Drops what can be dropped before exec. With --jail=off a root is still made an ordinary user. */
static bool confine_launch(const tshark_run *run, bool *complete, GError **error)
{
    g_autofree char *line = NULL;
    const char *plugins = getenv("WIRESHARK_PLUGIN_DIR"); /* NOLINT(concurrency-mt-unsafe): one thread */
    const char *readable[G_N_ELEMENTS(system_paths) + 2] = {NULL};
    const char *const programs[] = {run->path, "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", NULL};
    const fz_jail jail = {
        .profile = FZ_JAIL_LAUNCH,
        .keep = run->keep,
        .keep_count = G_N_ELEMENTS(run->keep),
        .readable = readable,
        .programs = programs,
        .memory_bytes = fz_confine_half_memory(),
    };

    memcpy(readable, system_paths, sizeof system_paths);
    readable[G_N_ELEMENTS(system_paths)] = plugins;
    /* In this order: changing the user clears the parent-death signal. */
    if (!fz_jail_become_nobody(error) || !fz_confine_lock(run->confine, &jail, complete, &line, error))
        return false;
    if (line)
        fz_say(run->confine->who, "%s", line);
    return true;
}

/* Puts a descriptor in place of a standard one; -1 is /dev/null. */
static void place(int fd, int standard)
{
    if (fd < 0)
        fz_child_close_standard(standard);
    else
        dup2(fd, standard);
}

/* Runs the child until exec. Exceeding the limit on file sizes must not end it. */
static void G_GNUC_NORETURN live(tshark_run *run)
{
    g_autoptr(GError) error = NULL;
    bool complete = false;

    fz_child_heed_sigpipe();
    (void)signal(SIGXFSZ, SIG_IGN);
    place(run->in, STDIN_FILENO);
    place(-1, STDOUT_FILENO);
    for (size_t i = 0; i < G_N_ELEMENTS(run->keep); i++)
        if (run->keep[i] >= 0)
            fcntl(run->keep[i], F_SETFD, 0);
    set_environment();
    bool confined = confine_launch(run, &complete, &error);
    place(run->words, STDERR_FILENO);
    if (confined) {
        const struct rlimit most = {WORDS_MAX_BYTES, WORDS_MAX_BYTES};
        setrlimit(RLIMIT_FSIZE, &most);
        if (!complete)
            run->arguments[g_strv_length(run->arguments) - 1] = run->unlocked;
        dprintf(STDERR_FILENO, "%s: %s\n", run->path, g_strerror(fz_jail_exec(run->path, run->arguments)));
    } else {
        dprintf(STDERR_FILENO, "%s\n", error->message);
    }
    _exit(127);
}

static char *find_tshark(GError **error)
{
    char *path = g_find_program_in_path("tshark");

    if (!path)
        g_set_error_literal(error, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_MISSING, "tshark is not installed");
    return path;
}

static int new_words(GError **error)
{
    int words = memfd_create("words", MFD_CLOEXEC);

    if (words < 0)
        fail(error, FZ_TSHARK_ERROR_START, "tshark", "cannot keep what it prints");
    return words;
}

static void add_value(GString *argument, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    g_autofree char *quoted = fz_options_quote(value);
    g_string_append_printf(argument, ",%s=%s", name, quoted);
}

/* The whole `-z` argument. */
static char *print_argument(const fz_options *options, const char *source, int out, int zones, bool jail)
{
    GString *argument = g_string_new("flowzone");

    g_string_append_printf(argument, ",format=ipfix,out=fd:%d,key=%s,layers=%s", out, fz_key_names[options->key],
                           fz_layers_names[options->layers]);
    if (zones >= 0)
        g_string_append_printf(argument, ",zones=/proc/self/fd/%d", zones);
    if (options->rows & FZ_KIND(FZ_ROW_PACKET))
        g_string_append(argument, ",rows=flows,packets");
    if (options->interval_s)
        g_string_append_printf(argument, ",interval=%u", options->interval_s);
    if (options->max_flows)
        g_string_append_printf(argument, ",max-flows=%" G_GUINT64_FORMAT, options->max_flows);
    g_string_append(argument, options->vlan ? ",vlan" : "");
    add_value(argument, "location", options->location);
    add_value(argument, "sensor", options->sensor);
    add_value(argument, "source", source);
    add_value(argument, "folder", options->folder);
    g_string_append(argument, options->lean ? ",lean" : "");
    g_string_append(argument, jail ? ",jail" : "");
    if (options->filter)
        g_string_append_printf(argument, ",%s", options->filter);
    return g_string_free(argument, FALSE);
}

/* The zone file as a descriptor: tshark, an ordinary user, may not have access to its path. -1 where there is none. */
static bool hand_over_zones(const char *path, int *zones, GError **error)
{
    g_autofree char *text = NULL;
    gsize size;

    *zones = -1;
    if (!path)
        return true;
    if (!g_file_get_contents(path, &text, &size, error))
        return false;
    *zones = memfd_create("zones", MFD_CLOEXEC);
    if (*zones < 0)
        return fail(error, FZ_TSHARK_ERROR_START, path, "cannot be copied for tshark");
    return fz_write_all(*zones, text, size, error);
}

static pid_t start_tshark(const tshark_run *run, const char *name, GError **error)
{
    (void)fflush(NULL);
    pid_t pid = fz_child_fork();
    if (pid == 0) {
        tshark_run mine = *run;
        live(&mine);
    }
    if (pid < 0)
        fail(error, FZ_TSHARK_ERROR_START, name, "cannot start a process");
    return pid;
}

/* tshark writes into the pipe, our reader reads from it. */
static bool start_both(fz_source *source, const fz_input *capture, const tshark_run *run, int flows, GError **error)
{
    const fz_input output = {.fd = flows, .name = capture->name};
    pid_t feeder = start_tshark(run, capture->name, error);

    run->confine->reported |= 1u << FZ_JAIL_LAUNCH;
    close(run->keep[0]); /* otherwise the reader would never see the end of its input */
    if (feeder < 0)
        return false;
    if (!fz_flowfile_source_start(source, &output, capture, run->confine, error)) {
        kill(feeder, SIGKILL);
        g_free(fz_child_reap(feeder, NULL));
        return false;
    }
    source->feeder = feeder;
    source->feeder_words = run->words;
    source->size = capture->size;
    fz_source_limit(source, capture, fz_source_rows_max(capture->size));
    return true;
}

/* Prepares a run with these options on this capture. The caller closes the zones' descriptor. */
static bool prepare(tshark_run *run, const char *name, const fz_options *options, int flows, GError **error)
{
    if (!(run->path = find_tshark(error)) || !hand_over_zones(options->zones, &run->keep[1], error))
        return false;
    run->keep[0] = flows;
    run->words = run->keep[2] = new_words(error);
    if (run->words < 0)
        return false;
    char *argument = print_argument(options, name, flows, run->keep[1], run->confine->mode != FZ_JAIL_OFF);
    char *arguments[] = {(char[]){"tshark"}, (char[]){"-n"}, (char[]){"-q"}, (char[]){"-r"},
                         (char[]){"-"},      (char[]){"-z"}, argument,       NULL};
    run->arguments = g_strdupv(arguments);
    g_free(argument);
    run->unlocked = print_argument(options, name, flows, run->keep[1], false);
    return true;
}

static void clear_run(tshark_run *run)
{
    g_free(run->path);
    g_strfreev(run->arguments);
    g_free(run->unlocked);
    if (run->keep[1] >= 0)
        close(run->keep[1]);
}

/* The file header of pcap, of Ethernet: draft-ietf-opsawg-pcap, section 4. */
static int empty_capture(GError **error)
{
    static const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t reserved[2], snaplen, linktype;
    } header = {.magic = 0xa1b2c3d4, .major = 2, .minor = 4, .snaplen = 65535, .linktype = 1};
    int fd = memfd_create("empty", MFD_CLOEXEC);

    if (fd >= 0 && fz_write_all(fd, &header, sizeof header, error) && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    else
        fail(error, FZ_TSHARK_ERROR_START, "tshark", "cannot make a capture to try it with");
    return -1;
}

/* Why it did not run. */
static bool explain(const tshark_run *run, int status, GError **error)
{
    char words[WORDS_MAX_BYTES + 1];
    ssize_t size = pread(run->words, words, WORDS_MAX_BYTES, 0);
    bool ended = WIFEXITED(status) && WEXITSTATUS(status) != 127;

    words[MAX(size, 0)] = '\0';
    if (ended && strstr(words, "Invalid -z argument")) {
        g_set_error(error, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_MISSING, "%s does not load flowzone's plugin", run->path);
        return false;
    }
    const char *ours = g_strrstr(words, "flowzone: ");
    const char *last = strrchr(g_strchomp(words), '\n');
    g_autofree char *line = g_strndup(ours ? ours : last ? last + 1 : words, WORDS_MAX_BYTES);
    g_autofree char *shown = fz_text_table(g_strdelimit(line, "\n", '\0'));
    g_set_error(error, FZ_TSHARK_ERROR, ended ? FZ_TSHARK_ERROR_REFUSED : FZ_TSHARK_ERROR_START, "tshark: %s",
                *shown ? shown : "it did not run");
    return false;
}

/* Waits until the trial ends, is cancelled, or has taken too long; in the last two cases it is killed here. */
static bool wait_for_trial(pid_t pid, int stop, int *status, GError **error)
{
    struct pollfd calls = {.fd = stop, .events = POLLIN};
    gint64 until_us = g_get_monotonic_time() + (gint64)FZ_TSHARK_TRIAL_S * G_USEC_PER_SEC;
    bool called = false;
    pid_t done;

    while ((done = waitpid(pid, status, WNOHANG)) == 0 && !called && g_get_monotonic_time() < until_us)
        called = poll(&calls, 1, TRIAL_POLL_MS) > 0;
    if (done == pid)
        return true;
    kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
    if (called)
        g_set_error_literal(error, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_STOPPED,
                            "asked to stop while tshark was being tried");
    else
        g_set_error(
            error, FZ_TSHARK_ERROR, FZ_TSHARK_ERROR_START,
            "tshark hangs: tried on an empty capture, it did not end within %d s; run \"tshark --version\" to see",
            FZ_TSHARK_TRIAL_S);
    return false;
}

static bool run_empty(tshark_run *run, int stop, GError **error)
{
    int status = 0;
    pid_t pid = start_tshark(run, "tshark", error);

    if (pid < 0)
        return false;
    run->confine->reported |= 1u << FZ_JAIL_LAUNCH;
    return wait_for_trial(pid, stop, &status, error) &&
           ((WIFEXITED(status) && WEXITSTATUS(status) == 0) || explain(run, status, error));
}

bool fz_tshark_check(const fz_options *options, fz_confine *confine, int stop, GError **error)
{
    tshark_run run = {.confine = confine, .in = empty_capture(error), .words = -1, .keep = {-1, -1, -1}};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool runs = run.in >= 0 && prepare(&run, "", options, nowhere, error) && run_empty(&run, stop, error);

    if (run.words >= 0)
        close(run.words);
    if (run.in >= 0)
        close(run.in);
    if (nowhere >= 0)
        close(nowhere);
    clear_run(&run);
    return runs;
}

bool fz_tshark_start(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                     GError **error)
{
    g_autofree char *name = fz_source_name(capture, options->source);
    int flows[2];
    tshark_run run = {.confine = confine, .in = capture->fd, .words = -1, .keep = {-1, -1, -1}};

    if (pipe2(flows, O_CLOEXEC) != 0)
        return fail(error, FZ_TSHARK_ERROR_START, capture->name, "cannot make a pipe");
    bool prepared = prepare(&run, name, options, flows[1], error);
    bool started = prepared && start_both(source, capture, &run, flows[0], error);
    close(flows[0]);
    if (!prepared)
        close(flows[1]);
    if (!started && run.words >= 0)
        close(run.words);
    clear_run(&run);
    return started;
}
