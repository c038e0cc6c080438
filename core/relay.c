/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relay.h"

#include "compressed.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY_BYTES = 1 << 30, PIPE_BYTES = 1 << 20 };

/* What the process says, in memory that it shares with us. */
typedef enum relay_end { RUNS, WHOLE, CUT } relay_end;

static volatile relay_end *word; /* NULL: there is no process */

/* The first byte of what is in the pipe, or will be; false where it has none. */
static bool peek(int fd, uint8_t *first)
{
    int copy[2];

    if (pipe2(copy, O_CLOEXEC) != 0)
        return false;
    bool done = tee(fd, copy[1], 1, 0) == 1 && read(copy[0], first, 1) == 1;
    close(copy[0]);
    close(copy[1]);
    return done;
}

static bool is_wanted(void)
{
    struct stat about;
    uint8_t first;

    return fstat(STDIN_FILENO, &about) == 0 && S_ISFIFO(about.st_mode) && peek(STDIN_FILENO, &first) &&
           fz_compressed_may_begin(first);
}

/* The child's whole life. Nobody is to wait for the end of our standard output on its behalf. */
static void G_GNUC_NORETURN live(fz_jail_mode mode, pid_t parent, int to)
{
    const fz_jail jail = {.profile = FZ_JAIL_READER,
                          .mode = mode,
                          .keep = &to,
                          .keep_count = 1,
                          .memory_bytes = MEMORY_BYTES,
                          .parent = parent};
    bool cut = false;

    fz_jail_close_others(&to, 1);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0 ||
        !fz_jail_lock(&jail, NULL, NULL, NULL) || !fz_compressed_pass_on(STDIN_FILENO, to, &cut))
        _exit(1);
    *word = cut ? CUT : WHOLE;
    _exit(0);
}

void fz_relay_begin(fz_jail_mode mode)
{
    const pid_t parent = getpid();
    int ends[2];

    if (word || !is_wanted() || pipe2(ends, O_CLOEXEC) != 0)
        return;
    void *shared = mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    word = shared == MAP_FAILED ? NULL : shared;
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* fewer turns; less will do too */
    const pid_t child = word ? fork() : -1;
    if (child == 0)
        live(mode, parent, ends[1]);
    if (child < 0 || dup2(ends[0], STDIN_FILENO) < 0)
        word = NULL;
    close(ends[0]);
    close(ends[1]);
}

bool fz_relay_is_cut(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    if (!word || *word != RUNS)
        return word && *word == CUT;
    /* Who stopped reading before the end knows nothing of it; but nobody is there any more who could have said it. */
    return poll(&in, 1, 0) == 1 && (in.revents & (POLLIN | POLLHUP)) == POLLHUP;
}
