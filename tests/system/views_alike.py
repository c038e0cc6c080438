"""All views of a store, read by a driver: they have the types of the manual, and the cells that the store's own client prints.

views_alike.py PAGE STORE READER ADDRESS CLIENT...: STORE is SQLite or MariaDB; READER is odbc, ADDRESS a connection string, or READER is an R
package, ADDRESS the folder that views.R wrote; a query is added to CLIENT. views_alike.py sum ADDRESS...: the sum of all bytes through ODBC.
SPDX-License-Identifier: GPL-2.0-or-later
"""

import datetime
import json
import os
import re
import subprocess
import sys

VIEWS = ("netflow_table", "fz_packets", "fz_minutes", "fz_hours", "fz_hosts", "fz_talkers", "fz_loads")
OTHER_KINDS = {"text", "date", "day date", "fraction"}
# Of the views whose columns of the ledger SQLite knows the types of, those with a day; dates in fz_loads alone.
DAYS_DECLARED = {"netflow_table", "fz_packets", "fz_minutes", "fz_hours", "fz_loads"}
# And one whose rows are of two kinds: from 3.41 on SQLite takes its type from both.
DAY_EITHER = "fz_hours"
BINARY = -2
# Their sums are expressions: SQLite's catalogue has no type of them.
SUMS = {"fz_hosts", "fz_talkers"}

# SQL types of ODBC: SQL_BIGINT, SQL_INTEGER, SQL_SMALLINT; (W)CHAR types; SQL_TYPE_TIMESTAMP, SQL_TYPE_DATE, SQL_DOUBLE.
BIGINT, INTEGER, SMALLINT, TEXTS, TIMESTAMP, DATE, DOUBLE = -5, 4, 5, {12, -1, -9, -10}, 93, 91, 8
INTEGERS = {"u16": INTEGER, "u8": SMALLINT}


def kinds_of(page):
    """{view: {column: kind}} of the manual."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    views = {}
    for name, body in re.findall(r"^\.SS (\S+)\n(.*?)(?=^\.S[SH] |\Z)", text, re.M | re.S):
        if name in VIEWS:
            rows = re.findall(r"^([a-z0-9_, ]+)\t([^\t\n]*)", body, re.M)
            views[name] = {column: kind for cell, kind in rows for column in cell.split(", ")}
    return views


def is_integer(kind):
    return kind not in OTHER_KINDS


def sql_types(store, view, kind):
    """What ODBC's catalogue may say."""
    if store == "SQLite" and view in SUMS and kind != "text":
        return TEXTS | {BIGINT}
    if is_integer(kind):
        return {BIGINT if store == "SQLite" else INTEGERS.get(kind, BIGINT)}
    if kind == "date":
        return {TIMESTAMP} if store == "MariaDB" or view == "fz_loads" else TEXTS
    if kind == "day date" and store == "SQLite" and view == DAY_EITHER:
        return TEXTS | {DATE, BINARY}
    return {"day date": {DATE}, "fraction": {DOUBLE}, "text": TEXTS}[kind]


def python_type(store, view, kind):
    """What a cell is in Python."""
    if is_integer(kind):
        return int
    if kind == "date":
        return datetime.datetime if store == "MariaDB" or view == "fz_loads" else str
    if kind == "day date":
        return datetime.date if store == "MariaDB" or view in DAYS_DECLARED else str
    return {"fraction": float, "text": str}[kind]


def classes(reader, kind):
    """R's classes of a column. RODBC leaves what it can as text."""
    if is_integer(kind):
        return {"RMySQL": {"integer", "numeric"}, "RODBC": {"integer", "character"}}.get(reader, {"integer", "integer64"})
    if kind == "fraction":
        return {"numeric"}
    return {"character"} | ({"POSIXct"} if kind == "date" and reader == "RMariaDB" else set()) | \
        ({"Date"} if kind == "day date" and reader == "RMariaDB" else set())


