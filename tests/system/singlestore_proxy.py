#!/usr/bin/env python3
"""SingleStore's documented rules, in front of a MariaDB. SPDX-License-Identifier: GPL-2.0-or-later

Usage: singlestore_proxy.py SOCKET PORT LOG [FAULT...]

Listens on 127.0.0.1:PORT (0: any; prints it) and passes to the MariaDB at the Unix socket SOCKET what SingleStore is documented to take,
its DDL rewritten. Whatever nobody has looked up is refused: the lists below are of what is allowed. Every statement goes to LOG. It shows
nothing of SingleStore's planner, speed, or of how it commits.

FAULTs; the first group once each:
  leaf=N           the Nth statement that writes rows fails, and its transaction: a leaf died
  lock=N           the Nth statement that writes fails with 1205: that statement only is rolled back
  cut=after        the client is cut off at COMMIT, which the server gets; cut=before: which it never gets
  slow-commit=S    COMMIT is cut off, and arrives S seconds later: a coordinator that goes on alone
  deaf=after       COMMIT is answered by a leaf's error, though the server got it; deaf=before: which it never got
  aggregator=N     a child aggregator: ids that AUTO_INCREMENT gives begin at N * 2^50
  version=V        @@memsql_version
  two-phase=0      @@two_phase_commit
  durability=0     the database's writes to disk are not waited for
  idle=S           a session that is silent for S seconds in a transaction is ended; without it the limit is 300
  info=no          LOAD DATA is answered without counts in words; info=other: in other words than MySQL's
  rival=N          another program makes the Nth view just before this one does
"""
import json
import os
import re
import socket
import struct
import sys
import threading
import time

VERSION = "8.9.20"
# Functions, and words that may come before a parenthesis.
FUNCTIONS = set("""CAST LENGTH INET6_NTOA REPLACE CONCAT SUBSTRING TRIM COALESCE SUM COUNT MIN MAX UNHEX HEX LOWER LPAD DATE_FORMAT CONCAT_WS DATABASE VERSION VALUES
    DATE_FORMAT CONCAT_WS DATETIME DATE CHAR BINARY DECIMAL IN KEY INTERVAL TIMESTAMPADD IF NULLIF ABS FLOOR ELSE THEN WHEN AND OR NOT FROM AS JOIN ALL ON BY USING
    EXISTS UNION WHERE HAVING DISTINCT BETWEEN LIKE SELECT LIMIT MOD DIV GREATEST LEAST IFNULL CASE""".split())
COLUMN_TYPE = r"(?:BIGINT|INT|MEDIUMINT|SMALLINT|TINYINT|TEXT|VARCHAR\(\d+\)|CHAR\(\d+\)|VARBINARY\(\d+\)|BINARY\(\d+\)|DATETIME\(6\)|DOUBLE)(?: UNSIGNED)?"
SESSION_VARIABLES = {"sql_mode", "lock_wait_timeout", "collation_connection", "autocommit", "time_zone"}
# What is documented not to exist.
UNSUPPORTED = (r"\bLOCK IN SHARE MODE\b", r"\bFOR UPDATE\b", r"\bENGINE ?=", r"\bPARTITION BY\b", r"\bXA\b", r"\bSAVEPOINT\b",
               r"\bSERIALIZABLE\b", r"\bFOREIGN KEY\b", r"\bTRIGGER\b", r" GENERATED ALWAYS ", r"\bDELAYED\b", r"\bHIGH_PRIORITY\b")
EXACT = " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
# Words that its connectors list as keywords, and that columns of ours have for names: only in quotes or behind a dot.
KEYWORDS = r"engine|hour|state|time|day|minute|domain|end|events|options|times|timestamp|version"

VIEW_EXISTS = 2999
DEAD_LEAF = 1735, "Unable to connect to leaf @127.0.0.1:3307 with user distributed, using ssl: NO: [2004] Cannot connect"
NOT_SUPPORTED, SYNTAX, NO_VARIABLE, NO_FUNCTION, NO_COLUMN, DUPLICATE = 1706, 1064, 1193, 1305, 1054, 1062


