/* The environment that a locked process forgets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What libraries may read at any time, and is not secret. A name that ends in "_" means all that begin with it. */
static const char *const kept[] = {
    "HOME",   "LANG",          "LANGUAGE",         "LC_",       "PATH",        "TZ",         "XDG_", "WIRESHARK_",
    "TMPDIR", "SQLITE_TMPDIR", "G_MESSAGES_DEBUG", "SSL_CERT_", "RES_OPTIONS", "LOCALDOMAIN"};

/* Fields of /proc/self/stat, proc(5), counted from the one after the program's name, which may have any character. */
enum { FIRST_FIELD = 3, ENV_START = 50, ENV_END = 51 };

static bool may_stay(const char *variable)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        const size_t length = strlen(kept[i]);

        if (strncmp(variable, kept[i], length) == 0 && (kept[i][length - 1] == '_' || variable[length] == '='))
            return true;
    }
    return false;
}

/* Where the kernel put our environment when the program began. Variables that were replaced or removed later are still
 * in that place, which `environ` no longer shows. */
static bool find_strings(char **start, char **end, GError **error)
{
    char text[1024] = "";
    unsigned long at[2] = {0, 0};
    FILE *file = fopen("/proc/self/stat", "re");
    const size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    const int fault = errno;

    if (file)
        (void)fclose(file);
    text[size] = '\0';
    const char *after = strrchr(text, ')');
    g_auto(GStrv) fields = g_strsplit(after ? after + strlen(") ") : "", " ", 0);
    if (g_strv_length(fields) > ENV_END - FIRST_FIELD)
        for (int i = 0; i < 2; i++)
            at[i] = strtoul(fields[ENV_START + i - FIRST_FIELD], NULL, 10);
    if (!file)
        return fz_jail_fail(error, "/proc/self/stat, which says where this process's environment is", fault);
    if (at[0] == 0 || at[1] < at[0])
        return fz_jail_refuse(error, "/proc/self/stat does not say where this process's environment is");
    *start = (char *)at[0]; /* NOLINT(performance-no-int-to-ptr) */
    *end = (char *)at[1];   /* NOLINT(performance-no-int-to-ptr) */
    return true;
}

bool fz_jail_forget_environment(const fz_jail *jail, GString *reached, GError **error)
{
    static char *start, *end; /* as a lock before this one found them, when it could still open files */
    char **left = environ;

    if (!start && !find_strings(&start, &end, error))
        return false;
    /* The launcher has already chosen its program's environment. */
    if (jail->profile == FZ_JAIL_LAUNCH)
        return true;
    for (char *at = start; at < end;) {
        const size_t size = strnlen(at, (size_t)(end - at));

        if (!may_stay(at))
            explicit_bzero(at, size);
        at += size + 1;
    }
    for (char **variable = environ; variable && *variable; variable++)
        if (may_stay(*variable))
            *left++ = *variable;
    if (left)
        *left = NULL;
    g_string_append(reached, ", no environment");
    return true;
}
