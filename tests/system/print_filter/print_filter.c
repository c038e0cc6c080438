/* For the tests of filters: reads zones, labels and filters, and prints each filter as a condition in SQL, or as a
 * display filter. SPDX-License-Identifier: GPL-2.0-or-later
 *
 * print_filter sqlite|mariadb|mysql|singlestore|display: standard input has lines of cells between tabs: "zone" with
 * id, own, number and name, "location" and "sensor" with a label, "filter" with its text. Prints a line for each
 * filter: "ok" or "error", a tab, and the rest; line ends of errors are blanks. */
#include "filter_display.h"
#include "filter_sql.h"

#include <stdio.h>
#include <string.h>

static const fz_dialect *dialect_of(const char *name)
{
    const fz_dialect *const dialects[] = {&fz_dialect_sqlite, &fz_dialect_mariadb, &fz_dialect_mysql,
                                          &fz_dialect_singlestore};

    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++)
        if (g_ascii_strcasecmp(dialects[i]->name, name) == 0)
            return dialects[i];
    return NULL;
}

static void print_filter(const char *text, const fz_filter_names *names, const fz_dialect *dialect)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(fz_filter) filter = fz_filter_parse(text, FZ_FILTER_OF_FLOWS, &error);
    g_autoptr(GString) sql = g_string_new(NULL);

    if (!error && !dialect) {
        g_autofree char *display = fz_filter_display(filter, text, &error);
        g_string_append(sql, display ? display : "");
    } else if (!error) {
        fz_filter_sql(sql, filter, text, names, dialect, FZ_TIER_DETAILS, &error);
    }
    if (error)
        g_strdelimit(error->message, "\n", ' ');
    printf("%s\t%s\n", error ? "error" : "ok", error ? error->message : sql->str);
}

int main(int argc, char **argv)
{
    g_autoptr(GArray) zones = g_array_new(FALSE, FALSE, sizeof(fz_dictionary_zone));
    g_autoptr(GPtrArray) locations = g_ptr_array_new(), sensors = g_ptr_array_new(), filters = g_ptr_array_new();
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))g_strfreev);
    g_autofree char *line = NULL;
    size_t room = 0;
    static char nothing[] = "";

    for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
        line[length - 1] = '\0';
        char **cells = g_strsplit(line, "\t", 5);
        g_ptr_array_add(lines, cells);
        if (strcmp(cells[0], "zone") == 0) {
            const fz_dictionary_zone zone = {(uint32_t)g_ascii_strtoull(cells[1], NULL, 10),
                                             nothing,
                                             nothing,
                                             cells[3],
                                             cells[4],
                                             cells[2][0] == '1'};
            g_array_append_val(zones, zone);
        } else {
            g_ptr_array_add(strcmp(cells[0], "location") == 0 ? locations
                            : strcmp(cells[0], "sensor") == 0 ? sensors
                                                              : filters,
                            cells[1]);
        }
    }
    g_ptr_array_add(locations, NULL);
    g_ptr_array_add(sensors, NULL);
    g_autoptr(fz_dictionary) dictionary =
        fz_dictionary_new((const fz_dictionary_zone *)(const void *)zones->data, zones->len);
    const fz_filter_names names = {dictionary, (const char *const *)(const void *)locations->pdata,
                                   (const char *const *)(const void *)sensors->pdata};
    for (guint i = 0; i < filters->len; i++)
        print_filter(filters->pdata[i], &names, argc > 1 ? dialect_of(argv[1]) : NULL);
    return 0;
}
