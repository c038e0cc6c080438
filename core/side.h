/* Who opened a conversation: what packets tell of it, and what is guessed where they tell nothing.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SIDE_H
#define FZ_SIDE_H

#include "flow.h"

/* Evidence is a set of bits in pairs: the first of a pair speaks for the initiator, the second for the responder. It
 * only grows, and does not depend on what else was seen: what a part of a conversation proves, the whole proves too. */
enum {
    FZ_EVIDENCE_SYN = 0x01,      /* sent a SYN without ACK */
    FZ_EVIDENCE_ANSWERED = 0x04, /* got a SYN with ACK, and sent an ACK after it */
    FZ_EVIDENCE_ICMP = 0x10,     /* sent an ICMP request, or got the reply */
    FZ_EVIDENCE_SYN_ACK = 0x40,  /* sent a SYN with ACK: of a server, if the other end is heard to go on */
    FZ_EVIDENCE_OF_INITIATOR = 0x55,
};

/* The same with the ends exchanged. */
static inline uint8_t fz_evidence_turned(uint8_t evidence)
{
    return (uint8_t)((evidence & FZ_EVIDENCE_OF_INITIATOR) << 1 | (evidence >> 1 & FZ_EVIDENCE_OF_INITIATOR));
}

/* What a TCP header tells, if the initiator sent it (fz_packet.opener). A SYN or an ACK with RST opens nothing. Data
 * without ACK is none: RFC 9293 section 3.10.7.4 drops it. */
static inline uint8_t fz_opener_of_tcp(uint16_t tcp_flags)
{
    enum { SYN = 0x02, RST = 0x04, ACK = 0x10 };

    switch (tcp_flags & (SYN | RST | ACK)) {
    case SYN:
        return FZ_EVIDENCE_SYN;
    case SYN | ACK:
        return FZ_EVIDENCE_SYN_ACK;
    case ACK:
        return FZ_EVIDENCE_ANSWERED; /* counts only after the other end's SYN with ACK: fz_evidence_add */
    default:
        return 0;
    }
}

/* The same for an ICMP or ICMPv6 message: those that ask a host or answer it. Errors and announcements open nothing. */
uint8_t fz_opener_of_icmp(uint8_t family, uint8_t type);

/* What is known after a packet. `told` is its opener, turned if the responder sent it. Without branches: almost every
 * packet comes here, and what it tells is hard to predict. */
static inline uint8_t fz_evidence_add(uint8_t known, uint8_t told)
{
    enum { ANSWERED = FZ_EVIDENCE_ANSWERED | FZ_EVIDENCE_ANSWERED << 1 };
    const unsigned heard = (known >> 5 & FZ_EVIDENCE_ANSWERED) | (known >> 3 & FZ_EVIDENCE_ANSWERED << 1);

    return (uint8_t)(known | (told & (heard | ~(unsigned)ANSWERED)));
}

/* Whether it matters to a guess who sent the first packet: of two different ports, one is the client's anyhow. */
static inline bool fz_side_hangs_on_first(uint16_t port, uint16_t other)
{
    return port == other || port == 0 || other == 0;
}

/* Makes the client the initiator: `opened` of the record is evidence before, fz_opened after. Both ends and what they
 * sent change places if need be. Where nothing is proved, or both ends opened something, the side is guessed: a
 * multicast or broadcast address is no client; the end with the known port of the two is the server (fz_service), else
 * that with the lower one; else the initiator stays. */
void fz_side_settle(fz_record *record);

#endif
