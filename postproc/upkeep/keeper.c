/* The process that checks or upgrades a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "keeper.h"

#include "child.h"
#include "death.h"
#include "log.h"
#include "store_process.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - keeper - error - quark, fz_keeper_error)

enum { TEXT_BYTES = 2048 };

typedef enum message_kind { MESSAGE_NOTE, MESSAGE_NUMBERS, MESSAGE_FAILED, MESSAGE_BUSY, MESSAGE_DONE } message_kind;

/* From the process to the one that started it. */
typedef struct message {
    uint32_t kind, reserved;
    int64_t numbers[FZ_KEEPER_NUMBERS];
    char text[TEXT_BYTES];
} message;

/* The only order. */
typedef struct order {
    uint32_t go;
} order;

static bool send_text(const fz_helper *helper, message_kind kind, const char *text)
{
    g_autofree message *sent = g_new0(message, 1);

    sent->kind = kind;
    g_strlcpy(sent->text, text, sizeof sent->text);
    return fz_helper_answer(helper, sent, sizeof *sent);
}

bool fz_keeper_answer(const fz_helper *helper, const int64_t numbers[FZ_KEEPER_NUMBERS], GError **error)
{
    g_autofree message *sent = g_new0(message, 1);

    sent->kind = MESSAGE_NUMBERS;
    memcpy(sent->numbers, numbers, sizeof sent->numbers);
    if (fz_helper_answer(helper, sent, sizeof *sent))
        return true;
    g_set_error_literal(error, FZ_KEEPER_ERROR, FZ_KEEPER_ERROR_PROCESS, "the process that started this one has ended");
    return false;
}

bool fz_keeper_wait(const fz_helper *helper)
{
    int fds[FZ_HELPER_FDS];
    order taken;

    return fz_helper_take_order(helper, &taken, sizeof taken, fds);
}

bool fz_keeper_go(const fz_keeper *keeper)
{
    const order go = {.go = 1};

    return fz_helper_order(&keeper->helper, &go, sizeof go, NULL, 0);
}

static void G_GNUC_NORETURN live(const fz_keeper *keeper, fz_access access, fz_keeper_work work, void *user)
{
    const fz_keeper_manner *manner = keeper->manner;
    const fz_patience patience = {.seconds = manner->wait_s, .tell = manner->tell};
    fz_helper helper = keeper->helper;
    g_autoptr(GError) fault = NULL;
    g_autofree char *note = NULL;
    fz_store *store = NULL;

    fz_child_close_standard(STDIN_FILENO);
    fz_child_heed_sigpipe();
    bool done = fz_store_process_begin(manner->to ? manner->to : FZ_DEFAULT_STORE, access, &patience, &manner->confine,
                                       &helper.channel, 1, &store, &note, &fault) &&
                (!note || send_text(&helper, MESSAGE_NOTE, note)) && work(store, &helper, user, &fault) &&
                fz_store_process_flush(&fault);
    fz_store_close(store);
    if (!done)
        fz_store_process_heed_output();
    const bool busy = g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY);
    send_text(&helper, done ? MESSAGE_DONE : busy ? MESSAGE_BUSY : MESSAGE_FAILED, fault ? fault->message : "");
    (void)fflush(stderr);
    _exit(done ? 0 : 1);
}

bool fz_keeper_start(fz_keeper *keeper, fz_keeper_manner *manner, fz_access access, fz_keeper_work work, void *user,
                     GError **error)
{
    *keeper = (fz_keeper){.manner = manner, .helper.channel = -1};
    if (!fz_store_find(manner->to ? manner->to : FZ_DEFAULT_STORE, error))
        return false;
    (void)fflush(NULL);
    if (!fz_helper_start(&keeper->helper, true)) {
        g_set_error(error, FZ_KEEPER_ERROR, FZ_KEEPER_ERROR_PROCESS, "cannot start a process: %s", g_strerror(errno));
        return false;
    }
    if (keeper->helper.pid == 0)
        live(keeper, access, work, user);
    return true;
}

/* How a process ended that should not have. */
static bool report_death(fz_keeper *keeper, GError **error)
{
    g_autofree char *end = fz_helper_stop(&keeper->helper);

    g_set_error(error, FZ_KEEPER_ERROR,
                fz_death_is_by_output(keeper->helper.status) ? FZ_KEEPER_ERROR_OUTPUT : FZ_KEEPER_ERROR_PROCESS,
                "the process that works on the store %s", end ? end : "ended before its work was done");
    return false;
}

static void say_note(const fz_keeper *keeper, message *taken)
{
    taken->text[sizeof taken->text - 1] = '\0';
    g_autofree char *shown = fz_text_table(taken->text);

    fz_say(keeper->manner->confine.who, "%s", shown);
}

bool fz_keeper_is_due(fz_keeper *keeper)
{
    g_autofree message *taken = g_new0(message, 1);
    uint32_t kind;
    ssize_t got;

    while ((got = recv(keeper->helper.channel, &kind, sizeof kind, MSG_PEEK | MSG_DONTWAIT)) == sizeof kind &&
           kind == MESSAGE_NOTE && fz_helper_take_answer(&keeper->helper, taken, sizeof *taken))
        say_note(keeper, taken);
    return got >= 0 || (errno != EAGAIN && errno != EINTR);
}

bool fz_keeper_take(fz_keeper *keeper, int64_t numbers[FZ_KEEPER_NUMBERS], GError **error)
{
    g_autofree message *taken = g_new0(message, 1);

    while (fz_helper_take_answer(&keeper->helper, taken, sizeof *taken)) {
        taken->text[sizeof taken->text - 1] = '\0';
        g_autofree char *shown = fz_text_table(taken->text);

        if (taken->kind == MESSAGE_NOTE) {
            say_note(keeper, taken);
        } else if (taken->kind == MESSAGE_FAILED || taken->kind == MESSAGE_BUSY) {
            g_set_error_literal(error, FZ_KEEPER_ERROR,
                                taken->kind == MESSAGE_BUSY ? FZ_KEEPER_ERROR_BUSY : FZ_KEEPER_ERROR_STORE, shown);
            return false;
        } else if (taken->kind == MESSAGE_NUMBERS && numbers) {
            memcpy(numbers, taken->numbers, sizeof taken->numbers);
            return true;
        } else if (taken->kind == MESSAGE_DONE && !numbers) {
            return true;
        } else {
            break;
        }
    }
    return report_death(keeper, error);
}

void fz_keeper_end(fz_keeper *keeper)
{
    fz_helper_kill(&keeper->helper);
}
