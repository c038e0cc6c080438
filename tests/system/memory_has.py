"""memory_has.py PID TEXT: whether that process has the text anywhere in its memory (status 0), or not (1). For root.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys


def main():
    pid, text = sys.argv[1], sys.argv[2].encode()
    read = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(number, 16) for number in span.split("-"))
            if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            memory.seek(start)
            found = memory.read(end - start)
            read += len(found)
            if text in found:
                return 0
    if not read:
        sys.exit(f"nothing of process {pid} could be read")
    return 1


sys.exit(main())
