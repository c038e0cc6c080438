#!/usr/bin/env python3
"""Who may include whom, by the table of docs/MAP.md: the compiler is asked for every pair of rooms, with the flags that it builds with.

walls.py BUILD. With --open ROOM OTHER, or --shut ROOM OTHER, as if the build had a wall less, or one more: for the test of this test.
SPDX-License-Identifier: GPL-2.0-or-later
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).parents[2]
# Headers of others that lie in folders of their own, so that include paths are walls; the rest are found by their names alone.
FOREIGN = re.compile(r"epan/.*|wiretap/.*|wsutil/.*|ws_version\.h|sqlite3\.h|mysql\.h|mysqld_error\.h|mysql/.*|fixbuf/.*|seccomp\.h|zlib\.h|ares\.h")


def read_tables():
    """Rooms and what each may include, {room: {other: headers, or None for all}}; {header of others: its places}."""
    may, places = {}, {}
    for line in (SOURCE / "docs/MAP.md").read_text(encoding="utf-8").splitlines():
        row = re.fullmatch(r"\| `([^|]+)` \| (.*) \|", line)
        if not row:
            continue
        if row[1].endswith("/") or row[1].endswith("main.c"):
            if row[1] in may:
                raise SystemExit(f"docs/MAP.md has two rows of {row[1]}")
            may[row[1]] = {
                other: re.findall(r"`([^`]+)`", few) or None for other, few in re.findall(r"`([^`]+/)`(?: \(only ([^)]*)\))?", row[2])
            }
        else:
            places.update((header, re.findall(r"`([^`]+)`", row[2])) for header in row[1].split("`, `"))
    return may, places


def sources(room):
    return sorted((SOURCE / room).glob("*.[ch]")) if room.endswith("/") else [SOURCE / room]


def public(room):
    """The headers that a room has for others."""
    return [path.name for path in sources(room) if path.suffix == ".h" and not path.stem.endswith("_private")]


def check_texts(may, places):
    """What no include path keeps: names that two rooms have, paths in includes, private headers, headers of /usr/include; circles."""
    rooms = {str(path.parent.relative_to(SOURCE)) + "/" for top in ("core", "plugin", "postproc") for path in (SOURCE / top).rglob("*.h")}
    for room in rooms ^ {room for room in may if room.endswith("/")}:
        yield f"{room}: a room without a row in docs/MAP.md, or a row without a room"
    owner = {}
    for room in may:
        for path in sources(room):
            if path.suffix == ".h" and owner.setdefault(path.name, room) != room:
                yield f"{room}{path.name}: {owner[path.name]} has a header of that name too"
    for room in may:
        for path in sources(room):
            name = str(path.relative_to(SOURCE))
            for mark, header in re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)', path.read_text(encoding="utf-8"), re.M):
                if mark == '"' and "/" in header:
                    yield f'{name}: "{header}": headers of ours are included by their names alone'
                if header.endswith("_private.h") and owner.get(header) != room:
                    yield f"{name}: {header} is for {owner.get(header)} alone"
                if FOREIGN.fullmatch(header):
                    known = [key for key in places if header == key or key.endswith("/*") and header.startswith(key[:-1])]
                    if not known:
                        yield f"{name}: {header}: no row in docs/MAP.md"
                    elif not any(place in (room, name) for place in places[known[0]]):
                        yield f"{name}: {header} is for {' and '.join(places[known[0]])} alone"
    left = {room: set(others) for room, others in may.items()}
    while left:
        free = [room for room, others in left.items() if not others & left.keys()]
        if not free:
            yield f"a circle: {' '.join(left)}"
            return
        for room in free:
            del left[room]


def read_flags(build):
    """By room, a compiler and its flags: those of all its files together, but for the two files that alone see libwiretap."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if not path.is_relative_to(SOURCE.resolve()):
            continue
        name = str(path.relative_to(SOURCE.resolve()))
        room = name if name.endswith("main.c") else os.path.dirname(name) + "/"
        if name in ("postproc/source/capture.c", "postproc/source/capture_writer.c"):
            room = name
        words = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
        have = flags.setdefault(room, [words[0], "-std=gnu11"])
        for index, word in enumerate(words):
            if word.startswith(("-I", "-D")):
                pair = [word]
            elif word == "-isystem":
                pair = words[index : index + 2]
            else:
                continue
            if pair[-1] not in have:
                have += pair
    return flags


