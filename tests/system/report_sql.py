#!/usr/bin/env python3
"""report_sql.py PAGE STATEMENTS [CLIENT...]: what `flowzone report --sql` printed answers what the page shows, each statement run as printed, and all
of them one after another. The client is sqlite3 with the store, or a server's; it prints names of columns, and NULL as such.
Prints how much was compared. SPDX-License-Identifier: GPL-2.0-or-later"""
import collections
import html5lib
import ipaddress
import json
import re
import subprocess
import sys

path, statements, *client = sys.argv[1:]
compared = 0
ROWS = 100


def same(what, expected, found):
    global compared
    compared += 1
    if expected != found:
        sys.exit(f'report_sql.py: {what}: expected {str(expected)[:900]}, found {str(found)[:900]}')


def ask(sql):
    done = subprocess.run(client, input=sql.encode(), capture_output=True)
    same(f'the status of {sql[:60]!r}, {done.stderr.decode()[:500]}', (0, b''), (done.returncode, done.stderr))
    return done.stdout.decode()


def rows_of(text):
    lines = [line.split('\t') for line in text.splitlines()]
    return [{name: None if value == 'NULL' else value for name, value in zip(lines[0], line)} for line in lines[1:]]


# Each statement is a line below a comment that says what it is for.
with open(statements, encoding='utf-8') as file:
    text = file.read()
parts = re.findall(r'-- ([^:\n]+).*\n(SELECT .*;\n)', text)
same('headings and statements', text, ''.join(re.findall(r'-- .*\nSELECT .*;\n', text)))
answers = {}
for head, sql in parts:
    answers[head] = ask(next(match[0] for match in re.finditer(r'-- .*\nSELECT .*;\n', text) if sql in match[0]))
same('all in one', ''.join(answers[head] for head, _ in parts), ask(text))
answers = {head: rows_of(text) for head, text in answers.items()}

with open(path, 'rb') as file:
    page = html5lib.HTMLParser(namespaceHTMLElements=False).parse(file.read())
data = json.loads(page.find(".//script[@id='data']").text)


def text_of(element):
    return ''.join(element.itertext())


def table(name):
    """Rows of a table: the numbers where a cell has one, else its text."""
    return [[cell.get('data-b') or cell.get('data-v') or text_of(cell).strip() for cell in row if 'bars' not in (cell.get('class') or '')]
            for row in page.findall(f".//table[@id='{name}']/tbody/tr")]


def number(text):
    return int(re.sub('[^0-9]', '', text))


def sums(rows, key, names=('bytes', 'flows', 'packets')):
    added = collections.defaultdict(lambda: [0] * len(names))
    for row in rows:
        for i, name in enumerate(names):
            added[key(row)][i] += int(row[name])
    return added


def zone(name):
    return name or '(no zone)'


def pair(row):
    return zone(row['k0']), zone(row['k1'])


def address(digits):
    return ipaddress.ip_address(bytes.fromhex(digits))


def largest(added):
    return sorted(map(tuple, added.values()), reverse=True)


# Zone pairs, and their services; apart from each other where days have the pairs alone.
together = answers.get('zone pairs, picture, matrix and services')
services = sums(together or answers['services'], lambda row: row['k2'])
same('services', largest(services)[:ROWS], [tuple(map(int, cells[1:4])) for cells in table('services')])
pairs = sums(together or answers['zone pairs, picture and matrix'], pair)
same('pairs', pairs, {(cells[0], re.sub(' not allowed$', '', cells[1])): [int(n) for n in cells[2:5]] for cells in table('pairs')})

# When they were at it; or, of minutes, who sent.
rows = answers['time']
by_minutes = 'from_zone' in rows[0]
if by_minutes:
    sent = sums(rows, lambda row: zone(row['from_zone']), ('bytes',))
    same('what zones sent', sent, {text_of(li.find('b')): [int(li.find('span').get('data-b'))] for li in page.findall(".//ul[@class='multiples']/li")})
    rows = []
bins = sums((row for row in rows if row['bytes'] != '0'), lambda row: int(row['k2']))
drawn = collections.Counter()
for series in data['series']:
    for at, value in zip(series[::2], series[1::2]):
        drawn[at] += int(value)
