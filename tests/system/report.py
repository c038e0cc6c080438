#!/usr/bin/env python3
"""report.py FLOWZONE PAGE [--before OPTIONS] [--policy FILE] [--whole OPTIONS] [--page-only] --OPTION=VALUE|FILE...: the page of `flowzone report OPTION...` is HTML without a fault and
without what could run, and every number in it is that of the same question to matrix, time, top, flows, loads and check. What names look like
is worked out here again. --whole: the same question to the store before its details were dropped. Prints how much was compared. SPDX-License-Identifier: GPL-2.0-or-later"""
import collections
import datetime
import decimal
import html5lib
import ipaddress
import json
import os
import re
import subprocess
import sys
import unicodedata

arguments = sys.argv[1:]
flowzone, path = arguments[:2]
options = arguments[2:]
named = {}
page_only = '--page-only' in options
options = [o for o in options if o != '--page-only']
for name in ('--before', '--policy', '--whole'):
    if name in options:
        i = options.index(name)
        named[name] = options[i + 1]
        del options[i:i + 2]
compared = 0
ROWS, MOST = 100, 2000000


def fail(*words):
    sys.exit('report.py: ' + ' '.join(str(word) for word in words))


def same(what, expected, found):
    global compared
    compared += 1
    if expected == found:
        return
    if isinstance(expected, list) and isinstance(found, list):  # from the first that differs
        at = next((i for i, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]), min(len(expected), len(found)))
        what, expected, found = f'{what}, from {at} on, of {len(expected)} and {len(found)}', expected[at:at + 3], found[at:at + 3]
    fail(f'{what}: expected {expected!r}, found {found!r}'[:2000])


def ask(*words, accepted=(0,), other=None):
    """The rows of a question's answer."""
    done = subprocess.run([flowzone, *words, '--format', 'json', *(options if other is None else other)], capture_output=True)
    if done.returncode not in accepted:
        fail(words, options, done.returncode, done.stderr.decode())
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def tier_of(*words, other=None):
    """What an answer comes from, as its last line says: sums, details or minutes."""
    done = subprocess.run([flowzone, *words, '--format', 'json', *(options if other is None else other)], capture_output=True, text=True)
    return re.search(r'; from (\w+)', done.stderr).group(1)


def shown(name):
    """How a text is spelled out."""
    text = ''
    for c in name:
        kind = unicodedata.category(c)
        bad = kind in ('Cc', 'Cf', 'Cn', 'Cs', 'Zl', 'Zp')
        text += c if not bad else f'\\x{ord(c):02x}' if ord(c) < 0x80 else f'\\u{{{ord(c):x}}}'
    return text


def width_of(c):
    if unicodedata.category(c) in ('Mn', 'Me') or 0x1160 <= ord(c) < 0x1200:
        return 0
    return 2 if unicodedata.east_asian_width(c) in 'WF' else 1


def cell(name):
    """The same in a table: of no more than 100 columns."""
    text = shown(name)
    if sum(map(width_of, text)) <= 100:
        return text.strip()
    at = columns = 0
    while columns + width_of(text[at]) <= 99:
        columns += width_of(text[at])
        at += 1
    return text[:at].strip() + '…'


def words_of(line):
    """The words of a line, as the shell has them."""
    done = subprocess.run(['bash', '-c', f"printf '%s\\0' {line}"], capture_output=True)
    if done.stderr:
        fail(line, done.stderr)
    return [os.fsdecode(word) for word in done.stdout.split(b'\0')[:-1]]


def three(number):
    """Three digits and a unit."""
    if number < 1000:
        return f'{number}\u00a0B'
    number = decimal.Decimal(number)
    for unit in 'kMGTPE':
        number /= 1000
        if number < decimal.Decimal('999.5'):
            break
    step = '.01' if number < decimal.Decimal('9.995') else '.1' if number < decimal.Decimal('99.95') else '1'
    return f'{number.quantize(decimal.Decimal(step), decimal.ROUND_HALF_UP)}\u00a0{unit}B'


def grouped(number):
    return f'{number:,}'.replace(',', '\u202f')


# The page.
raw = open(path, 'rb').read()
if len(raw) > MOST:
    fail(path, len(raw), 'bytes')
parser = html5lib.HTMLParser(namespaceHTMLElements=False)
page = parser.parse(raw)
faults = [f for f in parser.errors]
same('faults of HTML', [], faults[:3])
for element in page.iter():  # a script is one in a drawing too
    if isinstance(element.tag, str):
        element.tag = element.tag.split('}')[-1]
