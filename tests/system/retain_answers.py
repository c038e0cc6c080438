#!/usr/bin/env python3
"""retain_answers.py FLOWZONE STORE TWIN STEP [CLIENT...]: takes the captures of the first two days of a store one step further out of it, by the
statements that do so, and then asks the store what it asks its twin, from which nothing was dropped. Where the last line names sums, rows are
those of the twin; where it says that details or minutes were dropped, they are those of the twin's third day, and no more. The steps, in their
order: whole, packets-, packets, details-, details, minutes-, minutes, hours-, hours; with "-" half of the rows are gone, and the ledger says that
they are going. "none": questions alone, of a store that something else brought to that step, which FZ_STEP names. CLIENT: a server's, else the
store is a file of SQLite. Prints how many answers were compared. SPDX-License-Identifier: GPL-2.0-or-later"""
import json
import os
import re
import sqlite3
import subprocess
import sys

flowzone, store, twin, step, *client = sys.argv[1:]
DAYS = [f'2017-11-{day}T00:00Z' for day in (21, 22, 23)]
OLD = "end_us < 1511395200000000 AND records > 0"  # 2017-11-23
BITS = {'packets': 1, 'details': 2, 'minutes': 4, 'hours': 8}
STEPS = ['whole'] + [tier + half for tier in BITS for half in ('-', '')]


def run(*statements):
    """In one transaction."""
    text = ';\n'.join(('BEGIN', *statements, 'COMMIT')) + ';\n'
    if client:
        subprocess.run(client, input=text.encode(), check=True)
        return
    with sqlite3.connect(store.removeprefix('sqlite:'), isolation_level=None) as db:
        db.executescript(text)


def rows(sql):
    if client:
        done = subprocess.run([*client, '--batch', '--skip-column-names'], input=sql.encode(), capture_output=True, check=True)
        return [line.split('\t') for line in done.stdout.decode().splitlines()]
    with sqlite3.connect(store.removeprefix('sqlite:')) as db:
        return [list(map(str, row)) for row in db.execute(sql)]


def of_old(half):
    """The ids of the captures that lose something; or of every other one."""
    ids = [row[0] for row in rows(f'SELECT load_id FROM fz_load WHERE {OLD} ORDER BY load_id')]
    return ', '.join(ids[::2] if half else ids)


def merge_minutes(ids):
    """Minutes of a load become those of its group: of its day, sensor and location, with its first load as their part."""
    merged = ('ON DUPLICATE KEY UPDATE packets = fz_minute.packets + VALUES(packets), bytes = fz_minute.bytes + VALUES(bytes)' if client else
              'ON CONFLICT DO UPDATE SET packets = packets + excluded.packets, bytes = bytes + excluded.bytes')
    columns = 'r.minute, r.from_zone, r.to_zone'
    return (f'INSERT INTO fz_minute (load_id, minute, from_zone, to_zone, part, packets, bytes) '
            f'SELECT * FROM (SELECT 0, {columns}, g.part, SUM(r.packets) AS p, SUM(r.bytes) AS b FROM fz_minute r JOIN fz_load l ON l.load_id = r.load_id '
            f'JOIN (SELECT day, sensor, location, MIN(load_id) AS part FROM fz_load WHERE {OLD} GROUP BY day, sensor, location) g '
            f'ON g.day = l.day AND g.sensor = l.sensor AND g.location = l.location WHERE r.load_id IN ({ids}) GROUP BY {columns}, g.part) m WHERE 1 = 1 {merged}',
            f'DELETE FROM fz_minute WHERE load_id IN ({ids})')


def drop(tier, half):
    """What goes in a transaction after the mark."""
    ids = of_old(half)
    row = 'flow' if tier == 'details' else 'packet'
    if tier in ('packets', 'details'):  # rows of SQLite have the load's id in theirs
        rows_of = f'load_id IN ({ids})'
        return (*(merge_minutes(ids) if tier == 'details' else ()), f'DELETE FROM fz_{row} WHERE {rows_of}')
    if tier == 'minutes':
        return (f'DELETE FROM fz_minute WHERE load_id = 0 AND part IN (SELECT load_id FROM fz_load WHERE {OLD})' + (' AND minute % 120 = 0' if half else ''),)
    return ('DELETE FROM fz_hour WHERE load_id = 0 AND hour < 1511395200' + (' AND hour % 7200 = 0' if half else ''),)


