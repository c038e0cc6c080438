"""check.py FLOWZONE STORE SEED POLICIES [ARGUMENT...]: random policies, each judged here from the rows of the SQLite store STORE, and by
"flowzone check" of ARGUMENTs (default: that store), which has the same captures: what is not allowed, the sums of each rule, and that
what is learnt allows all. SPDX-License-Identifier: GPL-2.0-or-later"""
import csv
import io
import json
import random
import sqlite3
import subprocess
import sys
import tempfile

flowzone, store, seed, policies = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
arguments = sys.argv[5:] or [f"--from=sqlite:{store}"]
chance = random.Random(seed)
database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
zones = {0: "(no zone)", **dict(database.execute("SELECT zone_id, name FROM fz_zone"))}
PORTED = {6, 17, 33, 132, 136}
NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "gre": 47, "icmp6": 58}
NAMED = {"https": ({6, 17}, 443), "ssh": ({6, 132}, 22), "ntp": ({17}, 123)}


def service_port(sport, dport, opened):
    if 1 <= opened <= 5:
        return dport
    return max(sport, dport) if 0 in (sport, dport) else min(sport, dport)


rows = []
for source, row_no, sip_zone, dip_zone, protocol, sport, dport, opened, size in database.execute(
        "SELECT l.source, r.row_no, sip_zone, dip_zone, protocol, sport, dport, opened, sip_bytes + dip_bytes "
        "FROM fz_load l JOIN fz_flow r ON r.load_id = l.load_id"):
    rows.append(((source, row_no), zones.get(sip_zone, "(no zone)"), zones.get(dip_zone, "(no zone)"), protocol,
                 service_port(sport, dport, opened), 1 <= opened <= 3, size))
if not rows:
    sys.exit("no rows")
names = sorted({row[1] for row in rows} | {row[2] for row in rows})
services = sorted({(row[3], row[4]) for row in rows})


def make_service():
    """A text, and what it fits."""
    protocol, port = chance.choice(services)
    word = next((name for name, number in NUMBERS.items() if number == protocol), None)
    kind = chance.randrange(6)
    if kind == 0:
        return "*", lambda p, n: True
    if kind == 1:
        name, (protocols, number) = chance.choice(sorted(NAMED.items()))
        return name, lambda p, n: p in protocols and n == number
    if kind == 2:
        return str(port), lambda p, n: p in PORTED and n == port
    if protocol not in PORTED:
        return (word or f"proto-{protocol}"), lambda p, n: p == protocol
    word = word or str(protocol)
    if kind == 3:
        high = min(65535, port + chance.randrange(20000))
        return f"{word}/{port}-{high}", lambda p, n: p == protocol and port <= n <= high
    if kind == 4:
        return f"{word}/*", lambda p, n: p == protocol
    return f"{word}/{port}", lambda p, n: p == protocol and n == port


def make_policy():
    rules = []
    for _ in range(chance.randrange(12)):
        text, fits = make_service()
        rules.append((chance.choice(["allow", "deny"]), chance.choice(names + ["*"] * 3), chance.choice(names + ["*"] * 3), text, fits))
    return rules


def judge(rules, strict, row):
    """(allowed, the line of the rule, None: no rule)."""
    _, client, server, protocol, port = row[:5]
    inside = not strict and client == server and client != "(no zone)"
    for line, (action, its_client, its_server, _, fits) in enumerate(rules, 2):
        if inside and (its_client == "*" or its_server == "*"):
            continue
        if its_client in ("*", client) and its_server in ("*", server) and fits(protocol, port):
            return action == "allow", line
    return inside, None


def ask(*words):
    done = subprocess.run([flowzone, "check", *words, *arguments], capture_output=True, text=True, timeout=600)
    if done.returncode not in (0, 4):
        sys.exit(f"{words}: exit status {done.returncode}: {done.stderr}")
    return done


faults = 0


def same(what, expected, found):
    global faults
    if expected != found:
        faults += 1
        print(f"seed {seed}: {what}: expected {expected}, found {found}"[:600])


denied_of_all = 0
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/policy.csv"
    for number in range(policies):
        rules, strict = make_policy(), chance.random() < 0.3
        with open(path, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["action", "client", "server", "service", "comment"])
            out.writerows([*rule[:4], ""] for rule in rules)
        verdicts = [(row, *judge(rules, strict, row)) for row in rows]
        denied = {row[0]: (line, row[5]) for row, allowed, line in verdicts if not allowed}
        denied_of_all += len(denied)
        words = ["--policy", path, *(["--strict"] if strict else [])]

        done = ask(*words, "--format=json", "--rows=0")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        same(f"policy {number}: not allowed", denied,
             {(row["source"], row["row_no"]): (row["rule_line"], row["sure"] == "yes") for row in found})
        same(f"policy {number}: exit status", 4 if denied else 0, done.returncode)
        sums = {(row["client_zone"], row["server_zone"], row["rule_line"]): (row["all_flows"], row["all_bytes"], row["all_sure"])
                for row in found}
        expected = {}
        for row, allowed, line in verdicts:
            if not allowed:
                key = (row[1], row[2], line)
                flows, size, sure = expected.get(key, (0, 0, 0))
                expected[key] = (flows + 1, size + row[6], sure + row[5])
        same(f"policy {number}: sums", expected, sums)

        used = {line: [0, 0] for line in range(2, len(rules) + 2)}
        for row, _, line in verdicts:
            if line is not None:
                used[line][0] += 1
                used[line][1] += row[6]
        table = list(csv.DictReader(io.StringIO(ask(*words, "--rules", "--format=csv").stdout)))
        same(f"policy {number}: rules", used, {int(row["line"]): [int(row["flows"]), int(row["bytes"])] for row in table if row["line"]})
        same(f"policy {number}: all conversations", len(rows), sum(int(row["flows"]) for row in table))

        # What is learnt, behind what the policy allows, allows all.
        learnt = ask(*words, "--learn").stdout
        with open(path, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            file.write(learnt)
            out.writerows([*rule[:4], ""] for rule in rules if rule[0] == "allow")
        done = ask("--policy", path, *words[2:], "--format=json")
        left = {row[0] for row, allowed, _ in verdicts if not allowed}
        same(f"policy {number}: what is learnt allows all", 0 if left or not denied else 4, done.returncode)
if not faults:
    print(f"{policies} policies of {len(rows)} conversations, {denied_of_all} of them not allowed")
sys.exit(faults > 0)
