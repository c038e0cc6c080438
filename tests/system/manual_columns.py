"""Columns that flowzone-store(7) describes, or its example queries.

manual_columns.py PAGE STORE: a line "TABLE COLUMN" for each, sorted; STORE is SQLite or MariaDB, and columns that another one only has are
left out. manual_columns.py PAGE queries: the SELECTs, each ending in a semicolon.
SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import sys


def columns(page, store):
    """In a subsection named after its table, the first cells of a table's rows: names, commas between them."""
    for name, text in re.findall(r"^\.SS (\S+)\n(.*?)(?=^\.S[SH] |\Z)", page, re.M | re.S):
        for cell, meaning in re.findall(r"^([a-z0-9_, ]+)\t[^\t\n]*(?:\t(?:T\{\n)?(.*))?$", text, re.M):
            if " only: " in meaning and store not in meaning.split(" only: ")[0]:
                continue
            for column in cell.split(", "):
                yield f"{name} {column}"


def queries(page):
    for query in re.findall(r"^\.nf\n(SELECT .*?;)\n\.fi$", page, re.M | re.S):
        yield query.replace("\\-", "-")


with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
print("\n".join(queries(text) if sys.argv[2] == "queries" else sorted(columns(text, sys.argv[2]))))