scripts = page.findall('.//script')
same('scripts', 2, len(scripts))
for element in page.iter():
    if not isinstance(element.tag, str):
        continue
    for key, value in element.attrib.items():
        key = key[1] if isinstance(key, tuple) else key
        if key == 'style' or key.startswith('on') or (key in ('src', 'action', 'data', 'href') and not value.startswith('#')):
            fail('attribute', element.tag, key, value)
    if element.tag in ('iframe', 'object', 'embed', 'img', 'link', 'base', 'form', 'foreignObject', 'image', 'use'):
        fail('element', element.tag)
data = json.loads(scripts[0].text)
ids = [e.get('id') for e in page.iter() if isinstance(e.tag, str) and e.get('id')]
same('ids that are there twice', [], [i for i, n in collections.Counter(ids).items() if n > 1])


def text_of(element):
    return ''.join(element.itertext())


def value_of(cell):
    return cell.get('data-b') or cell.get('data-v')


def table(name):
    """Rows of the body, and of the foot: texts, and numbers where a cell has one."""
    found = page.find(f".//table[@id='{name}']")
    if found is None:
        return None, None
    parts = []
    for part in ('tbody', 'tfoot'):
        rows = found.findall(f'.//{part}/tr')
        parts.append([[value_of(c) or text_of(c).strip() for c in row if 'bars' not in (c.get('class') or '')] for row in rows])
    if len(parts[0]) > ROWS:
        fail(name, len(parts[0]), 'rows')
    return parts


def texts(name, column):
    return [text_of(list(row)[column]).strip() for row in page.findall(f".//table[@id='{name}']/tbody/tr")]


# Every text of a number is that number.
for element in page.iter():
    if isinstance(element.tag, str) and element.get('data-b') and element.tag in ('td', 'span', 'text'):
        words = text_of(element)
        wanted = three(int(element.get('data-b')))
        classes = (element.get('class') or '').split()
        if 'digits' in classes:
            wanted = wanted.replace('\u00a0', '')[:-1]
        same('text of data-b', wanted, words)

# So is that of a cell with any other number: a count, a share, or the seconds of a time.
for element in page.findall('.//td[@data-v]'):
    value, words = element.get('data-v'), text_of(element).strip()
    if element.get('data-b'):
        same('both numbers of a cell', element.get('data-b'), value)
    elif re.fullmatch(r'\d\.\d{3}', value):
        most = {'<1\u00a0%': .5, '>99\u00a0%': 99.5}.get(words) or float(words.rstrip('\u00a0%'))
        same(f'text of a share of {value}, {words}', True, abs(float(value) * 100 - most) < .56)
    elif re.fullmatch('[\\d\u202f]+', words):
        same('text of data-v', grouped(int(value)), words)
    elif re.search(r'\d\d:\d\d', words):
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(value))
        same('text of a time', True, str(at)[:len('2026-11-27 20:00')].endswith(words[:-3] if words.count(':') == 2 else words))

if page_only:
    print(compared, 'comparisons, of the page with itself')
    sys.exit()

# The numbers.
matrix = ask('matrix')
loads = ask('loads', other=[o for o in options if not o.startswith('--where=')])
dropped = sum(row['dropped'] >> 1 & 1 for row in loads)
hosts = ask('top', '--by', 'host', '--rows', '0')
total = {key: sum(row[key] for row in matrix) for key in ('bytes', 'flows', 'packets')}


def zones(row):
    return row['client_zone'], row['server_zone']


def share(part, whole):
    percent = int(100 * part / whole + .5) if whole else 0
    return '<1\u00a0%' if part > 0 and percent < 1 else '>99\u00a0%' if part < whole and percent > 99 else f'{percent}\u00a0%'


internet = '(internet)'
crossed = sum(row['bytes'] for row in matrix if row['client_zone'] != row['server_zone'])
outside = sum(row['bytes'] for row in matrix if internet in zones(row))
outside_before = '--before' in named and any(internet in zones(row) for row in ask('matrix', other=named['--before'].split()))
numbers = [text_of(strong) for strong in page.findall(".//dl[@class='numbers']/div/dd/strong")]
same('the five numbers', [three(total['bytes']), grouped(total['flows']), grouped(len(hosts)), share(crossed, total['bytes']),
                          share(outside, total['bytes']) if outside or outside_before else grouped(total['packets'])], numbers)


def change(now, past):
    """From then to now."""
    if past == 0:
        return 'new' if now else '0\u00a0%'
    if now * 100 >= past * 200:
        return f'\u00d7\u00a0{now / past:.1f}' if now / past < 9.95 else f'\u00d7\u00a0{now / past:.0f}'
    percent = int(100 * abs(now - past) / past + .5)
    if 0 < now < past and percent == 100:
        return '<\u221299\u00a0%'
    return ('+' if now > past and percent else '\u2212' if percent else '') + f'{percent}\u00a0%'


