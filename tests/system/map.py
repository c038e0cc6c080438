#!/usr/bin/env python3
"""docs/MAP.md: every path and every name on it exists, a name in a file that stands beside it, and every source file is on it.

map.py [MAP]
SPDX-License-Identifier: GPL-2.0-or-later
"""

import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).parents[2]
MAP = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE / "docs/MAP.md")
CODE = sorted(path for top in ("core", "plugin", "postproc") for path in (SOURCE / top).rglob("*.[ch]"))


def is_path(token):
    if re.fullmatch(r"X\.[ch]|\*_private\.h", token):
        return False
    return "/" in token and not token.startswith(("room(", "mysql:")) or token.endswith((".c", ".h", ".sh"))


def text_of(path):
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def check_name(name, paths):
    """A name is in one of the files beside it; a function is defined there, one with a blank before and no semicolon."""
    word = re.escape(name.removesuffix("()"))
    pattern = rf"^[a-z].*\b{word}\((?:[^;]*)$" if name.endswith("()") else rf"\b{word}\b"
    if not any(re.search(pattern, text_of(path), re.M) for path in paths):
        yield f"{name} is not in {' '.join(str(path.relative_to(SOURCE)) for path in paths) or 'any file beside it'}"


def check_item(item, named):
    """One paragraph, row or item of a list; adds the files it names to `named`."""
    tokens = re.findall(r"`([^`]+)`", item)
    folder = tokens[0] if item.startswith("- `") and tokens[0].endswith("/") else None
    paths = []
    for token in tokens:
        if not is_path(token) or item.startswith("| `") and not token.startswith(("core/", "plugin/", "postproc/")):
            continue
        token = f"{folder}{token}" if folder and token != folder and not token.startswith(folder) else token
        found = list(SOURCE.glob(token.replace("NAME", "[!.]*")))
        if not found:
            yield f"{token} does not exist"
        paths += found
    named.update(path for path in paths if path.is_file())
    for token in tokens:
        if is_path(token) or item.startswith("| `"):
            continue
        if folder:
            stems = [path for path in SOURCE.glob(f"{folder}{token}.[ch]")]
            named.update(stems)
            if not stems:
                yield f"{folder}{token}.c or .h does not exist"
        elif re.fullmatch(r"\w+(\(\))?", token):
            yield from check_name(token, [path for path in paths if path.is_file()])
        elif not re.fullmatch(r"X\.[ch]|\*_private\.h|mysql://.*|room\(store/NAME store\)", token):
            yield f"`{token}` is neither a path nor a name"


def main():
    text = re.sub(r"^```.*?^```$", "", MAP.read_text(encoding="utf-8"), flags=re.M | re.S)
    items = [item for item in re.split(r"\n\n+|\n(?=- |\d+\. |\| )", text) if item.strip()]
    named, faults = set(), []
    for item in items:
        faults += check_item(item.strip(), named)
    faults += [f"{path.relative_to(SOURCE)} is not on the map" for path in CODE if path not in named]
    print("\n".join(faults) or f"{len(items)} items, {len(named)} files")
    sys.exit(bool(faults) or len(named) < len(CODE) or len(items) < 50)


main()
