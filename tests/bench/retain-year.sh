#!/usr/bin/env bash
# retain-year.sh: a year of days, as retention leaves it, in SQLite and in a MariaDB of its own: 100 zones, 4 sensors, 1,000 pairs of zones a
# sensor and day, two protocols each, 2.9 million rows; of the last day the hours of captures that are not merged yet. Then how long top and matrix
# over the year take, the best of five, and what a row costs.
#
#   FZ_BUILD  build folder to measure (a release build)
#   FZ_PAIRS  pairs a sensor and day (1000)
#
# Fails if SQLite takes longer than a second of processors. SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/../system/lib.sh"
. "$here/mariadb.sh"
[[ ${FZ_SANITIZE:-0} == 0 ]] || skip "a build with sanitizers has no speed to measure"
pairs=${FZ_PAIRS:-1000} first=20000 days=365

"$FZ_BUILD/tests/make_flowfile" --rows 2000 --seed 1 --settled --zones 100 --first=$((first * 86400))000000 --span 3500 --source 0.pcap --sensor s0 \
  --location Rome >"$work/0.flow"
# numbers NAME FIRST LAST: a common table.
numbers() { echo "$1 (n) AS (SELECT $2 UNION ALL SELECT n + 1 FROM $1 WHERE n < $3)"; }
sums="1 + (p.n * 31 + d.n * 17) % 50, 10 + (p.n * 7 + d.n) % 900, 20 + (p.n * 11 + d.n) % 700, 1000 + p.n * d.n % 90001, 2000 + p.n * d.n % 80021, 900 + p.n * d.n % 80021, 1900 + p.n * d.n % 70001"
columns="sensor, location, sip_zone, dip_zone, protocol, part, flows, sip_packets, dip_packets, sip_bytes, dip_bytes, sip_ip_bytes, dip_ip_bytes"
statements() { # SERVER?
  local divided=/ named="'s' || s.n" identity="'year' || d.n || '-' || s.n"
  [[ $1 == SQLite ]] || divided=DIV named="CONCAT('s', s.n)" identity="CONCAT('year', d.n, '-', s.n)"
  local with="WITH RECURSIVE $(numbers p 0 $((pairs - 1))), $(numbers s 0 3), $(numbers d "$first" $((first + days - 1))), q (n) AS (SELECT 6 UNION ALL SELECT 17)"
  local of_load="$identity, $named, 'Rome', 'year', 'full', '5tuple', 'outer', 0, 0, 0, '', '', d.n * 86400000000, 60, 0, 1000000, 900000000, 0, 0, 0, 0, 0, 0, 100000, d.n * 86400000000, (d.n + 1) * 86400000000 - 1"
  echo "DELETE FROM fz_load; DELETE FROM fz_flow; DELETE FROM fz_hour; DELETE FROM fz_host;"
  echo "INSERT INTO fz_load (identity, sensor, location, source, engine, flow_key, layers, interval_s, max_flows, vlan, display_filter, program, first_frame_us, first_frame_bytes, capture_bytes, counted_frames, counted_bytes, not_ip_frames, not_ip_bytes, unparsable_frames, unparsable_bytes, filtered_frames, filtered_bytes, records, start_us, end_us, loaded_us, state, capture_written_ns, rows_digest, day, folder, octets, row_kinds, minutes, packets, merged, dropped, dropping, dropped_us) $with SELECT $of_load, 0, 'complete', 0, d.n * 4 + s.n, d.n, '', 'wire', 'flows', -1, 0, CASE WHEN d.n = $((first + days - 1)) THEN 0 ELSE 1 END, CASE WHEN d.n < $((first + days - 7)) THEN 3 ELSE 0 END, 0, 0 FROM d, s;"
  echo "INSERT INTO fz_day (day, $columns) $with SELECT d.n, $named, 'Rome', 1 + p.n % 100, 1 + (p.n * 3 + p.n $divided 100 * 7 + s.n) % 100, q.n, (d.n - $first) * 4 + s.n + 1, $sums FROM d, s, p, q ORDER BY 1, 4, 5, 6, 7;"
  echo "INSERT INTO fz_hour (load_id, hour, service_port, $columns) $with SELECT l.load_id, d.n * 86400 + h.n * 3600, 443, $named, 'Rome', 1 + p.n % 100, 1 + (p.n * 3 + p.n $divided 100 * 7 + s.n) % 100, q.n, 0, $sums FROM d, s, p, q, (SELECT 22 AS n UNION ALL SELECT 23) h, fz_load l WHERE d.n = $((first + days - 1)) AND l.sensor = $named AND l.day = d.n;"
}
# asked STORE WORD...: the best of five, as other work on the machine disturbs; in seconds of processors, a server's too, and what that one took by
# the clock.
of_server() { [[ ! -e /proc/${mariadb_pid:-none}/stat ]] || awk '{ print $14 + $15 }' "/proc/$mariadb_pid/stat"; }
asked() {
  local turn before begun
  for turn in 1 2 3 4 5; do
    before=$(of_server) begun=$EPOCHREALTIME
    python3 "$here/measure.py" "$work/turn.$turn" "$FZ_BUILD/flowzone" "${@:2}" --utc --from "$1" 2>"$work/said" || { cat "$work/said"; return 1; }
    cut -d ' ' -f 1 "$work/turn.$turn.cost" | awk -v server="$(($(of_server) - ${before:-0}))" -v ticks="$(getconf CLK_TCK)" \
      -v took="$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))" '{ printf "%.2f %.2f\n", $1 + server / ticks, took / 1000 }'
  done | sort -n | head -n 1 >"$work/best"
  printf '%-46s %s s of processors, %s s by the clock\n' "${*:2}" $(<"$work/best")
  grep -q 'from days' <(tr -s ' \n' ' ' <"$work/said")
}
within_a_second() { asked "$@" && awk '{ exit !($1 < 1) }' "$work/best"; }
questions() { # LIMIT STORE
  local of=${2%%:*}
  counted "$of: matrix" "$1" "$2" matrix
  counted "$of: top" "$1" "$2" top --by zones
  counted "$of: top by protocol" "$1" "$2" top --by zones,proto
  counted "$of: top by sensor" "$1" "$2" top --by sensor,direction
  counted "$of: time" "$1" "$2" time --by client.zone --bin 1d
}
make_sqlite() {
  flowzone load --quiet --to "sqlite:$work/year.db" "$work/0.flow" && statements SQLite | sqlite3 "$work/year.db" &&
    sqlite3 -separator ' ' "$work/year.db" "SELECT COUNT(*), 'rows of days,' FROM fz_day; SELECT SUM(pgsize), 'bytes of them' FROM dbstat WHERE name = 'fz_day'"
}
busy() { echo "# load average: $(cut -d ' ' -f 1-3 /proc/loadavg)"; }
counted "SQLite is made" make_sqlite
busy
questions within_a_second "sqlite:$work/year.db"
mariadb_start --innodb-buffer-pool-size=512M --innodb-log-file-size=512M
make_mariadb() {
  flowzone load --quiet --to "$uri" "$work/0.flow" && { echo "SET max_recursive_iterations = 100000; USE flowzone;"; statements "$server"; echo "ANALYZE TABLE fz_day, fz_load;"; } |
    mariadb_client --batch --skip-column-names >/dev/null &&
    mariadb_sql "SELECT table_rows, 'rows of days, about,', data_length + index_length, 'bytes of them' FROM information_schema.tables WHERE table_schema = 'flowzone' AND table_name = 'fz_day'"
}
counted "$server is made" make_mariadb
busy
questions asked "$uri"
busy
finish
