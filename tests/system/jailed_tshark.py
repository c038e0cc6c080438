"""jailed_tshark.py TSHARK ARGUMENT...: tshark, with `jail` in its last -z flowzone and without the line that tells of it. Runs that may not have it
(it can't open what it would write or capture from) are left alone. SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import signal
import subprocess
import sys

UNFIT = ("-w", "-i", "-G", "-D", "-L", "--export-objects", "--capture-comment")


def with_jail(arguments):
    taps = [at + 1 for at, argument in enumerate(arguments[:-1]) if argument == "-z" and arguments[at + 1].split(",")[0] == "flowzone"]
    if not taps or any(argument in UNFIT for argument in arguments) or any(",jail" in arguments[at] for at in taps):
        return arguments
    jailed = list(arguments)
    jailed[taps[-1]] = "flowzone,jail" + arguments[taps[-1]].removeprefix("flowzone")
    return jailed


def main():
    tshark, *arguments = sys.argv[1:]
    jailed = with_jail(arguments)
    if jailed == arguments:
        os.execv(tshark, [tshark, *arguments])
    # What is inherited stays open: `out=fd:N`.
    child = subprocess.Popen([tshark, *jailed], stderr=subprocess.PIPE, close_fds=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: child.send_signal(number))
    for line in child.stderr:
        if b": jail: tshark: " not in line:
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
    status = child.wait()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


main()
