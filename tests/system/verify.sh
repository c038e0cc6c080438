# shellcheck shell=bash
# What tests of `flowzone verify` share. Sourced behind lib.sh, sqlite.sh and mariadb.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# use KIND                          the store that all below work on: sqlite, mariadb; singlestore, if its proxy is there
# empty                             takes it away
# ask SQL                           statements on it, cells between bars
# agrees PATTERN                    verify says so, in one line
# damaged NAME SQL UNDO PATTERN...  a check: after SQL every pattern is a line or more of verify's, and UNDO takes it back
use() {
  kind=$1
  case $kind in
  sqlite) to=sqlite:$work/net.db divided=/ ;;
  mariadb) to=$uri divided=DIV ;;
  singlestore) divided=DIV ;; # empty sets its address
  esac
}
ask() {
  case $kind in
  sqlite) sqlite3 -batch -bail -cmd '.timeout 5000' "$work/net.db" "$1" ;;
  *) mariadb_client --batch --skip-column-names flowzone -e "$1" | tr '\t' '|' ;;
  esac
}
verify() { flowzone verify --to "$to" "$@"; }
agrees() { verify >"$work/out" 2>"$work/err" && equal 1 "$(wc -l <"$work/out")" lines && grep -qE "$1" "$work/out" && same /dev/null "$work/err" || { cat "$work/out" "$work/err"; return 1; }; }
empty() {
  case $kind in
  sqlite) rm -f "$work/net.db"* ;;
  mariadb) fresh_database ;;
  singlestore) fresh ;;
  esac
}
load() { flowzone load --quiet --to "$to" "$@"; }
id_of() { ask "SELECT load_id FROM fz_load WHERE source = '$1'"; }
finds() { # SQL UNDO PATTERN...
  local sql=$1 undo=$2 status=0 pattern
  shift 2
  ask "$sql" || return
  verify >"$work/out" 2>"$work/err" || status=$?
  ask "$undo" || return
  equal 1 "$status" status && same /dev/null "$work/err" || return
  for pattern; do grep -qE "$pattern" "$work/out" || { echo "no line like: $pattern"; cat "$work/out"; return 1; }; done
}
damaged() {
  local name=$1
  shift
  check "$kind: $name" finds "$@"
}

# SQL that adds the hours and hosts of loads to the days, as a merge does, or some of them; the hours are the caller's.
list_of() { # FORMAT COLUMN...
  local format=$1
  shift
  # shellcheck disable=SC2059 # a format
  printf "$format" "$@"
}
to_days() { # LOAD, LOAD... [CONDITION OF HOURS] [OF HOSTS]
  local of_hours=${2:-1 = 1} of_hosts=${3:-1 = 1}
  local sums=(flows sip_packets dip_packets sip_bytes dip_bytes sip_ip_bytes dip_ip_bytes)
  local hosts=(flows packets_sent packets_received bytes_sent bytes_received) key="r.hour $divided 86400"
  echo "INSERT INTO fz_day (day, sensor, location, sip_zone, dip_zone, protocol, part$(list_of ', %s' "${sums[@]}"))
      SELECT $key, r.sensor, r.location, r.sip_zone, r.dip_zone, r.protocol, r.load_id$(list_of ', SUM(r.%s)' "${sums[@]}") FROM fz_hour r
      WHERE r.load_id IN ($1) AND $of_hours GROUP BY $key, r.sensor, r.location, r.sip_zone, r.dip_zone, r.protocol, r.load_id;
    INSERT INTO fz_host_day (day, sensor, location, addr, zone, part$(list_of ', %s' "${hosts[@]}"))
      SELECT $key, l.sensor, l.location, r.addr, r.zone, r.load_id$(list_of ', SUM(r.%s)' "${hosts[@]}") FROM fz_host r
      JOIN fz_load l ON l.load_id = r.load_id WHERE r.load_id IN ($1) AND $of_hosts GROUP BY $key, l.sensor, l.location, r.addr, r.zone, r.load_id;
    DELETE FROM fz_host WHERE load_id IN ($1) AND $of_hosts;"
}
merged() { # LOAD, LOAD...: SQL that does what a merge does
  to_days "$1"
  echo "UPDATE fz_hour SET part = load_id, load_id = 0 WHERE load_id IN ($1); UPDATE fz_load SET merged = 1 WHERE load_id IN ($1)"
}