def compile_headers(flags, headers, folder):
    """The compiler's first fault of a source that includes these headers; empty: it takes it."""
    text = "".join(f'#include "{header}"\n' for header in headers)
    run = subprocess.run([*flags, "-fsyntax-only", "-x", "c", "-"], input=text, cwd=folder, capture_output=True, encoding="utf-8")
    return "" if run.returncode == 0 else next((line for line in run.stderr.splitlines() if "error" in line), "no words")


def finds(flags, headers, folder):
    """Those of the headers that the include paths lead to. Libraries have headers of such names, too: menu.h."""
    text = "".join(f'#if __has_include("{header}")\n#include "{header}"\n#endif\n' for header in headers)
    run = subprocess.run([*flags, "-M", "-x", "c", "-"], input=text, cwd=folder, capture_output=True, encoding="utf-8")
    found = {os.path.realpath(path) for path in run.stdout.replace("\\\n", " ").split()}
    return [header for header in headers if any(path.endswith(f"/{header}") and path.startswith(f"{SOURCE.resolve()}/") for path in found)] + (
        [run.stderr] if run.returncode else []
    )


def is_no_such_file(said):
    return re.search(r"fatal error: '?[\w./]+'?(: No such file or directory| file not found)", said)


def plan(may, flags, folder, only):
    """Calls of the compiler, each returning its fault or None; `only` for one room, unless that is None."""
    for room, others in may.items():
        if only not in (None, room):
            continue
        for other in may:
            if other == room or not public(other):
                continue
            allowed = (others[other] or public(other)) if other in others else []
            unknown = set(allowed) - set(public(other))
            if unknown:
                yield lambda room=room, unknown=unknown: f"{room}: docs/MAP.md allows {' '.join(unknown)}, which is not there"
            forbidden = [header for header in public(other) if header not in allowed]
            if allowed:

                def control(room=room, other=other, allowed=allowed):
                    said = compile_headers(flags[room], allowed, folder)
                    return f"{room} cannot include {other}, and may: {said}" if said else None

                yield control

            # Of a room that can be seen in part each header is tried; of another one, one, and that no path leads to the others.
            def wall(room=room, other=other, forbidden=forbidden, partly=bool(allowed)):
                for header in forbidden if partly else forbidden[:1]:
                    said = compile_headers(flags[room], [header], folder)
                    if not is_no_such_file(said):
                        return f"{room} can include {other}{header}, and may not {said}".rstrip()
                found = [] if partly else finds(flags[room], forbidden, folder)
                return f"{room} finds {other}: {' '.join(found)}" if found else None

            if forbidden:
                yield wall
        for header, where in (("mysql.h", "postproc/store/mysql/"), ("wiretap/wtap.h", "plugin/"), ("epan/packet.h", "plugin/")):

            def foreign(room=room, header=header, where=where):
                said = compile_headers(flags[room], [header], folder)
                if room == where:
                    return f"{room} cannot include {header}: {said}" if said else None
                return None if is_no_such_file(said) else f"{room} can include {header} {said}".rstrip()

            yield foreign


def main():
    build, change = pathlib.Path(sys.argv[1]), sys.argv[2:]
    may, places = read_tables()
    flags = read_flags(build)
    faults = list(check_texts(may, places))
    if change:
        path = f"-I{SOURCE.resolve()}/{change[2]}".rstrip("/")
        flags[change[1]] = [*flags[change[1]], path] if change[0] == "--open" else [word for word in flags[change[1]] if word != path]
    missing = [room for room in may if room not in flags]
    if missing or len(may) < 12 or len(places) < 5:
        raise SystemExit(f"{len(may)} rooms, {len(places)} headers of others; not compiled: {missing}")
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        calls = list(plan(may, flags, folder, change[1] if change else None))
        faults += [fault for fault in pool.map(lambda call: call(), calls) if fault]
    print("\n".join(faults) or f"{len(calls)} calls of the compiler")
    sys.exit(bool(faults))


main()
