"""shapes.py SWEEP: what our own captures must come to, worked out by hand from what make_captures.py puts into them.

Rows are [sip, dip, protocol, sport, dport, packets each way, frame bytes each way, IP bytes each way, TCP flags each way, opened].
SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import pathlib
import sys

A4, B4, C4, A6, B6 = "192.0.2.1", "198.51.100.2", "203.0.113.3", "2001:db8::1", "2001:db8:1::2"
TCP, UDP, ICMP, ICMP6, SCTP = 6, 17, 1, 58, 132


def row(sip, dip, protocol, ports, packets, overhead, ip_bytes, flags=(0, 0), opened="port"):
    """`overhead`: of the link layer, on each packet."""
    sizes = [ip + overhead * count for ip, count in zip(ip_bytes, packets)]
    return [sip, dip, protocol, *ports, *packets, *sizes, *ip_bytes, *flags, opened]


def four(overhead, times=1, src=A4, dst=B4):
    """conversation4: SYN, SYN ACK, 18 bytes, 200 bytes, FIN ACK."""
    return row(src, dst, TCP, (49152, 80), (3 * times, 2 * times), overhead, (138 * times, 280 * times), (0x13, 0x12), "syn")


def six(overhead):
    """conversation6: SYN, SYN ACK; five bytes of UDP each way."""
    return [row(A6, B6, TCP, (49153, 443), (1, 1), overhead, (60, 60), (0x02, 0x12), "syn"),
            row(A6, B6, UDP, (49153, 443), (1, 1), overhead, (53, 53))]


def both(overhead4, overhead6=None):
    return [four(overhead4), *six(overhead4 if overhead6 is None else overhead6)]


MIXED = [*both(14), row(B4, A4, SCTP, (8, 7), (0, 1), 14, (0, 40)), row(A4, C4, ICMP, (0, 0), (1, 1), 14, (36, 36), opened="icmp"),
         row(A6, B6, ICMP6, (0, 0), (1, 0), 14, (56, 0), opened="icmp")]
INTERFACES = [[B4, A4, TCP, 2, 1, 4, 4, 4 * 56, 4 * 54, 160, 160, 16, 16, "port"],
              [B6, A6, UDP, 4, 3, 4, 4, 4 * 52, 4 * 48, 192, 192, 0, 0, "port"]]
ROWS = {
    "ethernet.pcap": MIXED,
    "big-endian.pcap": MIXED,
    "vlan.pcap": [[A4, B4, TCP, 49152, 80, 12, 8, 4 * 138 + 9 * 18 + 3 * 22, 4 * 280 + 6 * 18 + 2 * 22, 4 * 138, 4 * 280, 0x13, 0x12,
                   "syn"]],
    "mpls.pcap": [[A4, B4, TCP, 49152, 80, 6, 4, 276 + 3 * 22 + 3 * 36, 560 + 2 * 22 + 2 * 36, 276, 560, 0x13, 0x12, "syn"], *six(22)],
    "pppoe.pcap": both(22),
    "llc-snap.pcap": [four(22)],
    "cooked-v1.pcap": both(16),
    "cooked-v2.pcap": both(20),
    "raw-ip.pcap": both(0),
    "null-little.pcap": both(4),
    "null-big.pcap": both(4),
    "loop.pcap": both(4),
    "ppp.pcap": both(4, 1),
    "interfaces.pcapng": INTERFACES,
    "interfaces-big-endian.pcapng": INTERFACES,
    "nanoseconds.pcap": both(14),
    "no-packets.pcap": [],
    "no-packets.pcapng": [],
    "one-packet.pcap": [row(A4, B4, TCP, (49152, 80), (1, 0), 14, (40, 0), (2, 0), "syn")],
    "beyond-2038.pcap": both(14),
    "year-2100.pcapng": both(14),
    "clock-back.pcap": both(14),
    "fragments4.pcap": [row(B4, A4, UDP, (5001, 5000), (0, 1), 14, (0, 1500)),
                        row(A4, B4, UDP, (0, 0), (1, 0), 14, (1108, 0), opened="first")],
    "fragments6.pcap": [row(B6, A6, UDP, (5001, 5000), (0, 1), 14, (0, 1280)),
                        row(A6, B6, UDP, (0, 0), (2, 0), 14, (1280 + 152, 0), opened="first")],
    "icmp-errors.pcap": [row(A4, B4, UDP, (1111, 2222), (1, 0), 14, (28, 0)),
                         row(C4, A4, ICMP, (0, 0), (2, 0), 14, (112, 0), opened="first"),
                         row(A6, B6, UDP, (1111, 2222), (1, 0), 14, (48, 0)),
                         row("2001:db8::ff", A6, ICMP6, (0, 0), (1, 0), 14, (96, 0), opened="first"),
                         row(A4, B4, ICMP, (0, 0), (1, 1), 14, (36, 36), opened="icmp")],
    "sides.pcap": [row(B4, A4, TCP, (50000, 443), (1, 1), 14, (40, 40), (16, 18), "syn-ack"),
                   row(C4, A4, TCP, (50001, 443), (1, 1), 14, (40, 40), (4, 18)),
                   row(B4, A4, TCP, (2001, 1000), (1, 1), 14, (40, 40), (2, 2), "both"),
                   row(A4, C4, ICMP, (0, 0), (1, 1), 14, (36, 36), opened="icmp"),
                   row(A6, B6, ICMP6, (0, 0), (0, 1), 14, (0, 56), opened="icmp"),
                   row(A4, "224.0.0.251", UDP, (53, 60000), (1, 0), 14, (28, 0), opened="first"),
                   row(B4, A4, TCP, (2001, 3306), (0, 1), 14, (0, 44), (0, 16)),
                   row(A4, B4, UDP, (123, 123), (1, 1), 14, (28, 28), opened="first")],
    "not-ip.pcap": [],
    "self.pcap": [row(A4, A4, UDP, (5, 5), (3, 0), 14, (84, 0), opened="first"), four(14, src=A4, dst=A4)],
    "over-4-gib.pcap": [[B4, A4, TCP, 2000, 1000, 0, 25, 0, 5_000_000_000, 0, 25 * 65535, 0, 16, "port"]],
}
ROWS["fragments-reversed.pcap"] = ROWS["fragments4.pcap"] + ROWS["fragments6.pcap"]
# First and last packet of each row, UTC.
TIMES = {
    "nanoseconds.pcap": [("2020-09-13 12:26:40.000000", "2020-09-13 12:26:44.000000"),
                         ("2020-09-13 12:26:45.000000", "2020-09-13 12:26:46.000000"),
                         ("2020-09-13 12:26:47.000000", "2020-09-13 12:26:48.000000")],
    "one-packet.pcap": [("2020-09-13 12:26:40.000000", "2020-09-13 12:26:40.000000")],
    "beyond-2038.pcap": [("2038-01-19 03:14:04.000000", "2038-01-19 03:14:08.000000"),
                         ("2038-01-19 03:14:09.000000", "2038-01-19 03:14:10.000000"),
                         ("2038-01-19 03:14:11.000000", "2106-02-07 06:28:15.000000")],
    "year-2100.pcapng": [("2100-01-01 00:00:00.000000", "2100-01-01 00:00:04.000000"),
                         ("2100-01-01 00:00:05.000000", "2100-01-01 00:00:06.000000"),
                         ("2100-01-01 00:00:07.000000", "2100-01-01 00:00:08.000000")],
    "clock-back.pcap": [("2020-09-13 11:26:40.000000", "2020-09-13 12:26:42.000000"),
                        ("2020-09-13 12:26:43.000000", "2020-09-13 12:26:44.000000"),
                        ("2020-09-13 12:26:45.000000", "2020-09-14 12:26:40.000000")],
    # The fractions that milliseconds, microseconds and nanoseconds of three interfaces leave.
    "interfaces.pcapng": [("2020-09-13 12:26:40.000000", "2020-09-13 12:27:00.987000"),
                          ("2020-09-13 12:26:41.234567", "2020-09-13 12:27:02.222222")],
}
NUMBERS = ["protocol", "sport", "dport", "sip_packets", "dip_packets", "sip_bytes", "dip_bytes", "sip_ip_bytes", "dip_ip_bytes",
           "sip_tcp_flags", "dip_tcp_flags"]


def main():
    sweep, wrong = pathlib.Path(sys.argv[1]), 0
    for name, expected in ROWS.items():
        with (sweep / name / "outer.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        came = [[r["sip"], r["dip"], *(int(r[column]) for column in NUMBERS), r["opened"]] for r in rows]
        pairs = [("rows", sorted(expected), sorted(came))]
        if name in TIMES:
            pairs.append(("times", sorted(TIMES[name]), sorted((r["timestamp"], r["end"]) for r in rows)))
        for what, wanted, got in pairs:
            if wanted != got:
                wrong += 1
                print(f"{name}: {what}")
                print(*(f"  expected {item}" for item in wanted if item not in got), sep="\n")
                print(*(f"  came     {item}" for item in got if item not in wanted), sep="\n")
    print(f"{len(ROWS)} captures, {wrong} wrong")
    sys.exit(wrong > 0)


main()
