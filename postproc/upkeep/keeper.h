/* The process that checks or upgrades a store: it alone opens it. The one that starts it parses nothing, and trusts no
 * answer.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_KEEPER_H
#define FZ_KEEPER_H

#include "confine.h"
#include "helper.h"
#include "store.h"

#define FZ_KEEPER_ERROR (fz_keeper_error_quark())
GQuark fz_keeper_error_quark(void);
typedef enum fz_keeper_error {
    FZ_KEEPER_ERROR_STORE,   /* what the process said: the store cannot be opened, read or written */
    FZ_KEEPER_ERROR_BUSY,    /* the same: another program was in the way for as long as this one may wait */
    FZ_KEEPER_ERROR_PROCESS, /* it could not be started, or died */
    FZ_KEEPER_ERROR_OUTPUT,  /* who read its output went away */
} fz_keeper_error;

/* What the user asked for. Texts are borrowed. */
typedef struct fz_keeper_manner {
    const char *to;                    /* the store's address; NULL: the default */
    unsigned wait_s;                   /* for the locks of other programs */
    void (*tell)(const char *message); /* reports that it waits; NULL: it does not */
    fz_confine confine;
} fz_keeper_manner;

enum { FZ_KEEPER_NUMBERS = 24 };

/* The work, in the process: the store is open, and this process locked. Results for people go to standard output. */
typedef bool (*fz_keeper_work)(fz_store *store, fz_helper *helper, void *user, GError **error);

typedef struct fz_keeper {
    fz_helper helper;
    const fz_keeper_manner *manner;
} fz_keeper;

/* Starts the process. `work` and `user` are of the caller's, and borrowed until the process has ended. */
bool fz_keeper_start(fz_keeper *keeper, fz_keeper_manner *manner, fz_access access, fz_keeper_work work, void *user,
                     GError **error);

/* In the process: sends numbers to the one that started it. */
bool fz_keeper_answer(const fz_helper *helper, const int64_t numbers[FZ_KEEPER_NUMBERS], GError **error);

/* Waits for the numbers, or, with `numbers` NULL, for the end of the work. False with an error if the work failed or
 * the process died. */
bool fz_keeper_take(fz_keeper *keeper, int64_t numbers[FZ_KEEPER_NUMBERS], GError **error);

/* Says what the process has to say, without waiting. True once there is more: numbers, or its end. */
bool fz_keeper_is_due(fz_keeper *keeper);

/* Lets the work go on; in the process: waits for that. False if the other one has ended. */
bool fz_keeper_go(const fz_keeper *keeper);
bool fz_keeper_wait(const fz_helper *helper);

/* Ends the process, whatever it does; needed after every fz_keeper_start that succeeded. */
void fz_keeper_end(fz_keeper *keeper);

#endif
