#!/usr/bin/env python3
"""hostile_names.py STORE [--bytes]: renames zones, captures and sensors of a SQLite store to what somebody who means harm could have put
there; --bytes: to what is not even UTF-8. SPDX-License-Identifier: GPL-2.0-or-later"""
import sqlite3
import sys

ATTACKS = [
    '<script>alert(1)</script>', '</script><script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'><svg onload=alert(1)>",
    '</title><script>alert(1)</script>', '</style><style>*{display:none}', '<!--', '-->', ']]>', '<![CDATA[', '&lt;script&gt;', '&#60;', '&amp',
    'javascript:alert(1)', 'data:text/html,<script>alert(1)</script>', '{{constructor.constructor("alert(1)")()}}', '${alert(1)}', '`alert(1)`',
    '\\u003cscript\\u003e', '\\x3cscript\\x3e', '\\', '\\"', '"', "'", '<', '>', '&', '&&', '%3Cscript%3E', '#zone=a', 'a,b', 'a>b', 'a > b', '%', '%s%n',
    '<textarea>', '</textarea>', '<plaintext>', '<base href=//evil>', '<meta http-equiv=refresh content=0>', '<a href=x>', '</main>', '</table>',
    '<td>', '</svg>', '</desc>', '</text><script>', 'x" onmouseover="alert(1)', "x' onmouseover='alert(1)", 'x` y', 'style=color:red', '=1+1', '@SUM(1)',
    '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', 'true', '[]', '{}', '0', '-1', '1e309', 'other (3)', 'other (97)',
    'all', '\u202egnp.exe', '\u2066x\u2069', 'a\u200eb', 'a\u200fb', '\u2028', '\u2029', 'a\u2028b', '\ufeffbom', 'zero\u200bwidth', 'soft\u00adhyphen',
    'nul-ish \x01\x02', 'bell\x07', 'esc\x1b[31mred', 'tab\tx', 'line\nbreak', 'cr\rx', '\x7f', '\x85', '\x9b31m', '\u061c', '\U000e0001tag', '\ufffe', '\uffff',
    '\U0001f600', '漢字漢字漢字漢字漢字漢字漢字漢字', 'עברית', 'العربية', 'e\u0301' * 20, 'a' + '\u0301' * 80, 'W' * 255, 'i' * 255, '界' * 85, '\U0001d573' * 63,
    't  wo', 'a\u00a0b', 'a\u3000b', 'a' * 100 + '<b>', '&' * 255, '<' * 255, '"' * 255, "'" * 255, '\u202e' * 80,
]
BYTES = [b'\xff', b'\xc0\xaf', b'\xed\xa0\x80', b'\xed\xb0\x80', b'\xf4\x90\x80\x80', b'caf\xe9', b'<\xe9>', b'\xe2\x80', b'\x80' * 255, b'"\xff\'']

store, wild = sys.argv[1], '--bytes' in sys.argv
database = sqlite3.connect(store)
names = [a.encode() for a in ATTACKS] + (BYTES if wild else [])
names = list(dict.fromkeys(names))
for table, key, columns in (('fz_zone', 'zone_id', ('name',)), ('fz_load', 'load_id', ('source', 'sensor', 'location'))):
    rows = [row[0] for row in database.execute(f'SELECT {key} FROM {table} ORDER BY {key} {"DESC" if wild else ""}')]
    for i, row in enumerate(rows):
        name = names[-1 - i % len(names)] if wild else names[i % len(names)]
        if table == 'fz_zone' and i >= len(names):
            name += b' %d' % i
        for column in columns:
            database.execute(f'UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE {key} = ?', (sqlite3.Binary(name), row))
database.commit()
print(len(names), 'names')