def cell(kind, value, reader):
    """As it can be compared. RMySQL has the nearest double of an integer, RMariaDB that of a time's seconds."""
    if value is None:
        return None
    if kind == "date" and reader == "RMariaDB":
        return str(value)[:len("2023-11-14 22:13:20")]
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "microseconds")
    if is_integer(kind):
        return int(float(value)) if reader == "RMySQL" else int(value)
    return float(value) if kind == "fraction" else str(value)


def same(one, other):
    return one == other or (isinstance(one, float) and isinstance(other, float) and abs(one - other) <= abs(one) * 1e-13)


def of_client(client, view):
    """Names and rows: from JSON, or from what MariaDB's client prints."""
    text = subprocess.run([*client, f"SELECT * FROM {view}"], check=True, capture_output=True, text=True).stdout
    if text.startswith("["):
        rows = json.loads(text)
        return list(rows[0]), [list(row.values()) for row in rows]
    lines = [line.split("\t") for line in text.splitlines()]
    return lines[0], [[None if value == "NULL" else value for value in line] for line in lines[1:]]


def of_odbc(store, address, view, kinds):
    """The same through ODBC, its types compared with the manual's."""
    import pyodbc
    connection = pyodbc.connect(address, autocommit=True)
    catalogue = {row.column_name: row.data_type for row in connection.cursor().columns(table=view)}
    cursor = connection.cursor().execute(f"SELECT * FROM {view}")
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    for name, description, values in zip(names, cursor.description, zip(*rows)):
        kind = kinds[name]
        wanted = python_type(store, view, kind)
        if catalogue[name] not in sql_types(store, view, kind):
            sys.exit(f"{view}.{name}: {kind}, but {catalogue[name]} in the catalogue")
        if (store, view, kind) == ("SQLite", DAY_EITHER, "day date") and description[1] is str:
            wanted = str
        if description[1] is not wanted or any(type(value) is not wanted for value in values if value is not None):
            sys.exit(f"{view}.{name}: {kind}, but {description[1].__name__}, {values[0]!r}")
    return names, rows


def of_r(folder, reader, view, kinds):
    """The same from what views.R wrote, its classes compared with the manual's kinds."""
    with open(os.path.join(folder, view), encoding="utf-8") as file:
        names, found, *rows = [line.rstrip("\n").split("\t") for line in file]
    for name, kind in zip(names, found):
        if kind not in classes(reader, kinds[name]):
            sys.exit(f"{view}.{name}: {kinds[name]}, but of class {kind}")
    return names, [[None if value == r"\N" else value for value in row] for row in rows]


def compare(view, kinds, one, other, reader):
    """Counts the cells that are the same; ends with the first one that is not."""
    if one[0] != other[0] or one[0] != [name for name in one[0] if name in kinds]:
        sys.exit(f"{view}: columns differ:\n{one[0]}\n{other[0]}")
    kinds = [kinds[name] for name in one[0]]
    sides = [[[cell(kind, value, reader) for kind, value in zip(kinds, row)] for row in rows] for _, rows in (one, other)]
    for rows in sides:
        rows.sort(key=lambda row: repr([value for value in row if not isinstance(value, float)]))
    if len(sides[0]) != len(sides[1]) or not sides[0]:
        sys.exit(f"{view}: {len(sides[0])} and {len(sides[1])} rows")
    for rows in zip(*sides):
        for name, left, right in zip(one[0], *rows):
            if not same(left, right):
                sys.exit(f"{view}.{name}: the client has {left!r}, the driver {right!r}")
    return len(sides[0]) * len(kinds)


def whole(page, store, reader, address, *client):
    cells = 0
    for view, kinds in kinds_of(page).items():
        found = of_odbc(store, address, view, kinds) if reader == "odbc" else of_r(address, reader, view, kinds)
        cells += compare(view, kinds, of_client(client, view), found, reader)
    print(f"{cells} cells of {len(VIEWS)} views")


def sums(*addresses):
    import pyodbc
    for address in addresses:
        print(pyodbc.connect(address, autocommit=True).cursor().execute("SELECT SUM(bytes) FROM netflow_table").fetchone()[0])


if sys.argv[1] == "sum":
    sums(*sys.argv[2:])
else:
    whole(*sys.argv[1:])
