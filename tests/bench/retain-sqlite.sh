#!/usr/bin/env bash
# retain-sqlite.sh [CAPTURES [ROWS]]: details of so many captures (40) of so many conversations (50000) go from a SQLite file that nobody has
# merged anything of, or, with FZ_MERGED=1, that has all of it merged. Meanwhile another program takes the lock for writing again and again, as
# a load does. Prints how long retention took, the longest waits for the lock, and the sizes of the file.
#
#   FZ_BUILD   build folder to measure (a release build)
#   FZ_MERGED  1: `flowzone batch` had time to merge the captures
#
# Fails if a wait was longer than 0.5 s. SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/../system/lib.sh"
[[ ${FZ_SANITIZE:-0} == 0 ]] || skip "a build with sanitizers has no speed to measure"
captures=${1:-40} rows=${2:-50000} first=20000

for ((i = 1; i <= captures; i++)); do
  "$FZ_BUILD/tests/make_flowfile" --rows "$rows" --seed "$i" --first $((first * 86400000000 + i * 600000000)) --span 3000 --source "$i.pcap" --settled \
    >"$work/capture.flow"
  flowzone load --quiet --to "sqlite:$work/net.db" "$work/capture.flow"
done
rm "$work/capture.flow"
if [[ ${FZ_MERGED:-0} == 1 ]]; then
  mkdir "$work/empty"
  flowzone batch --config none --engine scan --ring "$work/empty" --to "sqlite:$work/net.db" >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
fi

cat >"$work/wait.py" <<'PY'
import signal, sqlite3, sys, time
signal.signal(signal.SIGTERM, signal.default_int_handler)
store = sqlite3.connect(sys.argv[1], timeout=600, isolation_level=None)
waits = []
try:
    while True:
        begin = time.monotonic()
        store.execute("BEGIN IMMEDIATE")
        waits.append(time.monotonic() - begin)
        store.execute("COMMIT")
        time.sleep(0.02)
except KeyboardInterrupt:
    waits.sort()
    print(f"{len(waits)} waits, the longest {', '.join(f'{wait:.2f}' for wait in waits[-5:])} s")
    sys.exit(waits[-1] > 0.5)
PY
before=$(stat -c %s "$work/net.db")
python3 "$work/wait.py" "$work/net.db" >"$work/waits" &
waiter=$!
begun=$EPOCHREALTIME
flowzone retain --config none --to "sqlite:$work/net.db" --now 2026-11-28 --details 1d --packets 1d
took=$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
kill "$waiter"
waited() { wait "$waiter"; }
check "no wait is longer than 0.5 s" waited
printf '%d captures of %d conversations: %d ms, %s; %d bytes, then %d\n' "$captures" "$rows" "$took" "$(cat "$work/waits")" "$before" "$(stat -c %s "$work/net.db")"
check "the store agrees with itself" flowzone verify --to "sqlite:$work/net.db"
