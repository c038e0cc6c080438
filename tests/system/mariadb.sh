# shellcheck shell=bash
# A MariaDB server of a test's own, in its folder. Sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later
# With FZ_SERVER=mysql it is Oracle's MySQL instead, and all that is called mariadb here is MySQL's.
#
# mariadb_start [OPTION...]  starts it, on a Unix socket only unless the options say otherwise, and waits until it answers
# mariadb_sql SQL            runs statements as its administrator; prints rows, cells between tabs
# mariadb_client OPTION...   its client program, as the administrator
# mariadb_stop               ends it, by its process id; happens by itself at the end of the test
# fresh_database             empties the database "flowzone"
# settled                    waits until the server has noticed that a loader died, and has rolled back its transaction
# session_of CONDITION       the id of a session, not its own, of that description in information_schema.PROCESSLIST
# at_work TEXT               a session works on a statement with this text
# free_port                  a port that nobody has
#
# Sets: mariadb (its folder), mariadb_socket, server (mariadb or mysql), uri (the database through the socket, as the user
# "loader"), loader_cnf (the option file with that user's password), password, ways (in which rows can travel, the best
# first), without_tls (the option that takes TLS away).

server=${FZ_SERVER:-mariadb}
mariadb=$work/mariadb
mariadb_socket=$mariadb/sock
mariadb_pid=
loader_cnf=$work/loader.cnf
uri="mysql:///flowzone?socket=$mariadb_socket&option-file=$loader_cnf"
# Characters that an address, an option file or a shell could stumble over.
password="p@ss:w/ord?%23&$RANDOM$RANDOM"
# Option files of this machine must not be used.
export HOME=$work/home
unset MYSQL_PWD MYSQL_HOME MARIADB_HOME MYSQL_UNIX_PORT MYSQL_TCP_PORT

PATH=$PATH:/usr/sbin
case $server in
  mariadb)
    needs="mariadbd mariadb mariadb-install-db" administrator=$(id -un) ways=(array load-data insert) without_tls=--skip-ssl
    plain_client=--skip-ssl
    ;;
  mysql)
    needs="mysqld mysql" administrator=root ways=(load-data insert) without_tls=--tls-version=
    plain_client=--ssl-mode=DISABLED
    ;;
  *) echo "FZ_SERVER=$server: expected mariadb or mysql" >&2; exit 1 ;;
esac
for program in $needs; do
  command -v "$program" >/dev/null || skip "$program is not installed (Debian: $server-server-core, $server-client-core)"
done

# Newer clients verify a server's certificate even where it is on the same socket.
mariadb_client() { "$server" --no-defaults "$plain_client" --socket="$mariadb_socket" --user="$administrator" "$@"; }
mariadb_sql() { mariadb_client --batch --skip-column-names -e "$1"; }

mariadb_stop() {
  [[ -n $mariadb_pid ]] || return 0
  kill "$mariadb_pid" 2>/dev/null || true
  wait "$mariadb_pid" 2>/dev/null || true
  mariadb_pid=
}

# The server goes before the folder does, and the test's status survives it.
mariadb_finish() {
  local status=$?
  set +e
  mariadb_stop
  if mountpoint -q "$mariadb"; then umount "$mariadb"; fi
  (exit "$status")
  finish
}

# What differs between the two on the server's command line, and in how its data begin.
server_options() {
  case $server in
    mariadb) echo --innodb-log-file-size=64M ;;
    mysql) printf '%s\n' --innodb-redo-log-capacity=128M --mysqlx=0 --secure-file-priv=NULL --skip-log-bin ;;
  esac
}
server_begins() { # the options of its first start
  local option
  case $server in
    mariadb)
      "${user[@]}" mariadb-install-db --no-defaults --datadir="$mariadb/data" --tmpdir="$mariadb" --skip-test-db --skip-name-resolve \
        --auth-root-authentication-method=socket --auth-root-socket-user="$administrator"
      ;;
    mysql)
      # Of the options this one is for good.
      for option in "$@"; do [[ $option != --lower-case-table-names=* ]] || break; option=; done
      "${user[@]}" mysqld --no-defaults --initialize-insecure --datadir="$mariadb/data" --tmpdir="$mariadb" ${option:+"$option"}
      ;;
  esac
}

