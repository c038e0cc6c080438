#!/usr/bin/env bash
# batch.sh RING [STORE]: how long `flowzone batch` takes over a folder of captures with -j 1 and -j 2, by engine, and the most memory of one
# of its processes. If STORE is not a SQLite file, empty it by hand. Needs a release build and an idle machine.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
build=${FZ_BUILD:-$source/build/release}
export WIRESHARK_PLUGIN_DIR=$build/plugins
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
declare -A took
for engine in scan lean; do
  for jobs in 1 2 1 2; do
    store=${2:-sqlite:$work/$engine.$jobs.$RANDOM.db}
    env time -f "%e %M" -o "$work/time" "$build/flowzone" batch --config none --idle 0 -q ${2:+--replace} --ring "$1" --engine $engine -j $jobs --to "$store"
    read -r seconds kib <"$work/time"
    best=${took[$engine$jobs]:-$seconds}
    took[$engine$jobs]=$(awk -v a="$seconds" -v b="$best" 'BEGIN {print a < b ? a : b}')
    echo "$engine -j $jobs: $seconds s, $kib KiB"
  done
  awk -v e=$engine -v a="${took[${engine}1]}" -v b="${took[${engine}2]}" 'BEGIN {printf "%s: -j 2 is %.2f times as fast\n", e, a / b}'
done
