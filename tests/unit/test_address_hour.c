/* What addresses did in an hour: whatever order conversations come in, and with how many.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_hour.h"

#include "store.h"

#include <string.h>

static fz_record record_of(uint32_t client, uint32_t server, uint16_t port)
{
    fz_record record = {
        .family = FZ_IPV4, .protocol = 6, .packets = {2, 1}, .bytes = {200, 60}, .opened = FZ_OPENED_SYN};
    const uint32_t numbers[2] = {g_htonl(client), g_htonl(server)};

    for (int end = 0; end < 2; end++)
        memcpy(record.addr[end], &numbers[end], sizeof numbers[end]);
    record.port[FZ_RESPONDER] = port;
    record.end_us = client + port;
    return record;
}

static void print(const fz_address_sums *sums, void *user)
{
    char addr[FZ_ADDR_TEXT_SIZE];

    g_string_append_printf(user,
                           "%s %u %u+%u %u %u+%u %u+%u %u+%u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                           " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %.15g %.15g %.15g\n",
                           fz_addr_print(&sums->addr, addr), sums->flows, sums->role_flows[0], sums->role_flows[1],
                           sums->peers, sums->role_peers[0], sums->role_peers[1], sums->ports[0], sums->ports[1],
                           sums->port_flows[0], sums->port_flows[1], sums->bytes[FZ_SENT], sums->bytes[FZ_RECEIVED],
                           sums->least_us, sums->sum_us, fz_address_entropy(sums->flows, sums->peer_logs),
                           fz_address_entropy(sums->port_flows[0], sums->port_logs[0]),
                           fz_address_entropy(sums->port_flows[1], sums->port_logs[1]));
}

static char *sums_of(const GArray *records)
{
    g_autoptr(fz_address_hour) hour = fz_address_hour_new(1000, 30000);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < records->len; i++)
        g_assert_true(fz_address_hour_add(hour, &g_array_index(records, fz_record, i)));
    fz_address_hour_finish(hour, print, text);
    return g_string_free(text, FALSE);
}

/* 0.0.0.1 calls 2 twice on two ports, 3 and itself once each without a port. */
static void counts_roles_peers_and_ports(void)
{
    g_autoptr(GArray) records = g_array_new(FALSE, FALSE, sizeof(fz_record));
    const fz_record all[] = {record_of(1, 2, 80), record_of(1, 2, 443), record_of(1, 3, 0), record_of(1, 1, 0)};

    g_array_append_vals(records, all, G_N_ELEMENTS(all));
    g_autofree char *text = sums_of(records);
    g_assert_cmpstr(text, ==,
                    "0.0.0.1 4 4+1 3 3+1 2+0 2+0 860 440 1 527 1.5 1 0\n"
                    "0.0.0.2 2 0+2 1 0+1 0+2 0+2 120 400 81 525 0 0 1\n"
                    "0.0.0.3 1 0+1 1 0+1 0+0 0+0 60 200 1 1 0 0 0\n");
}

static void order_does_not_matter(void)
{
    g_autoptr(GArray) records = g_array_new(FALSE, FALSE, sizeof(fz_record));
    g_autoptr(GRand) dice = g_rand_new_with_seed(5);

    for (unsigned i = 0; i < 20000; i++) {
        const fz_record record =
            record_of(g_rand_int(dice) % 40, g_rand_int(dice) % 700, (uint16_t)(g_rand_int(dice) % 30));
        g_array_append_val(records, record);
    }
    g_autofree char *before = sums_of(records);
    for (guint i = records->len - 1; i > 0; i--) {
        fz_record *a = &g_array_index(records, fz_record, i);
        fz_record *b = &g_array_index(records, fz_record, g_rand_int(dice) % (i + 1));
        const fz_record other = *a;
        *a = *b;
        *b = other;
    }
    g_autofree char *after = sums_of(records);
    g_assert_cmpstr(before, ==, after);
}

/* How many conversations an hour takes: the n-th is between n / servers and n % servers. */
static uint32_t room(uint32_t clients, uint32_t servers)
{
    g_autoptr(fz_address_hour) hour = fz_address_hour_new(3000, 5000);

    for (uint32_t i = 0; i < clients * servers; i++) {
        const fz_record record = record_of(1 + i / servers, 0x14000000 + i % servers, 0);

        if (!fz_address_hour_add(hour, &record))
            return i;
    }
    return clients * servers;
}

static void addresses_are_limited(void)
{
    g_assert_cmpuint(room(3500, 1), ==, 2999);
}

static void pairs_are_limited(void)
{
    g_assert_cmpuint(room(50, 100), ==, 5000);
    g_assert_cmpuint(room(80, 90), ==, 5000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address-hour/counts-roles-peers-and-ports", counts_roles_peers_and_ports);
    g_test_add_func("/address-hour/order-does-not-matter", order_does_not_matter);
    g_test_add_func("/address-hour/addresses-are-limited", addresses_are_limited);
    g_test_add_func("/address-hour/pairs-are-limited", pairs_are_limited);
    return g_test_run();
}
