# shellcheck shell=bash
# What tests of `flowzone batch` share; sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later

# A ring file begins where an interval of a minute does, so that rows cut at minutes are the same in one pass.
ring_start=1600000020

# make_ring FOLDER [MINUTES [PACKETS]]: whole.pcap beside it, and its minutes as Suricata names them. Sets ring_files.
make_ring() {
  python3 "$here/ring_captures.py" "$1" whole.pcap "${@:2}"
  ring_files=$(find "$1" -type f | wc -l)
  chmod a+rX whole.pcap "$1" "$1"/*
}

# No process writes to the files any more, and no settings of this machine are read.
batch() { "${foreign_root[@]}" "$FZ_BUILD/flowzone" batch --config none --idle "${idle:-0}" "$@"; }
foreign_root=(env "${environment[@]}")

# store NAME: the address of a database of the test's own.
store() { echo "sqlite:$work/$1.db"; }

# flows DATABASE: all conversations, the same text for the same rows.
flows() {
  sqlite3 -batch -bail "$1" "SELECT $flow_columns FROM fz_flow ORDER BY $flow_columns"
}
flow_columns="start_us, end_us, hex(sip), hex(dip), sport, dport, protocol, sip_packets, dip_packets, sip_bytes, dip_bytes"

# said FILE TEXT: a line of it has the text.
said() { grep -qaF -- "$2" "$1" || { echo "nothing said: $2"; cat "$1"; return 1; }; }

# capture_of MINUTE: the name of that file of the ring.
capture_of() { echo "log.pcap.$((ring_start + 60 * $1))"; }

# start_follower OPTION...: batch --follow in the background; sets follower, its process. What it says goes to follow.err.
start_follower() {
  "${foreign_root[@]}" "$FZ_BUILD/flowzone" batch --config none --follow "$@" 2>follow.err &
  follower=$!
}

# within TENTHS COMMAND...: it comes true in that time. What follower says is shown if it does not.
within() {
  local try
  for ((try = 0; try < $(stretched "$1"); try++)); do
    if "${@:2}" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "not within $try tenths of a second: ${*:2}"
  cat follow.err
  return 1
}

# ticks PROCESS: the processor time that it has used. still PROCESS: it watches its ring, and sleeps.
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
still() {
  local before
  before=$(ticks "$1")
  sleep 1
  find "/proc/$1/fd" -lname '*inotify*' | grep . && equal "S $before" "$(cut -d ' ' -f 3 "/proc/$1/stat") $(ticks "$1")" "state and ticks"
}

# ends_within TENTHS PROCESS: a job of ours, whose status it returns; one that does not end in that time is killed, and reported.
ends_within() {
  local try=0
  while kill -0 "$2" 2>/dev/null && ((try++ < $(stretched "$1"))); do sleep 0.1; done
  if kill -0 "$2" 2>/dev/null; then
    echo "it did not end within $try tenths of a second"
    kill -KILL "$2"
  fi
  wait "$2"
}

# hold DATABASE HOW: another process, $holder, opens a transaction in it; returns once it has. It ends with `release DATABASE`.
hold() {
  sqlite3 -batch "$1" "BEGIN $2" ".shell touch $1.held" ".shell while [ -e $1.held ]; do sleep 0.1; done" COMMIT &
  holder=$!
  awaited test -e "$1.held"
}
release() { rm "$1.held"; }