def take(step):
    tier, half = step.rstrip('-'), step.endswith('-')
    bit = BITS.get(tier)
    if not bit:
        return
    if half:
        run(f'UPDATE fz_load SET dropping = {bit} WHERE {OLD} AND dropping = 0 AND dropped = {bit - 1} AND merged IN (1, 2)')
        run(*drop(tier, True))
        if {row[0] for row in rows(f'SELECT dropping FROM fz_load WHERE {OLD}')} != {str(bit)}:
            sys.exit(f'{step}: not all of the captures are marked')
        return
    run(*drop(tier, False))
    run(f'UPDATE fz_load SET dropped = dropped + {bit}, dropping = 0, dropped_us = 1795500000000000 WHERE {OLD} AND dropping = {bit}')


def ask(of, words):
    done = subprocess.run([flowzone, *words, '--format', 'json', '--utc', '--from', of], capture_output=True, text=True)
    if done.returncode not in (0, 4):
        sys.exit(f'{step}: {words} of {of}: {done.returncode}, {done.stderr}')
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for row in found:
        for name in ('rank', 'duration_us', 'bits_per_second'):  # the last two are of details alone
            row.pop(name, None)
    return sorted(map(str, found)), ' '.join(done.stderr.split())


def bytes_of(found):
    return sum(int(number) for row in found for number in re.findall(r"'bytes': (\d+)", row))


details = 'details before 2017-11-22 2[0-9]:[0-9]{2} were dropped'
hours = 'hours before 2017-11-23 were dropped'
lost = 'from details: those of 12 captures before 2017-11-22 2[0-9]:[0-9]{2} were dropped'
merged = 'those of 12 captures are merged with others, and have no source'
REST = ('--since', DAYS[2])
PART = ('--since', '2017-11-21T10:10Z', '--until', '2017-11-21T13:30Z')
WHOLE_HOURS = ('--since', '2017-11-21T10:00Z', '--until', '2017-11-21T14:00Z')
WHOLE_DAY = ('--since', DAYS[0], '--until', DAYS[1])
MINUTES, FILTERED = ['time', '--by', 'traffic', '--bin', '1h'], ['time', '--by', 'from.zone', '--bin', '1h', '--where', 'sensor core']


