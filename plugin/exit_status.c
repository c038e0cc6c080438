/* Ends the process: the only way in which a plugin can end a run of tshark with a status.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "exit_status.h"

#include "text.h"

#include <stdio.h>
#include <unistd.h>

enum { CUT_STATUS = 2 /* tshark's own status for a capture that is cut short */ };

static const int statuses[FZ_EXIT_FAULTS] = {
    [FZ_EXIT_ROWS_MISSING] = EXIT_FAILURE,
    [FZ_EXIT_CAPTURE_CUT] = CUT_STATUS,
    [FZ_EXIT_TABLE_MISSING] = EXIT_FAILURE,
    [FZ_EXIT_LABELS_MISSING] = EXIT_FAILURE,
};

static struct {
    void (*work)(int status);
    bool found[FZ_EXIT_FAULTS];
} end;

/* Flushes what exit() would have flushed after this handler. */
static void on_process_exit(int status, void *unused)
{
    (void)unused;
    if (end.work)
        end.work(status);
    for (unsigned i = 0; status == 0 && i < FZ_EXIT_FAULTS; i++) {
        if (!end.found[i])
            continue;
        fflush(NULL);
        _exit(statuses[i]);
    }
}

void fz_exit_status_register(void)
{
    on_exit(on_process_exit, NULL);
}

void fz_exit_status_at_end(void (*work)(int status))
{
    end.work = work;
}

void fz_exit_status_report(fz_exit_fault fault)
{
    end.found[fault] = fault != FZ_EXIT_LABELS_MISSING || fz_has_status();
}

void fz_exit_status_fail(void)
{
    exit(EXIT_FAILURE);
}

void fz_exit_status_tell(const char *message)
{
    g_autofree char *shown = fz_text_table(message);

    dprintf(STDERR_FILENO, "flowzone: %s\n", shown);
}
