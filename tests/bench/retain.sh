#!/usr/bin/env bash
# retain.sh [ROWS]: a day of so many conversations (10000000) in a MariaDB of its own goes by `flowzone retain`, while two loaders load one
# capture after the other. Prints how long it took, its statements for that day, and the longest statements of the loaders meanwhile and
# before.
#
#   FZ_BUILD  build folder to measure (a release build)
#   FZ_POOL   the server's innodb_buffer_pool_size (1G)
#   FZ_SMALL  how many captures the loaders have (400); 0: nobody loads
#
# Figures are printed, and never a reason to fail. SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/../system/lib.sh"
. "$here/mariadb.sh"
rows=${1:-10000000} captures=100 small=${FZ_SMALL:-400}
cd "$work"

day=20000 now=20008
make() { # FILE DAY SEED ROWS
  "$FZ_BUILD/tests/make_flowfile" --rows "$4" --seed "$3" --first $(($2 * 86400000000 + $3 * 1000000)) --span 3000 --source "$3.pcap" --settled >"$1"
}
date_of() { date -u -d "@$(($1 * 86400))" +%F; }
# Retention has an account of its own, so that the log of statements tells it from loaders.
printf '[flowzone]\nuser=keeper\npassword="%s"\n' "$password" >keeper.cnf
retain() { flowzone retain --config none --to "mysql:///flowzone?socket=$mariadb_socket&option-file=$work/keeper.cnf" "$@"; }
columns_of() { # TABLE WITHOUT...: those that are stored
  mariadb_sql "SET group_concat_max_len = 10000; SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS WHERE
    TABLE_SCHEMA = 'flowzone' AND TABLE_NAME = '$1' AND EXTRA NOT LIKE '%GENERATED%' AND COLUMN_NAME NOT IN ($2)"
}

# The first capture is loaded, and the others are copies of it: of what goes it does not matter what it adds up to.
made() {
  local flow load i
  make 0.flow $day 1 1 && load --quiet 0.flow &&
    mariadb_sql "CREATE USER keeper IDENTIFIED BY '$password'; GRANT ALL ON flowzone.* TO keeper;
      DELETE FROM flowzone.fz_flow; DELETE FROM flowzone.fz_load; DELETE FROM flowzone.fz_hour; DELETE FROM flowzone.fz_host" &&
    retain --now "$(date_of $day)" --details 1d && make 1.flow $day 1 $((rows / captures)) && load --quiet 1.flow || return
  flow=$(columns_of fz_flow "'load_id'") load=$(columns_of fz_load "'load_id','identity','merged'")
  for ((i = 2; i <= captures; i++)); do
    mariadb_sql "USE flowzone; SET @first = (SELECT MIN(load_id) FROM fz_load); START TRANSACTION;
      INSERT INTO fz_load (identity, merged, $load) SELECT SHA2('$i', 256), 1, $load FROM fz_load WHERE load_id = @first;
      INSERT INTO fz_flow (load_id, $flow) SELECT LAST_INSERT_ID(), $flow FROM fz_flow WHERE day = $day AND load_id = @first; COMMIT" || return
  done
  count fz_flow
  for ((i = 1; i <= small; i++)); do make small.$i.flow $now $((1000 + i)) 2000 || return; done
}

# worst USER: the longest statement of the log since the last call, in seconds, and the statement.
worst() {
  awk -v user="$1" '/^# User@Host:/ { who = $3 } /^# Query_time:/ { time = $3 }
    /^(SET timestamp|use |#)/ { next } who ~ "^" user { if (time > most) { most = time; what = substr($0, 1, 60) } } END { print most + 0 " s: " what }' "$mariadb/slow.log"
}
loaders=()
start_loaders() { # FROM
  loaders=()
  local half=$((small / 4)) first
  for first in "$1" $(($1 + half)); do
    flowzone load --quiet --to "$uri" $(seq -f 'small.%.0f.flow' "$first" $((first + half - 1))) &
    loaders+=($!)
  done
}
end_loaders() {
  ((${#loaders[@]} == 0)) || wait "${loaders[@]}"
}
measured() {
  local begin
  ((small == 0)) || start_loaders 1
  end_loaders || return
  echo "two loaders alone: longest statement $(worst loader)"
  : >"$mariadb/slow.log"
  ((small == 0)) || { start_loaders $((small / 2 + 1)) && { awaited at_work INSERT || true; }; }
  begin=$(date +%s%3N)
  retain --now "$(date_of $now)" --details 7d >said 2>&1 || { cat said; return 1; }
  echo "retention in all: $(($(date +%s%3N) - begin)) ms; meanwhile $(jobs -rp | wc -l) loaders ran"
  end_loaders || return
  cat said
  echo "longest statement of a loader: $(worst loader)"
  echo "statements of retention for the day:"
  awk '/^# User@Host:/ { who = $3 } /^# Query_time:/ { time = $3 } /^(SET timestamp|use |#)/ { next }
    who ~ /^keeper/ && /gone|LOCK|EXCHANGE|REORGANIZE|DROP PART/ && !/_try/ { sum += time; printf "  %.3f s  %s\n", time, substr($0, 1, 110) } END { printf "  %.3f s  in all\n", sum }' "$mariadb/slow.log"
}
shown() { # COMMAND
  "$1" >"$work/$1.out" 2>&1 || { cat "$work/$1.out"; return 1; }
}
mariadb_start --local-infile=1 --innodb-buffer-pool-size="${FZ_POOL:-1G}" --innodb-log-file-size=512M --slow-query-log=1 --long-query-time=0 \
  --slow-query-log-file="$mariadb/slow.log"
check "MariaDB: a day of $rows conversations" shown made
check "MariaDB: it goes beside two loaders" shown measured
sed 's/^/      /' "$work/measured.out"
