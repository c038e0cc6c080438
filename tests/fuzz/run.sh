#!/usr/bin/env bash
# run.sh SECONDS [TARGET...]: builds the fuzz targets with clang in a folder of their own and gives each (or each named) its share of
# the time. A target starts from corpus/TARGET and from the files of other tests that are inputs for it; what it finds new goes to the
# build folder, where the next run goes on from it. An input that fails is kept, and named. One line a target says how much was run.
#   FZ_SEED          seed of the mutations (default: from the clock; it is printed)
#   FLOWZONE_CORPUS  folder with captures, for the headers
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tests=${here%/*}
seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
seed=${FZ_SEED:-$(date +%s)}

targets=("$@")
if ((${#targets[@]} == 0)); then
  for source in "$here"/fuzz_*.c; do targets+=("$(basename "$source" .c)"); done
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Optimised: more inputs in the time. Debug builds run the other tests.
if ! build=$(CC=clang "$tests/../packaging/build.sh" fuzz=asan -DFLOWZONE_FUZZ=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_C_FLAGS=-fsanitize=fuzzer-no-link 2>"$scratch/log"); then
  tail -n 30 "$scratch/log"
  exit 1
fi

# seeds_of TARGET FOLDER: what other tests have for it.
seeds_of() {
  case $1 in
    fuzz_flowfile) cp "$tests"/golden/*.ipfix "$tests"/golden/version1/*.ipfix "$tests"/bad/flowfiles/*.ipfix "$2" ;;
    fuzz_headers)
      python3 "$tests/captures/make_captures.py" "$scratch/captures" >/dev/null
      python3 "$here/seed_headers.py" "$2" "$scratch"/captures/*.pcap ${FLOWZONE_CORPUS:+"$FLOWZONE_CORPUS"/*.pcap} >/dev/null
      ;;
    fuzz_options) cp "$tests"/bad/options/*.arg "$2" ;;
    fuzz_pipe) cp "$tests"/bad/pipes/*.frames "$2" ;;
    fuzz_uri) cp "$tests"/bad/uris/*.uri "$2" ;;
    fuzz_policy) find "$tests/bad/policies" -name "*.csv" -size -16k -exec cp -t "$2" {} + ;;
    fuzz_wanted) python3 "$here/seed_wanted.py" "$2" ;;
    fuzz_zone) cp "$tests"/bad/zones/*.csv "$2" ;;
  esac
}

# Freed memory is held back for a while, not for long: all of it would no longer fit the processor's cache.
export ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=8 UBSAN_OPTIONS=print_stacktrace=1
share=$((seconds / ${#targets[@]}))
failed=0
for name in "${targets[@]}"; do
  grown=$build/fuzz/$name seeds=$scratch/$name
  mkdir -p "$grown" "$seeds" "$scratch/captures"
  seeds_of "$name" "$seeds"
  corpus=("$here/corpus/$name")
  [[ -d ${corpus[0]} ]] || corpus=() # the seeds may be all there is
  if "$build/tests/$name" -seed="$seed" -max_total_time=$((share > 0 ? share : 1)) -timeout=30 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$grown-" "$grown" "${corpus[@]}" "$seeds" >"$grown.log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$grown.log") executions in $share s, seed $seed: no finding"
  else
    tail -n 40 "$grown.log"
    echo "$name: FAILED with seed $seed, see $grown.log and the input beside it"
    failed=1
  fi
done
exit $failed
