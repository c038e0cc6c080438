# shellcheck shell=bash
# A SingleStore by its documents: a proxy before a MariaDB. Sourced behind mariadb.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# proxy FAULT...     one more aggregator with these faults, before the same database; sets `to`, its address, and `port`
# away               ends all of them
# fresh FAULT...     an empty database behind such a proxy, and no other
# nothing_refused    no statement but those expected was refused
[[ $server == mariadb ]] || skip "the proxy rewrites DDL for MariaDB"

# SingleStore finds no deadlocks. Nobody kills this server: it need not wait for its disk.
singlestore_start() { mariadb_start --local-infile=1 --innodb-deadlock-detect=OFF --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0; }

proxies=()
proxy() {
  start_helper python3 "$here/singlestore_proxy.py" "$mariadb_socket" 0 "$work/proxy.log" "$@"
  proxies+=("$helper")
  to="mysql://127.0.0.1:$port/flowzone?option-file=$loader_cnf"
}
away() {
  local helper
  for helper in "${proxies[@]}"; do stop_helper; done
  proxies=()
}
fresh() {
  away
  fresh_database
  proxy "$@"
}
# The proxy's own faults are no refusals.
nothing_refused() { ! grep -a -B 1 '^  REFUSED' "$work/proxy.log" | grep -avE 'memsql_version|select @@version_comment'; }
