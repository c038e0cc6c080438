"""dialog_rows.py: reads what a statistics dialog of Wireshark copies as plain text, and prints it as CSV without the rank.

Cells are at least two spaces apart; a zone's name may have single ones. SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import re
import sys

lines = sys.stdin.read().splitlines()
if len(lines) < 5 or not lines[0].startswith("==") or not lines[3].startswith("--"):
    sys.exit(f"not a copied table: {lines[:5]}")
output = csv.writer(sys.stdout, lineterminator="\n")
for line in lines[4:-1]:
    output.writerow(re.split(r" {2,}", line.strip())[1:])