if '--before' in named:
    past = ask('matrix', other=named['--before'].split())
    sums = {key: sum(row[key] for row in past) for key in ('bytes', 'flows')}
    past_hosts = len(ask('top', '--by', 'host', '--rows', '0', other=named['--before'].split()))
    said = [text_of(span) for span in page.findall(".//dl[@class='numbers']/div/dd/span")]
    same('changes', [f"{change(total['bytes'], sums['bytes'])}, from {three(sums['bytes'])}", f"{change(total['flows'], sums['flows'])}, from {grouped(sums['flows'])}",
                     f'{change(len(hosts), past_hosts)}, from {grouped(past_hosts)}'], said[:3])
    shares = share(crossed, total['bytes']), share(sum(row['bytes'] for row in past if row['client_zone'] != row['server_zone']), sums['bytes'])
    same('how much more crossed', 'as before' if shares[0] == shares[1] else f', from {shares[1]}', re.sub('^(.*points?(?=, from)|(?=from))', lambda m: '' if m[0] else ', ', said[3]))

# What is said of all: whether anybody talked, how many zones, who asks and answers most.
named_zones = {zone for row in matrix for zone in zones(row)} - {'(no zone)'}
lead = text_of(page.find(".//p[@class='lead']"))
if any(word in lead for word in ('No captures.', 'No packets.')):
    same('what nobody says', [], matrix)
else:
    said = three(total['bytes']) + (f' between {grouped(len(named_zones))} zones.' if len(named_zones) > 1 else ' in one zone.' if named_zones else
                                    ' without any zone.') if matrix else 'Nobody talked.'
    same('the lead', True, lead.startswith(said + ' ') or f': {said} ' in lead)
if not matrix:
    time, filtered = any(o.startswith(('--since=', '--until=')) for o in options), any(o.startswith('--where=') for o in options)
    same('why there is nothing', 'No conversation' + (' is of this period' if time else '') + (' and' if time and filtered else '') +
         (' passes the filter' if filtered else '') + '.' if time or filtered else 'There is no conversation.',
         text_of(page.find(".//p[@class='sub']")))
else:
    headline = text_of(page.find(".//h2[@id='who']"))
    ends = [collections.Counter(), collections.Counter()]
    for row in matrix:
        for end, zone in zip(ends, zones(row)):
            end[zone] += row['bytes'] if zone != '(no zone)' else 0
    asked, answered = sum(n for _, n in ends[0].most_common(2)), ends[1].most_common(1)[0][1]
    all_of = set(ends[0]) | set(ends[1])
    nobody = [not set(end) - {'(no zone)'} for end in ends]
    if all(nobody):
        same('who, without zones', 'Nobody is in a zone', headline)
    elif len(all_of) == 1:
        same('who, of one zone', f'{cell(all_of.pop())[:40]} talks to itself alone', headline)
    elif any(nobody):
        same('who, where one end has no zone', f"Nobody who {'asks' if nobody[0] else 'answers'} is in a zone", headline)
    elif max(asked, answered) * 5 < total['bytes']:
        same('who, where nobody has much', 'No zone asks for a fifth of the bytes, and none answers it', headline)
    else:
        same('who', f"for {share(asked, total['bytes'])} of the bytes; answers {share(answered, total['bytes'])}",
             re.sub(r'.* (for [<>]?\d+\u00a0% of the bytes; ).*( answers [<>]?\d+\u00a0%)', r'\1\2', headline, flags=re.S).replace(';  ', '; '))

# Where numbers come from, once details were dropped, and which tables lack some.
details = f"Details of {dropped} capture{'' if dropped == 1 else 's'} dropped"
sources = page.find(".//p[@id='sources']")
of_matrix, of_hosts = tier_of('matrix'), tier_of('top', '--by', 'host')
same('whether something says where numbers come from', dropped > 0, sources is not None)
lacking = [text_of(p) for p in page.findall('.//p') if re.match('Without .* whose details were dropped', text_of(p))]
if dropped:
    words = text_of(sources)
    same('what was dropped', details, words[:len(details)])
    same('where numbers come from', True, f'; from {of_matrix}' in words)
    if of_matrix == 'sums' and matrix:
        command = next(text_of(code) for code in page.iter('code') if text_of(code).startswith('flowzone time '))
        of_time = tier_of(*words_of(command)[1:], other=[o for o in options if not o.startswith(('--since=', '--until=', '--where='))])
        same('where time comes from', {'minutes': 'minute', 'sums': 'hour'}.get(of_time, of_time), re.search('time by the (minute|hour)', words).group(1))
        same('where hosts come from', of_hosts == 'sums', 'totals, hosts and networks' in words)
        same('whether the policy is', '--policy' in named, 'what is not allowed' in words)
    same('tables that lack some', matrix and ['conversations'] + ([] if of_hosts == 'sums' else ['hosts', 'networks'] if page.find(".//table[@id='networks']") is not None else ['hosts']) or [],
         [text.split(' ')[1] for text in lacking if 'looked at' not in text])
