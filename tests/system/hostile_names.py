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
    # ways into markup, attributes, addresses, styles and scripts
    '<svg/onload=alert(1)>', '<img/src/onerror=alert(1)>', '<iframe src=javascript:alert(1)>', '<object data=javascript:alert(1)>', '<embed src=//evil>',
    '<link rel=stylesheet href=//evil>', '<form action=//evil>', '<input autofocus onfocus=alert(1)>', '<details open ontoggle=alert(1)>',
    '<video><source onerror=alert(1)>', '<audio src onerror=alert(1)>', '<body onload=alert(1)>', '<marquee onstart=alert(1)>', '<math href=javascript:alert(1)>',
    '<svg><animate onbegin=alert(1) attributeName=x>', '<svg><script xlink:href=//evil></script>', '<svg><use href=//evil#x>', '<svg><foreignObject>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">', '<template><script>alert(1)</script></template>', '<select><option>', '<title>',
    '<style>@import "//evil"', '<!DOCTYPE html>', '<?xml version="1.0"?>', '<!ENTITY x SYSTEM "file:///etc/passwd">', '&x;', '&#x3c;', '&lt', '&quot;', '&nbsp;',
    '<scr<script>ipt>', '<<script>>', '<script/src=//evil>', '<SCRIPT>alert(1)</SCRIPT>', '<script\x0c>alert(1)</script>', '<a\thref=x>', '< script>',
    '</script ', '</script\t>', '</SCRIPT>', '<!--<script>', '--!><script>', '<!-->', '<!--->', '//-->', '/*', '*/', '//', '{', '}', '};alert(1);//', "');alert(1);//",
    '");alert(1);//', '\\";alert(1);//', "\\');alert(1)//", '\\n', '\\0', '\\u2028', 'url(//evil)', 'expression(alert(1))', '}*{display:none}', '@import',
    'javascript&colon;alert(1)', 'JaVaScRiPt:alert(1)', 'vbscript:x', 'blob:x', 'file:///etc/passwd', '//evil/x', '?q=1&r=2', '#pair=a/b', '#pair=%2F/%2F', '%00',
    '%u003c', '%25', '../../etc/passwd', '..\\..', 'C:\\x', "'; DROP TABLE fz_zone; --", '" OR "1"="1', '$(reboot)', '`reboot`', '; reboot', '| reboot', '-rf', '--help',
    # cells of spreadsheets, and numbers that are texts
    '+1+1', '-1+1', '\t=1+1', '=cmd|"/c calc"!A1', '=HYPERLINK("//evil")', '1e5', '0x10', 'Infinity', 'false', '1,000', '١٢٣',
    # properties of objects
    'length', 'valueOf', 'prototype', '__defineGetter__', 'then', 'watch',
    # marks that turn, join, hide or pile up
    '\u202a\u202b\u202c\u202d', '\u2067rtl', '\u2068x', 'a\u202db', '\u200d', '\u200c', '\u2060x', '\ufe0f', '\u034f', '\u115f', '\u3164', '\u180e',
    '\U0001f468\u200d\U0001f469\u200d\U0001f467', '\U0001f1f3\U0001f1f4', 'क्षि', 'ﷺ', '\ufb01', 'ﬀ' * 60, '\U0010ffff', '\ue000', '\xa0', ' ', '\u2003',
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
assert len(names) >= 200
print(len(names), 'names')
