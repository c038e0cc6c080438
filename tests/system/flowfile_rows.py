"""flowfile_rows.py SWEEP fixbuf READER | flowfile_rows.py SWEEP tshark TSHARK...: what others read in every outer.ipfix is outer.csv.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import os
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

# CSV column: information element, and the one for IPv6.
ELEMENTS = {
    "sip": ("sourceIPv4Address", "sourceIPv6Address"),
    "dip": ("destinationIPv4Address", "destinationIPv6Address"),
    "sport": ("sourceTransportPort",),
    "dport": ("destinationTransportPort",),
    "protocol": ("protocolIdentifier",),
    "vlan": ("vlanId",),
    "sip_packets": ("packetDeltaCount",),
    "dip_packets": ("reversePacketDeltaCount",),
    "sip_bytes": ("layer2OctetDeltaCount",),
    "dip_bytes": ("reverseLayer2OctetDeltaCount",),
    "sip_ip_bytes": ("octetDeltaCount",),
    "dip_ip_bytes": ("reverseOctetDeltaCount",),
    "sip_tcp_flags": ("tcpControlBits",),
    "dip_tcp_flags": ("reverseTcpControlBits",),
    "end_reason": ("flowEndReason",),
}
# How the number in conversationOpenedBy is shown.
OPENED = ("unknown", "syn", "syn-ack", "icmp", "exporter", "port", "first", "both")
# The fields under which Wireshark shows them: columns of one field take turns.
FIELDS = {
    "cflow.srcport": ("sport",),
    "cflow.dstport": ("dport",),
    "cflow.protocol": ("protocol",),
    "cflow.vlanid": ("vlan",),
    "cflow.packets": ("sip_packets", "dip_packets"),
    "cflow.layer2_octet_delta_count": ("sip_bytes", "dip_bytes"),
    "cflow.octets": ("sip_ip_bytes", "dip_ip_bytes"),
    "cflow.tcpflags": ("sip_tcp_flags", "dip_tcp_flags"),
    "cflow.flow_end_reason": ("end_reason",),
}
ADDRESSES = {"cflow.srcaddr": "sip", "cflow.srcaddrv6": "sip", "cflow.dstaddr": "dip", "cflow.dstaddrv6": "dip"}
COMPLAINTS = ("_ws.expert", "_ws.malformed", "_ws.expert.message")


def time_text(record, end):
    """The two elements of a time as CSV shows it."""
    milliseconds = int(record[f"flow{end}Milliseconds"])
    if milliseconds >= 1 << 63:  # before 1970
        milliseconds -= 1 << 64
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds,
                                              microseconds=int(record[f"flow{end}SubMilliseconds"]))
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f").zfill(26)


def fault_of_fixbuf(folder, rows, reader):
    run = subprocess.run([*reader, str(folder / "outer.ipfix")], capture_output=True, text=True, check=False)
    if run.returncode or run.stderr:
        return run.stderr
    records = [dict(field.split("=", 1) for field in line.split("\t")[1:])
               for line in run.stdout.splitlines() if line.startswith("data\t")]
    minutes = [record for record in records if "minuteMilliseconds" in record]
    records = [record for record in records if "minuteMilliseconds" not in record]
    if len(records) != len(rows):
        return f"{len(rows)} rows, {len(records)} records"
    for element, column in (("minuteFrameCount", "packets"), ("minuteOctetCount", "bytes")):
        came, expected = sum(int(minute[element]) for minute in minutes), sum(int(row[column]) for row in rows)
        if came != expected:
            return f"{column}: {expected} in the rows, {came} in the minutes"
    for number, (row, record) in enumerate(zip(rows, records), 1):
        came = {name: next((record[element] for element in elements if element in record), None)
                for name, elements in ELEMENTS.items()}
        came["opened"] = OPENED[int(record["conversationOpenedBy"])]
        came["timestamp"], came["end"] = time_text(record, "Start"), time_text(record, "End")
        for name, value in came.items():
            if value != row[name]:
                return f"row {number}: {name} expected {row[name]}, came {value}"
    return None


def fixbuf(files, command):
    def fault(item):
        path, rows = item
        return path.parent.name, fault_of_fixbuf(path.parent, rows, command)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [f"{name}: {complaint}" for name, complaint in pool.map(fault, files) if complaint]


def in_domain(content, domain):
    """The same messages from another observation domain: templates and sequence numbers are a domain's own."""
    messages, at = bytearray(content), 0
    while at < len(messages):
        messages[at + 12:at + 16] = domain.to_bytes(4, "big")
        at += int.from_bytes(messages[at + 2:at + 4], "big")
    return bytes(messages)


def tshark(files, command):
    """One run for all: flow files one after the other are messages of one stream (RFC 5655)."""
    names = [*FIELDS, *ADDRESSES, *COMPLAINTS]
    for name in names:
        command = [*command, "-e", name]
    command += ["-r", "-", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
    stream = b"".join(in_domain(path.read_bytes(), number) for number, (path, _) in enumerate(files, 1))
    # Not through a pipe: to know the format, tshark looks at the first messages, which may be more than it can go back in one.
    with tempfile.TemporaryFile() as whole:
        whole.write(stream)
        whole.seek(0)
        run = subprocess.run(command, stdin=whole, capture_output=True, check=False)
    if run.returncode:
        return [run.stderr.decode()]
    values = {name: [] for name in names}
    for line in run.stdout.decode().split("\n")[:-1]:
        for name, cell in zip(names, line.split("\t"), strict=True):
            values[name] += [text for text in cell.split(",") if text]
    values["cflow.tcpflags"] = [str(int(text, 0)) for text in values["cflow.tcpflags"]]
    faults = [f"{name}: {values[name][:3]}" for name in COMPLAINTS if values[name]]
    rows = [(path.parent.name, row) for path, rows in files for row in rows]
    expected = {name: [(capture, row[column]) for capture, row in rows for column in columns]
                for name, columns in FIELDS.items()}
    for name, column in ADDRESSES.items():
        expected[name] = [(capture, row[column]) for capture, row in rows if (":" in row["sip"]) == name.endswith("v6")]
    for name, cells in expected.items():
        if len(cells) != len(values[name]):
            faults.append(f"{name}: {len(cells)} values expected, {len(values[name])} came")
        wrong = next((item for item in zip(cells, values[name]) if item[0][1] != item[1]), None)
        if wrong:
            faults.append(f"{wrong[0][0]}: {name} expected {wrong[0][1]}, came {wrong[1]}")
    return faults


def main():
    sweep, kind, *command = sys.argv[1:]
    files = []
    for path in sorted(pathlib.Path(sweep).glob("*/outer.ipfix")):
        with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
            files.append((path, list(csv.DictReader(file))))
    faults = {"fixbuf": fixbuf, "tshark": tshark}[kind](files, command)
    print("\n".join(faults[:8]))
    print(f"{len(files)} flow files, {sum(len(rows) for _, rows in files)} rows, {len(faults)} faults")
    sys.exit(bool(faults) or not files)


main()
