#!/usr/bin/env bash
# run.sh [OPTION...] [CAPTURE]: our engines, loads, lookups and the whole way against the tools that do the same work; prints a table.
#
# Without a CAPTURE it makes one. A small one (Ethernet) is copied, each time with other addresses, up to two million packets, which
# is also how it finds out how costs grow. What cannot run is listed at the end; packaging/install-deps.sh bench installs
# what Debian has (some of it are services that start by themselves: not for a machine that is not yours).
#
#   --rounds N      of each contest (5)
#   --packets N     copy the capture up to so many (2000000)
#   --only GROUPS   of engines,loads,pipeline,zones,growth
#   --quick         one round, 100,000 packets: shows that everything works, and says nothing about speed (no verdicts below 3 rounds)
#   FZ_BUILD        build folder to measure; else a release build is made
#
# Every figure is a ratio of two programs that ran one after the other, in turn, on the same input; tests/bench/bench.py says how they
# are taken. Never a reason to fail: a missed goal is printed, the exit status is 0. SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
bench=$(cd "$(dirname "$0")" && pwd)
FZ_SOURCE=$(cd "$bench/../.." && pwd)
rounds=5 packets=2000000 only=engines,loads,pipeline,zones,growth capture=
while (($# > 0)); do
  case $1 in
    --rounds) rounds=${2:?} && shift ;;
    --packets) packets=${2:?} && shift ;;
    --only) only=${2:?} && shift ;;
    --quick) rounds=1 packets=100000 ;;
    -h | --help) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" && exit ;;
    -*) echo "run.sh: $1: no such option; --help lists them" >&2 && exit 2 ;;
    *) capture=$(realpath "$1") ;;
  esac
  shift
done
for number in "$rounds" "$packets"; do
  [[ $number =~ ^[1-9][0-9]{0,8}$ ]] || { echo "run.sh: $number: expected a number" >&2; exit 2; }
done
[[ -z $capture || -r $capture ]] || { echo "run.sh: $capture: cannot be read" >&2; exit 1; }

if [[ -z ${FZ_BUILD:-} ]]; then
  "$FZ_SOURCE/packaging/install-deps.sh" build run
  echo "Building ..." >&2
  FZ_BUILD=$("$FZ_SOURCE/packaging/build.sh" release 2>/dev/null) || { echo "run.sh: the build failed" >&2; exit 1; }
fi
export FZ_BUILD FZ_SOURCE

# The folder, the unprivileged user, tshark with the plugin, and a server of our own are those of the system tests.
. "$FZ_SOURCE/tests/system/lib.sh"
end() {
  local status=$?
  trap - EXIT
  if [[ -n ${mariadb_pid:-} ]]; then mariadb_stop; fi
  cleanup
  exit "$status"
}
trap end EXIT
declare -A lacking=()
PATH=$PATH:/usr/sbin
for program in mariadbd mariadb mariadb-install-db; do
  command -v "$program" >/dev/null || lacking[mariadb]="$program is not installed"
done
if [[ $only != *loads* ]]; then lacking[mariadb]="not asked for"; fi
tools=$FZ_BUILD/tests
command -v capinfos >/dev/null || { echo "run.sh: capinfos and editcap are needed (Debian: wireshark-common)" >&2; exit 1; }
[[ -x $tools/copy_capture ]] || { echo "run.sh: $tools/copy_capture: not built (BUILD_TESTING=OFF?)" >&2; exit 1; }

# Debian's Python has Debian's modules, whichever is first in PATH.
pandas=
for python in python3 /usr/bin/python3; do
  if "$python" "$bench/blog.py" modules >/dev/null 2>&1; then pandas=$python && break; fi
done
[[ -n $pandas ]] || lacking[pandas]="pandas, SQLAlchemy or MySQLdb of Python is not installed"

# The captures: one copy, as many as asked for, as many of the same addresses, and none.
small=$work/small.pcap capture_of_all=$work/all.pcap same=$work/same.pcap empty=$work/empty.pcap
frames() { capinfos -cTrM "$1" 2>/dev/null | cut -f2; }
if [[ -z $capture ]]; then
  python3 "$FZ_SOURCE/packaging/demo_capture.py" "$work/demo.pcap" >/dev/null
  capture=$work/demo.pcap
fi
count=$(frames "$capture")
[[ $count =~ ^[1-9] ]] || { echo "run.sh: $capture: capinfos counts no packets in it" >&2; exit 1; }
copies=$(((packets + count / 2) / count))
if ((copies > 1)) && editcap -F pcap -T ether "$capture" "$small" 2>/dev/null && "$tools/copy_capture" "$small" "$copies" "$capture_of_all"; then
  "$tools/copy_capture" "$small" 1 "$work/one.pcap" && mv "$work/one.pcap" "$small"
  if [[ $only == *growth* ]]; then
    "$tools/copy_capture" "$small" 0 "$empty"
    "$tools/copy_capture" --same-addresses "$small" "$copies" "$same"
  fi
else
  copies=1 small=
  cp "$capture" "$capture_of_all"
  if [[ $only == *growth* ]]; then echo "growth: needs copies, and the capture is large already: give a smaller one"; fi
fi
chmod a+r "$work"/*.pcap

if [[ -z ${lacking[mariadb]:-} ]]; then
  . "$FZ_SOURCE/tests/system/mariadb.sh"
  mariadb_finish() { end; }
  mariadb_start --local-infile=1 --innodb-buffer-pool-size=1G --innodb-log-file-size=512M
fi

cat "$capture_of_all" >/dev/null # into the page cache
echo "$(frames "$capture_of_all") packets in $(($(stat -c %s "$capture_of_all") / 1000000)) MB, $copies cop$( ((copies == 1)) && echo y || echo ies); $rounds rounds;" \
  "$(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg); $(tshark --version 2>/dev/null | head -n 1 | sed 's/ (Git.*//')"
json=$(for name in "${!lacking[@]}"; do printf '%s\n%s\n' "$name" "${lacking[$name]}"; done |
  python3 -c 'import json, sys; lines = sys.stdin.read().splitlines(); print(json.dumps(dict(zip(lines[::2], lines[1::2]))))')
python3 "$bench/bench.py" --rounds "$rounds" --only "$only" --folder "$work" --capture "$capture_of_all" --small "$small" --same "$same" \
  --empty "$empty" --flowzone "$FZ_BUILD/flowzone" --bench-zone "$tools/bench_zone" --tshark "${tshark_command[*]@Q}" \
  --plain "${plain[*]@Q}" --python "python3 ${bench@Q}/blog.py" --pandas "${pandas:+$pandas ${bench@Q}/blog.py}" \
  --mariadb-socket "${mariadb_socket:-}" --mariadb-user "$(id -un)" --mariadb-uri "${uri:-}" --lacking "$json"
