# What tests of the SQLite store share; sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later
make_flowfile() { "$FZ_BUILD/tests/make_flowfile" "$@"; }
# A process that is being ended may still hold the file for a moment.
sql() { sqlite3 -batch -bail -cmd '.timeout 5000' "$1" "$2"; }

# Rows of a database: details, sum of rolled-up flows, rows of the ledger. A database without a schema has none.
rows_of() {
  local tables
  [[ -e $1 ]] || { echo "0 0 0"; return; }
  tables=$(sql "$1" "SELECT count(*) FROM sqlite_master WHERE name IN ('fz_flow', 'fz_hour', 'fz_load')")
  if ((tables == 0)); then echo "0 0 0"; return; fi
  sqlite3 -batch -bail -cmd '.timeout 5000' -separator ' ' "$1" \
    "SELECT (SELECT count(*) FROM fz_flow), (SELECT coalesce(sum(flows), 0) FROM fz_hour), (SELECT count(*) FROM fz_load)"
}

# holds DATABASE ROWS LOADS: as many details and rolled-up flows, and loads.
holds() { equal "$2 $2 $3" "$(rows_of "$1")" "details, rolled-up flows and loads of ${1##*/}"; }

intact() { equal ok "$(sql "$1" "PRAGMA integrity_check")" "integrity of ${1##*/}"; }

# says PATTERN COMMAND...: succeeds, with nothing on standard output and one line on standard error that matches.
says() { refused 0 "$@"; }
