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
ROWS, MOST, LIMIT = 100, 2000000, 2 ** 63 - 1


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


def source_of(*words, other=None):
    """What an answer comes from, as its last line says: sums, hours, days, details or minutes."""
    done = subprocess.run([flowzone, *words, '--format', 'json', *(options if other is None else other)], capture_output=True, text=True)
    return re.search(r'; from (?:whole )?(\w+)', done.stderr).group(1)


def tier_of(*words, other=None):
    """The same, where hours and days are sums."""
    source = source_of(*words, other=other)
    return 'sums' if source in ('hours', 'days') else source


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
    if number >= LIMIT:
        return '>9.22\u00a0EB'
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


def counted(number, word):
    return f"{grouped(number)} {word}{'' if number == 1 else 's'}"


def time_like(at, text):
    """A time with as much date as that text; midnight may be 24:00 of the day before."""
    end = text.endswith('24:00') and (at.hour, at.minute) == (0, 0)
    return (f'{at - datetime.timedelta(1):%Y-%m-%d} 24:00' if end else str(at)[:16])[-len(text):]


def stretch(minutes):
    """"an hour", or "90 minutes"."""
    size, word = next((n, word) for n, word in ((1440, 'day'), (60, 'hour'), (1, 'minute')) if minutes % n == 0)
    return f"{minutes // size}\u00a0{word}s" if minutes != size else f"a{'n' if word == 'hour' else ''} {word}"


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

# The numbers. Where details were dropped, the page is of whole hours, or days.
for line in (text_of(code) for code in page.iter('code')):
    if line.startswith('flowzone time '):
        asked = words_of(line)
        options = [f'{o.split("=")[0]}={asked[asked.index(o.split("=")[0]) + 1]}' if o.startswith(('--since=', '--until=')) else o for o in options]
        break
names_are_cut = 'long names are cut' in text_of(page.find('.//footer'))


def is_name(name, said, most):
    """Whether a text is that name, or how it begins, where it is longer than so many columns."""
    longer = names_are_cut or sum(map(width_of, name)) > most
    return said == name or longer and said.endswith('…') and name.startswith(said[:-1].strip())


def is_said(said, names, tail, most=10 ** 6):
    """Whether a text is one name, or two with an arrow between them, and then this."""
    head = said.removesuffix(tail)
    if len(names) == 1:
        return said.endswith(tail) and is_name(names[0], head, most)
    return said.endswith(tail) and any(is_name(names[0], head[:at.start()], most) and is_name(names[1], head[at.end():], most) for at in re.finditer(' → ', head))


def same_said(what, said, names, tail, most=10 ** 6):
    global compared
    compared += 1
    if not is_said(said, names, tail, most):
        fail(f'{what}: expected {names!r} and {tail!r}, found {said!r}'[:2000])


matrix = ask('matrix')
loads = ask('loads', other=[o for o in options if not o.startswith('--where=')])
dropped = sum((row['dropped'] | row['dropping']) >> 1 & 1 for row in loads)
hosts = ask('top', '--by', 'host', '--rows', '0')
total = {key: min(LIMIT, sum(row[key] for row in matrix)) for key in ('bytes', 'flows', 'packets')}
capped = LIMIT in total.values()


def zones(row):
    return row['client_zone'], row['server_zone']


def share(part, whole):
    if whole >= LIMIT:
        return '\u2013'
    percent = int(100 * part / whole + .5) if whole else 0
    return '<1\u00a0%' if part > 0 and percent < 1 else '>99\u00a0%' if part < whole and percent > 99 else f'{percent}\u00a0%'


internet = '(internet)'
crossed = sum(row['bytes'] for row in matrix if row['client_zone'] != row['server_zone'])
outside = sum(row['bytes'] for row in matrix if internet in zones(row))
outside_before = '--before' in named and any(internet in zones(row) for row in ask('matrix', other=named['--before'].split()))
numbers = [text_of(strong) for strong in page.findall(".//dl[@class='numbers']/div/dd/strong")]
same('the five numbers', [three(total['bytes']), grouped(total['flows']), grouped(len(hosts)), *([] if capped else [share(crossed, total['bytes'])]),
                          share(outside, total['bytes']) if not capped and (outside or outside_before) else grouped(total['packets'])], numbers)


