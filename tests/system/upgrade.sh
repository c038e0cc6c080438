# shellcheck shell=bash
# What tests of upgrades share; sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later

# grow_sql KIND TIMES: SQL that adds ten captures, each with the details of the second one, TIMES times, to a store of version 2 or 3, in
# which the tables "captures" (c, 10 to 19) and "numbers" (i, 0 to TIMES - 1) are there. KIND: sqlite or mariadb.
grow_sql() {
  local kind=$1 times=$2 id names
  local same="dip, sip_zone, dip_zone, sport, dport, protocol, vlan, sip_packets, dip_packets, sip_bytes, dip_bytes, sip_ip_bytes, dip_ip_bytes,
    sip_tcp_flags, dip_tcp_flags, end_reason"
  case $kind in
  sqlite) names=flow_id id="(c << 36) + i * 30 + row_no" ;;
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
