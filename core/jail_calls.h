/* The tables of system calls, for what makes a filter of them. No other file includes it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_JAIL_CALLS_H
#define FZ_JAIL_CALLS_H

#include "jail.h"

#include <seccomp.h>

/* What happens to a system call: K ends the process, A lets it through; else it fails with this errno. */
enum { K = 0, A = -1 };

/* What a call that goes through must look like besides. Arguments are compared by value: what a pointer refers to, such
 * as a path, can't be seen. */
typedef enum guard {
    ANY,
    NOT_EXEC,     /* memory that can't be executed */
    NOT_WRITTEN,  /* memory that is not both writable and executable */
    OF_FD,        /* newfstatat as fstat; by path it fails with EACCES */
    TO_SELF,      /* first argument is this process */
    FLAG_ONLY,    /* fcntl: descriptor flags, file flags and record locks; not which process gets signals (F_SETOWN) */
    CONNECTED,    /* sendto without an address */
    NOT_FIRST,    /* sendmsg: not as the first of a TCP connection, whose port nothing checks */
    NOT_FIRST_TO, /* the same for sendto and sendmmsg */
    SCREEN,       /* ioctl: is it a terminal, and how wide; most others fail with ENOTTY */
    PROMPT,       /* ioctl: the same, asking for a password without echo, and how much a socket has */
    TO_SERVER,    /* socket: this machine's, TCP and UDP, and netlink for the C library's choice of addresses */
    PLAIN,        /* open: must not create a setuid file or one without a name */
    PLAIN_AT,     /* the same for openat */
    READ_ONLY,    /* open: writes, makes and empties nothing */
    READ_ONLY_AT, /* the same for openat */
    OWN_FLAGS,    /* fcntl as in FLAG_ONLY, without locks, but with copies of descriptors */
    OWN_STATE,    /* prctl: what concerns the caller only */
    MINE,         /* prlimit64 of the caller */
    THREAD,       /* clone makes a thread, no process */
    ONCE,         /* execve with this launch's ticket */
} guard;

#define IS(argument, value)             \
    {                                   \
        argument, SCMP_CMP_EQ, value, 0 \
    }
#define IS_NOT(argument, value)         \
    {                                   \
        argument, SCMP_CMP_NE, value, 0 \
    }
#define BELOW(argument, value)          \
    {                                   \
        argument, SCMP_CMP_LT, value, 0 \
    }
#define ABOVE(argument, value)          \
    {                                   \
        argument, SCMP_CMP_GT, value, 0 \
    }
#define AT_MOST(argument, value)        \
    {                                   \
        argument, SCMP_CMP_LE, value, 0 \
    }
#define BITS(argument, mask, value)               \
    {                                             \
        argument, SCMP_CMP_MASKED_EQ, mask, value \
    }
#define PASS SCMP_ACT_ALLOW
#define FAIL(code) SCMP_ACT_ERRNO(code)
#define KILL SCMP_ACT_KILL_PROCESS
#define TO_US SCMP_ACT_TRAP

/* What a guard is about. */
typedef struct condition {
    guard guard;
    uint32_t action;
    struct scmp_arg_cmp tests[3]; /* all that are there must be true */
} condition;

typedef struct call {
    const char *name;
    guard guard;
    short fate[FZ_JAIL_LAUNCH]; /* by profile; FZ_JAIL_LAUNCH and later ones have their own table */
} call;

enum { LAUNCHING, CONNECTING, STARTING };
typedef struct starting_call {
    const char *name;
    guard guard;
    short fate[STARTING];
} starting_call;

extern const condition fz_jail_conditions[];
extern const size_t fz_jail_condition_count;
extern const call fz_jail_calls[];
extern const size_t fz_jail_call_count;
extern const starting_call fz_jail_starting[];
extern const size_t fz_jail_starting_count;

#endif