else:
    same('tables that lack some, of all', [], lacking)
if '--before' in named:
    other = [o for o in named['--before'].split()]
    gone = sum(row['dropped'] >> 1 & 1 for row in ask('loads', other=[o for o in other if not o.startswith('--where=')]))
    note = next(text_of(p) for p in page.findall(".//p[@class='note']") if text_of(p).startswith('Compared with '))
    same('where the other period comes from', f"Details of {gone} capture{'' if gone == 1 else 's'} dropped; from {tier_of('matrix', other=other)}" if gone else '',
         re.search(r'\. ?(.*?)(?:, |\.|$)', note.split(' UTC')[1]).group(1))

# Pairs of zones: the table, and the data of the script, in which all others are one zone.
before = None
if '--before' in named:
    before = {zones(row): row['bytes'] for row in ask('matrix', other=named['--before'].split())}
denied = collections.Counter()
if '--policy' in named:
    whole = named['--whole'].split() if '--whole' in named else None
    breaches = {}
    for row in ask('check', '--policy', named['--policy'], '--rows', '1', accepted=(0, 4), other=whole):
        denied[zones(row)] += 1
        breaches[zones(row) + (row['rule_line'],)] = row['all_flows'], row['all_bytes']
    of_pairs = collections.defaultdict(set)
    for (client, server, _), (n, size) in breaches.items():
        of_pairs[f'{shown(client)} reached {shown(server)}'[:100]].add(f"{grouped(n)} conversation{'' if n == 1 else 's'}, {three(size)}")
    said = [li for li in page.findall(".//ol[@class='findings']/li") if text_of(li.find('span')) == 'Not allowed']
    same('findings of what is not allowed', min(4, len(breaches)), len(said))
    for li in said[:4 if len(breaches) == 4 else 3]:
        words = text_of(li.find('p'))
        if not any(re.match(re.escape(sums) + '[,.]', words) for sums in of_pairs[text_of(li.find('h3'))[:100]]):
            fail('not allowed:', text_of(li.find('h3')), words, of_pairs[text_of(li.find('h3'))[:100]])
    if len(breaches) > 4:
        rest = sorted(breaches.values(), key=lambda sums: -sums[0])
        same('the rest of it', f"{grouped(sum(n for n, _ in rest[3:]))} conversations", text_of(said[3].find('p')).split(',')[0])
by_bytes = sorted(matrix, key=lambda row: -row['bytes'])
for kind in ('wide', 'middle', 'narrow') if matrix else ():
    same('what the table of zone pairs is said to have', 'All pairs are' if len(matrix) <= ROWS else f'The {ROWS} largest pairs are',
         text_of(page.find(f".//*[@id='pairs-{kind}-text']")).split('. ')[-1].split(' in ')[0])
body, foot = table('pairs')
if not matrix:
    same('a table of nothing', None, body)
