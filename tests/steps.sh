# shellcheck shell=bash
# Steps of a long run, counted: run.sh and one_version.sh source it. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# Needs $source, the checkout. Sets FZ_SCRATCH, a folder that ends with a run that passes, and $logs in it.
# What was skipped is named at the end, a line each, and counted; so is what failed, with its reasons, shortened. The last line is
# `N passed, N failed`, and the exit status is 0 if nothing failed.
passed=0 failed=0
FZ_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/flowzone-tests.XXXXXX")
chmod 755 "$FZ_SCRATCH"
export FZ_SCRATCH
logs=$FZ_SCRATCH/logs
mkdir "$logs"

# again: the blocks of $logs/failures in 40 lines: of each its heading, and as much as there is room for; of a step's log the end.
again() {
  awk -v most=40 '
    /^FAIL/ { blocks++ }
    { line[blocks, ++size[blocks]] = $0 }
    function lines(share,   i, sum) { for (i = 1; i <= blocks; i++) sum += size[i] < share ? size[i] : share; return sum }
    END {
      for (share = 1; share < most && lines(share + 1) <= most; share++);
      for (i = 1; i <= blocks; i++) {
        if (i == most && blocks > most) { print "FAIL  and " blocks - i + 1 " more"; exit }
        print line[i, 1]
        skip = line[i, 1] !~ /: / && size[i] > share ? size[i] - share : 0
        for (j = 2; j <= share && j <= size[i]; j++) print line[i, j + skip]
      }
    }' "$logs/failures"
}

finish() {
  local status=$?
  trap - EXIT
  if [[ -s $logs/skips ]]; then
    sed 's/^/skipped: /' "$logs/skips"
    echo "$(wc -l <"$logs/skips") skipped"
  fi
  if ((failed == 0 && status == 0)); then rm -rf "$FZ_SCRATCH"; else echo "Logs: $logs"; fi
  [[ ! -s $logs/failures ]] || again || true
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
    echo "FAIL  $name" >>"$logs/failures"
    tail -n 40 "$logs/$name" | sed 's/^/      /' | tee -a "$logs/failures"
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
  ((${counts#* } > 0)) || return 0
  if python3 "$source/tests/junit.py" reasons "$results" >"$logs/$name.reasons"; then
    cat "$logs/$name.reasons"
    sed -E "s/^  ([^ ].*):\$/FAIL  $name: \1/" "$logs/$name.reasons" >>"$logs/failures"
  else
    echo "FAIL  $name" >>"$logs/failures"
    tail -n 40 "$logs/$name" | sed 's/^/      /' | tee -a "$logs/failures"
  fi
}

exported() {
  local wanted='plugin_describe|plugin_register|plugin_version|plugin_want_major|plugin_want_minor' found
  found=$(nm -D --defined-only "$(find "$1/plugins" -name flowzone.so)" | awk '{print $3}')
  echo "$found"
  ! grep -vxE "$wanted" <<<"$found" && (($(grep -cxE "$wanted" <<<"$found") == 5))
}
