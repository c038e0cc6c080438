/* Community ID, by which other tools name the same conversation.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COMMUNITY_H
#define FZ_COMMUNITY_H

#include "flow.h"

/* "1:" and the base64 of a SHA-1 (Community ID Flow Hashing, version 1, seed 0); NULL for other protocols than TCP, UDP
 * and SCTP: of ICMP a record has neither type nor code. The caller frees. */
char *fz_community_id(const fz_record *record);

#endif
