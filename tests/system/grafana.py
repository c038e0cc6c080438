"""The dashboard for Grafana: its shape, and its queries as SQL, filled in as Grafana fills them in.

grafana.py shape DASHBOARD PAGE                     PAGE: flowzone-store(7)
grafana.py rename SQLITE CLIENT...                  zones get names that stumble; the client is the administrator's, a statement is added
grafana.py same DASHBOARD SQLITE SEED CLIENT...     SQLite and the server answer alike; the client is a reader's
grafana.py answers DASHBOARD SQLITE SEED FLOWZONE   panels show what flowzone's own questions do
SPDX-License-Identifier: GPL-2.0-or-later
"""

import collections
import csv
import decimal
import io
import json
import random
import re
import sqlite3
import subprocess
import sys

HOUR, DAY = 3600000, 86400000  # as everything of Grafana's, in milliseconds
VARIABLES = ("sensor", "zone")
NAMES = ["it's", "back\\", "\\'", "'*'", "*", "a\", b", "$__from", "${zone}", "<b>&amp;", "tab\tbed", "other zones", "\u202eoslo"]


def dashboard(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def queries(board):
    """{title: SQL} of panels, and of variables by name."""
    found = {panel["title"]: panel["targets"][0]["rawSql"] for panel in board["panels"]}
    found.update((one["name"], one["query"]) for one in board["templating"]["list"] if one["type"] == "query")
    return found


def everything(board):
    """{variable: what its "All" is replaced by}, which Grafana does not quote."""
    return {one["name"]: one["allValue"] for one in board["templating"]["list"] if one["type"] == "query"}


def fill(sql, begin, end, interval, chosen):
    """What Grafana sends. chosen: {variable: its text as SQL}."""
    values = {"__from": str(begin), "__to": str(end), "__interval_ms": str(interval)}
    values.update((f"{name}:sqlstring", text) for name, text in chosen.items())
    return re.sub(r"\$\{([a-z_:]+)\}|\$([a-z_]+)", lambda match: values[match[1] or match[2]], sql)


def sqlstring(values):
    return ",".join("'" + value.replace("'", "''") + "'" for value in values)


def cell(text):
    """A cell of the server's client, or of SQLite: numbers as such, to four digits after the point."""
    if text is None or text == "NULL":
        return None
    try:
        return decimal.Decimal(str(text)).quantize(decimal.Decimal("0.0001"), decimal.ROUND_HALF_UP).normalize() + 0
    except decimal.InvalidOperation:
        return text


def alike(here, there):
    """Of two cells. Servers round a quotient to a digit of their own."""
    if isinstance(here, decimal.Decimal) and isinstance(there, decimal.Decimal):
        return abs(here - there) <= decimal.Decimal("0.0001")
    return here == there


def same_rows(here, there):
    return [len(row) for row in here] == [len(row) for row in there] and all(
        alike(*cells) for rows in zip(here, there) for cells in zip(*rows))


ESCAPES = {"\\t": "\t", "\\n": "\n", "\\0": "\0", "\\\\": "\\"}


def ask_server(client, sql):
    run = subprocess.run([*client, "--batch", "--default-character-set=utf8mb4", "-e", sql], stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode().split("\n")[:-1]
    return [[re.sub(r"\\[tn0\\]", lambda match: ESCAPES[match[0]], text) for text in line.split("\t")] for line in lines]


def ask_sqlite(base, sql):
    answer = base.execute(sql)
    names = [column[0] for column in answer.description]
    rows = [list(row) for row in answer]
    return [names, *rows] if rows else []


def shape(path, page):
    board = dashboard(path)
    panels, taken = board["panels"], set()
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        fields = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert fields and not fields & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= fields
        assert panel["title"] and panel["description"], panel
        assert [target["refId"] for target in panel["targets"]] == ["A"] and panel["targets"][0]["rawQuery"], panel["title"]
        is_series = panel["type"] == "timeseries"
        assert panel["targets"][0]["format"] == ("time_series" if is_series else "table"), panel["title"]
        assert not is_series or panel["interval"] in ("1m", "1h"), "bins of whole minutes or hours"
    asking = [*panels, *(panel["targets"][0] for panel in panels), *(one for one in board["templating"]["list"] if one["name"] in VARIABLES)]
    assert all(one["datasource"] == {"type": "mysql", "uid": "${datasource}"} for one in asking), "one store for all"
    with open(page, encoding="utf-8") as file:
        views = set(re.findall(r"^\.SS (\S+)$", file.read().split(".SH VIEWS")[1].split(".SH TABLES")[0], re.M))
    for title, sql in queries(board).items():
        read = set(re.findall(r"\b(?:fz_\w+|netflow_table)\b", sql))
        assert read and read <= views, f"{title} reads {read - views}, which are no views"
        assert "$__from" in sql and "$__to" in sql, f"{title} reads all that there is"
        unquoted = re.sub(r"\$\{(?:sensor|zone):sqlstring\}|\$__(?:from|to|interval_ms)\b", "", sql)
        assert "$" not in unquoted, f"{title}: a variable that this test does not know"
    assert set(everything(board)) == set(VARIABLES)
    print(f"{len(panels)} panels")


def rename(store, *client):
    base = sqlite3.connect(store)
    zones = [row[0] for row in base.execute("SELECT DISTINCT name FROM fz_zone ORDER BY name")]
    assert len(zones) > 2
    for old, new in zip(zones, NAMES):
        base.execute("UPDATE fz_zone SET name = ? WHERE name = ?", (new, old))
        ask_server(client, "UPDATE fz_zone SET name = CONVERT(x'%s' USING utf8mb4) WHERE name = CONVERT(x'%s' USING utf8mb4)"
                   % (new.encode().hex(), old.encode().hex()))
    base.commit()
    print(f"{min(len(zones), len(NAMES))} zones")


def choices(ask, sqls, begin, end):
    """{variable: [(text, value)]}, as its menu has them."""
    return {name: [tuple(row) for row in ask(fill(sqls[name], begin, end, 1, {}))[1:]] for name in VARIABLES}


def extent(base):
    return base.execute("SELECT MIN(capture_start_us) / 1000, MAX(capture_end_us) / 1000 + 1 FROM fz_loads").fetchone()


def same(path, store, seed, *client):
    """Whatever the period, the bins and the choice are, even of what a hostile address names."""
    board, base, dice = dashboard(path), sqlite3.connect(f"file:{store}?mode=ro", uri=True), random.Random(int(seed))
    sqls, whole = queries(board), everything(board)
    first, last = extent(base)
    tried = rows = 0
    for turn in range(12):
        begin, end = sorted(dice.randrange(first - HOUR, last + HOUR) for _ in range(2)) if turn else (first - DAY, last + DAY)
        menus = choices(lambda sql: ask_sqlite(base, sql), sqls, begin, end)
        assert menus == choices(lambda sql: ask_server(client, sql), sqls, begin, end), "the menus differ"
        chosen = dict(whole)
        for name, menu in menus.items():
            if turn % 3 and menu:
                chosen[name] = sqlstring(value for _, value in dice.sample(menu, dice.randint(1, min(3, len(menu)))))
        if turn == 11:
            chosen["zone"] = sqlstring(["') OR 1 = 1 --", "27", "%"])
        interval = dice.choice((60000, 120000, 900000, HOUR, 3 * HOUR, DAY))
        for title in (panel["title"] for panel in board["panels"]):
            sql = fill(sqls[title], begin, end, interval, chosen)
            here, there = ([[cell(text) for text in row] for row in ask] for ask in (ask_sqlite(base, sql), ask_server(client, sql)))
            assert same_rows(here, there), f"seed {seed}, turn {turn}: {title} differs:\n{sql}\n{here[:5]}\n{there[:5]}"
            tried, rows = tried + 1, rows + len(here)
    assert rows > 1000, "hardly any rows"
    print(f"{tried} queries, {rows} rows")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Answers:
    """Of flowzone's commands, each a list of rows by column."""

    def __init__(self, program, store):
        self.program, self.store = program, store

    def __call__(self, command, begin, end, filters, *options):
        where = [f"--where={' and '.join(filters)}"] if filters else []
        run = subprocess.run([self.program, command, f"--from=sqlite:{self.store}", "--format=csv", f"--since={begin // 1000}",
                              f"--until={end // 1000}", *where, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert run.returncode == 0, run.stderr.decode()
        # A name's bytes that a terminal would obey are spelled out.
        plain = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), run.stdout)
        return list(csv.DictReader(io.StringIO(plain.decode())))


def sums(rows, *columns):
    return [sum(int(row[column] or 0) for row in rows) for column in columns]


def numbers_of(rows):
    """The panel "In all", from pairs of zones."""
    in_all = sums(rows, "bytes", "flows", "packets")
    between = sums([row for row in rows if row["client_zone"] != row["server_zone"]], "bytes")[0]
    without = sums([row for row in rows if "(no zone)" in (row["client_zone"], row["server_zone"])], "bytes")[0]
    return in_all, [between * 100 / in_all[0], without * 100 / in_all[0]]


def folded(rows, scale):
    """{(milliseconds, line): value}: the nine biggest, and the others."""
    big = collections.Counter()
    for _, name, number in rows:
        big[name] += number
    kept = sorted(big, key=lambda name: (-big[name], name.encode()))[:9]
    drawn = collections.Counter()
    for begin, name, number in rows:
        drawn[(begin, name if name in kept else "other zones")] += number
    return {key: cell(number * scale) for key, number in drawn.items()}


def milliseconds(base, text):
    return base.execute("SELECT strftime('%s', ?) * 1000", (text,)).fetchone()[0]


def compare(what, shown, expected):
    assert shown == expected, f"{what}:\nshown    {str(shown)[:900]}\nexpected {str(expected)[:900]}"


def answers(path, store, seed, program):
    board, base, dice = dashboard(path), sqlite3.connect(f"file:{store}?mode=ro", uri=True), random.Random(int(seed))
    sqls, whole, ask = queries(board), everything(board), Answers(program, store)
    first, last = extent(base)
    hours = [first // HOUR * HOUR, last // HOUR * HOUR + HOUR]
    compared = 0
    for turn in range(8):
        # What the panel is asked for lies anywhere in the hours that it touches.
        begin, end = sorted(dice.sample(range(hours[0], hours[1] + 1, HOUR), 2)) if turn > 1 else hours
        asked = (begin + dice.randrange(1, HOUR), end - dice.randrange(1, HOUR)) if end - begin > 2 * HOUR and turn % 2 else (begin, end)
        menus = choices(lambda sql: ask_sqlite(base, sql), sqls, begin, end)
        chosen, filters = dict(whole), []
        for name, menu in menus.items():
            if turn > 1 and menu and dice.random() < 0.7:
                text, value = dice.choice([one for one in menu if one[0].isprintable() and not one[0].startswith("(no ")])
                chosen[name] = sqlstring([value])
                filters.append(f"{name} {quoted(text)}")

        def show(title, interval=HOUR, period=asked, chosen=chosen):
            return ask_sqlite(base, fill(sqls[title], *period, interval, chosen))[1:]

        pairs = ask("top", begin, end, filters, "--by=zones", "--rows=0")
        if not pairs:
            continue
        (shown,), (in_all, shares) = show("In all"), numbers_of(pairs)
        compare("numbers", (shown[:3], [cell(share) for share in shown[3:]]), (in_all, [cell(share) for share in shares]))
        keys = ("flows", "packets", "client_bytes", "server_bytes", "bytes")
        compare("pairs", {tuple(row) for row in show("Who talks to whom")},
                {(row["client_zone"], row["server_zone"], *sums([row], *keys)) for row in pairs[:100]})
        matrix = {(row["client_zone"], row["server_zone"], *sums([row], "flows", "packets", "bytes"))
                  for row in ask("matrix", begin, end, filters, "--rows=0")}
        compare("cells that the matrix lacks", {(*row[:4], row[6]) for row in show("Who talks to whom")} - matrix, set())
        protocols = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
        services = ask("top", begin, end, filters, "--by=proto,service", "--rows=0", "--sort=bytes")
        compare("services", sorted((protocols.get(str(row[0]), str(row[0])), *row[2:]) for row in show("Services")),
                sorted((row["protocol"], *sums([row], "flows", "packets", "bytes")) for row in services[:100]))
        days = begin // DAY * DAY, -(-end // DAY) * DAY
        hosts = ask("top", *days, [one for one in filters if one.startswith("sensor")], "--by=host,zone,location", "--rows=0")
        if chosen["zone"] == whole["zone"]:
            compare("addresses", sorted(map(tuple, show("Addresses"))),
                    sorted((row["host"], row["zone"], row["location"], *sums([row], "flows", "sent_bytes", "received_bytes", "bytes"))
                           for row in hosts[:100]))
        for title, by, scale in (("What zones send", "from.zone", decimal.Decimal(8000) / HOUR), ("What zones are asked for", "server.zone", 1)):
            rows = [(milliseconds(base, row["begin"]), row["series"], int(row["bytes"]))
                    for row in ask("time", begin, end, filters, f"--by={by}", "--bin=1h", "--rows=0")]
            # The first bin is shown whole, and so is all before the end.
            compare(title, {(row[0], row[1]): cell(row[2]) for row in show(title, period=(asked[0], end))}, folded(rows, scale))
        loads = ask("loads", *asked, []) if chosen["sensor"] == whole["sensor"] else None
        if loads is not None and asked == (begin, end):
            compare("captures", sorted((row[0], row[6], row[7], row[8], row[9], row[10]) for row in show("Captures")),
                    sorted((row["source"], *sums([row], "frames", "counted_frames", "not_ip_frames", "unparsable_frames", "filtered_frames"))
                           for row in loads))
        compared += 1
    assert compared > 3, "hardly anything compared"
    print(f"{compared} periods")


{"shape": shape, "rename": rename, "same": same, "answers": answers}[sys.argv[1]](*sys.argv[2:])
