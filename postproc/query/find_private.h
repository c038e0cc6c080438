/* What the files of `find` share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FIND_PRIVATE_H
#define FZ_FIND_PRIVATE_H

#include "captures.h"
#include "dimension.h"
#include "find.h"

/* A client, a server and what it serves; unused members are zero. Without padding that counts: it is compared as bytes.
 */
typedef struct find_key {
    uint8_t addr[2][16];
    uint16_t port;
    uint8_t protocol, family;
    uint32_t zone; /* tells kinds of keys apart */
} find_key;
G_STATIC_ASSERT(sizeof(find_key) == 40);

/* A set of keys, which are numbered from 0 on as they are added. */
typedef struct fz_find_keys fz_find_keys;
fz_find_keys *fz_find_keys_new(void);
void fz_find_keys_free(fz_find_keys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_find_keys, fz_find_keys_free)
/* The number of a key, which is added if it is new. */
uint32_t fz_find_keys_add(fz_find_keys *keys, const find_key *key, bool *is_new);
const find_key *fz_find_keys_get(const fz_find_keys *keys, uint32_t number);
uint32_t fz_find_keys_count(const fz_find_keys *keys);

/* A set of hashes of keys: one in 10^12 among a million may be taken for another. */
typedef struct fz_find_set fz_find_set;
fz_find_set *fz_find_set_new(void);
void fz_find_set_free(fz_find_set *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_find_set, fz_find_set_free)
/* Whether it was new. */
bool fz_find_set_add(fz_find_set *set, const find_key *key);

/* With a seed of this process, so that nobody can make keys collide. */
uint64_t fz_find_hash(const find_key *key);

/* Client, server and service of a conversation. */
find_key fz_find_key(const fz_record *record);

/* The port of the service, as sums have it. */
uint16_t fz_find_port(const fz_record *record);

/* Whether the address is for many: multicast or broadcast. */
bool fz_find_is_for_many(uint8_t family, const uint8_t addr[16]);

/* Whether a responder may be expected to answer: what is for many asks nobody, nor does an error of ICMP. */
bool fz_find_wants_answer(const fz_record *record);

/* The text of one end of a key; returns `text`. */
char *fz_find_addr(const find_key *key, int end, char text[FZ_ADDR_TEXT_SIZE]);

/* Gives `take` the joined conversations; `*bytes` and `*flows` are sums of all, for the last line. False with an error.
 * After --sql, only the statement is printed. */
typedef struct find_sums {
    uint64_t bytes;
    int64_t flows;
    fz_joined_taker take;
    void *user;
} find_sums;
bool fz_find_read(fz_asking *asking, const fz_captures *captures, find_sums *sums, GError **error);

/* Reads so, and, but for --sql, has what came of it printed, by `print`, and the last line below it. */
bool fz_find_run(fz_asking *asking, const fz_captures *captures, find_sums *sums,
                 bool (*print)(void *user, GError **error), GError **error);

/* Ends a table of `shown` rows of all, which says how many more there are. */
bool fz_find_end(const fz_asking *asking, fz_answer *answer, guint shown, guint all, GError **error);

static inline fz_cell fz_find_text(const char *value)
{
    return (fz_cell){.text = value};
}

static inline fz_cell fz_find_number(int64_t value)
{
    return (fz_cell){.number = value};
}

#endif
