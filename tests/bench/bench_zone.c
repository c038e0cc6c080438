/* Zone lookups: millions a second of CPU time on one core, in tables of 10,000 prefixes. Fails below the figures to
 * reach. Usage: bench_zone [SEED] SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PREFIXES = 10000, ADDRESSES = 1 << 20, ROUNDS = 20, REPEATED = 64, TALKERS = 20000 };

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_bits(void)
{
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void random_bytes(uint8_t bytes[16])
{
    uint64_t bits[2] = {random_bits(), random_bits()};

    memcpy(bytes, bits, sizeof bits);
}

/* Prefixes anywhere, or those of one organisation: inside 10.0.0.0/8 or 2001:db8::/32, with one far away. */
static fz_prefix random_prefix(uint8_t family, bool crowded, unsigned number)
{
    static const uint8_t network[2][4] = {{10}, {0x20, 0x01, 0x0d, 0xb8}};
    bool wide = family == FZ_IPV6;
    unsigned shortest = wide ? 32 : 8, longest = wide ? 64 : 32;
    fz_prefix prefix = {.addr = {.family = family}};
    uint8_t bytes[16];

    random_bytes(bytes);
    memcpy(prefix.addr.bytes, bytes, wide ? 16 : 4);
    if (crowded && number > 0) {
        memcpy(prefix.addr.bytes, network[wide], wide ? 4 : 1);
        shortest += 8;
    }
    prefix.length = (uint8_t)(shortest + random_bits() % (longest - shortest + 1));
    fz_prefix_mask(&prefix);
    return prefix;
}

static fz_zone_table *make_table(uint8_t family, bool crowded)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    char printed[FZ_PREFIX_TEXT_SIZE];

    while (g_hash_table_size(seen) < PREFIXES) {
        fz_prefix prefix = random_prefix(family, crowded, g_hash_table_size(seen));

        if (g_hash_table_add(seen, g_strdup(fz_prefix_print(&prefix, printed))))
            g_string_append_printf(text, ",%s,%u,zone\n", printed, g_hash_table_size(seen));
    }
    return fz_zone_table_parse("random", text->str, text->len, NULL, NULL, NULL, NULL);
}

/* Where the addresses looked up come from. */
enum load { ANYWHERE, INSIDE, SKEWED, SAME, LOADS };
static const char *const load_names[LOADS] = {"random", "random, in a prefix", "20,000 talkers, skewed",
                                              "64, repeated"};

static void random_addr(const fz_zone_table *table, bool inside, uint8_t addr[16])
{
    fz_zones rows = fz_zone_table_rows(table);
    const fz_prefix *prefix = &rows.rows[random_bits() % rows.count].prefix;

    random_bytes(addr);
    for (unsigned bit = 0; inside && bit < prefix->length; bit++)
        addr[bit / 8] ^= (uint8_t)((addr[bit / 8] ^ prefix->addr.bytes[bit / 8]) & (0x80 >> bit % 8));
}

static void fill(const fz_zone_table *table, enum load load, uint8_t (*addrs)[16])
{
    for (unsigned i = 0; i < ADDRESSES; i++) {
        unsigned distinct = load == SKEWED ? TALKERS : load == SAME ? REPEATED : ADDRESSES;

        if (i < distinct)
            random_addr(table, load != ANYWHERE, addrs[i]);
        else if (load == SAME)
            memcpy(addrs[i], addrs[i % REPEATED], sizeof *addrs);
        else /* The square makes the first talkers the busy ones. */
            memcpy(addrs[i], addrs[(random_bits() % TALKERS) * (random_bits() % TALKERS) / TALKERS], sizeof *addrs);
    }
}

/* Millions a second in the best of several rounds: what else the machine does only makes rounds slower. */
static double measure(const fz_zone_table *table, uint8_t family, uint8_t (*addrs)[16], uint64_t *sum)
{
    g_autofree uint32_t *addrs4 = g_new(uint32_t, ADDRESSES);
    double best = 0;

    for (unsigned i = 0; i < ADDRESSES; i++) {
        memcpy(&addrs4[i], addrs[i], sizeof *addrs4);
        addrs4[i] = GUINT32_FROM_BE(addrs4[i]);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = cpu_seconds();

        if (family == FZ_IPV6)
            for (unsigned i = 0; i < ADDRESSES; i++)
                *sum += fz_zone_lookup6(table, addrs[i]);
        else
            for (unsigned i = 0; i < ADDRESSES; i++)
                *sum += fz_zone_lookup4(table, addrs4[i]);
        best = MAX(best, ADDRESSES / (cpu_seconds() - start) / 1e6);
    }
    return best;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        uint8_t family;
        bool crowded;
        double least;
    } tables[] = {
        {"IPv4, anywhere", FZ_IPV4, false, 50},
        {"IPv4, one network", FZ_IPV4, true, 50},
        {"IPv6, anywhere", FZ_IPV6, false, 20},
        {"IPv6, one network", FZ_IPV6, true, 20},
    };
    uint8_t(*addrs)[16] = g_malloc_n(ADDRESSES, sizeof *addrs);
    uint64_t sum = 0;
    bool good = true;

    random_state = argc > 1 ? g_ascii_strtoull(argv[1], NULL, 0) : 1;
    printf("seed %" PRIu64 ", %d prefixes\n", random_state, PREFIXES);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autoptr(fz_zone_table) table = make_table(tables[i].family, tables[i].crowded);

        for (enum load load = ANYWHERE; load < LOADS; load++) {
            fill(table, load, addrs);

            double rate = measure(table, tables[i].family, addrs, &sum);

            printf("%-18s %-24s %6.1f M/s%s\n", tables[i].name, load_names[load], rate,
                   rate < tables[i].least ? "  below the figure to reach" : "");
            good = good && rate >= tables[i].least;
        }
    }
    printf("(checksum %" PRIx64 ")\n", sum);
    g_free(addrs);
    return good ? 0 : 1;
}