same('bins', [bins[at][0] for at in sorted(bins)], [drawn[at] for at in sorted(drawn)])
firsts = sorted(bins), sorted(drawn)
if len(firsts[0]) > 1:
    width = (firsts[0][1] - firsts[0][0]) // (firsts[1][1] - firsts[1][0])
    same('when', [(at - firsts[0][0]) // width for at in firsts[0]], [at - firsts[1][0] for at in firsts[1]])

# Hosts, and those of no zone by their networks.
hosts = sums(answers['hosts, networks without a zone'], lambda row: str(address(row['HEX(u.k0)'])), ('bytes', 'client_bytes', 'flows', 'packets'))
shown = {cells[0]: [int(cells[2]), int(cells[4]), int(cells[5])] for cells in table('hosts')}
same('hosts', {name: [hosts[name][0], *hosts[name][2:]] for name in shown}, shown)
same('what hosts sent', [f'{int(hosts[cells[0]][1] / hosts[cells[0]][0] * 1000 + .5) / 1000:.3f}' for cells in table('hosts')], [cells[3] for cells in table('hosts')])
same('the largest hosts', sorted((sum_of[0] for sum_of in hosts.values()), reverse=True)[:ROWS], [int(cells[2]) for cells in table('hosts')])
same('how many hosts', len(hosts), number(text_of(page.findall(".//dl[@class='numbers']/div/dd/strong")[2])))
networks = collections.defaultdict(lambda: [0, 0])
for row in answers['hosts, networks without a zone']:
    if row['k1'] is None:
        host = address(row['HEX(u.k0)'])
        network = networks[str(ipaddress.ip_network((host, 24 if host.version == 4 else 48), strict=False))]
        network[0] += int(row['bytes'])
        network[1] += 1
same('networks', {cells[0]: networks[cells[0]] for cells in table('networks')}, {cells[0]: [int(cells[1]), int(cells[2])] for cells in table('networks')})
same('how many networks', min(ROWS, len(networks)), len(table('networks')))

# Conversations, captures.
talks = answers['conversations']
same('conversations', [[int(row['start_us']) // 1000000, str(address(row['HEX(r.sip)'])), str(address(row['HEX(r.dip)'])), int(row['sip_bytes']) + int(row['dip_bytes']),
                        int(row['sip_packets']) + int(row['dip_packets'])] for row in talks],
     [[int(cells[0]), cells[1].split(' ')[0], cells[2].split(' ')[0], int(cells[3]), int(cells[5])] for cells in table('conversations')])
loads = answers['captures']
frames = [name for name in loads[0] if name.endswith('frames')]
same('captures', [[row['source'], sorted(int(row[name]) for name in frames if row[name] is not None)] for row in loads[:ROWS]],
     [[cells[0].split(' ')[0], sorted(map(int, cells[4:8]))] for cells in table('captures')])

# The period compared with.
compares = 'zone pairs of the period compared with' in answers
same('whether it compares', bool(page.findall(".//table[@id='pairs']/thead/tr/th[7]") or 'change' in text_of(page.find(".//table[@id='pairs']/thead"))), compares)
if compares:
    past = sums(answers['zone pairs of the period compared with'], pair)
    changes = {(cells[0], re.sub(' not allowed$', '', cells[1])): cells[5] for cells in table('pairs')}
    now = {key: (pairs[key][0] / past[key][0] - 1) * 100 if key in past else None for key in pairs}
    same('pairs that changed', set(now), set(changes))
    same('new pairs', set(now) - set(past), {key for key in changes if changes[key] == 'new'})
    same('changes', {}, {key: (now[key], changes[key]) for key in now if key in past and abs(now[key] - float(changes[key])) > 0.0501})
    said = [text_of(span) for span in page.findall(".//dl[@class='numbers']/div/dd/span")]
    same('hosts before', len(answers['hosts of the period compared with']), number(re.sub('.*from ', '', said[2])))
for head, found in answers.items():
    if head.startswith('find '):
        same(head, sum(sum_of[1] for sum_of in pairs.values()), len(found))
print(len(answers), 'statements,', compared, 'comparisons')
