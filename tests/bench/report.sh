#!/usr/bin/env bash
# report.sh [PART]: `flowzone report` of a day in SQLite: 10,000,800 conversations in 1,440 captures of a minute, two hundred services, forty
# zones. It takes less than 5 s of processors and 200 MB.
#
#   PART      one in so many of the captures (1); in as much of the time, and a second
#   FZ_BUILD  build folder to measure (a release build)
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/../system/lib.sh"
part=${1:-1}
rows=6945 captures=$((1440 / part)) day=1511308800
[[ ${FZ_SANITIZE:-0} == 0 ]] || skip "a build with sanitizers has no speed to measure"
seconds=5 megabytes=200
((part == 1)) || seconds=$(awk "BEGIN { print 1 + 5 / $part }")
cd "$work"

store_of_a_day() {
  local i files=()
  for ((i = 0; i < captures; i++)); do
    "$FZ_BUILD/tests/make_flowfile" --rows "$rows" --seed "$i" --services 200 --zones 40 --minutes --settled --first="$((day + i * 60 * part))000000" --span 59 \
      --source "$i.pcap" --sensor edge --location Rome >"$i.flow" || return
    files+=("$i.flow")
    if (((i + 1) % 60 == 0 || i + 1 == captures)); then # no more files at a time than this
      flowzone load --quiet --to sqlite:net.db "${files[@]}" && rm "${files[@]}" || return
      files=()
    fi
  done
  equal "$((rows * captures)) $captures" "$(sqlite3 -separator ' ' net.db 'SELECT (SELECT COUNT(*) FROM fz_flow), COUNT(*) FROM fz_load')" "conversations and captures"
}
check "a day is loaded" store_of_a_day
# reported NAME OPTION...: what it costs, the best of three: other work on the machine disturbs; the page is whole.
reported() {
  local turn
  for turn in 1 2 3; do
    python3 "$here/measure.py" "$1.$turn" "$FZ_BUILD/flowzone" report --utc --from net.db "${@:2}" 2>"$1.err" || { cat "$1.err"; return 1; }
    grep -q '<h1>Who talked to whom' "$1.$turn.out" && tail -n 1 "$1.$turn.out" | grep -q '</html>$' || { echo "no whole page"; return 1; }
  done
  sort -n "$1".[123].cost | awk -v limits="$seconds $megabytes" -v rows="$((rows * captures))" '
    NR == 1 { best = $1 } { times = times (NR > 1 ? ", " : "") $1; most = $2 > most ? $2 : most }
    END {
      split(limits, limit)
      printf "%d conversations: %s s of processors, at most %d MB; expected less than %.2f s, %d MB\n", rows, times, most, limit[1], limit[2]
      exit !(best < limit[1] && most < limit[2])
    }'
}
counted "a report of all" reported all
counted "and of an hour, against the one before" reported hour --since 2017-11-22T07:00Z --until 2017-11-22T08:00Z
