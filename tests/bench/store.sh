#!/usr/bin/env bash
# store.sh [WAITING]: two million conversations in 240 captures of an hour, in SQLite and in a MariaDB of its own; then what each query of
# flowzone-store(7) costs there, in seconds of processor time, and whether its plan finds rows by their captures.
#
#   WAITING   how many of the newest captures are not merged (15: as many as may wait)
#   FZ_BUILD  build folder to measure (a release build)
#
# Fails if a plan reads all details. Figures are printed, and never a reason to fail. SPDX-License-Identifier: GPL-2.0-or-later
. "$(dirname "$0")/../system/lib.sh"
. "$here/mariadb.sh"
waiting=${1:-15} captures=${FZ_CAPTURES:-240} rows=${FZ_ROWS:-8333}
python=
for candidate in python3 /usr/bin/python3; do
  if [[ -z $python ]] && "$candidate" -c 'import MySQLdb' 2>/dev/null; then python=$candidate; fi
done
[[ -n $python ]] || skip "MySQLdb of Python is not installed (Debian: python3-mysqldb)"

# Captures whose packets are still to come are not merged. Rows of packets are only in the last hours: small captures of a second sensor.
now=$(($(date +%s) / 3600 * 3600)) files=()
make() { # FILE ROWS SENSOR HOUR OPTION...
  "$FZ_BUILD/tests/make_flowfile" --rows "$2" --seed "$4" --minutes --settled --first="$((now + $4 * 3600))000000" --span 3500 \
    --source "$3.$4.pcap" --sensor "$3" --location Rome "${@:5}" >"$1"
}
for ((i = 0; i < captures; i++)); do
  hour=$((i - captures + waiting))
  ((hour < 0)) && hour=$((hour - 1)) || hour=$((hour + 2)) # neither in this hour
  make "$work/$i.flow" "$rows" edge "$hour"
  files+=("$work/$i.flow")
done
hour=$((hour > 0 ? hour : -2))
make "$work/packets.flow" 200 core "$hour" --packets
files+=("$work/packets.flow")

measured() { "$python" "$here/plans.py" times "$1"; } # STORE
in_sqlite() {
  local merged
  flowzone load --quiet --to "sqlite:$work/net.db" "${files[@]}" || return
  merged=$(sqlite3 "$work/net.db" 'SELECT SUM(merged) FROM fz_load')
  echo "SQLite: $(sqlite3 "$work/net.db" 'SELECT COUNT(*) FROM fz_flow') conversations, $merged of ${#files[@]} captures merged"
  measured "$work/net.db"
}
in_mariadb() {
  flowzone load --quiet --to "$uri" "${files[@]}" || return
  echo "MariaDB: $(count fz_flow) conversations, $(mariadb_sql 'SELECT SUM(merged) FROM flowzone.fz_load') of ${#files[@]} captures merged"
  measured "$mariadb_socket,$administrator"
}
shown() { # COMMAND
  "$1" >"$work/$1.out" 2>&1 || { cat "$work/$1.out"; return 1; }
}
check "SQLite" shown in_sqlite
sed 's/^/      /' "$work/in_sqlite.out"
mariadb_start --local-infile=1 --innodb-buffer-pool-size=1G --innodb-log-file-size=512M
check "MariaDB" shown in_mariadb
sed 's/^/      /' "$work/in_mariadb.out"
