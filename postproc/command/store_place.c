/* Files that are a store's own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "store_place.h"

#include "atomic_file.h"
#include "conf.h"
#include "store.h"

#include <sys/stat.h>

/* Under another name, too. */
static bool is_same_file(const char *one, const char *other)
{
    struct stat of_one, of_other;

    return stat(one, &of_one) == 0 && stat(other, &of_other) == 0 && S_ISREG(of_one.st_mode) &&
           of_one.st_dev == of_other.st_dev && of_one.st_ino == of_other.st_ino;
}

/* A store makes and deletes its journals while it works: their places are theirs, whether they exist or not. */
static bool is_same_place(const char *one, const char *other)
{
    g_autofree char *of_one = fz_atomic_file_place(one);
    g_autofree char *of_other = fz_atomic_file_place(other);

    return of_one && g_strcmp0(of_one, of_other) == 0;
}

bool fz_store_place_has(const char *store, const char *path)
{
    const fz_store_ops *ops = fz_store_find(store, NULL);
    g_auto(GStrv) files = ops ? ops->files(store) : NULL;
    char *const *file = files;

    while (file && *file && !is_same_place(path, *file) && !is_same_file(path, *file))
        file++;
    return file && *file;
}

bool fz_store_place_spare(const char *store, const char *metrics, GError **error)
{
    if (!metrics || !fz_store_place_has(store ? store : FZ_DEFAULT_STORE, metrics))
        return true;
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE,
                "--metrics=%s: is a file of the store; expected one of its own", metrics);
    return false;
}
