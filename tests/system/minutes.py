"""minutes.py FOLDER FLOWZONE READER CAPTURE... -- TSHARK...: each minute's frames and bytes from zone to zone are those that tshark shows.

tshark's fields of every frame, its time, length and outermost addresses, are sorted into minutes and zones here. The rows of minutes in flow
files must add up to the same, of all three engines and however intervals and limits cut the run. READER prints a flow file with libfixbuf
alone. Captures that engines_differ.txt lists are those of the full engine alone. SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import contextlib
import decimal
import ipaddress
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from layers import layers_of

FIELDS = ["frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
          "_ws.malformed", "_ws.short"]
# What tshark does not show as it is.
DIFFER = {"many-headers.pcap": "tshark's dissectors stop at 20 VLAN tags",
          "fuzz-2021-06-07-c6c72a0a56.pcap": "tshark shows a length of 2 GiB or more as 2147483647"}
# Within each other, the whole of one family, single hosts, and much without a zone.
ZONES = ["10.0.0.0/8", "10.0.0.0/24", "10.0.0.2/32", "192.168.0.0/16", "192.168.1.0/24", "172.16.0.0/12", "128.0.0.0/2", "192.0.2.0/24",
         "224.0.0.0/4", "2000::/3", "2001:db8::/32", "2001:db8::1/128", "fe80::/10", "ff00::/8", "0.0.0.0/5"]
CUTS = {"interval": ["--interval", "7"], "max-flows": ["--max-flows", "3"], "both": ["--interval", "61", "--max-flows", "2", "--key", "ip"]}


def zone_lookup():
    networks = [(ipaddress.ip_network(text), number) for number, text in enumerate(ZONES, 1)]
    networks.sort(key=lambda pair: -pair[0].prefixlen)
    cache = {"": 0}

    def lookup(text):
        if text not in cache:
            address = ipaddress.ip_address(text)
            cache[text] = next((number for network, number in networks if address in network), 0)
        return cache[text]
    return lookup


zone_of = zone_lookup()


def outermost(protocols, v4, v6, *faults):
    """Source and destination of the frame's first IP header; None without a whole one. What ICMP quotes is no header of the frame."""
    protocols = layers_of(protocols, v4[0], v6[0])
    headers = [name for name in protocols if name == "ipv6" or (name == "ip" and v4[0])]
    if len(headers) < 2 and re.search("IPv[46]", " ".join(faults)):
        return None
    for protocol in protocols:
        if protocol in ("icmp", "icmpv6"):
            return None
        if protocol in ("ip", "ipv6"):
            # What Wireshark 4.6 dissects as IP in a tunnel is "ip" there, whichever version it is.
            pair = v4 if protocol == "ip" and v4[0] else v6
            return pair if pair[0] else None
    return None


def expected(fields):
    sums = collections.Counter()
    for line in fields.splitlines():
        time, length, protocols, *addresses = line.split("\t")
        pair = outermost(protocols, addresses[:2], addresses[2:4], *addresses[4:])
        if pair:
            minute = int((decimal.Decimal(time) / 60).to_integral_value(decimal.ROUND_FLOOR)) * 60
            key = (minute, zone_of(pair[0]), zone_of(pair[1]))
            sums[key, "frames"] += 1
            sums[key, "bytes"] += int(length)
    return sums


