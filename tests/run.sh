#!/usr/bin/env bash
# run.sh: installs what the tests need, builds, and runs everything: unit and system tests, both again under the sanitizers, a clang build,
# format, lint, exported symbols, a short round of fuzzing. The last line is `N passed, N failed`.
#   FLOWZONE_CORPUS=FOLDER   captures to test beside our own
#   FLOWZONE_BIG=FOLDER      with big.pcap: full-size tests too
#   FLOWZONE_FUZZ_SECONDS    for all fuzz targets together (60)
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
passed=0 failed=0

"$source/packaging/install-deps.sh" test

FZ_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/flowzone-tests.XXXXXX")
chmod 755 "$FZ_SCRATCH"
export FZ_SCRATCH
logs=$FZ_SCRATCH/logs
mkdir "$logs"
finish() {
  local status=$?
  trap - EXIT
  if ((failed == 0 && status == 0)); then rm -rf "$FZ_SCRATCH"; else echo "Logs: $logs"; fi
  ((passed > 0)) || failed=$((failed + 1))
  echo "$passed passed, $failed failed"
  exit $((status > 0 || failed > 0))
}
trap finish EXIT

# step NAME COMMAND...: one line, the log's end when it fails; the log is $logs/NAME.
step() {
  local name=$1 begin=$SECONDS
  shift
  if "$@" >"$logs/$name" 2>&1; then
    passed=$((passed + 1))
    echo "ok    $name ($((SECONDS - begin)) s)"
  else
    failed=$((failed + 1))
    echo "FAIL  $name ($((SECONDS - begin)) s)"
    tail -n 40 "$logs/$name" | sed 's/^/      /'
    return 1
  fi
}

# build_step NAME PRESET [CMAKE OPTION...]: sets $build.
build_step() {
  local name=$1
  shift
  step "$name" "$source/packaging/build.sh" "$@" && build=$(tail -n 1 "$logs/$name")
}

# All of ctest's tests, each counted.
suite() {
  local name=$1 folder=$2 results=$logs/$1.xml counts
  ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$(nproc)" --output-junit "$results" 2>&1 |
    tee "$logs/$name" | sed -unE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) \.+(.*)$/      \1 \2/p' || true
  counts=$(python3 - "$results" <<'PY'
import sys, xml.etree.ElementTree as xml
suite = xml.parse(sys.argv[1]).getroot()
total, bad, skipped = (int(suite.get(name)) for name in ("tests", "failures", "skipped"))
print(total - bad - skipped, bad)
PY
  ) || counts="0 1"
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
  echo "$name: ${counts% *} passed, ${counts#* } failed"
  if ((${counts#* } > 0)); then grep -aE '^(FAIL|\[  FAILED|\[  ERROR)|^      |skipped:' "$logs/$name" | head -n 60; fi
}

ours() { (cd "$source" && find core plugin postproc tests -name '*.[ch]' -print0 | sort -z); }
clang_format() { (cd "$source" && ours | xargs -0 clang-format --dry-run -Werror); }
clang_tidy() {
  # GCC's own options are no concern of clang's.
  (cd "$source" && find core plugin postproc -name '*.c' -print0 | sort -z |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet --warnings-as-errors='*' -p "$1")
}
exported() {
  local wanted='plugin_describe|plugin_register|plugin_version|plugin_want_major|plugin_want_minor' found
  found=$(nm -D --defined-only "$(find "$1/plugins" -name flowzone.so)" | awk '{print $3}')
  echo "$found"
  ! grep -vxE "$wanted" <<<"$found" && (($(grep -cxE "$wanted" <<<"$found") >= 4))
}

# Timings want a release build and the machine for themselves; the other suites skip the test of full size.
big=${FLOWZONE_BIG:-}
unset FLOWZONE_BIG
quickstart() {
  mkdir "$FZ_SCRATCH/quickstart" && cd "$FZ_SCRATCH/quickstart" && "$source/packaging/quickstart.sh" &&
    [[ $(sqlite3 flowzone.db 'SELECT count(*) FROM netflow_table') -gt 1000 ]]
}
step quickstart quickstart || true
if [[ -n $big ]] && build_step build-release release -DBUILD_TESTING=ON; then
  step full-size env FLOWZONE_BIG="$big" FZ_BUILD="$build" "$source/tests/system/080-full-size" && grep '^      ' "$logs/full-size" || true
fi

if build_step build-debug debug; then
  suite debug "$build"
  step exported-symbols exported "$build" || true
fi
# Sanitized, a run of tshark takes seconds: our own captures only.
corpus=${FLOWZONE_CORPUS:-}
unset FLOWZONE_CORPUS
if build_step build-asan asan; then suite asan "$build"; fi
[[ -z $corpus ]] || export FLOWZONE_CORPUS=$corpus
if CC=clang build_step build-clang clang=debug; then step clang-tidy clang_tidy "$build" || true; fi
step clang-format clang_format || true
step fuzz "$source/tests/fuzz/run.sh" "${FLOWZONE_FUZZ_SECONDS:-60}" || true
