#!/usr/bin/env python3
"""Runs a command at a terminal of its own and answers its first prompt. SPDX-License-Identifier: GPL-2.0-or-later

Usage: at_terminal.py SCREEN ANSWER COMMAND...

What the terminal showed goes to the file SCREEN; the command's exit status is printed. Fails if there was no prompt in 30 s.
"""
import os
import pty
import select
import sys


def main():
    screen_path, answer, *command = sys.argv[1:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    screen, answered = b"", False
    while True:
        ready, _, _ = select.select([terminal], [], [], 30)
        if not ready:
            os.kill(pid, 9)
            break
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        screen += data
        if not answered and b"assword" in screen and screen.endswith(b": "):
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    with open(screen_path, "wb") as file:
        file.write(screen)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return 0 if answered else 1


sys.exit(main())