def minutes(reader, path):
    """The sums of a flow file's rows of minutes. Its zones are numbered as in its zone file."""
    text = subprocess.run([reader, str(path)], capture_output=True, text=True, check=True).stdout
    sums = collections.Counter()
    for line in text.splitlines():
        values = dict(field.partition("=")[::2] for field in line.split("\t")[1:])
        if "minuteMilliseconds" not in values:
            continue
        milliseconds = int(values["minuteMilliseconds"])
        if milliseconds >= 1 << 63:
            milliseconds -= 1 << 64
        key = (milliseconds // 1000, int(values["senderZoneId"]), int(values["receiverZoneId"]))
        sums[key, "frames"] += int(values["minuteFrameCount"])
        sums[key, "bytes"] += int(values["minuteOctetCount"])
    return sums


def difference(ours, theirs):
    key = min(key for key in set(ours) | set(theirs) if ours[key] != theirs[key])
    return f"{key}: expected {theirs[key]}, came {ours[key]}"


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


def check(folder, flowzone, reader, tshark, alone, capture):
    """The name of a capture, its sums as tshark shows them, and what is wrong with its minutes."""
    faults = []
    zones = folder / "zones.csv"
    with tempfile.TemporaryDirectory(dir=folder) as name:
        os.chmod(name, 0o777)
        tap = ["-r", str(capture), "-z"]
        source = capture.name.replace(",", "_")
        fields, said = run([*tshark, *tap, f"flowzone,zones={zones},source={source},out={name}/full.flow", "-T", "fields", "-E", "occurrence=f",
                            *(word for field in FIELDS for word in ("-e", field))])
        theirs = expected(fields)
        if not alone:
            said += run([*tshark, "-q", *tap, f"flowzone,lean,zones={zones},source={source},out={name}/lean.flow"])[1]
            for cut, options in {"scan": [], **CUTS}.items():
                said += run([flowzone, "scan", "--zones", str(zones), *options, "--out", f"{name}/{cut}.flow", str(capture)])[1]
        for run_name in ["full"] if alone else ["full", "lean", "scan", *CUTS]:
            path = pathlib.Path(name, f"{run_name}.flow")
            try:
                ours = minutes(reader, path)
            except (subprocess.CalledProcessError, FileNotFoundError):
                if "more than 292,000 years" not in said:
                    faults.append(f"{capture.name}: {run_name}: no flow file: {said}")
                continue
            if ours != theirs:
                faults.append(f"{capture.name}: {run_name}: {difference(ours, theirs)}")
    return capture.name, theirs, faults


def stored(folder, flowzone, captures, sums):
    """What is wrong with the minutes in a store. A capture that a store does not take has a line that says so."""
    path = folder / "minutes.db"
    said = run([flowzone, "scan", "--zones", str(folder / "zones.csv"), "--to", f"sqlite:{path}", *captures])[1]
    ours = collections.defaultdict(collections.Counter)
    with contextlib.closing(sqlite3.connect(path)) as store:
        rows = store.execute("SELECT source, minute, coalesce(a.number, '0'), coalesce(b.number, '0'), m.packets, m.bytes FROM fz_minute m "
                             "JOIN fz_load USING (load_id) LEFT JOIN fz_zone a ON a.zone_id = from_zone LEFT JOIN fz_zone b ON b.zone_id = to_zone")
        for source, minute, sender, receiver, frames, size in rows:
            key = (minute, int(sender), int(receiver))
            ours[source][key, "frames"] += frames
            ours[source][key, "bytes"] += size
    for name in map(os.path.basename, captures):
        if ours[name] != sums[name] and (ours[name] or not re.search(re.escape(name) + ".*(nothing was loaded|292,000 years)", said)):
            yield f"{name}: in a store: {difference(ours[name], sums[name])}"


def main():
    split = sys.argv.index("--")
    folder, flowzone, reader, *captures = sys.argv[1:split]
    tshark = sys.argv[split + 1:]
    folder = pathlib.Path(folder)
    (folder / "zones.csv").write_text("location,prefix,number,name\n" + "".join(f",{text},{i},zone {i}\n" for i, text in enumerate(ZONES, 1)))
    (folder / "zones.csv").chmod(0o644)
    listed = pathlib.Path(__file__).with_name("engines_differ.txt").read_text(encoding="utf-8").splitlines()
    differ = {line.split(maxsplit=1)[0] for line in listed if line and not line.startswith("#")}
    wrong, sums = 0, {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tries = [pool.submit(check, folder, flowzone, reader, tshark, pathlib.Path(capture).name in differ, pathlib.Path(capture))
                 for capture in captures]
        for one in tries:
            name, sums[name], faults = one.result()
            if name in DIFFER:
                faults = [] if faults else [f"{name}: is listed, since {DIFFER[name]}, but does not differ"]
            wrong += bool(faults)
            for fault in faults:
                print(fault)
    for fault in stored(folder, flowzone, [path for path in captures if os.path.basename(path) not in differ | set(DIFFER)], sums):
        wrong += 1
        print(fault)
    print(f"{len(captures)} captures, {wrong} wrong")
    sys.exit(wrong > 0)


main()
