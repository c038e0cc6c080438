#!/usr/bin/env bash
# run.sh SECONDS: builds the fuzz targets with clang in a folder of their own and gives each its share of the time.
# Starts from the corpus in corpus/<target>; new inputs go to the build folder. An input that fails is kept, and named.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:?usage: run.sh SECONDS}

shopt -s nullglob
targets=("$here"/fuzz_*.c)
if ((${#targets[@]} == 0)); then
  echo "no fuzz targets"
  exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! build=$(CC=clang "$here/../../packaging/build.sh" fuzz=asan -DFLOWZONE_FUZZ=ON -DCMAKE_C_FLAGS=-fsanitize=fuzzer-no-link 2>"$log"); then
  tail -n 30 "$log"
  exit 1
fi

# Headers begin with those of captures: our own, and FLOWZONE_CORPUS.
captures=$(mktemp -d)
trap 'rm -rf "$log" "$captures"' EXIT
python3 "$here/../captures/make_captures.py" "$captures" >/dev/null
python3 "$here/seed_headers.py" "$build/fuzz/fuzz_headers" "$captures"/*.pcap ${FLOWZONE_CORPUS:+"$FLOWZONE_CORPUS"/*.pcap}

share=$((seconds / ${#targets[@]}))
failed=0
for source in "${targets[@]}"; do
  name=$(basename "$source" .c)
  grown=$build/fuzz/$name
  mkdir -p "$grown"
  corpus=("$here/corpus/$name" "$here/corpus/${name#fuzz_}")
  [[ -d ${corpus[0]} ]] || corpus=("${corpus[1]}")
  [[ -d ${corpus[0]} ]] || corpus=()
  if "$build/tests/$name" -max_total_time=$((share > 0 ? share : 1)) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$grown-" "$grown" "${corpus[@]:0:1}" >"$grown.log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$grown.log") inputs in $share s, none failed"
  else
    tail -n 40 "$grown.log"
    echo "$name: FAILED, see $grown.log and the input beside it"
    failed=1
  fi
done
exit $failed
