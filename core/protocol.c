/* IP protocols: names that people know, where IANA's are others.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "protocol.h"

#include <glib.h>

/* The first name of a number is the one that is shown. */
static const struct {
    uint8_t number;
    const char *name;
} protocols[] = {
    {1, "icmp"},      {2, "igmp"},        {4, "ipip"},       {5, "st"},        {6, "tcp"},          {8, "egp"},
    {9, "igp"},       {17, "udp"},        {27, "rdp"},       {29, "iso-tp4"},  {33, "dccp"},        {36, "xtp"},
    {41, "ipv6"},     {43, "ipv6-route"}, {44, "ipv6-frag"}, {46, "rsvp"},     {47, "gre"},         {50, "esp"},
    {51, "ah"},       {54, "narp"},       {55, "mobile"},    {57, "skip"},     {58, "icmp6"},       {58, "ipv6-icmp"},
    {58, "icmpv6"},   {59, "ipv6-nonxt"}, {60, "ipv6-opts"}, {80, "iso-ip"},   {88, "eigrp"},       {89, "ospf"},
    {94, "ipip-mos"}, {97, "etherip"},    {98, "encap"},     {103, "pim"},     {108, "ipcomp"},     {112, "vrrp"},
    {112, "carp"},    {113, "pgm"},       {115, "l2tp"},     {121, "smp"},     {124, "isis"},       {129, "iplt"},
    {132, "sctp"},    {133, "fc"},        {135, "mobility"}, {136, "udplite"}, {137, "mpls-in-ip"}, {138, "manet"},
    {139, "hip"},     {140, "shim6"},     {141, "wesp"},     {142, "rohc"},    {143, "ethernet"},
};

const char *fz_protocol_name(uint8_t protocol)
{
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++)
        if (protocols[i].number == protocol)
            return protocols[i].name;
    return NULL;
}

int fz_protocol_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++)
        if (g_ascii_strcasecmp(protocols[i].name, name) == 0)
            return protocols[i].number;
    return -1;
}
