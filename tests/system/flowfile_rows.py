"""flowfile_rows.py SWEEP fixbuf READER | flowfile_rows.py SWEEP tshark TSHARK...: what others read in every outer.ipfix is outer.csv.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import os
import pathlib
import subprocess
import sys
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
    if len(records) != len(rows):
        return f"{len(rows)} rows, {len(records)} records"
    for number, (row, record) in enumerate(zip(rows, records), 1):
        came = {name: next((record[element] for element in elements if element in record), None)
                for name, elements in ELEMENTS.items()}
        came["timestamp"], came["end"] = time_text(record, "Start"), time_text(record, "End")
        for name, value in came.items():
            if value != row[name]:
                return f"row {number}: {name} expected {row[name]}, came {value}"
    return None


def fault_of_tshark(folder, rows, tshark):
    names = [*FIELDS, *ADDRESSES, *COMPLAINTS]
    command = [*tshark, "-r", str(folder / "outer.ipfix"), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
    for name in names:
        command += ["-e", name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    values = {name: [] for name in names}
    for line in run.stdout.splitlines():
        for name, cell in zip(names, line.split("\t")):
            values[name] += [text for text in cell.split(",") if text]
    for name in COMPLAINTS:
        if values[name]:
            return f"{name}: {values[name][:3]}"
    expected = {name: [row[column] for row in rows for column in columns] for name, columns in FIELDS.items()}
    for name, column in ADDRESSES.items():
        expected[name] = [row[column] for row in rows if (":" in row["sip"]) == name.endswith("v6")]
    for name, cells in expected.items():
        came = [str(int(text, 0)) for text in values[name]] if name == "cflow.tcpflags" else values[name]
        if came != cells:
            place = next((i for i, pair in enumerate(zip(came, cells)) if pair[0] != pair[1]), min(len(came), len(cells)))
            return f"{name}: {len(cells)} values, {len(came)} came; at {place} {cells[place:place + 2]}, came {came[place:place + 2]}"
    return None


def main():
    sweep, kind, *command = sys.argv[1:]
    fault_of = {"fixbuf": fault_of_fixbuf, "tshark": fault_of_tshark}[kind]

    def fault(folder):
        try:
            with (folder / "outer.csv").open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            return fault_of(folder, rows, command), len(rows)
        except (OSError, KeyError, ValueError) as error:
            return f"{type(error).__name__}: {error}", 0

    folders = sorted(path for path in pathlib.Path(sweep).iterdir() if path.is_dir())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(fault, folders))
    wrong = [f"{folder.name}: {complaint}" for folder, (complaint, _) in zip(folders, found) if complaint]
    print("\n".join(wrong[:8]))
    print(f"{len(folders)} flow files, {sum(count for _, count in found)} rows, {len(wrong)} wrong")
    sys.exit(bool(wrong) or not folders)


main()
