/* A capture several times over, for measurements: each copy has addresses of its own, times go on evenly.
 * Usage: copy_capture [--same-addresses] BASE.pcap COPIES OUT.pcap
 * BASE is a pcap of this machine's byte order with microseconds and Ethernet frames, as editcap -F pcap -T ether
 * writes. SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 24, MOST_CAPTURED = 1 << 18, FIRST_SECOND = 1700000000, PACKETS_A_SECOND = 2000 };

typedef struct packet_header {
    uint32_t second, microsecond, captured, wire;
} packet_header;

static uint16_t read_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* Another host of the same network; multicast and broadcast stay what they are. */
static void move_ipv4(uint8_t addr[4], uint32_t mix)
{
    if (addr[0] >= 224)
        return;
    addr[1] ^= mix & 0x3f;
    addr[2] ^= (uint8_t)(mix >> 8);
}

static void move_ipv6(uint8_t addr[16], uint32_t mix)
{
    if (addr[0] == 0xff)
        return;
    addr[4] ^= (uint8_t)mix;
    addr[5] ^= (uint8_t)(mix >> 8);
}

/* Checksums are left as they are. */
static void move_addresses(uint8_t *frame, uint32_t size, uint32_t mix)
{
    uint32_t ip = 14;

    if (size < ip)
        return;
    while ((read_u16(frame + ip - 2) == 0x8100 || read_u16(frame + ip - 2) == 0x88a8) && size >= ip + 4)
        ip += 4;
    const uint16_t type = read_u16(frame + ip - 2);
    if (type == 0x0800 && size >= ip + 20) {
        move_ipv4(frame + ip + 12, mix);
        move_ipv4(frame + ip + 16, mix);
    } else if (type == 0x86dd && size >= ip + 40) {
        move_ipv6(frame + ip + 8, mix);
        move_ipv6(frame + ip + 24, mix);
    }
}

/* One copy; `number` counts the packets of all. */
static bool copy(const uint8_t *base, size_t size, uint32_t mix, uint64_t *number, FILE *out)
{
    static uint8_t frame[MOST_CAPTURED];
    packet_header header;

    for (size_t at = FILE_HEADER; size - at >= sizeof header; at += header.captured) {
        memcpy(&header, base + at, sizeof header);
        at += sizeof header;
        if (header.captured > sizeof frame || header.captured > size - at)
            break; /* cut short */
        memcpy(frame, base + at, header.captured);
        move_addresses(frame, header.captured, mix);
        header.second = (uint32_t)(FIRST_SECOND + *number / PACKETS_A_SECOND);
        header.microsecond = (uint32_t)(*number % PACKETS_A_SECOND) * (1000000 / PACKETS_A_SECOND);
        ++*number;
        if (fwrite(&header, sizeof header, 1, out) != 1 || fwrite(frame, 1, header.captured, out) != header.captured)
            return false;
    }
    return true;
}

static bool is_fit(const uint8_t *base, size_t size)
{
    uint32_t magic, linktype;

    if (size < FILE_HEADER)
        return false;
    memcpy(&magic, base, sizeof magic);
    memcpy(&linktype, base + 20, sizeof linktype);
    return magic == 0xa1b2c3d4 && linktype == 1;
}

static int fail(const char *path, const char *why)
{
    fprintf(stderr, "copy_capture: %s: %s\n", path, why);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const bool same = argc > 1 && !strcmp(argv[1], "--same-addresses");
    g_autoptr(GError) error = NULL;
    uint64_t number = 0, copies;

    argv += same;
    if (argc - same != 4 || !g_ascii_string_to_unsigned(argv[2], 10, 0, 10000, &copies, NULL)) {
        fprintf(stderr, "Usage: copy_capture [--same-addresses] BASE.pcap COPIES OUT.pcap\n");
        return 2;
    }
    g_autoptr(GMappedFile) file = g_mapped_file_new(argv[1], FALSE, &error);
    if (!file)
        return fail(argv[1], error->message);
    const uint8_t *base = (const uint8_t *)g_mapped_file_get_contents(file);
    const size_t size = g_mapped_file_get_length(file);
    if (!is_fit(base, size))
        return fail(argv[1], "expected a pcap with microseconds and Ethernet frames");
    FILE *out = fopen(argv[3], "wb");
    if (!out)
        return fail(argv[3], g_strerror(errno));
    bool written = fwrite(base, FILE_HEADER, 1, out) == 1;
    for (uint32_t i = 0; i < copies && written; i++)
        written = copy(base, size, same ? 0 : i * 2654435761u, &number, out);
    return fclose(out) == 0 && written ? EXIT_SUCCESS : fail(argv[3], "cannot be written");
}
