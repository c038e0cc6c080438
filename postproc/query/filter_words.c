/* The words of the filter.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_private.h"

#define BOTH true, true
#define ROWS true, false
#define SUMS false, true

const fz_word fz_words[] = {
    {"zone", FZ_TERM_ZONE, FZ_VALUE_NAME, true, ROWS, 0},
    {"number", FZ_TERM_NUMBER, FZ_VALUE_NAME, true, ROWS, 0},
    {"ip", FZ_TERM_NET, FZ_VALUE_NET, true, ROWS, 0},
    {"host", FZ_TERM_NET, FZ_VALUE_NET, true, ROWS, 0},
    {"net", FZ_TERM_NET, FZ_VALUE_NET, true, ROWS, 0},
    {"port", FZ_TERM_PORT, FZ_VALUE_PORT, true, ROWS, 0},
    {"service", FZ_TERM_SERVICE, FZ_VALUE_SERVICE, false, ROWS, 0},
    {"proto", FZ_TERM_PROTOCOL, FZ_VALUE_PROTOCOL, false, ROWS, 0},
    {"tcp", FZ_TERM_PROTOCOL, FZ_VALUE_NONE, false, ROWS, 6},
    {"udp", FZ_TERM_PROTOCOL, FZ_VALUE_NONE, false, ROWS, 17},
    {"sctp", FZ_TERM_PROTOCOL, FZ_VALUE_NONE, false, ROWS, 132},
    {"icmp", FZ_TERM_PROTOCOL, FZ_VALUE_NONE, false, ROWS, 1},
    {"icmp6", FZ_TERM_PROTOCOL, FZ_VALUE_NONE, false, ROWS, 58},
    {"ipv4", FZ_TERM_FAMILY, FZ_VALUE_NONE, false, ROWS, FZ_IPV4},
    {"ipv6", FZ_TERM_FAMILY, FZ_VALUE_NONE, false, ROWS, FZ_IPV6},
    {"vlan", FZ_TERM_VLAN, FZ_VALUE_VLAN, false, ROWS, 0},
    {"location", FZ_TERM_LOCATION, FZ_VALUE_NAME, false, ROWS, 0},
    {"sensor", FZ_TERM_SENSOR, FZ_VALUE_NAME, false, ROWS, 0},
    {"source", FZ_TERM_SOURCE, FZ_VALUE_NAME, false, ROWS, 0},
    {"bytes", FZ_TERM_BYTES, FZ_VALUE_AMOUNT, true, BOTH, 0},
    {"packets", FZ_TERM_PACKETS, FZ_VALUE_AMOUNT, true, BOTH, 0},
    {"ip-bytes", FZ_TERM_IP_BYTES, FZ_VALUE_AMOUNT, true, BOTH, 0},
    {"duration", FZ_TERM_DURATION, FZ_VALUE_SPAN, false, BOTH, 0},
    {"rate", FZ_TERM_RATE, FZ_VALUE_AMOUNT, false, BOTH, 0},
    {"flags", FZ_TERM_FLAGS, FZ_VALUE_FLAGS, true, ROWS, 0},
    {"one-way", FZ_TERM_ONE_WAY, FZ_VALUE_NONE, false, ROWS, 0},
    {"sure", FZ_TERM_SURE, FZ_VALUE_NONE, false, ROWS, 0},
    {"cross", FZ_TERM_CROSS, FZ_VALUE_NONE, false, ROWS, 0},
    {"inside", FZ_TERM_INSIDE, FZ_VALUE_NONE, false, ROWS, 0},
    {"in", FZ_TERM_IN, FZ_VALUE_NONE, false, ROWS, 0},
    {"out", FZ_TERM_OUT, FZ_VALUE_NONE, false, ROWS, 0},
    {"transit", FZ_TERM_TRANSIT, FZ_VALUE_NONE, false, ROWS, 0},
    {"flows", FZ_TERM_FLOWS, FZ_VALUE_AMOUNT, false, SUMS, 0},
    {"peers", FZ_TERM_PEERS, FZ_VALUE_AMOUNT, false, SUMS, 0},
};
const size_t fz_word_count = G_N_ELEMENTS(fz_words);

const char *fz_term_word(fz_term term)
{
    for (size_t i = 0; i < fz_word_count; i++)
        if (fz_words[i].term == term && (fz_words[i].kind != FZ_VALUE_NONE || term >= FZ_TERM_ONE_WAY))
            return fz_words[i].text;
    return "ipv4";
}