# Starts the server on the data that are there.
mariadb_run() {
  local try
  # shellcheck disable=SC2046 # a list of options
  "${user[@]}" "${server}d" --no-defaults --datadir="$mariadb/data" --socket="$mariadb_socket" --tmpdir="$mariadb" \
    --pid-file="$mariadb/pid" --log-error="$mariadb/log.err" --skip-networking --innodb-buffer-pool-size=64M \
    $(server_options) "$@" >"$mariadb/out" 2>&1 </dev/null &
  mariadb_pid=$!
  for ((try = 0; try < $(stretched 1200); try++)); do
    if [[ -S $mariadb_socket ]] && mariadb_sql "SELECT 1" >/dev/null 2>&1; then return; fi
    kill -0 "$mariadb_pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$mariadb/out" "$mariadb/log.err" >&2
  echo "${server}d did not start" >&2
  return 1
}

mariadb_start() {
  trap mariadb_finish EXIT
  "${user[@]}" mkdir -p "$mariadb"
  server_begins "$@" >"$mariadb/install" 2>&1 </dev/null || {
    cat "$mariadb/install" >&2
    return 1
  }
  mariadb_run "$@"
  (umask 077 && printf '[client]\nuser=nobody-else\n[flowzone]\nuser=loader\npassword="%s"\n' "$password" >"$loader_cnf")
  mariadb_sql "CREATE DATABASE flowzone; CREATE USER loader IDENTIFIED BY '$password'; GRANT ALL ON flowzone.* TO loader"
  # Tests that need no password connect as the user who runs them.
  [[ $server == mariadb ]] || mariadb_sql "CREATE USER IF NOT EXISTS '$(id -un)'@localhost; GRANT ALL ON *.* TO '$(id -un)'@localhost"
}

fresh_database() {
  mariadb_sql "DROP DATABASE IF EXISTS flowzone; CREATE DATABASE flowzone"
}

loader_is_gone() { [[ $(mariadb_sql "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'loader'") == 0 ]]; }
settled() { awaited loader_is_gone; }
session_of() { mariadb_sql "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND $1 LIMIT 1"; }
at_work() { [[ $(session_of "INFO LIKE '%$1%'") ]]; }

# Below those that the kernel gives to connections, and to who asks for any.
free_port() {
  python3 -c 'import random, socket
last = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0]) - 1
while True:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", random.randint(10000, last)))
        except OSError:
            continue
        print(tried.getsockname()[1])
        break'
}

# count TABLE: its rows. 0 where it, or the database, is not there yet; nothing where the server does not say.
count() {
  local said
  if said=$(mariadb_sql "SELECT COUNT(*) FROM flowzone.$1" 2>&1); then
    echo "$said"
  elif [[ $said =~ "ERROR "(1146|1049) ]]; then
    echo 0
  else
    echo "$said" >&2
  fi
}

# Nothing of any load is to be seen.
nothing_loaded() {
  equal "0 0 0 0 0" "$(count fz_load) $(count fz_flow) $(count fz_hour) $(count fz_minute) $(count fz_host)" \
    "rows of fz_load, fz_flow, fz_hour, fz_minute, fz_host"
}

# The password is in none of the files. Its parts count too.
no_password_in() {
  local file
  for file in "$@"; do [[ -e $file ]] || { echo "there is no $file"; return 1; }; done
  ! grep -aF -e "$password" -e "w/ord?%23&" "$@"
}

load() { flowzone load --to "$uri" "$@"; }

# make_flows ROWS SEED FILE: a flow file of random conversations. Another seed is another capture.
make_flows() {
  local tool
  tool=$(find -L "$FZ_BUILD" -name make_flowfile -type f -perm -u+x -print -quit)
  [[ -n $tool ]] || { echo "make_flowfile is not built in $FZ_BUILD" >&2; return 1; }
  "$tool" --rows "$1" --seed "$2" --wild --source "day's $2.pcap" --sensor 'back\slash' --location "o'fallon" >"$3"
}

# start_helper COMMAND...: starts a helper that prints its port in one line; sets port and helper (its process id).
start_helper() {
  local out
  out=$(mktemp "$work/helper.XXXXXX") # a name for each: one of before has a port in it
  "$@" >"$out" 2>"$out.err" </dev/null &
  helper=$!
  local try
  for ((try = 0; try < $(stretched 600); try++)); do
    port=$(head -n 1 "$out" 2>/dev/null) || true
    [[ -n $port ]] && return
    sleep 0.1
  done
  cat "$out.err" >&2
  return 1
}

stop_helper() {
  kill "$helper" 2>/dev/null || true
  wait "$helper" 2>/dev/null || true
}