def change(now, past):
    """From then to now."""
    if past == 0:
        return 'new' if now else '0\u00a0%'
    if max(now, past) >= LIMIT:
        return '\u2013'
    if now * 100 >= past * 200:
        return f'\u00d7\u00a0{now / past:.1f}' if now / past < 9.95 else f'\u00d7\u00a0{now / past:.0f}'
    percent = int(100 * abs(now - past) / past + .5)
    if 0 < now < past and percent == 100:
        return '<\u221299\u00a0%'
    return ('+' if now > past and percent else '\u2212' if percent else '') + f'{percent}\u00a0%'


def points_of(what, part, part_before, said):
    """Compares what is said of a share and that of the other period."""
    now, then = share(part, total['bytes']), share(part_before, sums['bytes'])
    points = int(100 * part / total['bytes'] + .5) - int(100 * part_before / sums['bytes'] + .5) if total['bytes'] and sums['bytes'] else None
    if points is not None:
        same(f'how much more {what}', 'as before' if now == then else f'from {then}' if points == 0 else
             f"{'+' if points > 0 else chr(0x2212)}{counted(abs(points), 'point')}, from {then}", said)


if '--before' in named:
    past = ask('matrix', other=named['--before'].split())
    sums = {key: sum(row[key] for row in past) for key in ('bytes', 'flows', 'packets')}
    past_hosts = len(ask('top', '--by', 'host', '--rows', '0', other=named['--before'].split()))
    said = [text_of(span) for span in page.findall(".//dl[@class='numbers']/div/dd/span")]
    same('changes', [f"{change(total['bytes'], sums['bytes'])}, from {three(sums['bytes'])}", f"{change(total['flows'], sums['flows'])}, from {grouped(sums['flows'])}",
                     f'{change(len(hosts), past_hosts)}, from {grouped(past_hosts)}'], said[:3])
    shares = share(crossed, total['bytes']), share(sum(row['bytes'] for row in past if row['client_zone'] != row['server_zone']), sums['bytes'])
    same('how much more crossed', 'as before' if shares[0] == shares[1] else f', from {shares[1]}', re.sub('^(.*points?(?=, from)|(?=from))', lambda m: '' if m[0] else ', ', said[3]))
    points_of('crossed', crossed, sum(row['bytes'] for row in past if row['client_zone'] != row['server_zone']), said[3])
    if outside or outside_before:
        points_of('went outside', outside, sum(row['bytes'] for row in past if internet in zones(row)), said[4])
    else:
        same('how many more packets', f"{change(total['packets'], sums['packets'])}, from {grouped(sums['packets'])}", said[4])

# What the program says of captures below its answer.
summary = ' '.join(subprocess.run([flowzone, 'matrix', '--format', 'json', *options], capture_output=True, text=True).stderr.split())
found = re.search(r'; (?:([\d\u202f]+) gaps, |gaps? ([^;]*))', summary)
gaps = 0 if not found else int(found[1].replace('\u202f', '')) if found[1] else found[2].count(' to ')
captures = (re.search(r'([\d\u202f]+ captures?)\b', summary) or ['', ''])[1]
covered = (re.search(r', ([-\d]+ [:\d]+) to ([-\d]* ?[:\d]+) UTC', summary) or re.match('()()', '')).groups()

# What is said of all: whether anybody talked, how many zones, who asks and answers most.
named_zones = {zone for row in matrix for zone in zones(row)} - {'(no zone)'}
lead = text_of(page.find(".//p[@class='lead']"))
if any(word in lead for word in ('No captures.', 'No packets.')):
    same('what nobody says', [], matrix)
else:
    said = three(total['bytes']) + (f' between {grouped(len(named_zones))} zones.' if len(named_zones) > 1 else ' in one zone.' if named_zones else
                                    ' without any zone.') if matrix else 'Nobody talked.'
    same('the lead', True, lead.startswith(said + ' ') or f': {said} ' in lead)
    begin, end, from_gaps = re.search(r' Captured from ([-: \d]+) to ([-: \d]+) UTC(.*)\.$', lead).groups()
    same('when captures began and ended', [True, True], [a.endswith(b) or b.endswith(a) for a, b in zip(covered, (begin, end))])
    found = re.match(', with ([\\d\u202f]+) gaps of ', from_gaps)
    same('gaps of the lead', grouped(gaps), found[1] if found else str(from_gaps.count(' to ')))
    for kind in ('wide', 'middle', 'narrow'):
        element = page.find(f".//*[@id='covered-{kind}-text']")
        if element is not None:
            same('captures and gaps', f"{captures}, {counted(gaps, 'gap')}", text_of(element))
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
    elif capped:
        same('who, where the sum ended', 'Who talks to whom', headline)
    elif max(asked, answered) * 5 < total['bytes']:
        same('who, where nobody has much', 'No zone asks for a fifth of the bytes, and none answers it', headline)
    else:
        same('who', f"for {share(asked, total['bytes'])} of the bytes; answers {share(answered, total['bytes'])}",
             re.sub(r'.* (for [<>]?\d+\u00a0% of the bytes; ).*( answers [<>]?\d+\u00a0%)', r'\1\2', headline, flags=re.S).replace(';  ', '; '))

