"""junit.py counts|reasons RESULTS.xml: what ctest's results say: how many tests passed and failed; or, of each test that failed, why.

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


def main():
    suite = xml.parse(sys.argv[2]).getroot()
    if sys.argv[1] == "counts":
        total, bad, skipped = (int(suite.get(name)) for name in ("tests", "failures", "skipped"))
        print(total - bad - skipped, bad)
        return
    for test in suite.iter("testcase"):
        if test.get("status") == "fail":
            print(f"  {test.get('name')}:")
            print(*(f"      {line}" for line in reasons(test.findtext("system-out") or "no output")), sep="\n")


main()