class Refused(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


def not_supported(what):
    return Refused(NOT_SUPPORTED, f"Feature '{what}' is not supported by SingleStore")


def split(text):
    """At commas outside of parentheses and quotes."""
    parts, depth, start, quote = [], 0, 0, None
    for at, char in enumerate(text):
        if quote:
            quote = None if char == quote else quote
        elif char in "'`\"":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return parts + [text[start:].strip()]


def names(text):
    return [name.strip().strip("`") for name in text.split(",") if name.strip()]


def bare(sql):
    """Without what stands in quotes."""
    return re.sub(r"`[^`]*`", "x", re.sub(r"'(\\.|[^'\\])*'", "''", sql))


class Table:
    """One CREATE TABLE: judges it by the rules, and translates it for MariaDB."""

    def __init__(self, sql):
        match = re.fullmatch(r"CREATE (ROWSTORE )?TABLE (IF NOT EXISTS )?(\w+) \((.*)\)([^)]*)", sql, re.S)
        if not match:
            raise Refused(SYNTAX, "CREATE TABLE: " + sql[:60])
        self.rowstore, self.exists, self.name = bool(match[1]), match[2] or "", match[3]
        self.columns, self.out, self.unique, self.indexed, self.auto, self.hashes = [], [], [], set(), [], []
        self.shard, self.sort, self.primary = None, None, None
        for part in split(match[4]):
            self.add_key(part) or self.add_column(part)
        self.tail = match[5]
        self.judge()

    def add_key(self, part):
        if key := re.fullmatch(r"SHARD KEY ?\w* ?\((.*)\)", part):
            self.shard = names(key[1])
        elif key := re.fullmatch(r"SORT KEY ?\w* ?\((.*)\)", part):
            if self.rowstore:
                raise not_supported("SORT KEY on a rowstore table")
            self.sort = names(key[1])
        elif key := re.fullmatch(r"(PRIMARY|UNIQUE) KEY ?\w* ?\((.*?)\)( USING HASH)?", part):
            if not self.rowstore and not key[3]:
                raise not_supported("a unique key of a columnstore table without USING HASH")
            columns = names(key[2])
            self.unique.append(columns)
            self.indexed.add(columns[0])
            self.primary = columns if key[1] == "PRIMARY" else self.primary
            self.out.append(f"{key[1]} KEY ({key[2]})")
        elif key := re.fullmatch(r"KEY ?\w* ?\((.*?)\)( USING HASH)?", part):
            if not self.rowstore and not key[2]:
                raise not_supported("a key of a columnstore table without USING HASH")
            self.indexed |= set(names(key[1])[:1])
            self.hashes += names(key[1]) if key[2] and len(names(key[1])) == 1 else []
            self.out.append(f"KEY ({key[1]})")
        return key

    def add_column(self, part):
        if match := re.fullmatch(rf"(`?\w+`?) AS (\(?.*?\)?) PERSISTED ({COLUMN_TYPE})", part):
            self.out.append(f"{match[1]} {match[3]} AS ({match[2]}) PERSISTENT")
        elif match := re.fullmatch(rf"(`?\w+`?) {COLUMN_TYPE}( NOT NULL| NULL)?( AUTO_INCREMENT)?( DEFAULT '?[^ ]*'?)?", part):
            self.auto += [match[1]] if match[3] else []
            self.out.append(part)
        else:
            raise Refused(SYNTAX, "column or key: " + part)
        if re.fullmatch(KEYWORDS, match[1]):
            raise Refused(SYNTAX, "near " + match[1])
        self.columns.append(match[1].strip("`"))

    def judge(self):
        if self.shard is None:
            self.shard = self.primary or []
        for key in self.unique:
            if not set(self.shard) <= set(key):
                raise Refused(1895, f"The unique key named: '{','.join(key)}' does not contain all columns of the shard key")
        if not self.rowstore and len(self.unique) > 1 and any(len(key) > 1 for key in self.unique):
            raise not_supported("multiple UNIQUE indexes with at least one index containing multiple columns on a columnstore table")
        if len(self.auto) > 1 or not set(self.auto) <= self.indexed:
            raise Refused(1075, "there can be only one auto column and it must be defined as a key")
        for key in [self.shard, self.sort or []] + self.unique:
            if not set(key) <= set(self.columns):
                raise Refused(1072, f"Key column of {key} doesn't exist in table")
        if self.tail not in ("", EXACT):
            raise not_supported(self.tail.strip())

    def translated(self):
        """The default compares texts without case; what the shard key is goes along, for later statements."""
        texts = self.tail or " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        return (f"CREATE TABLE {self.exists}{self.name} ({', '.join(self.out)}) ENGINE=InnoDB{texts} "
                f"COMMENT='shard {','.join(self.shard)}{'' if self.rowstore else f' sort {(self.sort or [None])[0]} hash ' + ','.join(self.hashes)}'")


