"""One view of two stores, read by pandas.

views_same.py VIEW URL URL: they have the same columns and, in any order, the same rows; columns of numbers are numbers in both.
SPDX-License-Identifier: GPL-2.0-or-later
"""

import sys

import pandas
import sqlalchemy

# Of different loads at different times.
OWN = {"loaded"}
TEXTS = {"timestamp", "end", "start", "time", "minute", "day", "first_day", "last_day", "first_frame", "frame_time", "sip", "dip", "ip", "infos",
         "location", "sensor", "source", "opened", "folder", "state", "engine", "flow_key", "layers", "octets", "row_kinds", "display_filter",
         "program", "eth_src", "eth_dst", "ip_src", "ip_dst", "zone_name"}


def is_text(name):
    return name in TEXTS or name.endswith(("_infos", "_zone_name"))


def cell(name, value):
    """Dates are texts in one store, and dates in the other."""
    if value is None or value != value:
        return None
    if not is_text(name):
        return round(float(value), 5) if isinstance(value, float) else int(value)
    text = str(value)
    return text + ".000000" if len(text) == 19 and text[4:5] == "-" and text[13:14] == ":" else text


def read(view, url):
    frame = pandas.read_sql(sqlalchemy.text(f"SELECT * FROM {view}"), sqlalchemy.create_engine(url).connect())
    for name, kind in frame.dtypes.items():
        if not is_text(name) and name not in OWN and kind.kind not in "if" and not frame[name].isna().all():
            sys.exit(f"{view}.{name} is no number in {url.split(':')[0]}: {kind}")
    return frame


one, other = (read(sys.argv[1], url) for url in sys.argv[2:])
if list(one.columns) != list(other.columns):
    sys.exit(f"columns differ:\n{list(one.columns)}\n{list(other.columns)}")
names = [name for name in one.columns if name not in OWN]
rows = [sorted([tuple(cell(n, v) for n, v in zip(names, row)) for row in frame[names].astype(object).itertuples(index=False)], key=repr)
        for frame in (one, other)]
if not rows[0]:
    sys.exit("no rows")
for left, right in zip(*rows):
    if left != right:
        sys.exit("\n".join(f"{name}: {a!r} {b!r}" for name, a, b in zip(names, left, right) if a != b))
if len(rows[0]) != len(rows[1]):
    sys.exit(f"{len(rows[0])} and {len(rows[1])} rows")
print(f"{len(rows[0])} rows of {len(names)} columns")
