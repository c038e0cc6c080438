"""measure.py NAME COMMAND...: runs it; "SECONDS MEGABYTES" of CPU time and peak memory into NAME.cost, its output into NAME.out.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import subprocess
import sys

name, command = sys.argv[1], sys.argv[2:]
with open(f"{name}.out", "wb") as out:
    process = subprocess.Popen(command, stdout=out, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
with open(f"{name}.cost", "w", encoding="ascii") as cost:
    cost.write(f"{usage.ru_utime + usage.ru_stime:.2f} {usage.ru_maxrss // 1024}\n")
sys.exit(os.waitstatus_to_exitcode(status) != 0)
