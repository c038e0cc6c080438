"""Findings of a report's page, compared with the answers of `flowzone find`.

report_find.py PAGE FLOWZONE KINDS ARGUMENT...
SPDX-License-Identifier: GPL-2.0-or-later
"""

import csv
import html.parser
import io
import subprocess
import sys

KINDS = {"beacons": "Beacon", "scans": "Scan", "long": "Long", "one-way": "One way"}
SHOWN = 3


class Findings(html.parser.HTMLParser):
    """Each as [kind, head, text, command]."""

    def __init__(self):
        super().__init__()
        self.found, self.inside, self.part, self.text = [], False, None, ""

    def handle_starttag(self, tag, attrs):
        classes = dict(attrs).get("class") or ""
        self.inside |= tag == "ol" and classes == "findings"
        if self.inside and tag == "li":
            self.found.append(["", "", "", ""])
        if self.inside and self.found:
            places = {"span": 0 if "kicker" in classes else self.part, "h3": 1, "p": 3 if classes == "command" else 2}
            self.part = places.get(tag, self.part)

    def handle_endtag(self, tag):
        self.inside &= tag != "ol"

    def handle_data(self, data):
        self.text += data
        if self.inside and self.found and self.part is not None:
            self.found[-1][self.part] += data


def find(flowzone, kind, arguments):
    run = subprocess.run([flowzone, "find", kind, "--format=csv", "--rows=0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         check=False)
    assert run.returncode in (0, 4), run.stderr.decode()
    return list(csv.DictReader(io.StringIO(run.stdout.decode())))


def grouped(number):
    return f"{int(number):,}".replace(",", "\u202f")


def times(first, last):
    """Of one day, to the minute."""
    first, last = first[11:16], last[11:16]
    return f"at {first}." if first == last else f"from {first} to {last}."


def bytes_of(number):
    """Three digits and a unit, rounded half away."""
    number, unit = int(number), 0
    scaled = number
    while scaled >= 999.5 and unit < 6:
        scaled, unit = scaled / 1000, unit + 1
    if unit == 0:
        return f"{number}\u00a0B"
    digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{scaled:.{digits}f}\u00a0{'_kMGTPE'[unit]}B"


def expected(kind, row):
    """What head and text begin with, and what else is in the text."""
    ends = {name: row.get(name) for name in ("client", "server")}
    if kind == "beacons":
        return f"{ends['client']} called {ends['server']} every ", f"{grouped(row['starts'])} starts of {row['service']}. ", [
            f"Median of what the client sends: {bytes_of(row['client_bytes'])}.",
            f"Score {row['score']} of 100." if row["score"] else "No score: more than one start a second."]
    if kind == "scans":
        return f"{ends['client']} tried {ends['server']}, {row['service']}", f"{grouped(row['unanswered'])} targets did not answer or ", [
            f"{grouped(row['answered'])} answered", times(row["first"], row["last"])]
    if kind == "long":
        return f"{ends['client']} talked to {ends['server']} for ", f"{row['service']}, {bytes_of(row['bytes'])}, ", [
            times(row["began"], row["ended"])]
    return (f"{row['client_zone']} with {row['server_zone']}, {row['service']}: seen one way",
            f"{grouped(row['one_way'])} of {grouped(row['conversations'])} conversations, {bytes_of(row['bytes'])}",
            [f"by sensor {row['sensor']}."] if row["sensor"] else [])


def main(page, flowzone, kinds, *arguments):
    parser = Findings()
    with open(page, encoding="utf-8") as file:
        parser.feed(file.read())
    came = [found for found in parser.found if found[0] in KINDS.values()]
    rows, missed = 0, []
    for kind, word in KINDS.items():
        if kind not in kinds.split(","):
            continue
        answer = find(flowzone, kind, arguments)
        missed += [] if answer else [kind]
        for row in answer[:SHOWN]:
            shown, (head, text, parts) = came.pop(0), expected(kind, row)
            assert shown[0] == word and shown[1].startswith(head) and shown[2].startswith(text), (shown, head, text)
            assert all(part in shown[2] for part in parts), (shown, parts)
            assert shown[3].split()[:3] == ["flowzone", "find", kind], shown
            rows += 1
        if len(answer) > SHOWN:
            shown = came.pop(0)
            assert shown[0] == word and shown[1].startswith(f"{grouped(len(answer) - SHOWN)} more: "), (shown, len(answer))
    assert not came, came
    assert parser.text.count("Looked for ") == bool(missed) and (not missed or f"Looked for {', '.join(missed)}: none." in parser.text), missed
    print(f"{rows} findings")


main(*sys.argv[1:])
