"""Columns that flowzone-store(7) describes, or its example queries.

manual_columns.py PAGE columns: a line "TABLE COLUMN" for each, sorted. manual_columns.py PAGE queries: the SELECTs, each ending in a
semicolon.
SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import sys


def columns(page):
    """In a subsection named after its table, the first cells of a table's rows: names, commas between them."""
    for name, text in re.findall(r"^\.SS (\S+)\n(.*?)(?=^\.S[SH] |\Z)", page, re.M | re.S):
        for cell in re.findall(r"^([a-z0-9_, ]+)\t", text, re.M):
            for column in cell.split(", "):
                yield f"{name} {column}"


def queries(page):
    for query in re.findall(r"^\.nf\n(SELECT .*?;)\n\.fi$", page, re.M | re.S):
        yield query.replace("\\-", "-")


with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
print("\n".join(sorted(columns(text)) if sys.argv[2] == "columns" else queries(text)))
