# shellcheck shell=bash
# What tests of upgrades share; sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later

# grow_sql KIND TIMES: SQL that adds ten captures, each with the details of the second one, TIMES times, to a store of version 2 or 3, in
# which the tables "captures" (c, 10 to 19) and "numbers" (i, 0 to TIMES - 1) are there. KIND: sqlite or mariadb.
grow_sql() {
  local kind=$1 times=$2 id names
  local same="dip, sip_zone, dip_zone, sport, dport, protocol, vlan, sip_packets, dip_packets, sip_bytes, dip_bytes, sip_ip_bytes, dip_ip_bytes,
    sip_tcp_flags, dip_tcp_flags, end_reason"
  # Rows are numbered without gaps: the second capture has 20 of them in the SQLite stores, 30 in MariaDB's.
  case $kind in
  sqlite) names=flow_id id="(c << 36) + i * 20 + row_no" ;;
  mariadb) names="load_id, row_no" id="c, i * 30 + row_no" ;;
  esac
  echo "INSERT INTO fz_flow ($names, start_us, end_us, sip, $same)
      SELECT $id, start_us + c * 3600000000, end_us + c * 3600000000, sip, $same FROM captures, numbers, fz_flow WHERE load_id = 2
      ORDER BY c, i, row_no;
    INSERT INTO fz_hour SELECT c, hour + c * 3600, sensor, location, sip_zone, dip_zone, protocol, service_port, part, flows * $times,
      sip_packets * $times, dip_packets * $times, sip_bytes * $times, dip_bytes * $times, sip_ip_bytes * $times, dip_ip_bytes * $times
      FROM captures, fz_hour WHERE load_id = 2;"
  local c
  for ((c = 10; c < 20; c++)); do
    echo "CREATE TEMPORARY TABLE more AS SELECT * FROM fz_load WHERE load_id = 2;
      UPDATE more SET load_id = $c, identity = '${c}00000000000000000000000000000000000000000000000000000000000000', source = 'day$c.pcap',
        counted_frames = counted_frames * $times, counted_bytes = counted_bytes * $times, records = records * $times,
        first_frame_us = first_frame_us + $c * 3600000000, start_us = start_us + $c * 3600000000, end_us = end_us + $c * 3600000000;
      INSERT INTO fz_load SELECT * FROM more;
      DROP TABLE more;"
  done
}

# grow DATABASE ROWS: about as many details more, in a SQLite store.
grow() {
  sql "$1" "BEGIN;
    CREATE TEMPORARY TABLE captures AS WITH RECURSIVE n(c) AS (SELECT 10 UNION ALL SELECT c + 1 FROM n WHERE c < 19) SELECT c FROM n;
    CREATE TEMPORARY TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $2 / 300 - 1) SELECT i FROM n;
    $(grow_sql sqlite $(($2 / 300))) COMMIT;"
}

# all_rows: all that a store has but its version and its days, whatever the order. `table_rows TABLE` prints it.
all_rows() {
  local table
  for table in load zone flow packet minute hour host host_day name export; do
    echo "fz_$table"
    table_rows "fz_$table" | LC_ALL=C sort
  done
}
# days_are_right: the days are the merged hours by day, as merges write them, and there are some. `ask SQL` prints rows.
days_are_right() {
  local sums="flows sip_packets dip_packets sip_bytes dip_bytes sip_ip_bytes dip_ip_bytes" keys="sensor, location, sip_zone, dip_zone, protocol"
  ask "SELECT day * 86400, $keys, part, ${sums// /, } FROM fz_day ORDER BY 1, 2, 3, 4, 5, 6" >"$work/days"
  ask "SELECT * FROM (SELECT hour - hour % 86400, $keys, MAX(ABS(part)), $(sed -E 's/(\w+)/SUM(\1) AS \1/g; s/ SUM/, SUM/g' <<<"$sums") FROM fz_hour
    WHERE load_id = 0 GROUP BY hour - hour % 86400, $keys) h WHERE flows <> 0 ORDER BY 1, 2, 3, 4, 5, 6" >"$work/days.expected"
  [[ -s $work/days ]] && same "$work/days.expected" "$work/days"
}

