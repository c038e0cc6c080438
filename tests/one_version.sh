#!/usr/bin/env bash
# one_version.sh NAME BUILD [REGEX]: builds flowzone on the Debian release NAME, on which it runs, with gcc and clang, warnings as errors,
# and runs the tests (those of REGEX only) on what gcc built. On sid again with Oracle's libmysqlclient and on
# Oracle's server. versions.sh calls it. The build folders go into BUILD. SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
release=$1 regex=${3:-}
export FLOWZONE_BUILD=$2
# The Wireshark of each release.
declare -A wireshark=([bookworm]=4.0 [trixie]=4.4 [sid]=4.6)

"$source/packaging/install-deps.sh" build run test
. "$source/tests/steps.sh"

version_of() { "$@" 2>/dev/null | awk 'match($0, /[0-9]+(\.[0-9]+)+/) && !found++ { print substr($0, RSTART, RLENGTH) }'; }
tshark=$(version_of tshark --version)
what="Wireshark $tshark, GCC $(version_of gcc --version), Clang $(version_of clang --version)"
is_wireshark() { [[ $tshark == "${wireshark[$release]}".* ]] || { echo "expected Wireshark ${wireshark[$release]}, this is $tshark"; return 1; }; }
step wireshark is_wireshark || true

only=()
[[ -z $regex ]] || only=(-R "$regex")
CC=clang build_step clang clang=debug || true
build_step optimised optimised=release -DFLOWZONE_WERROR=ON -DFLOWZONE_MYSQL=libmariadb || true
if build_step debug debug -DFLOWZONE_MYSQL=libmariadb; then
  suite "$release" "$build" "${only[@]}"
  step exported-symbols exported "$build" || true
fi

# Oracle's packages take MariaDB's place. What was built with MariaDB's library runs on, and must get on with that server too.
if [[ $release == sid ]] && step mysql-packages "$source/packaging/install-deps.sh" mysql; then
  what+=", MySQL $(version_of mysqld --version)"
  export FZ_SERVER=mysql
  suite mysql-libmariadb "$FLOWZONE_BUILD/debug" -R "${regex:-system/(049|050-load|062|063)}"
  if build_step build-mysql mysql=debug -DFLOWZONE_MYSQL=mysqlclient; then
    suite mysql "$build" -R "${regex:-system/(049|050-load|051|052|053|054|055|056-merge|057|059|062|063|068|082|507|509-batch-known|510|602|603|608)|unit/test_mysql}"
  fi
fi

echo "versions: $what"
