"""built_in_zones.py capture FILE      packets between addresses in, at both edges of and outside of every special-purpose block
built_in_zones.py zones FILE        a zone file of the blocks, with the names that flowzone gives them
built_in_zones.py rows CSV FIRST SECOND      the two columns of zones of every row are what the registries below say
built_in_zones.py unlabelled CSV UNLABELLED   the networks of all addresses of CSV are those that UNLABELLED lists

The registries are IANA's, written out once more: iana-ipv4-special-registry and iana-ipv6-special-registry of RFC 6890 and
RFC 8190, as of 2025; the longest block that is in force decides. SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import ipaddress
import os
import random
import sys

# Address block | name | RFC | globally reachable. A block that was terminated has no values.
SPECIAL = """
0.0.0.0/8          | "This network"                               | 791       | False
0.0.0.0/32         | "This host on this network"                  | 1122      | False
10.0.0.0/8         | Private-Use                                  | 1918      | False
100.64.0.0/10      | Shared Address Space                         | 6598      | False
127.0.0.0/8        | Loopback                                     | 1122      | False
169.254.0.0/16     | Link Local                                   | 3927      | False
172.16.0.0/12      | Private-Use                                  | 1918      | False
192.0.0.0/24       | IETF Protocol Assignments                    | 6890      | False
192.0.0.0/29       | IPv4 Service Continuity Prefix               | 7335      | False
192.0.0.8/32       | IPv4 dummy address                           | 7600      | False
192.0.0.9/32       | Port Control Protocol Anycast                | 7723      | True
192.0.0.10/32      | Traversal Using Relays around NAT Anycast    | 8155      | True
192.0.0.170/32     | NAT64/DNS64 Discovery                        | 8880 7050 | False
192.0.0.171/32     | NAT64/DNS64 Discovery                        | 8880 7050 | False
192.0.2.0/24       | Documentation (TEST-NET-1)                   | 5737      | False
192.31.196.0/24    | AS112-v4                                     | 7535      | True
192.52.193.0/24    | AMT                                          | 7450      | True
192.88.99.0/24     | Deprecated (6to4 Relay Anycast)              | 7526      |
192.88.99.2/32     | 6a44-relay anycast address                   | 6751      | False
192.168.0.0/16     | Private-Use                                  | 1918      | False
192.175.48.0/24    | Direct Delegation AS112 Service              | 7534      | True
198.18.0.0/15      | Benchmarking                                 | 2544      | False
198.51.100.0/24    | Documentation (TEST-NET-2)                   | 5737      | False
203.0.113.0/24     | Documentation (TEST-NET-3)                   | 5737      | False
240.0.0.0/4        | Reserved                                     | 1112      | False
255.255.255.255/32 | Limited Broadcast                            | 8190 919  | False
::1/128            | Loopback Address                             | 4291      | False
::/128             | Unspecified Address                          | 4291      | False
::ffff:0:0/96      | IPv4-mapped Address                          | 4291      | False
64:ff9b::/96       | IPv4-IPv6 Translat.                          | 6052      | True
64:ff9b:1::/48     | IPv4-IPv6 Translat.                          | 8215      | False
100::/64           | Discard-Only Address Block                   | 6666      | False
100:0:0:1::/64     | Dummy IPv6 Prefix                            | 9780      | False
2001::/23          | IETF Protocol Assignments                    | 2928      | False
2001::/32          | TEREDO                                       | 4380 8190 | N/A
2001:1::1/128      | Port Control Protocol Anycast                | 7723      | True
2001:1::2/128      | Traversal Using Relays around NAT Anycast    | 8155      | True
2001:1::3/128      | DNS-SD Service Registration Protocol Anycast | 9665      | True
2001:2::/48        | Benchmarking                                 | 5180      | False
2001:3::/32        | AMT                                          | 7450      | True
2001:4:112::/48    | AS112-v6                                     | 7535      | True
2001:10::/28       | Deprecated (previously ORCHID)               | 4843      |
2001:20::/28       | ORCHIDv2                                     | 7343      | True
2001:30::/28       | Drone Remote ID Protocol Entity Tags         | 9374      | True
2001:db8::/32      | Documentation                                | 3849      | False
2002::/16          | 6to4                                         | 3056      | N/A
2620:4f:8000::/48  | Direct Delegation AS112 Service              | 7534      | True
3fff::/20          | Documentation                                | 9637      | False
5f00::/16          | Segment Routing (SRv6) SIDs                  | 9602      | False
fc00::/7           | Unique-Local                                 | 4193 8190 | False
fe80::/10          | Link-Local Unicast                           | 4291      | False
"""
# From the registries of multicast addresses and of the IPv6 address space.
OTHERS = """
224.0.0.0/4        | Multicast                                    | 5771      | False
ff00::/8           | Multicast                                    | 4291      | False
fec0::/10          | Deprecated (previously Site-Local)           | 3879      | False
"""
# What flowzone calls what is not reachable; a part of the registry's name.
NAMES = {"This ": "unspecified", "Unspecified": "unspecified", "Private-Use": "private", "Unique-Local": "private", "Site-Local": "private",
         "Service Continuity": "private", "Shared": "cgnat", "Loopback": "loopback", "Link": "link-local", "Documentation": "documentation",
         "Benchmarking": "benchmarking", "Broadcast": "broadcast", "Multicast": "multicast", "Translat.": "nat64", "SRv6": "srv6"}
INTERNET = "(internet)"

Block = collections.namedtuple("Block", "network name numbers reachable")


def read_blocks():
    for line in (SPECIAL.strip() + OTHERS.rstrip()).splitlines():
        prefix, name, numbers, reachable = (part.strip() for part in line.split("|"))
        if reachable:
            yield Block(ipaddress.ip_network(prefix), name, numbers.split(), reachable != "False")


BLOCKS = sorted(read_blocks(), key=lambda block: -block.network.prefixlen)


def label(block):
    """Number and name of a zone, as a set of what may be the number."""
    if block.reachable:
        return [""], INTERNET
    return [f"RFC {number}" for number in block.numbers], next((NAMES[part] for part in NAMES if part in block.name), "reserved")


def zone_of(address):
    """The network that is the zone's row, the numbers that it may have, and its name."""
    around = [block for block in BLOCKS if block.network.version == address.version and address in block.network]
    # What is reachable and not inside of what is not, is as all the rest.
    if all(block.reachable for block in around):
        return ipaddress.ip_network("0.0.0.0/0" if address.version == 4 else "::/0"), [""], INTERNET
    return (around[0].network, *label(around[0]))