# Where numbers come from, once details were dropped, and which tables lack some.
details = f"Details of {dropped} capture{'' if dropped == 1 else 's'} dropped"
sources = page.find(".//p[@id='sources']")
of_matrix, of_hosts = tier_of('matrix'), tier_of('top', '--by', 'host')
of_services = tier_of('top', '--by', 'zones,service')
same('whether something says where numbers come from', dropped > 0, sources is not None)
lacking = [text_of(p) for p in page.findall('.//p') if re.match('Without .* whose details were dropped', text_of(p))]
if dropped:
    words = text_of(sources)
    same('what was dropped', details, words[:len(details)])
    same('where numbers come from', True, f'; from {of_matrix}' in words)
    if of_matrix == 'sums' and matrix:
        command = next(text_of(code) for code in page.iter('code') if text_of(code).startswith('flowzone time '))
        of_time = source_of(*words_of(command)[1:], other=[o for o in options if not o.startswith(('--since=', '--until=', '--where='))])
        same('where time comes from', {'minutes': 'minute', 'hours': 'hour', 'days': 'day'}.get(of_time, of_time), re.search('time by the (minute|hour|day)', words).group(1))
        same('where hosts come from', of_hosts == 'sums', 'totals, hosts and networks' in words)
        same('whether the policy is', '--policy' in named, 'what is not allowed' in words)
        same('where services come from', of_services == 'sums', 'zone pairs, services, ' in words)
    apart = of_matrix == 'sums' and of_services != 'sums'
    same('tables that lack some', matrix and ['conversations'] + ([] if of_hosts == 'sums' else ['hosts', 'networks'] if page.find(".//table[@id='networks']") is not None else ['hosts']) + (['services'] if apart else []) or [],
         sorted((text.split(' ')[1] for text in lacking if 'looked at' not in text), key=['conversations', 'hosts', 'networks', 'services'].index))
else:
    same('tables that lack some, of all', [], lacking)
if '--before' in named:
    other = [o for o in named['--before'].split()]
    gone = sum((row['dropped'] | row['dropping']) >> 1 & 1 for row in ask('loads', other=[o for o in other if not o.startswith('--where=')]))
    note = next(text_of(p) for p in page.findall(".//p[@class='note']") if text_of(p).startswith('Compared with '))
    same('where the other period comes from', f"Details of {gone} capture{'' if gone == 1 else 's'} dropped; from {tier_of('matrix', other=other)}" if gone else '',
         re.search(r'\. ?(.*?)(?:, |\.|$)', note.split(' UTC')[1]).group(1))

# Pairs of zones: the table, and the data of the script, in which all others are one zone.
before = None
if '--before' in named:
    before = {zones(row): row['bytes'] for row in ask('matrix', other=named['--before'].split())}
denied = collections.Counter()
denied_flows = collections.Counter()
if '--policy' in named:
    whole = named['--whole'].split() if '--whole' in named else None
    breaches = {}
    for row in ask('check', '--policy', named['--policy'], '--rows', '1', accepted=(0, 4), other=whole):
        denied[zones(row)] += 1
        if zones(row) + (row['rule_line'],) not in breaches:
            denied_flows[zones(row)] += row['all_flows']
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
names = {name: i for i, name in enumerate(data['zones'])}
others = next((i for i, name in enumerate(data['zones']) if re.fullmatch(r'other \(\d+\)', name) and name not in
               {shown(z) for row in matrix for z in zones(row)}), None)


def number(name):
    return names.get(shown(name), others)


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
        same('zones of a row of pairs', [number(z) for z in zones(of)], [int(row.get(key)) for key in ('data-c', 'data-s')])
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
    folded = collections.defaultdict(lambda: [0, 0, 0])
    for row in matrix:
        for i, key in enumerate(('bytes', 'flows', 'packets')):
            folded[tuple(number(z) for z in zones(row))][i] += row[key]
    fold_flows = collections.Counter()
    for pair, n in denied_flows.items():
        fold_flows[tuple(number(z) for z in pair)] += n
    fresh = collections.Counter(tuple(number(z) for z in zones(row)) for row in matrix if before is not None and zones(row) not in before)
    pairs_of = collections.Counter(tuple(number(z) for z in zones(row)) for row in matrix)
    same('pairs of the data', {k: v for k, v in folded.items()}, {(p[0], p[1]): [int(x) for x in p[2:]] for p in data['pairs']})

