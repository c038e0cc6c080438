/* IP addresses and prefixes: parse, print, compare.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ADDR_H
#define FZ_ADDR_H

#include <stdbool.h>
#include <stdint.h>

enum { FZ_IPV4 = 4, FZ_IPV6 = 6 };

/* An address in network byte order. IPv4 fills the first four bytes, the other twelve are zero. */
typedef struct fz_addr {
    uint8_t family; /* FZ_IPV4, FZ_IPV6; 0: not an address */
    uint8_t bytes[16];
} fz_addr;

/* A CIDR prefix. `length` is 0-32 or 0-128; bits after it are zero unless a function says otherwise. */
typedef struct fz_prefix {
    fz_addr addr;
    uint8_t length;
} fz_prefix;

#define FZ_ADDR_TEXT_SIZE 46   /* INET6_ADDRSTRLEN */
#define FZ_PREFIX_TEXT_SIZE 50 /* the same, a slash and three digits */

/* Bits in an address of this family: 32, 128, or 0 for an unknown family. */
unsigned fz_family_bits(uint8_t family);

/* Reads a whole text as dotted quad or RFC 4291 text. No names, no zone index, no octal, no surrounding space. */
bool fz_addr_parse(const char *text, fz_addr *addr);

/* Prints in the form of RFC 5952 into `text`, which has room for FZ_ADDR_TEXT_SIZE bytes, and returns it. */
char *fz_addr_print(const fz_addr *addr, char *text);

/* Order: IPv4 before IPv6, then by value. Less than, equal to, or greater than zero. */
int fz_addr_compare(const fz_addr *a, const fz_addr *b);

/* Reads "address/length", or an address alone as its longest prefix. Host bits are kept as written:
 * see fz_prefix_mask. On failure `*fault` is a constant phrase that says what was expected. */
bool fz_prefix_parse(const char *text, fz_prefix *prefix, const char **fault);

/* Clears the host bits. True if there were any. */
bool fz_prefix_mask(fz_prefix *prefix);

/* True if the address is of the prefix's family and inside it. */
bool fz_prefix_contains(const fz_prefix *prefix, const fz_addr *addr);

/* Prints "address/length" into `text`, which has room for FZ_PREFIX_TEXT_SIZE bytes, and returns it. */
char *fz_prefix_print(const fz_prefix *prefix, char *text);

#endif
