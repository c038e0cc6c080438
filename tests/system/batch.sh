# shellcheck shell=bash
# What tests of `flowzone batch` share; sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later

# A ring file begins where an interval of a minute does, so that rows cut at minutes are the same in one pass.
ring_start=1600000020

# make_ring FOLDER: whole.pcap beside it, and its minutes as Suricata would name them. Sets ring_files.
make_ring() {
  local part seconds
  python3 "$FZ_SOURCE/packaging/demo_capture.py" demo.pcap >/dev/null
  # Ten minutes in the order of time, as a capturing program writes.
  reordercap demo.pcap ordered.pcap >/dev/null
  editcap -F pcap -A 1600000020 -B 1600000620 ordered.pcap whole.pcap
  mkdir -m 755 "$1" parts
  for ((seconds = ring_start; seconds < ring_start + 600; seconds += 60)); do
    part=$1/log.pcap.$seconds
    editcap -F pcap -A $seconds -B $((seconds + 60)) whole.pcap "$part"
  done
  rmdir parts
  ring_files=$(find "$1" -type f | wc -l)
  chmod a+r whole.pcap "$1"/*
}

# Nobody writes any more, and no file of this machine is read.
batch() { "${foreign_root[@]}" "$FZ_BUILD/flowzone" batch --config none --idle 0 "$@"; }
foreign_root=(env "${environment[@]}")

# flows DATABASE: all conversations, the same text for the same rows.
flows() {
  sqlite3 -batch -bail "$1" "SELECT $flow_columns FROM fz_flow ORDER BY $flow_columns"
}
flow_columns="start_us, end_us, hex(sip), hex(dip), sport, dport, protocol, sip_packets, dip_packets, sip_bytes, dip_bytes"

# said FILE TEXT: a line of it has the text.
said() { grep -qaF -- "$2" "$1" || { echo "nothing said: $2"; cat "$1"; return 1; }; }
