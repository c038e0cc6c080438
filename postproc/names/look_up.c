/* Starts the process that asks name servers, and checks what it says.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver_private.h"

#include "log.h"
#include "namer.h"
#include "ptr_answer.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* What the process may be late with its last answers. */
enum { GRACE_US = 100000 };

static uint32_t clamp_keep(fz_name_status status, uint32_t keep_s)
{
    if (status == FZ_NAME_KNOWN)
        return CLAMP(keep_s, FZ_NAME_KEEP_LEAST_S, FZ_NAME_KEEP_MOST_S);
    return status == FZ_NAME_NONE ? CLAMP(keep_s, FZ_NAME_NONE_LEAST_S, FZ_NAME_NONE_MOST_S) : FZ_NAME_FAILED_S;
}

enum { NOT_CUT = -1 };

/* One process after the other, until all is answered. */
typedef struct look_up {
    fz_confine *confine;
    int asker;
    fz_look_up_taker take;
    void *user;
    int *cutters;         /* of each address: the server that cut its answer, or NOT_CUT */
    fz_look_up_task task; /* of this process */
    fz_addr *addrs;       /* its addresses, and where they are among all */
    size_t *indexes;
    fz_name_servers server; /* its only one, by TCP */
    size_t answered;        /* of the addresses */
} look_up;

/* False if it is nothing that the process would say. */
static bool take_answer(look_up *run, const fz_resolved *said)
{
    const fz_name_status status = (fz_name_status)said->status;
    char name[FZ_HOST_NAME_SIZE] = "";

    if (said->index >= run->task.count)
        return false;
    const size_t index = run->indexes[said->index];
    if (said->kind == FZ_RESOLVED_CUT) {
        if (run->task.stream || said->server >= run->task.servers->count)
            return false;
        run->cutters[index] = (int)said->server;
        return true;
    }
    if (said->kind != FZ_RESOLVED_ANSWER ||
        (said->status != FZ_NAME_KNOWN && said->status != FZ_NAME_NONE && said->status != FZ_NAME_FAILED))
        return false;
    if (status == FZ_NAME_KNOWN &&
        (!memchr(said->text, '\0', sizeof name) || !fz_host_name_take(said->text, strlen(said->text), name)))
        return false;
    run->cutters[index] = NOT_CUT;
    run->answered++;
    run->take(index, status, clamp_keep(status, said->keep_s), name, run->user);
    return true;
}

static bool fail(const char *text, GError **error)
{
    g_set_error_literal(error, FZ_NAMER_ERROR, FZ_NAMER_ERROR_PROCESS, text);
    return false;
}

/* False if the process is to be asked no more; with an error if that is nobody's wish. */
static bool take_next(look_up *run, const fz_helper *helper, GError **error)
{
    fz_resolved said;

    if (!fz_helper_take_answer(helper, &said, sizeof said))
        return false;
    said.text[sizeof said.text - 1] = '\0';
    if (said.kind == FZ_RESOLVED_NOTE || said.kind == FZ_RESOLVED_FAULT) {
        g_autofree char *shown = fz_text_table(said.text);

        if (said.kind == FZ_RESOLVED_FAULT)
            return fail(shown, error);
        fz_say(run->confine->who, "%s", shown);
        return true;
    }
    return take_answer(run, &said) || fail("the process that looks up names sent nonsense", error);
}

/* Waits for the process. False: time is up, or nobody waits for its answers. */
static bool wait_for(const fz_helper *helper, int asker, int64_t until_us)
{
    struct pollfd ends[] = {{.fd = helper->channel, .events = POLLIN}, {.fd = asker}};
    int ready = -1;

    while (ready < 0) {
        const int64_t left_us = until_us - g_get_monotonic_time();

        if (left_us <= 0)
            return false;
        ready = poll(ends, G_N_ELEMENTS(ends), (int)(left_us / 1000) + 1);
        if (ready < 0 && errno != EINTR)
            return false;
    }
    return ends[0].revents != 0 && ends[1].revents == 0;
}

