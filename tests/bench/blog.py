"""blog.py: the way that flowzone replaces, for comparison: pandas, a Python loop over networks, to_sql.

blog.py pipeline STATS.csv ZONES.csv DATABASE    what stands behind tshark, awk and sed: map both columns, into SQLite
blog.py to_sql DATABASE QUERY URL TABLE          rows of our SQLite store elsewhere, by SQLAlchemy; prints the seconds of to_sql alone
blog.py lookups ZONES.csv COUNT                  prints lookups a second
blog.py modules                                  succeeds when all that the others need is there

The loop is that of the blog, its "100 times faster" one, in Python 3. SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import os
import random
import socket
import sqlite3
import struct
import sys
import time

COLUMNS = ["timestamp", "sip", "dip", "bytes", "packets", "location", "sip_infos", "dip_infos"]
CHUNK = 40000


def read_networks(path):
    """The dict of the blog: "10.1.3.0/24" -> "13, web"."""
    with open(path, newline="", encoding="utf-8") as file:
        return {row["prefix"]: f"{row['number']}, {row['name']}" for row in csv.DictReader(file) if ":" not in row["prefix"]}


def custom_netmap(ip, networks):
    for key, value in networks.items():
        address = struct.unpack(">L", socket.inet_aton(ip))[0]
        netaddr, bits = key.split("/")
        network = struct.unpack(">L", socket.inet_aton(netaddr))[0]
        mask = (4294967295 << (32 - int(bits))) & 4294967295
        if network == network & mask:
            if address & mask == network:
                return key + ", " + value
        else:
            print("***WARNING*** Network", netaddr, "not valid with mask /" + bits)
            return None
    return None


def pipeline(stats, zones, database):
    import pandas
    networks = read_networks(zones)
    frame = pandas.read_csv(stats)
    frame.columns = [name.replace(" ", "") for name in frame.columns]
    for column in ("sip", "dip"):
        frame[column] = frame[column].str.strip()
        frame[column + "_infos"] = frame[column].map(lambda ip: custom_netmap(ip, networks))
    frame["location"] = "MY"
    frame["timestamp"] = pandas.to_datetime(os.stat(stats).st_mtime, unit="s")
    connection = sqlite3.connect(database)
    frame[COLUMNS].to_sql(name="netflow_table", con=connection, if_exists="append", index=False, chunksize=CHUNK)
    connection.commit()


def to_sql(database, query, url, table):
    import pandas
    import sqlalchemy
    frame = pandas.read_sql(query, sqlite3.connect(database))
    engine = sqlalchemy.create_engine(url)
    begin = time.perf_counter()
    frame.to_sql(name=table, con=engine, if_exists="append", index=False, chunksize=CHUNK)
    print(time.perf_counter() - begin)


def lookups(zones, count):
    networks = read_networks(zones)
    dice = random.Random(1)
    addresses = [socket.inet_ntoa(dice.randbytes(4)) for _ in range(int(count))]
    begin = time.process_time()
    for address in addresses:
        custom_netmap(address, networks)
    print(len(addresses) / (time.process_time() - begin))


def modules():
    import MySQLdb
    import pandas
    import sqlalchemy
    print(pandas.__version__, sqlalchemy.__version__, MySQLdb.__version__)


{"pipeline": pipeline, "to_sql": to_sql, "lookups": lookups, "modules": modules}[sys.argv[1]](*sys.argv[2:])
