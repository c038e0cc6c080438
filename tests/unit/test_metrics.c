/* Prometheus' text form, and its place.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const fz_metrics some = {.loaded = 3,
                                .failed = 1,
                                .rows = 7,
                                .seconds = 1.5,
                                .newest_s = 1700000000,
                                .disk_used = {0.9125, -1},
                                .store_up = true};

static void figures_stand_behind_their_names(void **state)
{
    static const char *const lines[] = {
        "# TYPE flowzone_batch_files gauge\n",
        "flowzone_batch_files{ring=\"/r\",result=\"loaded\"} 3\n",
        "flowzone_batch_files{ring=\"/r\",result=\"failed\"} 1\n",
        "flowzone_batch_rows{ring=\"/r\"} 7\n",
        "flowzone_batch_duration_seconds{ring=\"/r\"} 1.500\n",
        "flowzone_batch_store_up{ring=\"/r\"} 1\n",
        "flowzone_batch_disk_used_ratio{ring=\"/r\",of=\"store\"} 0.912\n",
        "flowzone_batch_newest_capture_timestamp_seconds{ring=\"/r\"} 1700000000\n",
    };
    g_autofree char *text = fz_metrics_print(&some, "/r");

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        assert_non_null(strstr(text, lines[i]));
    assert_null(strstr(text, "of=\"metrics\"")); /* that is not known */
    /* A family is described once. */
    assert_null(strstr(strstr(text, "# TYPE flowzone_batch_files gauge") + 1, "# TYPE flowzone_batch_files gauge"));
}

static void a_label_is_escaped(void **state)
{
    g_autofree char *text = fz_metrics_print(&some, "a\"b\\c\nd");

    (void)state;
    assert_non_null(strstr(text, "{ring=\"a\\\"b\\\\c\\nd\"}"));
}

static void the_file_is_replaced_as_a_whole(void **state)
{
    char folder[] = "/tmp/flowzone-metrics.XXXXXX";
    struct stat before, after;
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_non_null(mkdtemp(folder));
    g_autofree char *path = g_build_filename(folder, "flowzone.prom", NULL);
    assert_true(fz_metrics_write(&some, "/r", path, NULL));
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(before.st_mode & 0777, 0644);
    assert_true(fz_metrics_write(&some, "/r", path, NULL));
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left */
    assert_false(fz_metrics_write(&some, "/r", path, &error));
    assert_non_null(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_stand_behind_their_names),
        cmocka_unit_test(a_label_is_escaped),
        cmocka_unit_test(the_file_is_replaced_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