# What titles, descriptions and headings say of zones and pairs.
total_of = collections.Counter()
for row in matrix:
    for zone in zones(row):
        total_of[zone] = min(LIMIT, total_of[zone] + row['bytes'])


def place_of(zone):
    """The order of zones of equal bytes."""
    return zone == '(no zone)', -total_of[zone], os.fsencode(zone)


by_bytes.sort(key=lambda row: (-row['bytes'], *map(place_of, zones(row))))


def compare_drawing(drawing, of_all):
    """A picture of pairs: zones of both ends, and what is said of each pair of them."""
    keys, line, sets = ('data-c', 'data-s'), [{}, {}], [[], []]
    for node in (e for e in drawing.iter('g') if e.get('class') == 'node'):
        for end, key in enumerate(keys):
            numbers_of = node.get(key) and tuple(int(n) for n in node.get(key).split())
            if numbers_of and numbers_of not in sets[end]:
                line[end].update((n, len(sets[end])) for n in numbers_of)
                sets[end].append(numbers_of)
    for end in range(2):
        same('zones of an end', sorted({number(zones(row)[end]) for row in matrix}), sorted(n for numbers_of in sets[end] for n in numbers_of))
    there = [collections.defaultdict(set), collections.defaultdict(set)]
    for row in matrix:
        for end, zone in enumerate(zones(row)):
            there[end][line[end][number(zone)]].add(zone)
    names_of = [[shown(*there[end][i]) if len(there[end][i]) == 1 else f'other ({grouped(len(there[end][i]))})' for i in range(len(sets[end]))] for end in range(2)]
    cells, of_ends = collections.defaultdict(lambda: [0] * 5), [collections.Counter(), collections.Counter()]
    for pair, (size, n, _) in folded.items():
        at = line[0][pair[0]], line[1][pair[1]]
        for i, more in enumerate((size, n, fold_flows[pair], fresh[pair], pairs_of[pair])):
            cells[at][i] += more
        for end in range(2):
            of_ends[end][at[end]] += size
    found = []
    for element in drawing.iter():
        kind = (element.get('class') or '').split(' ')[0]
        if kind not in ('node', 'ribbon', 'cell'):
            continue
        at = [line[end].get(int(element.get(key).split()[0])) if element.get(key) else None for end, key in enumerate(keys)]
        title = text_of(element.find('title')).removesuffix('' if before is not None else ', new')
        if kind == 'node':
            end = 1 if at[0] is None else 0
            size, side = of_ends[end][at[end]], ('as client', 'as server')[end]
            same_said('a node', title, [names_of[end][at[end]]],
                      f': {three(size)} {side}, {share(size, total["bytes"])} of all' if of_all else f' {side}: {three(size)}')
            same('the share of a node', [share(size, total['bytes'])] * of_all, [text_of(text) for text in element if 'share' in (text.get('class') or '')] or
                 [share(size, total['bytes'])] * of_all)
        else:
            same('zones of a pair', [sets[end][at[end]] for end in range(2)], [tuple(int(n) for n in element.get(key).split()) for key in keys])
            size, n, bad, new, of = cells[tuple(at)]
            flag = '' if of_all else (', not allowed' if bad >= n else f', {grouped(bad)} of them not allowed' if bad else '') + (', new' if new == of else '')
            same_said('a pair', title, [names_of[end][at[end]] for end in range(2)], f": {three(size)}, {counted(n, 'conversation')}{flag}", 40)
            same('digits of a pair', [three(size).replace('\u00a0', '')[:-1]], [text_of(text) for text in element.findall('text')] or [three(size).replace('\u00a0', '')[:-1]])
            found.append(tuple(at))
        for text in element.findall('text'):
            if 'name' in (text.get('class') or '').split() and not text.get('data-b'):
                same_said('a name', text_of(text).strip(), [cell(names_of[end][at[end]])], '', 0)
    same('pairs that are drawn', sorted(cells), sorted(found))


