/* Who opened a conversation.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "side.h"

#include "service.h"

#include <string.h>

uint8_t fz_opener_of_icmp(uint8_t family, uint8_t type)
{
    /* RFC 792, RFC 950; RFC 4443 section 4, RFC 4620 */
    static const uint8_t requests4[] = {8, 13, 15, 17}, replies4[] = {0, 14, 16, 18};
    static const uint8_t requests6[] = {128, 139}, replies6[] = {129, 140};
    const bool v6 = family == FZ_IPV6;
    const size_t count = v6 ? sizeof requests6 : sizeof requests4;

    if (memchr(v6 ? requests6 : requests4, type, count))
        return FZ_EVIDENCE_ICMP;
    return memchr(v6 ? replies6 : replies4, type, count) ? FZ_EVIDENCE_ICMP << 1 : 0;
}

static bool is_for_many(uint8_t family, const uint8_t addr[16])
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};

    if (family == FZ_IPV6)
        return addr[0] == 0xff;
    return addr[0] >> 4 == 0xe || memcmp(addr, broadcast, sizeof broadcast) == 0;
}

/* The end that is the client by its address or port; FZ_OPENED_FIRST with the initiator if neither tells. 0 is no port.
 */
static fz_opened guess(const fz_record *record, int *client)
{
    const uint16_t a = record->port[FZ_INITIATOR], b = record->port[FZ_RESPONDER];
    const bool for_many = is_for_many(record->family, record->addr[FZ_INITIATOR]);

    *client = FZ_INITIATOR;
    if (for_many != is_for_many(record->family, record->addr[FZ_RESPONDER])) {
        *client = for_many ? FZ_RESPONDER : FZ_INITIATOR;
        return FZ_OPENED_FIRST;
    }
    const bool known = fz_service_is_known(record->protocol, a);
    if (known != fz_service_is_known(record->protocol, b))
        *client = known ? FZ_RESPONDER : FZ_INITIATOR;
    else if (a != 0 && b != 0 && a != b)
        *client = a < b ? FZ_RESPONDER : FZ_INITIATOR;
    else
        return FZ_OPENED_FIRST;
    return FZ_OPENED_PORT;
}

static fz_opened name_of(unsigned claims)
{
    return (claims & FZ_EVIDENCE_SYN) != 0        ? FZ_OPENED_SYN
           : (claims & FZ_EVIDENCE_ANSWERED) != 0 ? FZ_OPENED_SYN_ACK
                                                  : FZ_OPENED_ICMP;
}

static bool is_with_itself(const fz_record *record)
{
    return record->port[0] == record->port[1] && memcmp(record->addr[0], record->addr[1], sizeof record->addr[0]) == 0;
}

static void turn(fz_record *record)
{
    fz_record turned = *record;

    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        turned.packets[end] = record->packets[!end];
        turned.bytes[end] = record->bytes[!end];
        turned.ip_bytes[end] = record->ip_bytes[!end];
        turned.zone[end] = record->zone[!end];
        turned.port[end] = record->port[!end];
        turned.tcp_flags[end] = record->tcp_flags[!end];
        memcpy(turned.addr[end], record->addr[!end], sizeof turned.addr[end]);
    }
    *record = turned;
}

void fz_side_settle(fz_record *record)
{
    enum { CLAIMS = FZ_EVIDENCE_SYN | FZ_EVIDENCE_ANSWERED | FZ_EVIDENCE_ICMP };
    unsigned mine = record->opened & CLAIMS, other = record->opened >> 1 & CLAIMS;
    int client = FZ_INITIATOR;

    if (other != 0 && is_with_itself(record)) { /* both ends are one, and it has opened */
        mine |= other;
        other = 0;
    }
    if ((mine != 0) != (other != 0)) {
        record->opened = (uint8_t)name_of(mine | other);
        client = mine != 0 ? FZ_INITIATOR : FZ_RESPONDER;
    } else {
        const fz_opened guessed = guess(record, &client);

        record->opened = (uint8_t)(mine != 0 ? FZ_OPENED_BOTH : guessed);
    }
    if (client == FZ_RESPONDER)
        turn(record);
}
