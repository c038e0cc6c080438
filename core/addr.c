/* IP addresses and prefixes: parse, print, compare.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "addr.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

unsigned fz_family_bits(uint8_t family)
{
    switch (family) {
    case FZ_IPV4:
        return 32;
    case FZ_IPV6:
        return 128;
    default:
        return 0;
    }
}

bool fz_addr_parse(const char *text, fz_addr *addr)
{
    fz_addr parsed = {.family = strchr(text, ':') ? FZ_IPV6 : FZ_IPV4};

    if (inet_pton(parsed.family == FZ_IPV6 ? AF_INET6 : AF_INET, text, parsed.bytes) != 1)
        return false;
    *addr = parsed;
    return true;
}

/* inet_ntop follows RFC 5952; like tshark, it shows ::/96 and ::ffff:0:0/96 with a dotted quad (its section 5). */
char *fz_addr_print(const fz_addr *addr, char *text)
{
    G_STATIC_ASSERT(FZ_ADDR_TEXT_SIZE >= INET6_ADDRSTRLEN);
    text[0] = '\0';
    if (fz_family_bits(addr->family) != 0)
        inet_ntop(addr->family == FZ_IPV6 ? AF_INET6 : AF_INET, addr->bytes, text, FZ_ADDR_TEXT_SIZE);
    return text;
}

int fz_addr_compare(const fz_addr *a, const fz_addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* One to three digits, no sign, no leading zero, at most `most`. */
static bool parse_length(const char *text, unsigned most, uint8_t *length)
{
    size_t digits = strspn(text, "0123456789");
    unsigned value = 0;

    if (digits == 0 || digits > 3 || text[digits] != '\0' || (digits > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    *length = (uint8_t)value;
    return value <= most;
}

bool fz_prefix_parse(const char *text, fz_prefix *prefix, const char **fault)
{
    size_t size = strcspn(text, "/");
    char addr[FZ_ADDR_TEXT_SIZE] = "";
    fz_prefix parsed;

    if (size < sizeof addr)
        memcpy(addr, text, size);
    if (!fz_addr_parse(addr, &parsed.addr)) {
        *fault = "expected an IPv4 or IPv6 address, a slash and a length";
        return false;
    }
    parsed.length = (uint8_t)fz_family_bits(parsed.addr.family);
    if (text[size] == '/' && !parse_length(text + size + 1, parsed.length, &parsed.length)) {
        *fault = parsed.addr.family == FZ_IPV4 ? "expected a length of 0 to 32 after the slash"
                                               : "expected a length of 0 to 128 after the slash";
        return false;
    }
    *prefix = parsed;
    return true;
}

/* Which bits of byte `i` belong to a prefix of this length. */
static uint8_t byte_mask(unsigned length, unsigned i)
{
    if (length >= 8 * i + 8)
        return 0xff;
    return length <= 8 * i ? 0 : (uint8_t)(0xff << (8 * i + 8 - length));
}

bool fz_prefix_mask(fz_prefix *prefix)
{
    bool had_host_bits = false;

    for (unsigned i = 0; i < sizeof prefix->addr.bytes; i++) {
        uint8_t masked = prefix->addr.bytes[i] & byte_mask(prefix->length, i);

        had_host_bits |= masked != prefix->addr.bytes[i];
        prefix->addr.bytes[i] = masked;
    }
    return had_host_bits;
}

bool fz_prefix_contains(const fz_prefix *prefix, const fz_addr *addr)
{
    if (prefix->addr.family != addr->family)
        return false;
    for (unsigned i = 0; 8 * i < prefix->length; i++)
        if ((prefix->addr.bytes[i] ^ addr->bytes[i]) & byte_mask(prefix->length, i))
            return false;
    return true;
}

char *fz_prefix_print(const fz_prefix *prefix, char *text)
{
    size_t size = strlen(fz_addr_print(&prefix->addr, text));

    g_snprintf(text + size, FZ_PREFIX_TEXT_SIZE - size, "/%u", prefix->length);
    return text;
}