def judge_words(sql):
    text = bare(sql)
    for bad in UNSUPPORTED:
        if found := re.search(bad, text):
            raise not_supported(found[0].strip())
    if not text.startswith("CREATE TABLE") and not text.startswith("CREATE ROWSTORE"):
        for name in re.findall(r"\b([A-Za-z_][A-Za-z0-9_]*) ?\(", text):
            if name.isupper() and name not in FUNCTIONS:
                raise Refused(NO_FUNCTION, f"FUNCTION {name} does not exist, or nobody looked")
    # What is in capitals is no column: TIMESTAMPADD(DAY, ...).
    if found := re.search(rf"(?:[(,]|AS|SET|BY|SELECT) ?({KEYWORDS})\b(?! ?\()", text):
        raise Refused(SYNTAX, f"near {found[1]}")


def some_rows(sql):
    """Of an INSERT of many sums the first rows: all have one form."""
    if len(sql) > 4000 and sql.endswith(")") and re.match(r"INSERT INTO fz_(flow|packet|minute|hour|host) \([^()]*\) VALUES \(", sql):
        return sql[:sql.rindex("),(", 0, 4000) + 1]
    return sql


class Faults:
    def __init__(self, log_path, arguments):
        self.given = dict(argument.split("=", 1) for argument in arguments)
        self.version = self.given.pop("version", VERSION)
        self.aggregator = int(self.given.pop("aggregator", 0))
        self.variables = {"memsql_version": self.version, "max_allowed_packet": "104857600", "aggregator_id": str(self.aggregator or 1),
                          "two_phase_commit": self.given.pop("two-phase", "1")}
        self.durability = self.given.pop("durability", "1")
        self.info = self.given.pop("info", "yes")
        self.idle = float(self.given.pop("idle", 300))
        self.variables["multi_statement_xact_idle_timeout"] = str(int(self.idle))
        # By table: the counters of this aggregator, which outlive it.
        self.ids_path = f"{log_path}.ids{self.aggregator}"
        self.lock = threading.Lock()

    def own_ids(self):
        """The first and the last that this aggregator gives."""
        return (self.aggregator << 50) + 1, (self.aggregator + 1 << 50) - 1

    def count(self, change):
        """Changes the counters; what `change` returns."""
        with self.lock:
            ids = {}
            if os.path.exists(self.ids_path):
                with open(self.ids_path, encoding="utf-8") as file:
                    ids = json.load(file)
            result = change(ids)
            with open(self.ids_path, "w", encoding="utf-8") as file:
                json.dump(ids, file)
            return result

    def next_id(self, table):
        def change(ids):
            ids[table] = ids.get(table, self.own_ids()[0] - 1) + 1
            return ids[table]
        return self.count(change)

    def once(self, name):
        with self.lock:
            return self.given.pop(name, None)

    def counted(self, name):
        with self.lock:
            if name not in self.given:
                return False
            self.given[name] = int(self.given[name]) - 1
            if self.given[name] > 0:
                return False
            del self.given[name]
            return True