def addresses(draw, version):
    bits = 32 if version == 4 else 128
    kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    found = {0, 2 ** bits - 1}
    for block in BLOCKS:
        if block.network.version == version:
            first, last = int(block.network.network_address), int(block.network.broadcast_address)
            found |= {first, last, max(first - 1, 0), min(last + 1, 2 ** bits - 1)}
            found |= {draw.randint(first, last) for _ in range(3)}
    found |= {draw.getrandbits(bits) for _ in range(1500)}
    if version == 6:
        found |= {0x2 << 124 | draw.getrandbits(124) for _ in range(500)} | {0x2001 << 112 | draw.getrandbits(112) for _ in range(500)}
    found = list(found)
    draw.shuffle(found)
    return [kind(number) for number in found]


def make_capture(path):
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "captures"))
    import make_captures as make  # pylint: disable=import-outside-toplevel

    seed = int(os.environ.get("FZ_TEST_SEED", random.getrandbits(32)))
    print(f"FZ_TEST_SEED={seed}")
    draw = random.Random(seed)
    frames = []
    for version, packet, wrap in ((4, make.ip4, make.eth4), (6, make.ip6, make.eth6)):
        ends = addresses(draw, version)
        for i, end in enumerate(ends):
            datagram = make.udp(draw.randint(1024, 65535), draw.randint(1024, 65535), bytes(draw.randint(0, 40)))
            frames.append(wrap(packet(str(end), str(ends[i - 1]), make.UDP, datagram)))
    with open(path, "wb") as file:
        file.write(make.pcap(make.ETHERNET, frames))


def make_zones(path):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for prefix in ("0.0.0.0/0", "::/0"):
            writer.writerow(["", prefix, "", INTERNET])
        for block in BLOCKS:
            numbers, name = label(block)
            # Of two RFCs, the one that made the block.
            made = [number for number in numbers if number not in ("RFC 8190", "RFC 8880")]
            if not block.reachable or zone_of(block.network.network_address)[0] == block.network:
                writer.writerow(["", block.network, made[0], name])


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def compare(path, columns):
    ends, rows, zones, wrong = ("sip", "dip") if "sip_infos" in columns else ("ip_src", "ip_dst"), rows_of(path), set(), 0
    for row in rows:
        for column, end in zip(columns, ends):
            network, numbers, name = zone_of(ipaddress.ip_address(row[end]))
            prefix, number, came = row[column].split(", ", 2) if row[column] else ("none", "", "")
            zones.add(came)
            if prefix == "none" or ipaddress.ip_network(prefix) != network or number not in numbers or came != name:
                wrong += 1
                if wrong <= 20:
                    print(f"{row[end]}: expected {network}, {' or '.join(numbers)}, {name}; came {row[column]}")
    if wrong or len(zones) < 13 or len(rows) < 3000:
        sys.exit(f"{wrong} are wrong, of {len(rows)} rows with {len(zones)} zones")
    print(f"{len(rows)} rows, {len(zones)} zones")


def compare_unlabelled(path, unlabelled):
    expected = collections.defaultdict(set)
    for row in rows_of(path):
        for end in ("sip", "dip"):
            address = ipaddress.ip_address(row[end])
            network = ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False)
            expected[network].add(address)
    came = {ipaddress.ip_network(row["prefix"]): int(row["addresses"]) for row in rows_of(unlabelled)}
    if len(came) != 100 or any(len(expected[network]) != count for network, count in came.items()):
        sys.exit(f"{len(came)} networks, of which there are to be 100, with all addresses of each")
    print(f"100 of {len(expected)} networks")


if __name__ == "__main__":
    {"capture": make_capture, "zones": make_zones, "rows": lambda path, *columns: compare(path, columns),
     "unlabelled": compare_unlabelled}[sys.argv[1]](*sys.argv[2:])
