#!/usr/bin/env bash
# install-deps.sh [build] [run] [test] [bench] [mysql]...: installs what is missing of the Debian packages below; says nothing when all is there.
# The one place that lists them. SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
export LC_ALL=C

build=(gcc libc6-dev cmake ninja-build pkg-config wireshark-dev libwireshark-dev libwiretap-dev libwsutil-dev libglib2.0-dev
  libfixbuf-dev zlib1g-dev libseccomp-dev libsqlite3-dev libmariadb-dev libc-ares-dev)
run=(tshark sqlite3 python3-minimal)
# mariadb-server-core has the server without its service: nothing is started on this machine.
test=(python3 libcmocka-dev wireshark-common clang libclang-rt-dev clang-format clang-tidy binutils openssl procps systemd
  mariadb-server-core mariadb-client-core zstd lz4 wireshark xvfb openbox xdotool xclip x11-utils imagemagick fonts-dejavu-core)
# Those who read stores: pandas, ODBC and R, some 50 MB together.
test+=(python3-pandas python3-sqlalchemy python3-mysqldb libsqliteodbc odbc-mariadb python3-pyodbc r-base-core r-cran-rsqlite r-cran-rmysql
  r-cran-rodbc)
# What reads a report's page. axe-core is npm's; where Node.js has brought an npm of its own, Debian's would put another in its place.
test+=(chromium python3-html5lib)
command -v npm >/dev/null || test+=(npm)
# What tests/bench/run.sh measures us against. argus-server and nfdump are services that start by themselves.
bench=(mariadb-client argus-server nfdump softflowd)

# Oracle's, where the release has them, instead of MariaDB's, which go: for what tests/one_version.sh proves.
mysql=(libmysqlclient-dev mysql-server-core mysql-client-core)

wanted=()
for group in "${@:-build run}"; do
  for name in $group; do
    case $name in
      build) wanted+=("${build[@]}") ;;
      run) wanted+=("${run[@]}") ;;
      test) wanted+=("${build[@]}" "${run[@]}" "${test[@]}") ;;
      bench) wanted+=("${build[@]}" "${run[@]}" "${test[@]}" "${bench[@]}") ;;
      mysql) wanted+=("${mysql[@]}") ;;
      *) echo "install-deps.sh: $name: not one of build, run, test, bench, mysql" >&2; exit 2 ;;
    esac
  done
done

if ! command -v apt-get >/dev/null; then
  echo "install-deps.sh: no apt-get here; these Debian packages, or what your system calls them, must be there:" >&2
  printf '%s\n' "${wanted[@]}" | sort -u | tr '\n' ' ' | fold -s -w 100 | sed 's/^/  /' >&2
  echo >&2
  exit 0
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
missing=$(comm -13 <(sort -u <<<"$installed") <(printf '%s\n' "${wanted[@]}" | sort -u) | tr '\n' ' ')
[[ -n $missing ]] || exit 0

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install-deps.sh: packages are missing, and there is no sudo; as root: apt-get install $missing" >&2
    exit 1
  fi
  as_root=(sudo)
fi
# The answer to tshark's only question is the safe one: capturing stays with root. `env` because sudo drops variables.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing $(wc -w <<<"$missing") packages: $missing" | fold -s -w 100 >&2
# shellcheck disable=SC2086 # a list of names
if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends $missing; } </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "install-deps.sh: apt-get failed, see above" >&2
  exit 1
fi
