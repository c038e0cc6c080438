/* The question for the name of an address, and what a server answered: DNS (RFC 1035), nothing of which is trusted.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PTR_ANSWER_H
#define FZ_PTR_ANSWER_H

#include "host_name.h"

#include <stdint.h>

/* IANA's numbers of the class IN and the type PTR. */
enum { FZ_DNS_CLASS_IN = 1, FZ_DNS_TYPE_PTR = 12 };

/* 32 digits with their dots, "ip6.arpa" and NUL. */
enum { FZ_PTR_QUESTION_SIZE = 73 };

/* How long answers are kept, in seconds, whatever they say themselves. */
enum {
    FZ_NAME_KEEP_LEAST_S = 300,
    FZ_NAME_KEEP_MOST_S = 7 * 86400,
    FZ_NAME_NONE_LEAST_S = 3600, /* that there is no name */
    FZ_NAME_NONE_MOST_S = 86400,
    FZ_NAME_FAILED_S = 300, /* that nobody could say */
};

typedef struct fz_ptr_answer {
    fz_name_status status; /* FZ_NAME_KNOWN, FZ_NAME_NONE or FZ_NAME_FAILED */
    bool again;            /* FZ_NAME_FAILED: another server may know better */
    bool cut;              /* FZ_NAME_FAILED: the whole answer is to be had by TCP (RFC 7766) */
    uint32_t keep_s;
    char name[FZ_HOST_NAME_SIZE]; /* of several the smallest that is believed; "": none */
} fz_ptr_answer;

/* "4.3.2.1.in-addr.arpa" of 1.2.3.4 (RFC 1035 section 3.5, RFC 3596 section 2.5). Returns `question`. */
char *fz_ptr_question(const fz_addr *addr, char question[FZ_PTR_QUESTION_SIZE]);

/* Reads the whole answer to that question. Aliases in it are followed (RFC 2317); one that was cut (TC) is none, since
 * what is left of several names would be another each time. */
void fz_ptr_answer_read(const fz_addr *addr, const void *bytes, size_t size, fz_ptr_answer *answer);

#endif