else:
    known = {(cell(c), cell(s)): row for (c, s), row in ((zones(row), row) for row in matrix)}
    same('rows of pairs', min(ROWS, len(matrix)), len(body))
    last = None
    for cells, row in zip(body, page.findall(".//table[@id='pairs']/tbody/tr")):
        flag = 'not allowed' in cells[1]
        server = re.sub(r' not allowed$', '', cells[1])
        of = known[(cells[0], server)]
        same('a pair', [str(of[key]) for key in ('bytes', 'flows', 'packets')], cells[2:5])
        same('whether it is allowed', zones(of) in denied, flag)
        if last is not None and of['bytes'] > last:
            fail('pairs are not sorted')
        last = of['bytes']
        if before is not None:
            past = before.get(zones(of), 0)
            same('how it changed', change(of['bytes'], past) if past else 'new', text_of(row[-1]).strip())
            same('how much', f"{(of['bytes'] / past - 1) * 100:.1f}".removesuffix('.0').replace('-0', '0', of['bytes'] == past) if past else None, row[-1].get('data-v'))
    same('the rest of pairs', [str(sum(row[key] for row in by_bytes[ROWS:])) for key in ('bytes', 'flows', 'packets')],
         foot[0][2:5] if len(matrix) > ROWS else ['0', '0', '0'])
    same('all pairs', [str(total[key]) for key in ('bytes', 'flows', 'packets')], foot[-1][2:5])
    names = {name: i for i, name in enumerate(data['zones'])}
    others = next((i for i, name in enumerate(data['zones']) if re.fullmatch(r'other \(\d+\)', name) and name not in
                   {shown(z) for row in matrix for z in zones(row)}), None)

    def number(name):
        return names.get(shown(name), others)
    folded = collections.defaultdict(lambda: [0, 0, 0])
    for row in matrix:
        for i, key in enumerate(('bytes', 'flows', 'packets')):
            folded[tuple(number(z) for z in zones(row))][i] += row[key]
    same('pairs of the data', {k: v for k, v in folded.items()}, {(p[0], p[1]): [int(x) for x in p[2:]] for p in data['pairs']})

# Time, bin by bin: of the data, and of the table.
command = next((text_of(code) for code in page.iter('code') if text_of(code).startswith('flowzone time ')), None)
if matrix:
    amount, unit = re.search(r'--bin (\d+)([mhd])', command).groups()
    minutes = int(amount) * {'m': 1, 'h': 60, 'd': 1440}[unit]
    if len(data['times']) - 1 > 500:
        fail('bins', len(data['times']))
    by = by_zone_of_time = re.search(r'--by (\S+)', command).group(1)
    of_time = ask('time', '--by', 'zones', '--bin', amount + unit, '--rows', '0')
    # They are of longer steps, or left out, and that is said, only where they would make the page too large.
    said = text_of(page.find(".//h2[@id='when']/../p[@class='sub']")).split('. ')[2:]
    left_out, of_step = 'A choice does not change this: there is no room for every pair over time.' in said, data['join']
    same('whether bytes over time are of pairs', by == 'server.zone' and not left_out, bool(data['series']))
    if left_out or of_step > 1:
        of_series = sum(len(str(row['bytes'])) + len('123,,') for row in of_time if row['bytes'])
        same(f'whether {of_series} bytes more are too many', True, len(raw) + of_series > MOST)
    longer = next((n for n, word in ((1440, 'day'), (60, 'hour'), (1, 'minute')) if minutes * of_step % n == 0), None)
    count, word = minutes * of_step // longer, {1440: 'day', 60: 'hour', 1: 'minute'}[longer]
    step = f"{'an' if word == 'hour' else 'a'} {word}" if count == 1 else f'{count}\u00a0{word}s'
    same('what a choice does over time', [f'A choice is drawn in steps of {step}: there is no room for shorter ones.'] if of_step > 1 else
         ['A choice does not change this: minutes know who sent, not to whom.'] if by != 'server.zone' else said if left_out else [], said)

    def step_of(begin):
        """The step of a choice that a bin is in."""
        at = datetime.datetime.fromisoformat(begin)
        return int((at - first_bin).total_seconds()) // 60 // minutes // of_step
    some = min((row['begin'] for row in of_time), default=None)
    if some:
        place = next(i for i, text in enumerate(data['times']) if some[:16].endswith(text))
        first_bin = datetime.datetime.fromisoformat(some) - datetime.timedelta(minutes=minutes * place)
    of_zones = collections.Counter()
    for row in ask('time', '--by', by, '--bin', amount + unit, '--rows', '0'):
        of_zones[shown(row['series'])] += row['bytes']
    largest = sorted((n for zone, n in of_zones.items() if zone != '(no zone)'), reverse=True)
    drawn = [int(li.find('span').get('data-b')) for li in page.findall(".//ul[@class='multiples']/li") if text_of(li.find('b')) != '(no zone)']
    same('each zone by itself', largest[:len(drawn)], drawn)
    if len(drawn) < min(12, len([n for n in largest if n])):
        fail('only', len(drawn), 'zones by themselves')
    if data['series']:
        expected, found = collections.Counter(), collections.Counter()
        for row in of_time:
            if row['bytes']:
                expected[step_of(row['begin'])] += row['bytes']
        sums = []
        bins = collections.Counter()
        for series in data['series']:
            pairs = list(zip(series[::2], series[1::2]))
            sums.append(sum(int(b) for _, b in pairs))
            for at, value in pairs:
                bins[at] += int(value)
        same('sums of series', [int(p[2]) for p in data['pairs']], sums)
        same('bins', dict(sorted(expected.items())), dict(sorted(bins.items())))
    for kind in ('wide', 'middle', 'narrow'):
        drawing = page.find(f".//*[@class='{kind} time']")
        join, steps = int(drawing.find("./*[@class='scrub']").get('data-join')), text_of(page.find(f".//*[@id='time-{kind}-text']"))
        count, word = re.match('Steps of (an?|\\d+)[ \u00a0](minute|hour|day)', steps).groups()
        same(f'steps of the {kind} drawing', minutes * join, (1 if count in ('a', 'an') else int(count)) * {'minute': 1, 'hour': 60, 'day': 1440}[word])
        written = [text_of(text) for text in drawing.findall('./*[@font-size]') if ' in ' in text_of(text)]
        same(f'what the {kind} drawing says of them', True, all(text.split(' in ')[1] == steps[9:].split('.')[0] for text in written))
    body, _ = table('time')
    summary = text_of(page.find('.//details/summary'))
    heads = [text_of(th).strip() for th in page.findall(".//table[@id='time']/thead/tr/th")][1:]
    unit = {'minute': 1, 'minutes': 1, 'hour': 60, 'hours': 60, 'day': 1440, 'days': 1440}
    count, word = re.search(r'in steps of (an?|\d+)[ \u00a0](\w+)', summary).groups()
    joined = (1 if count in ('a', 'an') else int(count)) * unit[word]
    of_rows = ask('time', '--by', by, '--bin', f'{joined // 1440}d' if joined % 1440 == 0 else f'{joined}m', '--rows', '0')
    expected = collections.defaultdict(collections.Counter)
    for row in of_rows:
        name = shown(row['series']).strip()
        if row['bytes']:
            expected[row['begin']][name if name in heads else 'other'] += row['bytes']
    rows = [[cells[0]] + [int(c) for c in cells[1:]] for cells in body]
    same('rows of time', [sorted(v for v in expected[b].values() if v) for b in sorted(expected)],
         [sorted(v for v in row[1:] if v) for row in rows])
    for begin, row in zip(sorted(expected), rows):
        for head, value in zip(heads, row[1:]):
            if not head.startswith('other ('):
                same('a bin of ' + head, expected[begin][head], value)

