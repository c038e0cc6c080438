"""junit.py counts|reasons|skips|times RESULTS.xml: what ctest's results say: how many tests passed and failed; of each test that failed, why;
which tests, and which checks of a test, were skipped, and why; how long each test took, and how much of that processors worked.

The reasons are the lines that say FAIL or ERROR with what is indented below them; without any, the end of the test's output.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import sys
import xml.etree.ElementTree as xml

LINES = 25
FAULT = re.compile(r"FAIL|\[ *(FAILED|ERROR) *\]|Error|Assertion|error:")


def reasons(output):
    lines, told, inside = output.splitlines(), [], False
    for line in lines:
        fault = FAULT.search(line) is not None
        inside = fault or (inside and line.startswith("      "))
        if inside:
            told.append(line)
    return told[:LINES] or lines[-LINES:]


def skips(test):
    output = test.findtext("system-out") or ""
    if test.find("skipped") is not None or test.get("status") in ("notrun", "disabled"):
        whole = re.search(r"^skipped: (.*)", output, re.M)
        return [whole.group(1) if whole else "not run"]
    cases = dict.fromkeys(re.findall(r"^\[ *SKIPPED *\] (\D.*)", output, re.M))
    return re.findall(r"^skip  (.*)", output, re.M) + [f"{case}: its own skip()" for case in cases]


def main():
    suite = xml.parse(sys.argv[2]).getroot()
    if sys.argv[1] == "counts":
        total, bad, skipped = (int(suite.get(name)) for name in ("tests", "failures", "skipped"))
        print(total - bad - skipped, bad)
        return
    for test in suite.iter("testcase"):
        if sys.argv[1] == "skips":
            print(*(f"{test.get('name')}: {skip}\n" for skip in skips(test)), sep="", end="")
        elif sys.argv[1] == "times":
            work = re.search(r"^took .*, ([\d.]+) s of processors", test.findtext("system-out") or "", re.M)
            print(f"{float(test.get('time')):8.1f} s, {work.group(1) if work else '?':>7} s of processors  {test.get('name')}")
        elif test.get("status") == "fail":
            print(f"  {test.get('name')}:")
            print(*(f"      {line}" for line in reasons(test.findtext("system-out") or "no output")), sep="\n")


main()
