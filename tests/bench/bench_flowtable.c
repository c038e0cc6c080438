/* Header walk and flow table: nanoseconds a packet, for as many conversations as argv says.
 * Usage: bench_flowtable [CONVERSATIONS [PACKETS]]
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowtable.h"
#include "headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 54, BATCH = 1 << 16 };

static double now_ns(void)
{
    return (double)g_get_monotonic_time() * 1000;
}

static uint64_t random_state;

static uint32_t random_below(uint64_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 32) * limit >> 32);
}

/* An Ethernet frame of IPv4 and TCP between ends that `conversation` chooses, in either direction. */
static void make_frame(uint8_t *frame, uint32_t conversation, bool back)
{
    static const uint8_t head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6};
    const uint32_t spread = conversation * 2654435761u;
    const uint8_t client[] = {10, (uint8_t)(spread >> 24), (uint8_t)(spread >> 16), (uint8_t)(spread >> 8)};
    const uint8_t server[] = {192, 0, 2, (uint8_t)conversation};
    const uint8_t ports[] = {(uint8_t)(192 | conversation >> 16), (uint8_t)(conversation >> 8), 1, 187};
    memset(frame, 0, FRAME);
    memcpy(frame, head, sizeof head);
    memcpy(frame + 26, back ? server : client, 4);
    memcpy(frame + 30, back ? client : server, 4);
    memcpy(frame + 34, back ? ports + 2 : ports, 2);
    memcpy(frame + 36, back ? ports : ports + 2, 2);
    frame[46] = 0x50;
    frame[47] = 0x10;
}

static bool ignore_records(const fz_record *records, size_t count, void *user)
{
    (void)records;
    *(uint64_t *)user += count;
    return true;
}

/* One pass over `packets` packets, drawn from frames in memory. */
static void measure(uint32_t conversations, uint64_t packets, bool add)
{
    uint64_t written = 0;
    g_autofree uint8_t *frames = g_malloc((size_t)BATCH * FRAME);
    fz_flowtable *table = fz_flowtable_new(&(fz_flowtable_options){.sink = ignore_records, .user = &written});
    double spent = 0;
    uint64_t sum = 0;

    for (uint64_t done = 0; done < packets; done += BATCH) {
        for (int i = 0; i < BATCH; i++)
            make_frame(frames + (size_t)i * FRAME, random_below(conversations), random_below(2));
        const double start = now_ns();
        for (int i = 0; i < BATCH; i++) {
            fz_packet packet;
            fz_layer unwalked;
            if (fz_headers_frame(1, frames + (size_t)i * FRAME, FRAME, 1000, &packet, &unwalked) != FZ_FRAME_IP)
                abort();
            sum += packet.sport;
            if (add)
                fz_flowtable_add(table, &packet, (int64_t)(done + (uint64_t)i), 1000);
        }
        spent += now_ns() - start;
    }
    const double start = now_ns();
    const uint64_t count = fz_flowtable_count(table);
    fz_flowtable_flush(table, FZ_END_FORCED);
    printf("%-14s %9" PRIu64 " conversations  %6.1f ns a packet  flush %5.1f ns a record  (%" PRIx64 ")\n",
           add ? "walk and table" : "walk", count, spent / (double)packets,
           count == 0 ? 0 : (now_ns() - start) / (double)count, sum & 0xf);
    fz_flowtable_free(table);
}

int main(int argc, char **argv)
{
    const uint64_t packets = argc > 2 ? g_ascii_strtoull(argv[2], NULL, 10) : 8 * 1000 * 1000;
    measure(1000, packets, false);
    if (argc > 1) {
        measure((uint32_t)g_ascii_strtoull(argv[1], NULL, 10), packets, true);
        return 0;
    }
    for (uint32_t conversations = 100; conversations <= 1000000; conversations *= 10)
        measure(conversations, packets, true);
    return 0;
}