class Packets:
    """The protocol's packets, from and to one end."""

    def __init__(self, sock):
        self.sock = sock

    def exactly(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.sock.recv(min(size - len(data), 1 << 20))
            if not part:
                raise ConnectionError
            data += part
        return bytes(data)

    def get(self):
        head = self.exactly(4)
        return head[3], self.exactly(int.from_bytes(head[:3], "little"))

    def put(self, sequence, payload):
        self.sock.sendall(len(payload).to_bytes(3, "little") + bytes([sequence & 255]) + payload)

    def error(self, sequence, code, text):
        self.put(sequence, b"\xff" + struct.pack("<H", code) + b"#HY000" + text.encode())

    def rows(self, columns, cells):
        """A result of one row of texts."""
        def text(value):
            return bytes([len(value)]) + value.encode()
        end = b"\xfe" + struct.pack("<HH", 0, 2)
        packets = [bytes([len(columns)])]
        packets += [text("def") + 3 * text("") + 2 * text(name) + b"\x0c" + struct.pack("<HIBHBH", 45, 255, 253, 0, 0, 0) for name in columns]
        packets += [end, b"".join(map(text, cells)), end]
        for sequence, payload in enumerate(packets, 1):
            self.put(sequence, payload)


def is_end(packet):
    return packet[0] == 0xfe and len(packet) < 9


class Session:
    def __init__(self, path, client, faults, log):
        self.client, self.faults, self.log = Packets(client), faults, log
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(path)
        self.server = Packets(sock)

    def ask(self, sql):
        """A statement of the proxy's own: its rows."""
        self.server.put(0, b"\x03" + sql.encode())
        answer = self.server.get()[1]
        if answer[0] == 0xff:
            raise RuntimeError(f"{sql}: {answer!r}")
        if answer[0] == 0:
            return []
        rows, ends = [], 0
        while ends < 2:
            packet = self.server.get()[1]
            ends += is_end(packet)
            if ends == 1 and not is_end(packet):
                rows.append(self.cells(packet))
        return rows

    @staticmethod
    def cells(packet):
        cells, at = [], 0
        while at < len(packet):
            cells.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        return cells

    def greet(self):
        """A greeting without TLS and without what only MariaDB has."""
        sequence, greeting = self.server.get()
        rest = bytearray(greeting[greeting.index(b"\0", 1) + 1:])
        low, = struct.unpack_from("<H", rest, 13)
        high, = struct.unpack_from("<H", rest, 18)
        struct.pack_into("<H", rest, 13, (low | 1) & ~0x0800)
        struct.pack_into("<H", rest, 18, high & ~(0x0100 | 0x0080 | 0x0800))
        rest[21:31] = bytes(10)
        self.client.put(sequence, b"\x0a5.7.32\0" + bytes(rest))
        sequence, answer = self.client.get()
        flags, = struct.unpack_from("<I", answer)
        # It counts rows that change, whether the client has CLIENT_FOUND_ROWS or not.
        self.server.put(sequence, struct.pack("<I", flags & ~2) + answer[4:])
        while True:
            sequence, answer = self.server.get()
            self.client.put(sequence, answer)
            if answer[0] == 0xff:
                raise ConnectionError
            if answer[0] == 0:
                break
            self.server.put(*self.client.get())
        self.ask("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        self.ask("SET SESSION innodb_lock_wait_timeout = 60")

    def relay(self):
        """One answer of the server's, to the client."""
        sequence, answer = self.server.get()
        if answer[0] == 0 and b"Records: " in answer and self.faults.info != "yes":
            answer = answer[:answer.index(b"Records: ") - 1] + (b"\7loaded!" if self.faults.info == "other" else b"")
        self.client.put(sequence, answer)
        if answer[0] in (0x00, 0xff):
            return answer
        if answer[0] == 0xfb:
            return self.relay_file()
        ends = 0
        while ends < 2:
            sequence, packet = self.server.get()
            self.client.put(sequence, packet)
            if packet[0] == 0xff:
                return packet
            ends += is_end(packet)
        return answer

    def relay_file(self):
        while True:
            sequence, part = self.client.get()
            self.server.put(sequence, part)
            if not part:
                return self.relay()

    def variables(self, sql):
        cells = []
        for item in split(sql[7:]):
            if item == "1":
                cells.append("1")
            elif item.lstrip("@") in self.faults.variables:
                cells.append(self.faults.variables[item.lstrip("@")])
            else:
                raise Refused(NO_VARIABLE, f"Unknown system variable '{item.lstrip('@')}'")
        self.client.rows(split(sql[7:]), cells)

    @staticmethod
    def set_variables(what, value, sql):
        if what == "NAMES ":
            if not re.fullmatch(r"'?utf8(mb4)?'?", value):
                raise not_supported("character set " + value)
            return sql
        for part in split(value):
            name = part.split("=")[0].strip()
            if name not in SESSION_VARIABLES:
                raise Refused(NO_VARIABLE, f"Unknown system variable '{name}'")
        return sql.replace("lock_wait_timeout", "innodb_lock_wait_timeout")

    def update(self, table, changes):
        comment = self.ask(f"SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}'")
        shard = comment[0][0].split()[1].split(",") if comment else []
        for part in split(changes):
            if part.split("=")[0].strip().strip("`") in shard:
                raise not_supported("updating a shard key column")

    def auto_column(self, table):
        found = self.ask("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND EXTRA = 'auto_increment' "
                         f"AND TABLE_NAME = '{table}'")
        return found[0][0] if found else None

    def insert(self, table, columns):
        """The ids of an aggregator serve where the column is left out. Those that are given do not advance its counter."""
        auto = self.auto_column(table)
        if auto and auto not in names(columns):
            self.ask(f"SET insert_id = {self.faults.next_id(table)}")

    def synchronize(self, table):
        """Behind the ids of this aggregator that the leaves have."""
        first, end = self.faults.own_ids()
        column = self.auto_column(table)
        last = int(self.ask(f"SELECT COALESCE(MAX({column}), 0) FROM {table} WHERE {column} BETWEEN {first} AND {end}")[0][0])
        self.faults.count(lambda ids: ids.update({table: max(last, ids.get(table, first - 1))}))
        self.client.put(1, b"\0\0\0\2\0\0\0")

    def create_table(self, sql):
        table = Table(sql)
        if not self.ask(f"SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table.name}'"):
            self.faults.count(lambda ids: ids.pop(table.name, None))
        return table.translated()

    def delete(self, table, where):
        """Of a columnstore table it must find its rows by the order or by a hash."""
        comment = self.ask(f"SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}'")
        if not comment or not (match := re.fullmatch(r"shard \S* sort (\S+) hash (\S*)", comment[0][0])):
            return
        if not re.search(rf"\b`?{match[1]}`? (BETWEEN|= -?[0-9])", where) and \
                not any(re.search(rf"^{key} (= |IN )", where) for key in match[2].split(",") if key):
            raise not_supported(f"a DELETE that goes through all of {table}")

    @staticmethod
    def load_data(match):
        if match[1] and match[1].split()[-1] not in ("utf8", "utf8mb4"):
            raise not_supported("LOAD DATA with" + match[1])
        given = names(match[2])
        for part in split(match[4] or ""):
            at = re.fullmatch(r"`?\w+`? = (?:UNHEX\(|NULLIF\(UNHEX\(|NULLIF\()(@\w+)(?:\)|, ''\)|\), ''\))", part)
            if part and not at:
                raise Refused(SYNTAX, part)
            if at and at[1] not in given:
                raise Refused(NO_COLUMN, "unknown variable in " + part)

    def translated(self, sql):
        """What MariaDB gets; None where the answer was given here."""
        judge_words(some_rows(sql))
        if re.fullmatch(r"SELECT (@@\w+|1)(, ?(@@\w+|1))*", sql):
            return self.variables(sql)
        if "information_schema.DISTRIBUTED_DATABASES" in sql:
            return self.client.rows(["IS_SYNC_DURABILITY"], [self.faults.durability])
        if match := re.match(r"SET (SESSION |NAMES )?(.*)", sql, re.I):
            return self.set_variables((match[1] or "").upper(), match[2], sql)
        if match := re.match(r"CREATE (ROWSTORE )?TABLE", sql):
            return self.create_table(sql)
        if match := re.fullmatch(r"AGGREGATOR SYNC AUTO_INCREMENT ON `\w+`\.(\w+) ALL", sql):
            return self.synchronize(match[1])
        if match := re.fullmatch(r"ALTER TABLE (\w+) RENAME TO (\w+)", sql):
            self.faults.count(lambda ids: ids.update({match[2]: ids.pop(match[1], self.faults.own_ids()[0] - 1)}))
        elif match := re.match(r"UPDATE (\w+) SET (.*?)( WHERE|$)", sql, re.S):
            self.update(match[1], match[2])
        elif match := re.match(r"DELETE FROM (\w+)(?: WHERE (.*))?$", sql, re.S):
            self.delete(match[1], match[2] or "")
        elif match := re.match(r"INSERT INTO (\w+) \((.*?)\) (VALUES|SELECT)", sql, re.S):
            self.insert(match[1], match[2])
            if match[3] == "SELECT" and " JOIN fz_flow r " in sql and "r.start_us BETWEEN " not in sql:
                raise not_supported("an INSERT from all of fz_flow")
        elif match := re.match(r"LOAD DATA LOCAL INFILE '[0-9a-f]+' INTO TABLE \w+( CHARACTER SET \w+)? FIELDS TERMINATED BY '\\t' "
                               r"LINES TERMINATED BY '\\n' \((.*?)\)( SET (.*))?$", sql, re.S):
            self.load_data(match)
        elif not re.match(r"(KILL CONNECTION \d+$|CREATE VIEW \w+ AS SELECT|DROP VIEW IF EXISTS|DROP TABLE |SELECT|START TRANSACTION$|COMMIT$|ROLLBACK$)", sql):
            raise Refused(SYNTAX, "nobody looked whether SingleStore takes: " + sql[:80])
        return sql

    def has_view(self, sql):
        """Refuses a view that is there: with which number, nobody has documented."""
        if self.faults.counted("rival"):
            self.ask(sql)
        name = sql.split()[2]
        there = self.ask(f"SELECT 1 FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{name}'")
        if there:
            self.note(f"  ERROR {VIEW_EXISTS} {name}")
            self.client.error(1, VIEW_EXISTS, f"View '{name}' is there already")
        return there

    def fail(self, sql):
        """True if the statement fails here."""
        writes = re.match(r"(LOAD DATA|INSERT|UPDATE|DELETE)", sql)
        if re.match(r"(LOAD DATA|INSERT INTO fz_(flow|hour|minute|host))", sql) and self.faults.counted("leaf"):
            self.ask("ROLLBACK")
            self.client.error(1, *DEAD_LEAF)
            return True
        if writes and self.faults.counted("lock"):
            self.client.error(1, 1205, "Leaf Error (127.0.0.1:3307): Lock wait timeout exceeded; try restarting transaction. Row lock owned "
                              "by connection id 7, query `open idle transaction`")
            return True
        # Not the one of zones, which comes before the load's transaction.
        if sql == "COMMIT" and self.wrote:
            if how := self.faults.once("cut"):
                self.lose(how != "before", 0, 1)
            if wait := self.faults.once("slow-commit"):
                self.lose(True, float(wait), 0.3)
            if how := self.faults.once("deaf"):
                self.ask("COMMIT" if how != "before" else "ROLLBACK")
                self.client.error(1, *DEAD_LEAF)
                return True
        return False

    def lose(self, commits, before, after):
        self.client.sock.shutdown(socket.SHUT_RDWR)
        time.sleep(before)
        if commits:
            self.server.put(0, b"\x03COMMIT")
            time.sleep(after)
        raise ConnectionError

    def answer(self, sql):
        self.note(sql)
        if sql in ("START TRANSACTION", "COMMIT", "ROLLBACK"):
            self.begun = sql[0] == "S"
        if self.fail(sql):
            return
        translated = self.translated(sql)
        if translated is not None:
            if sql.startswith("CREATE VIEW") and self.has_view(sql):
                return
            self.server.put(0, b"\x03" + translated.encode("utf-8", "surrogateescape"))
            answer = self.relay()
            if answer[0] == 0xff:
                self.note(f"  ERROR {struct.unpack_from('<H', answer, 1)[0]} {answer[9:].decode(errors='replace')}")
        self.wrote = not re.match("START|COMMIT|ROLLBACK", sql) and (self.wrote or bool(re.match(r"INSERT INTO fz_load", sql)))

    def serve(self):
        self.greet()
        self.wrote = self.begun = False
        while True:
            self.client.sock.settimeout(self.faults.idle if self.begun else None)
            _, command = self.client.get()
            self.client.sock.settimeout(None)
            if command[:1] == b"\x01":
                break
            if command[:1] in (b"\x0e", b"\x1b"):
                self.server.put(0, command)
                self.relay()
            elif command[:1] != b"\x03":
                self.client.error(1, 1235, f"command {command[0]} is not SingleStore's")
            else:
                try:
                    self.answer(command[1:].decode("utf-8", "surrogateescape"))
                except Refused as refused:
                    self.note(f"  REFUSED {refused.code} {refused.text}")
                    self.client.error(1, refused.code, refused.text)

    def note(self, text):
        self.log.write(text[:600] + "\n")
        self.log.flush()

    def run(self):
        try:
            self.serve()
        except (ConnectionError, OSError):
            pass
        for end in (self.client, self.server):
            try:
                end.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.sock.close()


def main():
    path, port, log_path, *arguments = sys.argv[1:]
    faults = Faults(log_path, arguments)
    listener = socket.create_server(("127.0.0.1", int(port)))
    print(listener.getsockname()[1], flush=True)
    with open(log_path, "a", encoding="utf-8", errors="replace") as log:
        while True:
            client, _ = listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Session(path, client, faults, log).run, daemon=True).start()


main()
