/* The log of a long-running program, in lines.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static struct {
    const char *who;
    fz_log_form form;
    bool quiet;
    fz_progress *progress;
} sayer = {.who = "flowzone"};

static const char *level_name(fz_log_level level)
{
    return level <= FZ_LOG_ERROR ? "error" : level == FZ_LOG_WARNING ? "warning" : "info";
}

void fz_log_open(const char *who, bool quiet)
{
    sayer.who = who;
    sayer.quiet = quiet;
    sayer.form = isatty(STDERR_FILENO) ? FZ_LOG_PEOPLE : FZ_LOG_PROGRAMS;
    if (sayer.form == FZ_LOG_PROGRAMS && g_log_writer_is_journald(STDERR_FILENO))
        sayer.form = FZ_LOG_JOURNAL;
}

void fz_log_set_progress(fz_progress *progress)
{
    sayer.progress = progress;
}

static char *print_for_people(const char *who, const fz_log_entry *entry)
{
    g_autofree char *message = fz_text_table(entry->message);

    return g_strdup_printf("%s: %s%s%s\n", who, entry->file ? entry->file : "", entry->file ? ": " : "", message);
}

/* As in JSON: quotes, backslashes and control characters are escaped, so that a line stays one. */
static void add_text(GString *line, const char *name, const char *text)
{
    g_autofree char *quoted = fz_text_json(text);

    g_string_append_printf(line, " %s=%s", name, quoted);
}

static char *print_for_programs(fz_log_form form, const fz_log_entry *entry)
{
    GString *line = g_string_new(NULL);

    if (form == FZ_LOG_JOURNAL)
        g_string_append_printf(line, "<%d>", (int)entry->level);
    g_string_append_printf(line, "level=%s event=%s", level_name(entry->level), entry->event);
    if (entry->file)
        add_text(line, "file", entry->file);
    for (const fz_log_number *number = entry->numbers; number && number->name; number++)
        g_string_append_printf(line, " %s=%" G_GUINT64_FORMAT, number->name, number->value);
    add_text(line, "message", entry->message);
    g_string_append_c(line, '\n');
    return g_string_free(line, FALSE);
}

char *fz_log_print(const char *who, fz_log_form form, const fz_log_entry *entry)
{
    return form == FZ_LOG_PEOPLE ? print_for_people(who, entry) : print_for_programs(form, entry);
}

void fz_log_write(const fz_log_entry *entry)
{
    if (sayer.quiet && entry->level > FZ_LOG_WARNING)
        return;
    g_autofree char *line = fz_log_print(sayer.who, sayer.form, entry);
    fz_progress_hide(sayer.progress);
    fputs(line, stderr);
    (void)fflush(stderr);
}

void fz_log(fz_log_level level, const char *event, const char *file, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fz_log_write(&(fz_log_entry){.level = level, .event = event, .file = file, .message = message});
}

void fz_say_lines(const char *who, const char *message)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);

    fz_say(who, "%s", lines[0] ? lines[0] : "");
    for (char **line = lines + 1; lines[0] && *line; line++) {
        g_autofree char *shown = fz_text_table(*line);
        fprintf(stderr, "%s\n", shown);
    }
}

void fz_say(const char *who, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *line = g_strconcat(who, ": ", message, NULL), *shown = fz_text_table(line);
    fz_progress_hide(sayer.progress);
    fprintf(stderr, "%s\n", shown);
}
