/* Replays a folder of bad inputs, tests/bad/FOLDER: for each FAULT.SUFFIX, FAULT.txt has the expected line.
 * FZ_BAD_UPDATE=1 rewrites the lines.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TEST_BAD_FILES_H
#define FZ_TEST_BAD_FILES_H

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The error about an input, or NULL if it was accepted; the caller frees. `bytes` end in a NUL that is not counted. */
typedef char *(*bad_judge)(const char *bytes, size_t size);

static inline void replay_one(const char *folder, const char *name, const char *suffix, bad_judge judge)
{
    g_autofree char *stem = g_strndup(name, strlen(name) - strlen(suffix)), *answer = g_strconcat(stem, ".txt", NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL), *told = g_build_filename(folder, answer, NULL);
    g_autofree char *bytes = NULL, *expected = NULL;
    g_autoptr(GError) error = NULL;
    gsize size;

    if (!g_file_get_contents(path, &bytes, &size, &error))
        fail_msg("%s", error->message);
    g_autofree char *message = judge(bytes, size), *line = g_strconcat(message ? message : "taken", "\n", NULL);
    if (!message || strpbrk(message, "\r\n") || !g_utf8_validate(message, -1, NULL))
        fail_msg("%s: expected one line, came: %s", path, line);
    if (g_getenv("FZ_BAD_UPDATE"))
        assert_true(g_file_set_contents(told, line, -1, NULL));
    if (!g_file_get_contents(told, &expected, NULL, &error))
        fail_msg("%s", error->message);
    if (strcmp(line, expected) != 0)
        fail_msg("%s\nexpected: %scame:     %s", path, expected, line);
}

/* `suffix` with its dot. Fails if the folder has fewer than `least` files: then it is the wrong one. */
static inline void replay_bad_files(const char *folder, const char *suffix, unsigned least, bad_judge judge)
{
    g_autofree char *unit = g_path_get_dirname(__FILE__), *path = g_build_filename(unit, "..", "bad", folder, NULL);
    g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
    unsigned count = 0;
    const char *name;

    if (!files)
        fail_msg("there is no folder %s", path);
    while ((name = g_dir_read_name(files)))
        if (g_str_has_suffix(name, suffix)) {
            replay_one(path, name, suffix, judge);
            count++;
        }
    assert_true(count >= least);
}

#endif