# merges_go_on ADDRESS: a batch that loads a capture of one packet merges all that waits, and hours and days go on.
merges_go_on() {
  mkdir -p "$work/ring" && python3 -c 'import struct, sys
packet = bytes.fromhex("ffffffffffff00000000000108004500001c000000004011000000000a0000010a0000020001000200080000")
sys.stdout.buffer.write(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000") +
                        struct.pack("<IIII", 1700000000, 0, len(packet), len(packet)) + packet)' >"$work/ring/more.pcap" &&
    flowzone batch --config none --idle 0 --engine scan --ring "$work/ring" --to "$1" >/dev/null 2>"$work/batch.err" || { cat "$work/batch.err"; return 1; }
  equal 0 "$(ask "SELECT count(*) FROM fz_load WHERE merged = 0")" "loads that are not merged" && days_are_right && verified
}

# Of a server, whose rows `ask SQL` prints; `old VERSION` makes an older store.
# contents: all that an older store has, after its upgrade too.
contents() {
  ask "SELECT load_id, identity, source, sensor, location, engine, flow_key, layers, interval_s, max_flows, vlan, display_filter, program,
    first_frame_us, first_frame_bytes, capture_bytes, counted_frames, counted_bytes, not_ip_frames, not_ip_bytes, unparsable_frames,
    unparsable_bytes, filtered_frames, filtered_bytes, records, start_us, end_us, loaded_us, state FROM fz_load ORDER BY load_id;
    SELECT zone_id, digest, location, prefix, number, name FROM fz_zone ORDER BY zone_id;
    SELECT load_id, row_no, start_us, HEX(sip), HEX(dip), sip_zone, dip_zone, end_us, sport, dport, protocol, vlan, sip_packets, dip_packets,
      sip_bytes, dip_bytes, sip_ip_bytes, dip_ip_bytes, sip_tcp_flags, dip_tcp_flags, end_reason FROM fz_flow ORDER BY load_id, row_no;
    SELECT load_id, hour, sensor, location, sip_zone, dip_zone, protocol, service_port, part, flows, sip_packets, dip_packets, sip_bytes,
      dip_bytes, sip_ip_bytes, dip_ip_bytes FROM fz_hour ORDER BY 1, 2, 5, 6, 7, 8, 9"
}
# as_sqlite VERSION: both kinds of stores end with the same rows of addresses.
as_sqlite() {
  rm -f "$work/lite.db"
  sqlite3 -batch -bail "$work/lite.db" <"$FZ_SOURCE/tests/golden/store-$1.sqlite.sql"
  flowzone upgrade --to "sqlite:$work/lite.db" 2>/dev/null || return
  local hosts="FROM fz_host h JOIN fz_load l ON l.load_id = h.load_id LEFT JOIN fz_zone z ON z.zone_id = h.zone ORDER BY 1, 2, 3, 4"
  local columns="part, flows, packets_sent, packets_received, bytes_sent, bytes_received"
  sqlite3 -batch -separator $'\t' "$work/lite.db" "SELECT l.source, h.hour, hex(h.addr), coalesce(z.digest, ''), $columns $hosts" >"$work/lite.hosts"
  ask "SELECT l.source, h.hour, HEX(h.addr), COALESCE(z.digest, ''), $columns $hosts" >"$work/hosts"
  [[ -s $work/hosts ]] && same "$work/lite.hosts" "$work/hosts"
}
# grown VERSION TIMES: an older store with ten captures more, see grow_sql.
grown() {
  old "$1" && mariadb_client flowzone <<<"CREATE TABLE captures (c BIGINT);
    INSERT INTO captures VALUES (10), (11), (12), (13), (14), (15), (16), (17), (18), (19);
    CREATE TABLE numbers (i BIGINT); INSERT INTO numbers SELECT n FROM (SELECT (a.c - 10) + 10 * (b.c - 10) + 100 * (d.c - 10) + 1000 * (e.c - 10) AS n
      FROM captures a, captures b, captures d, captures e) x WHERE n < $2;
    $(grow_sql mariadb "$2") DROP TABLE captures, numbers;"
}
