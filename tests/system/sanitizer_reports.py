"""sanitizer_reports.py FOLDER [QUICK]: fails when a report there is ours. QUICK has those of runs whose leaks, if any, were looked for again:
they count for everything else.

A leak is ours when its stack goes through the plugin or the program, or through a module that is gone again; tshark's own leaks
are not; a frame without a library's address is none, but what a walk along frame pointers took for one. Anything but a leak is ours
wherever it happened. SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import sys

OURS = re.compile(r"flowzone|/(core|plugin|postproc)/|0x7f[0-9a-f]{10}  \(<unknown module>\)")


def complaints(text):
    """Blocks of a report that concern us."""
    blocks = re.split(r"\n\s*\n", text)
    for block in blocks:
        if " leak of " in block:
            if OURS.search(block.split("\n", 1)[1]):
                yield block
        elif re.search(r"ERROR: (?!LeakSanitizer)|runtime error:|DEADLYSIGNAL", block):
            yield text
            return


def all_of(folder):
    return [block for path in sorted(pathlib.Path(folder).iterdir()) for block in complaints(path.read_text(errors="replace"))]


found = all_of(sys.argv[1])
for folder in sys.argv[2:]:
    found += [block for block in all_of(folder) if re.search(r"ERROR: (?!LeakSanitizer)|runtime error:|DEADLYSIGNAL", block)]
for block in found[:3]:
    print(block)
if len(found) > 3:
    print(f"... and {len(found) - 3} more")
sys.exit(bool(found))
