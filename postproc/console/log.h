/* The log of a long-running program: lines for people on a terminal, key=value for programs otherwise, with the
 * journal's priorities if standard error is the journal.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOG_H
#define FZ_LOG_H

#include "progress.h"

/* As syslog(3) numbers them. */
typedef enum fz_log_level { FZ_LOG_ERROR = 3, FZ_LOG_WARNING = 4, FZ_LOG_NOTICE = 5, FZ_LOG_INFO = 6 } fz_log_level;

typedef enum fz_log_form { FZ_LOG_PEOPLE, FZ_LOG_PROGRAMS, FZ_LOG_JOURNAL } fz_log_form;

typedef struct fz_log_number {
    const char *name;
    uint64_t value;
} fz_log_number;

/* One thing that happened. `event` is a word; `file` as fz_text_word has it, or NULL. The numbers, up to one without
 * a name, are for programs; people have them in the message. */
typedef struct fz_log_entry {
    fz_log_level level;
    const char *event, *file, *message;
    const fz_log_number *numbers; /* NULL: none */
} fz_log_entry;

/* The speaker, such as "flowzone batch"; the form depends on what standard error is; `quiet`: warnings and errors only.
 */
void fz_log_open(const char *who, bool quiet);

void fz_log_write(const fz_log_entry *entry);

/* The same without numbers. */
void fz_log(fz_log_level level, const char *event, const char *file, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* One line for people, "who: message", on standard error, in any command; what would control a terminal is spelled out.
 * For programs that do not use fz_log. */
void fz_say(const char *who, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same of a message that has lines of its own, such as one with a caret below what is wrong: `who` is before the
 * first alone. Only for messages whose newlines are the program's. */
void fz_say_lines(const char *who, const char *message);

/* The progress bar that must be wiped before a line is printed; NULL: none. */
void fz_log_set_progress(fz_progress *progress);

/* One line with its newline, as fz_log_write writes it. The caller frees. */
char *fz_log_print(const char *who, fz_log_form form, const fz_log_entry *entry);

#endif
