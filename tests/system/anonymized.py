"""A report with --anonymize.

anonymized.py same STORE KEY PLAIN SHOWN   SHOWN is PLAIN with stand-ins
anonymized.py hidden STORE SHOWN           nothing of the store's machines is in it
SPDX-License-Identifier: GPL-2.0-or-later
"""

import hashlib
import hmac
import ipaddress
import re
import sqlite3
import sys

TOKEN = re.compile(r"(?<![0-9a-zA-Z_.:-])[0-9a-f:.]*[.:][0-9a-f:.]+(?:/[0-9]+)?|[-\w]+\.pcap\b|\bzebra-[0-9]\b")


def read(path):
    """The text of a file; a place where an address may be broken is no part of it."""
    with open(path, encoding="utf-8", newline="") as file:
        return file.read().replace("<wbr>", "")


def machines(store):
    base = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    addresses = {row[0] for row in base.execute("SELECT sip FROM netflow_table UNION SELECT dip FROM netflow_table")}
    names = [{row[0] for row in base.execute(f"SELECT {column} FROM fz_loads")} for column in ("source", "sensor")]
    return {ipaddress.ip_address(text) for text in addresses}, *names


def digits(key, kind, value):
    return hmac.new(key, kind.encode() + b"\0" + value, hashlib.sha256).hexdigest()[:12]


def same(store, key_file, plain, shown):
    key = bytes.fromhex(read(key_file))
    addresses, sources, sensors = machines(store)
    lengths = {4: (8, 16, 24), 6: (48, 64)}
    networks = {ipaddress.ip_network(f"{one}/{bits}", strict=False) for one in addresses for bits in lengths[one.version]}
    replaced = {"address": 0, "network": 0, "capture": 0, "sensor": 0}

    def stand_in(match):
        text = match[0]
        for kind, names in (("capture", sources), ("sensor", sensors)):
            if text in names:
                replaced[kind] += 1
                return f"{kind}-{digits(key, kind, text.encode())}"
        try:
            one = ipaddress.ip_network(text, strict=False) if "/" in text else ipaddress.ip_address(text)
        except ValueError:
            return text
        if one not in (networks if "/" in text else addresses):
            return text
        kind = f"ipv{one.version}"
        packed = one.network_address.packed if "/" in text else one.packed
        length = one.prefixlen if "/" in text else one.max_prefixlen
        replaced["network" if "/" in text else "address"] += 1
        return f"{kind}-{digits(key, kind, bytes([length]) + packed)}" + (f"/{length}" if "/" in text else "")

    expected, came = TOKEN.sub(stand_in, read(plain)), read(shown)
    if expected != came:
        at = next(i for i in range(len(came)) if expected[: i + 1] != came[: i + 1])
        sys.exit(f"at {at}: expected {expected[at - 80 : at + 80]!r}, came {came[at - 80 : at + 80]!r}")
    assert min(replaced.values()) > 0, replaced
    print(", ".join(f"{count} {what}" for what, count in replaced.items()))


def hidden(store, shown):
    addresses, sources, sensors = machines(store)
    page = read(shown)
    words = {str(one) for one in addresses} | {one.exploded for one in addresses} | sources | sensors | {"zebra", "secret", "hidden-place", "198.51.100"}
    found = sorted(word for word in words if word in page)
    assert not found, found[:10]
    assert len(re.findall(r"ipv[46]-[0-9a-f]{12}", page)) > 100, "hardly any stand-ins"
    print(f"{len(words)} words")


{"same": same, "hidden": hidden}[sys.argv[1]](*sys.argv[2:])