# A question; and from a step on, what the twin is asked, and what the last line has.
QUESTIONS = [
    (['matrix'], {'whole': ((), 'from sums$'), 'details-': ((), f'from days: {details}$'), 'hours-': ((), f'from days: {hours}$')}),
    (['top', '--by', 'direction,sensor,location,day', '--rows', '0'],
     {'whole': ((), 'from sums$'), 'details-': ((), f'from days: {details}$'), 'hours-': ((), f'from days: {hours}$')}),
    (['top', '--by', 'zones,proto', '--where', 'proto tcp and sensor edge', '--rows', '0'],
     {'whole': ((), 'from sums$'), 'details-': ((), f'from days: {details}$'), 'hours-': ((), f'from days: {hours}$')}),
    (['top', '--by', 'zones,service', '--rows', '0'], {'whole': ((), 'from sums$'), 'details-': ((), f'from hours: {details}$'), 'hours-': (REST, lost)}),
    (['top', '--by', 'zone,hour', '--rows', '0'], {'whole': ((), 'from sums$'), 'details-': ((), f'from hours: {details}$'), 'hours-': (REST, lost)}),
    (['top', '--by', 'host', '--rows', '0'], {'whole': ((), 'from sums$'), 'details-': ((), f'from days: {details}$'), 'hours-': ((), f'from days: {hours}$')}),
    (['top', '--by', 'client', '--rows', '0'], {'whole': ((), 'from details$'), 'details-': (REST, lost)}),
    (['top', '--by', 'zones', '--spread', '--rows', '0'], {'whole': ((), 'from details$'), 'details-': (REST, lost)}),
    (['top', '--by', 'zones', *PART], {'whole': ((), 'from details$'), 'details-': (WHOLE_HOURS, f'from whole hours from 2017-11-21 10:00 to 2017-11-21 14:00: details before 2017-11-21 15:31 were dropped$'),
                                       'hours-': (WHOLE_DAY, f'from whole days from 2017-11-21 to 2017-11-22: {hours}$')}),
    (['matrix', *REST], {'whole': ((), 'from sums$')}),
    (['top', '--by', 'service', *REST], {'whole': ((), 'from sums$')}),
    (['top', '--by', 'client', *REST], {'whole': ((), 'from details$')}),
    (['top', '--by', 'zones', *REST, '--vs', f'{DAYS[0]}..{DAYS[1]}'],
     {'whole': ((), 'UTC; from sums$'), 'details-': ((), 'UTC, from days: details before 2017-11-21 2.:.. were dropped; from sums$'),
      'hours-': ((), 'UTC, from days: hours before 2017-11-23 were dropped; from sums$')}),
    (['top', '--by', 'zones', '--gone', *REST, '--vs', f'{DAYS[0]}..{DAYS[1]}'], {'whole': ((), 'from sums$'), 'details-': ((), 'from days: details before 2017-11-21 2.:.. were dropped$'),
                                                                                       'hours-': ((), f'from days: {hours}$')}),
    (['time', '--by', 'zones', '--bin', '1h'], {'whole': ((), 'from sums$'), 'details-': ((), f'from hours: {details}$'), 'hours-': (REST, lost)}),
    (['time', '--by', 'client.zone', '--bin', '1d'], {'whole': ((), 'from sums$'), 'details-': ((), f'from days: {details}$'), 'hours-': ((), f'from days: {hours}$')}),
    (MINUTES, {'whole': ((), 'from minutes$'), 'minutes-': (REST, 'from minutes; those of 12 captures were dropped$')}),
    (FILTERED, {'whole': ((), 'from minutes$'), 'minutes-': (REST, 'from minutes; those of 12 captures were dropped$')}),
    (['time', '--by', 'to.zone', '--bin', '1h', '--where', 'source 1*.pcap'],
     {'whole': ((), 'from minutes$'), 'details-': (None, f'from minutes; {merged}$'), 'details': (REST, f'from minutes; {merged}$'),
      'minutes-': (REST, 'from minutes; those of 12 captures were dropped$')}),
    (['flows', '--rows', '0'], {'whole': ((), 'from details$'), 'details-': (REST, lost)}),
    (['flows', '--rows', '0', '--join'], {'whole': ((), 'from details$'), 'details-': (REST, lost)}),
    (['check', '--strict', '--policy', os.environ.get('FZ_POLICY', '')], {'whole': ((), 'from sums$'), 'details-': (None, f'from hours: {details}$'), 'hours-': (REST, lost)}),
    (['find', 'long', '--rows', '0'], {'whole': ((), 'from details$'), 'details-': (REST, lost)}),
    (['find', 'scans', '--rows', '0'], {'whole': ((), 'from details$'), 'details-': (REST, lost)}),
    (['features', '--rows', '0'], {'whole': ((), 'from details$'), 'details-': (REST, lost)}),
]

if step != 'none':
    take(step)
else:
    step = os.environ['FZ_STEP']
compared = 0
for words, answers in QUESTIONS:
    options, line = next(answers[s] for s in reversed(STEPS[:STEPS.index(step) + 1]) if s in answers)
    found, told = ask(store, words)
    if not re.search(line, told):
        sys.exit(f'{step}: {words}: expected {line!r}, found {told!r}')
    compared += 1
    own = [word for word in words if word not in PART or not options]
    expected, _ = ask(twin, [*own, *(options or ())])
    if options is None:  # some of it
        if bytes_of(found) > bytes_of(expected):
            sys.exit(f'{step}: {words}: {bytes_of(found)} bytes, of {bytes_of(expected)}')
        continue
    if found != expected:
        sys.exit(f'{step}: {words}: {len(expected)} and {len(found)} rows; expected {sorted(set(expected) - set(found))[:3]}, found {sorted(set(found) - set(expected))[:3]}')
print(compared, 'answers')
