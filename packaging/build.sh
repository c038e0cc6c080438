#!/usr/bin/env bash
# build.sh PRESET [CMAKE OPTION...]: configures and builds a preset of CMakePresets.json, or a variant of it, and prints the build
# folder; everything else goes to standard error. FLOWZONE_BUILD names the folder that holds build folders: `build` in
# the checkout, or one of the user's own where the checkout cannot be written. NAME=PRESET names a variant's folder.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
name=${1%%=*} preset=${1#*=}
shift

builds=${FLOWZONE_BUILD:-$source/build}
# Not writable: another user's checkout, or a folder that root has made.
if [[ -e $builds/$name ]]; then probe=$builds/$name; elif [[ -e $builds ]]; then probe=$builds; else probe=${builds%/*}; fi
if [[ -z ${FLOWZONE_BUILD:-} && ! ( -w $probe && -x $probe ) ]]; then
  builds=${XDG_CACHE_HOME:-${HOME:?}/.cache}/flowzone/build
fi
folder=$builds/$name
mkdir -p "$folder"

# A cache made for another place (a moved or copied checkout) is started afresh.
fresh=()
cached=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
[[ -z $cached || $cached == "$source" ]] || fresh=(--fresh)
{
  (cd "$source" && cmake --preset "$preset" -B "$folder" "${fresh[@]}" "$@")
  cmake --build "$folder" --parallel "$(nproc)"
} >&2
echo "$folder"
