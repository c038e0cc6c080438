"""What the manual says of options that the commands don't, and the other way round: one line each.

manual_options.py PROGRAM PAGE TAP_PAGE EXAMPLE: the options of each command are those of its --help; those of the page stand in the
subsection of the command, with a paragraph of their own there, in another command's, under NAMES, or in the tap's page. EXAMPLE is a configuration file.
SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import shlex
import subprocess
import sys
import tempfile

program, page, tap_page, example = sys.argv[1:]
OPTION = re.compile(r"(?:-(\w), )?--([a-z][a-z-]*)(?:=([^\s,]+))?")
MENTION = re.compile(r"--([a-z][a-z-]*)")


def run(*arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def listed(text):
    """The commands of a help."""
    table = text.partition("\nCommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([\w-]+) ", table, re.M)


def options_of(command):
    """{name: (letter, argument)}"""
    text = run(*command.split(), "--help").stdout.partition("\nOptions:\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^  (?:-(\w), )?--([a-z][a-z-]*)(?:=(\S+))?(?: |$)", text, re.M)
    return {name: (letter, argument) for letter, name, argument in rows if name != "help"}


def commands():
    for command in listed(run("--help").stdout):
        below = listed(run(command, "--help").stdout)
        yield from (f"{command} {name}" for name in below) if below else (command,)


def plain(line):
    """A line of a page as it is read."""
    line = re.sub(r"\\f[BIRP]", "", line).replace("\\-", "-")
    macro, _, rest = line.partition(" ")
    if macro in (".B", ".I"):
        return " ".join(shlex.split(rest))
    if macro in (".BR", ".BI", ".IR", ".IB", ".RB", ".RI"):
        return "".join(shlex.split(rest))
    return line


def subsection(text, name):
    found = re.search(rf"^\.S[SH] {re.escape(name)}\n(.*?)(?=^\.S[SH] |\Z)", text, re.M | re.S)
    return [plain(line) for line in found[1].splitlines()] if found else None


def tags(lines):
    """Options that have a paragraph of their own."""
    for before, line in zip(lines, lines[1:]):
        if before == ".TP":
            yield from ((name, (letter, argument)) for letter, name, argument in OPTION.findall(line))


def faults_of_lines(command, lines, options):
    """What a text about a command mentions: its options, or those of the command that stands before them in the line."""
    for line in lines:
        owner = command
        for word in re.finditer(r"flowzone (zones \w+|\w+)|\b(?:dumpcap|tshark|taskset) |" + MENTION.pattern, line):
            if word[1]:
                owner = word[1]
            elif not word[2]:
                owner = None
            elif owner and word[2] not in (*options.get(owner, ()), "help", "version"):
                yield f"{command or 'the page'}: --{word[2]} is mentioned, and no option of {owner}"


def faults_of_command(command, lines, options, documented, tap):
    own = options[command]
    for name, row in tags(lines):
        if name not in own:
            yield f"{command}: --{name} has a paragraph, and is no option"
        elif own[name] != row:
            yield f"{command}: --{name} is {row} in the page, {own[name]} in the help"
    mentioned = set(MENTION.findall("\n".join(lines)))
    for name, row in own.items():
        if name not in mentioned:
            yield f"{command}: --{name} is not mentioned"
        elif row not in documented.get(name, ()) and tap.get(name) != row[1]:
            yield f"{command}: --{name} {row} has no paragraph anywhere"


def faults_of_file(command, options):
    """The configuration file takes what the command line takes, but --config."""
    section = re.search(r"section \[(\w+)\]", run(command, "--help").stdout)[1]
    if f"[{section}]" not in "\n".join(subsection(text, "CONFIGURATION")):
        yield f"{command}: the section [{section}] is not mentioned"
    for name in options:
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(f"[{section}]\n{name}=\n")
            file.flush()
            error = run(command, "--config", file.name).stderr
        known = f": {name}: needs a value" in error or f": {name}=: expected true or false" in error
        if known == (name == "config"):
            yield f"{command}: {name}= in the configuration file: {error.strip()}"
    with open(example, encoding="utf-8") as file:
        lines = re.search(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", file.read(), re.M | re.S)
        if not lines:
            yield f"{example}: has no section [{section}]"
        for key in re.findall(r"^#?([a-z-]+)=", lines[1] if lines else "", re.M):
            if key not in options:
                yield f"{example}: {key}= is no option of {command}"


with open(page, encoding="utf-8") as file:
    text = file.read()
with open(tap_page, encoding="utf-8") as file:
    tap_lines = subsection(file.read(), "OPTIONS")
tap = {}
for before, line in zip(tap_lines, tap_lines[1:]):
    row = re.fullmatch(r"([a-z-]+)(?:=(\S+))?", line)
    if before == ".TP" and row:
        tap[row[1]] = row[2] or ""

options = {command: options_of(command) for command in commands()}
sections = {command: subsection(text, f"flowzone {command}") for command in options}
documented = {}
for command, lines in sections.items():
    for name, row in tags(lines or ()):
        documented.setdefault(name, []).append(row)
for name, row in tags(subsection(text, "NAMES")):  # of all commands that show addresses
    documented.setdefault(name, []).append(row)

faults = [f"{command}: has no subsection" for command in options if sections[command] is None]
for command, lines in sections.items():
    faults += faults_of_command(command, lines or [], options, documented, tap)
    faults += faults_of_lines(command, lines or [], options)
    if "config" in options[command]:
        faults += faults_of_file(command, options[command])
for name in re.findall(r"^\.S[SH] flowzone (.*)$", text, re.M):
    if name not in options:
        faults.append(f"{name}: has a subsection, and is no command")
for heading in ("SYNOPSIS", "SERVICE", "REMOTE SENSORS", "EXAMPLES"):
    # In the synopsis a command's options follow in the next line.
    lines = re.sub(r"\n(?=\[)", " ", "\n".join(subsection(text, heading))).splitlines()
    faults += faults_of_lines(None, lines, options)
print("\n".join(faults) or f"{sum(map(len, options.values()))} options of {len(options)} commands")
sys.exit(bool(faults))
