/* Files and standard input.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *name, int fault, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "%s: %s", name, g_strerror(fault));
    return false;
}

bool fz_input_open(fz_input *input, const char *path, GError **error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat status;

    *input = (fz_input){.name = is_stdin ? FZ_INPUT_STDIN : path, .fd = STDIN_FILENO};
    int flags = is_stdin ? fcntl(STDIN_FILENO, F_GETFL) : 0;
    if (is_stdin && (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_BADF, "%s: is closed, or open for writing only", input->name);
        return false;
    }
    if (!is_stdin)
        input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (input->fd < 0)
        return fail(input->name, errno, error);
    if (fstat(input->fd, &status) != 0 || S_ISDIR(status.st_mode)) {
        int fault = S_ISDIR(status.st_mode) ? EISDIR : errno;
        fz_input_close(input);
        return fail(input->name, fault, error);
    }
    off_t start = S_ISREG(status.st_mode) ? lseek(input->fd, 0, SEEK_CUR) : -1;
    if (start >= 0) {
        input->seekable = true;
        input->start = start;
        if (!fz_file_state_take(input->fd, &input->opened)) {
            int fault = errno;
            fz_input_close(input);
            return fail(input->name, fault, error);
        }
        input->size = input->opened.size > (uint64_t)start ? input->opened.size - (uint64_t)start : 0;
    }
    return true;
}

bool fz_input_has_changed(const fz_input *input)
{
    return input->seekable && fz_file_has_changed(input->fd, &input->opened);
}

bool fz_input_rewind(const fz_input *input, GError **error)
{
    return lseek(input->fd, input->start, SEEK_SET) == input->start || fail(input->name, errno, error);
}

void fz_input_close(fz_input *input)
{
    if (input->fd > STDIN_FILENO)
        close(input->fd);
    input->fd = -1;
}
