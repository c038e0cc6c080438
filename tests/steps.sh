# shellcheck shell=bash
# Steps of a long run, counted: run.sh and one_version.sh source it. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# Wants $source, the checkout. Sets FZ_SCRATCH, a folder that ends with a run that passes, and $logs in it.
# What was skipped is named at the end, a line each, and counted. The last line is `N passed, N failed`, and the exit status tells whether
# nothing failed.
passed=0 failed=0
FZ_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/flowzone-tests.XXXXXX")
chmod 755 "$FZ_SCRATCH"
export FZ_SCRATCH
logs=$FZ_SCRATCH/logs
mkdir "$logs"
finish() {
  local status=$?
  trap - EXIT
  if [[ -s $logs/skips ]]; then
    sed 's/^/skipped: /' "$logs/skips"
    echo "$(wc -l <"$logs/skips") skipped"
  fi
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

# suite NAME FOLDER [OPTION OF CTEST...]: ctest's tests, each counted. Two at a time for each core: most wait half of their time, for
# servers, windows and each other.
suite() {
  local name=$1 folder=$2 results=$logs/$1.xml counts
  shift 2
  ctest --test-dir "$folder" --output-on-failure --no-tests=error --test-output-size-passed 1000000 -j "$(($(nproc) * 2))" --output-junit "$results" "$@" 2>&1 |
    tee "$logs/$name" | sed -unE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) \.+(.*)$/      \1 \2/p' || true
  counts=$(python3 "$source/tests/junit.py" counts "$results") || counts="0 1"
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
  echo "$name: ${counts% *} passed, ${counts#* } failed"
  python3 "$source/tests/junit.py" skips "$results" | sed "s/^/$name: /" >>"$logs/skips" || true
  python3 "$source/tests/junit.py" times "$results" | sort -rn | head -n 10 | sed 's/^/      /' || true
  if ((${counts#* } > 0)); then python3 "$source/tests/junit.py" reasons "$results" || tail -n 40 "$logs/$name"; fi
}

exported() {
  local wanted='plugin_describe|plugin_register|plugin_version|plugin_want_major|plugin_want_minor' found
  found=$(nm -D --defined-only "$(find "$1/plugins" -name flowzone.so)" | awk '{print $3}')
  echo "$found"
  ! grep -vxE "$wanted" <<<"$found" && (($(grep -cxE "$wanted" <<<"$found") == 5))
}
