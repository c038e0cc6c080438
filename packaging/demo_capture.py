"""demo_capture.py OUT.pcap: an hour of a small company whose networks zones.example.csv names; the same bytes every time.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "captures"))
from make_captures import ACK, ETHERNET, FIN_ACK, SECOND, START, SYN, SYN_ACK, TCP, UDP, eth4, eth6, ip4, ip6, pcap, tcp, udp

SNAPLEN = 96
# Conversations: clients, servers, port, how many, segments of an answer. {} is a host's number.
HABITS = [
    ("10.1.4.{}", 60, "10.1.3.{}", 3, 443, 240, 12),
    ("10.1.3.{}", 3, "10.1.5.{}", 2, 5432, 150, 30),
    ("10.1.4.{}", 60, "203.0.113.{}", 40, 443, 200, 25),
    ("10.1.7.{}", 20, "10.1.5.{}", 2, 3306, 15, 8),
    ("10.9.8.{}", 15, "203.0.113.{}", 40, 80, 60, 15),
    ("198.51.100.{}", 4, "10.1.3.{}", 3, 443, 50, 10),
    ("2001:db8:1:4::{}", 25, "2001:db8:ffff::{}", 12, 443, 80, 18),
    ("10.1.4.{}", 60, "10.1.5.{}", 2, 22, 6, 5),
]


def exchange(client, server, sport, dport, segments):
    """Packets of one TCP conversation."""
    wrap, ip = (eth6, ip6) if ":" in client else (eth4, ip4)

    def there(flags, size=0):
        return wrap(ip(client, server, TCP, tcp(sport, dport, flags, bytes(size))))

    def back(flags, size=0):
        return wrap(ip(server, client, TCP, tcp(dport, sport, flags, bytes(size))))

    yield from (there(SYN), back(SYN_ACK), there(ACK, 350))
    for _ in range(segments):
        yield back(ACK, 1380)
    yield from (there(ACK), there(FIN_ACK), back(FIN_ACK))


def conversations(dice):
    for clients, client_count, servers, server_count, port, count, size in HABITS:
        for _ in range(count):
            client, server = clients.format(dice.randint(1, client_count)), servers.format(dice.randint(1, server_count))
            start = START + dice.randrange(3600 * SECOND)
            if ":" not in client:
                sport = dice.randint(32768, 60999)
                yield start - 30_000_000, eth4(ip4(client, "10.1.3.53", UDP, udp(sport, 53, bytes(40))))
                yield start - 10_000_000, eth4(ip4("10.1.3.53", client, UDP, udp(53, sport, bytes(120))))
            segments = min(int(dice.expovariate(1 / size)) + 1, 200)
            for frame in exchange(client, server, dice.randint(32768, 60999), port, segments):
                yield start, frame
                start += dice.randrange(20_000_000)


def main():
    packets = sorted(conversations(random.Random(13)))
    frames = [(frame[:SNAPLEN], len(frame)) for _, frame in packets]
    pathlib.Path(sys.argv[1]).write_bytes(pcap(ETHERNET, frames, [time for time, _ in packets], snaplen=SNAPLEN))


main()