/* It ended by itself: with all answers, or not. */
static bool see_end(fz_helper *helper, GError **error)
{
    g_autofree char *end = fz_helper_stop(helper);
    g_autofree char *line = g_strdup_printf("the process that looks up names %s", end ? end : "");

    return !end || fail(line, error);
}

/* Runs a process for the task. False if it is the last one: with an error, or because time is up or nobody waits. */
static bool ask_once(look_up *run, GError **error)
{
    g_autoptr(GError) fault = NULL;
    fz_helper helper;
    bool timely = true;

    run->answered = 0;
    if (!fz_helper_start(&helper, false)) {
        g_set_error(error, FZ_NAMER_ERROR, FZ_NAMER_ERROR_PROCESS, "cannot start a process that looks up names: %s",
                    g_strerror(errno));
        return false;
    }
    if (helper.pid == 0)
        fz_resolver_live(&run->task, run->confine, &helper);
    while ((timely = wait_for(&helper, run->asker, run->task.until_us + GRACE_US)) && take_next(run, &helper, &fault))
        continue;
    run->confine->reported |= 1u << FZ_JAIL_RESOLVER;
    if (timely && !fault)
        return see_end(&helper, error);
    fz_helper_kill(&helper);
    if (fault)
        g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

/* Over one connection; how many addresses that was for. */
static size_t ask_stream(look_up *run, const fz_look_up_task *whole, unsigned server, bool *more, GError **error)
{
    const int64_t begin_us = g_get_monotonic_time();

    run->task.count = 0;
    for (size_t i = 0; i < whole->count; i++)
        if (run->cutters[i] == (int)server) {
            run->indexes[run->task.count] = i;
            run->addrs[run->task.count++] = whole->addrs[i];
        }
    if (run->task.count == 0)
        return 0;
    run->server = (fz_name_servers){.at = {whole->servers->at[server]}, .count = 1};
    *more = ask_once(run, error);
    if (g_get_monotonic_time() - begin_us >= FZ_LOOK_UP_WINDOW_US)
        run->task.asked = 0;
    /* Of what has no answer one was asked, before the connection ended. */
    run->task.asked += FZ_LOOK_UP_TRIES * ((unsigned)run->answered + 1);
    return run->task.count;
}

/* Asks for the whole answers of a server, as long as connections bring some. */
static bool ask_streams(look_up *run, const fz_look_up_task *whole, unsigned server, GError **error)
{
    const unsigned asked = run->task.asked;
    bool more = true;

    while (more && ask_stream(run, whole, server, &more, error) > 0 && run->answered > 0)
        continue;
    run->task.asked = asked; /* the next server got none of these */
    return more;
}

bool fz_look_up(const fz_look_up_task *task, fz_confine *confine, int asker, fz_look_up_taker take, void *user,
                GError **error)
{
    g_autofree int *cutters = g_new(int, task->count);
    g_autofree fz_addr *addrs = g_memdup2(task->addrs, task->count * sizeof *addrs);
    g_autofree size_t *indexes = g_new(size_t, task->count);
    look_up run = {confine, asker, take, user, cutters, *task, addrs, indexes, {.count = 0}, 0};
    g_autoptr(GError) fault = NULL;

    for (size_t i = 0; i < task->count; i++) {
        cutters[i] = NOT_CUT;
        indexes[i] = i;
    }
    bool more = ask_once(&run, &fault);
    run.task.addrs = addrs;
    run.task.servers = &run.server;
    run.task.stream = true;
    run.task.asked = FZ_LOOK_UP_TRIES * (unsigned)task->count;
    for (unsigned i = 0; more && i < task->servers->count; i++)
        more = ask_streams(&run, task, i, &fault);
    for (size_t i = 0; more && i < task->count; i++)
        if (cutters[i] != NOT_CUT)
            take(i, FZ_NAME_FAILED, FZ_NAME_FAILED_S, "", user);
    if (!fault)
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}
