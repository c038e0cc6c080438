"""quick_report.py COMMAND...: runs a sanitized command with stacks that are quick to take, and again with whole ones when there is
something to report: only those tell our leaks from others'. For many runs whose input can be read twice.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import subprocess
import sys

REPORTED = 66

command = sys.argv[1:]
# The later of two settings holds. lib.sh made both folders.
quick = [part.replace("/reports/", "/quick/") + f":fast_unwind_on_malloc=1:exitcode={REPORTED}"
         if part.startswith("ASAN_OPTIONS=") else part for part in command]
status = subprocess.call(quick)
sys.exit(subprocess.call(command) if status == REPORTED else status)
