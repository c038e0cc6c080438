/* Community ID of a conversation.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "community.h"

#include <string.h>

enum { TCP = 6, UDP = 17, SCTP = 132, SHA1_BYTES = 20 };

/* Whether the responder's end comes first. */
static bool is_turned(const fz_record *record, size_t bytes)
{
    const int order = memcmp(record->addr[0], record->addr[1], bytes);

    return order > 0 || (order == 0 && record->port[0] > record->port[1]);
}

char *fz_community_id(const fz_record *record)
{
    const size_t bytes = record->family == FZ_IPV4 ? 4 : 16;
    const int first = is_turned(record, bytes);
    const uint8_t rest[] = {
        record->protocol,
        0,
        (uint8_t)(record->port[first] >> 8),
        (uint8_t)record->port[first],
        (uint8_t)(record->port[1 - first] >> 8),
        (uint8_t)record->port[1 - first],
    };
    static const uint8_t seed[2];
    uint8_t digest[SHA1_BYTES];
    gsize size = sizeof digest;

    if (record->protocol != TCP && record->protocol != UDP && record->protocol != SCTP)
        return NULL;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, seed, sizeof seed);
    g_checksum_update(sum, record->addr[first], (gssize)bytes);
    g_checksum_update(sum, record->addr[1 - first], (gssize)bytes);
    g_checksum_update(sum, rest, sizeof rest);
    g_checksum_get_digest(sum, digest, &size);
    g_autofree char *text = g_base64_encode(digest, size);
    return g_strconcat("1:", text, NULL);
}