for kind in ('wide', 'middle', 'narrow') if matrix else ():
    for name in ('pairs', 'matrix'):
        compare_drawing(page.find(f".//svg[@aria-labelledby='{name}-{kind}-title {name}-{kind}-text']"), name == 'pairs')
    rest = text_of(page.find(f".//*[@id='pairs-{kind}-text']"))
    for i, row in enumerate(by_bytes[:6]):
        begin, tail = f"{three(total['bytes'])} in all. " if i == 0 else '; ', f" {three(row['bytes'])}"
        client, server = map(shown, zones(row))
        at = rest.index(tail, len(begin) if names_are_cut else len(begin + client + server)) if tail in rest else 0
        said = rest[len(begin):at]
        same('a pair that is described', [True, True], [rest.startswith(begin), f'{client} to {server}' == said or names_are_cut and '…' in said])
        rest = rest[at + len(tail):]
    same('the end of a description', '. ', rest[:2])
if matrix:
    moved = f"; ten of them moved {share(sum(row['bytes'] for row in by_bytes[:10]), total['bytes'])} of the bytes" if len(matrix) > 10 and not capped else ''
    same('how many pairs', f"{grouped(len(matrix))} of {counted(len(total_of) ** 2, 'possible pair')} spoke{moved}", text_of(page.find(".//h2[@id='matrix']")))
findings = collections.defaultdict(list)
for li in page.findall(".//ol[@class='findings']/li"):
    findings[text_of(li.find('span'))].append((text_of(li.find('h3')), text_of(li.find('p'))))
