#!/usr/bin/env bash
# run.sh: installs what the tests need, builds, and runs everything: unit and system tests, both again under the sanitizers, a clang build,
# format, lint, exported symbols, a short round of fuzzing. The last line is `N passed, N failed`.
#   FLOWZONE_CORPUS=FOLDER   captures to test beside our own
#   FLOWZONE_BIG=FOLDER      with big.pcap: full-size tests too
#   FLOWZONE_FUZZ_SECONDS    for all fuzz targets together (60)
#   FZ_SEED, FZ_TEST_SEED    of random tests (1: a run says what changed, not what was drawn); tests/long.sh draws
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
(($# == 0)) || { sed -n '2,/SPDX/{/SPDX/!s/^# //p}' "$0"; exit 2; } >&2
source=$(cd "$(dirname "$0")/.." && pwd)

"$source/packaging/install-deps.sh" test

. "$source/tests/steps.sh"

ours() { (cd "$source" && find core plugin postproc tests -name '*.[ch]' -print0 | sort -z); }
clang_format() { (cd "$source" && ours | xargs -0 clang-format --dry-run -Werror); }
clang_tidy() {
  # clang does not know GCC's own options. A file at a time: behind others, clang-tidy 14 takes a va_list for one not begun.
  (cd "$source" && find core plugin postproc -name '*.c' -print0 | sort -z |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet --warnings-as-errors='*' -p "$1")
}

export FZ_SEED=${FZ_SEED:-1} FZ_TEST_SEED=${FZ_TEST_SEED:-1}

# Timings want a release build and the machine for themselves; the other suites skip the test of full size.
big=${FLOWZONE_BIG:-}
unset FLOWZONE_BIG
quickstart() {
  mkdir "$FZ_SCRATCH/quickstart" && cd "$FZ_SCRATCH/quickstart" && "$source/packaging/quickstart.sh" &&
    [[ $(sqlite3 flowzone.db 'SELECT count(*) FROM netflow_table') -gt 1000 ]] && python3 "$source/packaging/demo_capture.py" own.pcap &&
    FLOWZONE_DB=own.db "$source/packaging/quickstart.sh" own.pcap >own.txt && grep -qE '^ +1 private +private +[0-9]' own.txt # no zones given
}
step quickstart quickstart || true
if [[ -n $big ]] && build_step build-release release -DBUILD_TESTING=ON; then
  step full-size env FLOWZONE_BIG="$big" FZ_BUILD="$build" "$source/tests/system/080-full-size" && grep '^      ' "$logs/full-size" || true
fi

if build_step build-debug debug; then
  suite debug "$build"
  step exported-symbols exported "$build" || true
  # In other jails than the programs choose the tests end as they did. All of them: `FZ_JAIL=off ctest -L system`, and require.
  export FZ_JAIL
  FZ_JAIL=off && suite jail-off "$build" -R 'system/(045|048|070)'
  FZ_JAIL=require && suite jail-require "$build" -R 'system/(060|070)'
  unset FZ_JAIL
fi
# Sanitized, a run of tshark takes seconds: our own captures only. Whom kill -9 ends has nothing to report.
corpus=${FLOWZONE_CORPUS:-}
unset FLOWZONE_CORPUS
if build_step build-asan asan; then suite asan "$build" -E 'system/.*-deaths'; fi
[[ -z $corpus ]] || export FLOWZONE_CORPUS=$corpus
if CC=clang build_step build-clang clang=debug; then step clang-tidy clang_tidy "$build" || true; fi
step clang-format clang_format || true
step handwriting "$source/tests/handwriting" || true
step fuzz "$source/tests/fuzz/run.sh" "${FLOWZONE_FUZZ_SECONDS:-60}" || true
