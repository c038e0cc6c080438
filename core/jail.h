/* Confinement: the rights a process drops before it reads untrusted input.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_JAIL_H
#define FZ_JAIL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FZ_JAIL_ERROR (fz_jail_error_quark())
GQuark fz_jail_error_quark(void);
typedef enum fz_jail_error {
    FZ_JAIL_ERROR_VALUE,   /* unknown mode */
    FZ_JAIL_ERROR_MISSING, /* this system can't confine, or refused to */
} fz_jail_error;

/* What to do if a part of the jail is not available. */
typedef enum fz_jail_mode {
    FZ_JAIL_REQUIRE, /* the default: refuse to go on */
    FZ_JAIL_TRY,     /* go on with what is available, and report what is missing */
    FZ_JAIL_OFF,
} fz_jail_mode;

extern const char *const fz_jail_mode_names[3];

/* Reads "require", "try" or "off". */
bool fz_jail_mode_parse(const char *text, fz_jail_mode *mode, GError **error);

/* What kind of process is confined: a column of the table of system calls in jail_calls.c. */
typedef enum fz_jail_profile {
    FZ_JAIL_TSHARK,         /* tshark with our tap: works on descriptors that are open; never root */
    FZ_JAIL_READER,         /* parses, or prints: works on descriptors that are open */
    FZ_JAIL_WRITER_SOCKET,  /* writes rows to a store over an open connection */
    FZ_JAIL_WRITER_FILE,    /* writes rows to a database file: opens files, in one folder only */
    FZ_JAIL_WRITER_SCRATCH, /* writes rows to a database in files that are open */
    FZ_JAIL_RESOLVER,       /* asks name servers over sockets that are connected to them */
    FZ_JAIL_LAUNCH,         /* becomes tshark: opens permitted files for reading; later locks only add to this one */
    FZ_JAIL_CONNECT,        /* looks a server up, connects and authenticates; FZ_JAIL_WRITER_SOCKET follows */
    FZ_JAIL_PROFILES
} fz_jail_profile;

#define FZ_JAIL_KEEP_ALL SIZE_MAX

typedef struct fz_jail {
    fz_jail_profile profile;
    fz_jail_mode mode;
    const int *keep;   /* descriptors that stay open beside 0, 1 and 2; -1 is skipped. tshark loses its sockets only. */
    size_t keep_count; /* FZ_JAIL_KEEP_ALL: all stay, for a caller that called fz_jail_close_others before it opened
                          more */
    const char *folder; /* FZ_JAIL_WRITER_FILE: whose files it may open, make and remove, with all below */
    const char *const
        *readable; /* files, and folders with all below, that FZ_JAIL_LAUNCH and FZ_JAIL_CONNECT may read */
    const char *const
        *programs;         /* FZ_JAIL_LAUNCH: files that it may run. Both end in NULL; what isn't there is skipped. */
    uint16_t port;         /* FZ_JAIL_CONNECT: the TCP port that it may connect to, beside that of name servers */
    uint64_t memory_bytes; /* the most address space; 0: no limit */
    uint64_t later_bytes; /* the limit to which a later lock, or the process itself, may raise that; if less: it may not
                             be raised */
    pid_t parent;         /* when it ends, this process is killed too, also with FZ_JAIL_OFF; 0: none */
    int parent_signal;    /* what it gets then; 0: SIGKILL */
    void (*make_threads)(void *user); /* NULL: there is one thread; with FZ_JAIL_OFF as well: see fz_jail_lock */
    void *user;
} fz_jail;

/* Locks this process, for good: unprivileged user and groups where it is root, capabilities, limits, descriptors,
 * no_new_privs, Landlock, and the filter of system calls last; a call that the table doesn't list ends the process with
 * SIGSYS. It must have one thread. To be called when everything is open and nothing hostile was read.
 *
 * Other threads are made by `make_threads`, at the only moment when all of them end up with the same: after what each
 * thread has for itself and hands on to those that it makes (user, capabilities, no_new_privs, Landlock), before the
 * limit on processes, which would forbid them, and the filter, which is put on all threads at once. They must be
 * running when it returns, for their start needs calls that the filter forbids. If there are fewer than it meant to
 * make, it must notice that itself.
 *
 * `*reached`, which the caller frees, is one readable line that says what was done and what is missing; NULL with
 * FZ_JAIL_OFF. `*complete` (both may be NULL): nothing is missing. False with one clear line in `error`: the process
 * may be half locked, and must end. */
bool fz_jail_lock(const fz_jail *jail, char **reached, bool *complete, GError **error);

/* Becomes a program as execv() does, in FZ_JAIL_LAUNCH: the only way to, and only once. Returns an errno. */
int fz_jail_exec(const char *path, char *const arguments[]);

/* A process that is root becomes nobody, without groups and for good; any other keeps its user. */
bool fz_jail_become_nobody(GError **error);

/* Closes all descriptors but 0, 1, 2 and these; without /proc, those that it can find. */
void fz_jail_close_others(const int *keep, size_t keep_count);

#endif