# Conversations, hosts, services, networks, captures.
body, foot = table('conversations')
flows = ask('flows', '--sort', 'bytes', '--rows', '0')
if flows:
    same('rows of conversations', min(ROWS, len(flows)), len(body))
    for cells, flow in zip(body, flows):
        at = datetime.datetime.fromisoformat(flow['began']).replace(tzinfo=datetime.timezone.utc)
        same('a conversation', [str(int(at.timestamp() // 1)), f"{flow['client']} {cell(flow['client_zone'])}".strip(),
                                f"{flow['server']} {cell(flow['server_zone'])}".strip(), str(flow['bytes']), flow['service'], str(flow['packets'])],
             cells)
    if not dropped:
        same('conversations', [len(flows)] + [sum(f[key] for f in flows) for key in ('bytes', 'packets')], [total[key] for key in ('flows', 'bytes', 'packets')])
    rest = total['flows'] - len(body)
    same('the rest of conversations', [grouped(rest)] + [str(total[key] - sum(f[key] for f in flows[:ROWS])) for key in ('bytes', 'packets')] if rest else None,
         [re.search(r'\((.*)\)', foot[0][1]).group(1), foot[0][3], foot[0][5]] if foot else None)
body, foot = table('hosts')
if hosts:
    same('rows of hosts', [[row['host'], str(row['bytes']), str(row['flows']), str(row['packets'])] for row in hosts[:ROWS]],
         [[cells[0], cells[2], cells[4], cells[5]] for cells in body])
    same('shares of hosts', [f"{int(row['sent_bytes'] / row['bytes'] * 1000 + .5) / 1000:.3f}" for row in hosts[:ROWS]], [cells[3] for cells in body])
    same('other hosts', len(hosts) > ROWS and f'other ({grouped(len(hosts) - ROWS)})' or 'all are shown', foot[0][0])
by_zone = ask('top', '--by', 'zone,host', '--rows', '0')
if hosts:
    of = collections.defaultdict(set)
    for row in by_zone:
        of[row['host']].add(cell(row['zone']))
    for cells in body:
        if cells[1] not in of[cells[0]]:
            fail('zone of', cells[0], cells[1], of[cells[0]])
networks = collections.defaultdict(lambda: [0, 0])
for row in by_zone:
    if row['zone'] == '(no zone)':
        address = ipaddress.ip_address(row['host'])
        net = ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False)
        networks[net][0] += row['bytes']
        networks[net][1] += 1
body, foot = table('networks')
ranked = sorted(networks.items(), key=lambda item: (-item[1][0], item[0].network_address.packed))
same('networks', [[str(net), str(b), str(n)] for net, (b, n) in ranked[:ROWS]], body or [])
if len(ranked) > ROWS:
    same('other networks', [f'other ({grouped(len(ranked) - ROWS)})', str(sum(v[0] for _, v in ranked[ROWS:])),
                            str(sum(v[1] for _, v in ranked[ROWS:]))], foot[0])
services = ask('top', '--by', 'service', '--rows', '0')
body, foot = table('services')
if services:
    same('services', [[row['service'], str(row['bytes']), str(row['flows']), str(row['packets'])] for row in services[:ROWS]], body)
    if len(services) > ROWS:
        same('other services', [f'other ({grouped(len(services) - ROWS)})', *(str(sum(row[k] for row in services[ROWS:])) for k in
                                                                              ('bytes', 'flows', 'packets'))], foot[0])
    place = {(p[0], p[1]): i for i, p in enumerate(data['pairs'])}
    uses = [collections.defaultdict(lambda: [0, 0, 0]) for _ in body]
    index = {row[0]: i for i, row in enumerate(body)}
    for row in ask('top', '--by', 'zones,service', '--rows', '0'):
        if row['service'] in index:
            use = uses[index[row['service']]][place[tuple(number(z) for z in zones(row))]]
            use[0] += row['bytes']
            use[1] += row['flows']
            use[2] += row['packets']
    same('uses of services', [dict(use) for use in uses], [{u[0]: [int(n) for n in u[1:]] for u in service} for service in data['services']])
body, foot = table('captures')
if loads:
    classes = ('counted_frames', 'not_ip_frames', 'unparsable_frames', 'filtered_frames')
    same('captures', [[str(row[key]) for key in ('frames',) + classes] for row in loads[:ROWS]], [cells[3:] for cells in body])
    for row, name in zip(loads, texts('captures', 0)):
        if not name.startswith(shown(row['source']).strip()[:30]):
            fail('capture', row['source'], name)
    sums = [sum(row[key] for row in loads) for key in classes]
    same('all captures', [str(sum(sums))] + [str(s) for s in sums], foot[-1][3:])
    words = ('in conversations', 'not IP', 'unparsable', 'filtered')
    parts = [f'{grouped(n)} {word}' for n, word in zip(sums, words) if n or word == words[0]]
    same('the equation', ' + '.join(parts) + ' = ' + grouped(sum(sums)), text_of(page.find(".//p[@class='equation']")))

# Drawings: what is drawn of zones and pairs is what there is of them.
if matrix:
    ends = [collections.Counter(), collections.Counter()]
    for c, s, b, *_ in data['pairs']:
        ends[0][c] += int(b)
        ends[1][s] += int(b)
    for element in page.iter():
        classes = (element.get('class') or '').split() if isinstance(element.tag, str) else []
        if 'node' not in classes:
            continue
        with_bytes = [e for e in element.iter() if isinstance(e.tag, str) and e.get('data-b')]
        for end, key in enumerate(('data-c', 'data-s')):
            if element.get(key) and len(with_bytes) == 1:
                numbers_of = [int(n) for n in element.get(key).split()]
                if others not in numbers_of:
                    same(f'a node {key} {element.get(key)}', sum(ends[end][n] for n in numbers_of), int(with_bytes[0].get('data-b')))

# What the page tells to type has the numbers beside it; packets are looked for in captures, which need not be there.
def answered(words, rows):
    """Compares what was answered with the page, or with what the page has been compared with."""
    what, plain = ' '.join(words), [row for row in rows if row.get('rank') != 'other']
    if words[0] == 'matrix':
        return same(what, matrix, rows)
    if words[0] == 'flows':
        return same(what, flows[:ROWS], rows)
    if words[0] == 'loads':
        return same(what, *([{key: row[key] for key in row if key != 'loaded'} for row in answer] for answer in (loads, rows)))
    if words[0] == 'top':
        by = words[words.index('--by') + 1]
        of = {'host': hosts, 'service': services, 'zone,host': by_zone}[by]
        return same(what, of[:ROWS] if by != 'zone,host' else of, plain)
    same('the question', ['time', '--by', by_zone_of_time], words[:3])
    if not data['series']:
        return None
    drawn, told = collections.Counter(), collections.Counter()
    kept = {number(row['series']) for row in rows} - {others, None}
    for pair, series in zip(data['pairs'], data['series']):
        for at, value in zip(series[::2], series[1::2]):
            drawn[(at, pair[1] if pair[1] in kept else None)] += int(value)
    for row in rows:
        if row['bytes']:
            told[(step_of(row['begin']), number(row['series']) if number(row['series']) in kept else None)] += row['bytes']
    return same(what, drawn, told)


printed = [text_of(code) for place in (".//dl[@class='again']/div/dd/code", './/section/p/code', './/section//div/p/code') for code in page.findall(place)]
sections = [text_of(code) for code in page.findall('.//p[@class=\'command\']/code')]
for part in ('matrix', 'time', 'flows', 'top --by host', 'top --by service', 'loads') if matrix else ():
    same(f'{part} stands beside its numbers', True, any(line.startswith(f'flowzone {part} ') or line == f'flowzone {part}' for line in sections))
for line in dict.fromkeys(line for line in printed if line.startswith('flowzone ') and line != 'flowzone zones suggest'):
    words = words_of(line)[1:]
    extra = [o for o in options if not o.startswith(('--since=', '--until=', '--where='))]
    if words[0] == 'packets':
        words[words.index('-w') + 1] = '/dev/null'
        # The row's conversations, and no others.
        row = ask('flows', '--where', words[words.index('--where') + 1], '--rows', '0', other=[o for o in options if not o.startswith('--where=')])
        of = {(flow['client_zone'], flow['server_zone']) for flow in row}
        if dropped:
            same('zones of what is left of the row', True, len(of) <= 1 and of <= {zones(r) for r in matrix})
            same('whether these are fewer', True, sum(flow['bytes'] for flow in row) <= max((r['bytes'] for r in matrix if zones(r) in of), default=0))
        else:
            same('zones of the row', 1, len(of))
            same('bytes of the row', next(r['bytes'] for r in matrix if zones(r) in of), sum(flow['bytes'] for flow in row))
        extra = [o for o in extra if o.startswith('--from=')]
        done = subprocess.run([flowzone, *words, *extra], capture_output=True)
        gone = dropped and b'no conversation fits the filter' in done.stderr  # its details may be
        if extra and not gone and (done.returncode == 2 or b'filter:' in done.stderr):
            fail(words, done.stderr.decode())
        continue
    done = subprocess.run([flowzone, *words, *extra, *([] if words[0] == 'report' else ['--format', 'json'])], capture_output=True)
    same(f'the status of {words}', 0, done.returncode)
    if words[0] == 'report':
        same('statements', True, b'\n-- conversations\nSELECT ' in done.stdout)
    elif matrix:
        answered(words, [json.loads(row) for row in done.stdout.decode().splitlines()])
if before is not None:
    gone = [text_of(li.find('h3')) for li in page.findall(".//ol[@class='findings']/li") if text_of(li.find('span')) == 'Gone']
    count = len(set(before) - {zones(row) for row in matrix})
    lost = sorted((-size, *pair) for pair, size in before.items() if pair in set(before) - {zones(row) for row in matrix})
    listed = len(lost) if len(lost) <= 5 else 4
    words = [text_of(li.find('p')) for li in page.findall(".//ol[@class='findings']/li") if text_of(li.find('span')) == 'Gone']
    same('which are gone', ['; '.join(f'{shown(client)} to {shown(server)}, {three(-size)}' for size, client, server in lost[:listed]) +
                            (f'; and {grouped(len(lost) - listed)} more.' if listed < len(lost) else '.')] if lost else [], words)
    same('how many are gone', [grouped(count) + (' pair' if count == 1 else ' pairs')] if count else [], [' '.join(head.split(' ')[:2]) for head in gone])
for code in page.findall(".//ol[@class='findings']/li/p/code"):
    words = words_of(text_of(code))[1:]
    if '--policy' not in words:
        files = [o for o in options if not o.startswith(('--since=', '--until=', '--where=', '--vs='))]
        done = subprocess.run([flowzone, *words, *files, '--format', 'json'], capture_output=True)
        same(f'the status of {words}', 0, done.returncode)
        if '--new' in words and before is not None:
            of = {zones(json.loads(line)) for line in done.stdout.decode().splitlines() if json.loads(line)['rank'] != 'other'}
            if not of or any(pair in before for pair in of):
                fail('not new:', of)
        if '--gone' in words and before is not None:
            of = {zones(json.loads(line)) for line in done.stdout.decode().splitlines() if json.loads(line)['rank'] != 'other'}
            if not of or not of <= set(before) - {zones(row) for row in matrix}:
                fail('not gone:', of)
print(compared, 'comparisons')