if before is not None:
    period = 'in (the period before|the other period)'
    news = [row for row in by_bytes if zones(row) not in before]
    expected = []
    for row in news[:1]:
        also = [f"{' to '.join(map(shown, zones(more)))}, {three(more['bytes'])}" for more in news[1:4]]
        expected = [(f"{' reached '.join(map(shown, zones(row)))}, and did not in "[:100], f"{counted(row['flows'], 'conversation')}, {three(row['bytes'])}" +
                     ('. Also new: ' if also else '') + '; '.join(also) + (f'; and {grouped(len(news) - 4)} more' if len(news) > 4 else '') + '.')]
    same('what is new', expected, [(re.sub('(and did not in ).*', r'\1', head)[:100], words) for head, words in findings['New']])
    changed = [row for row in by_bytes if before.get(zones(row)) and row['bytes'] != before[zones(row)] and max(row['bytes'], before[zones(row)]) < LIMIT]
    expected = []
    for row in sorted(changed, key=lambda row: -abs(row['bytes'] - before[zones(row)]))[:1]:
        past = before[zones(row)]
        expected = [(f"{' with '.join(map(shown, zones(row)))}: {change(row['bytes'], past)}"[:100],
                     f"{three(row['bytes'])}, after {three(past)}: {three(abs(row['bytes'] - past))} {'more' if row['bytes'] > past else 'less'}.")]
    same('what changed most', expected, [(head[:100], re.sub(f' {period}', '', words)) for head, words in findings['Changed most']])

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
    same('what a choice does over time', [f'A choice is drawn in steps of {stretch(minutes * of_step)}: there is no room for shorter ones.'] if of_step > 1 else
         ['A choice does not change this: minutes know who sent, not to whom.'] if by != 'server.zone' else said if left_out else [], said)

    def step_of(begin):
        """The step of a choice that a bin is in."""
        at = datetime.datetime.fromisoformat(begin)
        return int((at - first_bin).total_seconds()) // 60 // minutes // of_step
    of_ends = ask('time', '--by', by, '--bin', amount + unit, '--rows', '0')
    some = min((row['begin'] for row in of_time + of_ends), default=None)
    if some:
        place = next(i for i, text in enumerate(data['times']) if some[:16].endswith(text))
        first_bin = datetime.datetime.fromisoformat(some) - datetime.timedelta(minutes=minutes * place)
        same('times', [time_like(first_bin + datetime.timedelta(minutes=minutes * i), text) for i, text in enumerate(data['times'])], data['times'])
    of_zones, of_bins = collections.Counter(), collections.defaultdict(collections.Counter)
    for row in of_ends:
        of_zones[row['series']] = min(LIMIT, of_zones[row['series']] + row['bytes'])
        of_bins[row['series']][int((datetime.datetime.fromisoformat(row['begin']) - first_bin).total_seconds()) // 60 // minutes] += row['bytes']
    in_order = sorted((zone for zone in of_zones if zone != '(no zone)'), key=lambda zone: (-of_zones[zone], place_of(zone)))

    def lines_of_time(most, join):
        """The largest zones, all others, and "(no zone)": name, bytes, all steps, the most in one, and numbers as a choice has them."""
        shown_of = in_order if len(in_order) <= most + 1 else in_order[:most]
        parts = [[zone] for zone in shown_of] + [in_order[len(shown_of):]] + [[zone] for zone in of_zones if zone == '(no zone)']
        for part in filter(None, parts):
            steps = collections.Counter()
            for zone in part:
                for at, size in of_bins[zone].items():
                    steps[at // join] += size
            peak = min(steps, key=lambda at: (-steps[at], at))
            yield (shown(part[0]) if len(part) == 1 else f'other ({grouped(len(part))})', min(LIMIT, sum(steps.values())), steps,
                   f"{three(steps[peak])} at {data['times'][peak * join]}".replace(' ', '\u00a0').replace('\u00a0at\u00a0', ' at ', 1), ' '.join(map(str, sorted({number(zone) for zone in part}))) if by == 'server.zone' else None)

    all_bins = sum(of_bins.values(), collections.Counter())
    busiest = min(all_bins, key=lambda at: (-all_bins[at], at), default=None)
    same('the busiest step', f"Busiest from {data['times'][busiest]}: {three(all_bins[busiest])} in {stretch(minutes)}" if
         len(data['times']) > 2 and all_bins[busiest] else 'When', text_of(page.find(".//h2[@id='when']")))
    lines = list(lines_of_time(12, 1))
    for li, (name, _, _, peak, numbers_of) in zip(page.findall(".//ul[@class='multiples']/li"), lines):
        same_said('the name of a zone by itself', text_of(li.find('b')), [name], '', 24)
        same('the choice of a zone by itself', numbers_of, li.get('data-s'))
        same('the label of a zone by itself', f'{name}: most {peak}', li.find('svg').get('aria-label'))
        same('the peak of a zone by itself', 'peak ' + peak, text_of(li.findall('span')[-1]))
    largest = [of_zones[zone] for zone in in_order]
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
        lines = list(lines_of_time(6, join))
        shapes = drawing.findall("./path[title]")
        bands = [text_of(band.find('title')) for band in shapes]
        nodes = {(text_of(node.find('title')), node.get('data-s')) for node in drawing.findall("./g[title]")}
        same(f'bands of the {kind} drawing', [len(lines)] * 2, [len(bands), len(nodes)])
        for shape, band, (name, size, _, peak, numbers_of) in zip(shapes, bands, lines):
            same_said('a band', band, [name], f': {three(size)}, most {peak}')
            same('the choice of a band', numbers_of, shape.get('data-s'))
            same('the name of a band', True, (band.removesuffix(f', most {peak}'), numbers_of) in nodes)
        same(f'what is said of the {kind} drawing', f"Steps of {stretch(minutes * join)}. {'; '.join(bands)}. Gaps without a capture: {grouped(gaps)}.", steps)
        most = max(sum((line[2] for line in lines), collections.Counter()).values(), default=0)
        same(f'the most of the {kind} drawing', min(LIMIT, most), int(drawing.find("./*[@class='scrub']").get('data-max')))
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
    for cells, flow, row in zip(body, flows, page.findall(".//table[@id='conversations']/tbody/tr")):
        at = datetime.datetime.fromisoformat(flow['began']).replace(tzinfo=datetime.timezone.utc)
        same('a conversation', [str(int(at.timestamp() // 1)), f"{flow['client']} {cell(flow['client_zone'])}".strip(),
                                f"{flow['server']} {cell(flow['server_zone'])}".strip(), str(flow['bytes']), flow['service'], str(flow['packets'])],
             cells)
        same('zones of a conversation', [str(number(flow[key])) for key in ('client_zone', 'server_zone')], [row.get(key) for key in ('data-c', 'data-s')])
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
        of[row['host']].add((cell(row['zone']), str(number(row['zone']))))
    for cells, row in zip(body, page.findall(".//table[@id='hosts']/tbody/tr")):
        same('zone of ' + cells[0], True, (cells[1], row.get('data-z')) in of[cells[0]])
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
same('zones of networks', [str(number('(no zone)'))] * len(body or []), [row.get('data-z') for row in page.findall(".//table[@id='networks']/tbody/tr")])
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
    same('frames', 'No frame was captured' if sum(sums) == 0 else 'The one frame is accounted for' if sum(sums) == 1 else
         f'All {grouped(sum(sums))} frames are accounted for', text_of(page.find(".//h2[@id='captured']")))
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
