#!/usr/bin/env bash
# versions.sh [--folder FOLDER] [--tests REGEX] [NAME...]: builds and tests flowzone on the versions of Wireshark that it is for, each on
# the Debian that has it: bookworm (4.0), trixie (4.4), sid (4.6, and MySQL's own server and client library). All of
# them without a NAME. The release that runs on this machine is tested on it, the others in chroots made by debootstrap.
#   --folder FOLDER          keeps the chroots (${TMPDIR:-/var/tmp}/flowzone-versions; some 3 GB each); or FLOWZONE_VERSIONS
#   --tests REGEX            runs these tests of ctest's only
#   FLOWZONE_MIRROR=ADDRESS  Debian's mirror; without it the one of this machine's apt
#   FLOWZONE_CORPUS, FLOWZONE_BIG   as in run.sh
# Needs root. One line a version at the end, then `N passed, N failed`. SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
export LC_ALL=C.UTF-8
source=$(cd "$(dirname "$0")/.." && pwd)
folder=${FLOWZONE_VERSIONS:-${TMPDIR:-/var/tmp}/flowzone-versions}
tests=
say() { echo "versions.sh: $*" >&2; }
fail() { say "$*"; exit 2; }

names=()
while (($#)); do
  case $1 in
    --folder | --tests) (($# > 1)) || fail "$1: expected a value"; declare "${1#--}=$2"; shift 2 ;;
    bookworm | trixie | sid) names+=("$1"); shift ;;
    *) fail "$1: expected --folder FOLDER, --tests REGEX, bookworm, trixie or sid" ;;
  esac
done
((${#names[@]})) || names=(bookworm trixie sid)
((EUID == 0)) || fail "must be root, for chroots and packages"
command -v git >/dev/null || fail "git is not installed"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

# The mirror that this machine's apt gets Debian from.
mirror() {
  local found=${FLOWZONE_MIRROR:-}
  [[ -n $found ]] || found=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n 's/^Debian //p' | head -n 1)
  echo "${found:-http://deb.debian.org/debian}"
}

# Chroots are this machine's guests: they go its way to the mirror, and start no service. What they have is renewed.
renew() {
  local root=$1
  apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date|Languages(::)?) ' >"$root/etc/apt/apt.conf.d/99machine" || true
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  run_in "$root" apt-get -q update && run_in "$root" apt-get -q -y dist-upgrade
}

# make_root NAME: its chroot in $folder/NAME/root. One that was not finished is begun anew.
make_root() {
  local name=$1 root=$folder/$1/root
  if [[ ! -e $folder/$name/made ]]; then
    command -v debootstrap >/dev/null || { apt-get -q update && apt-get -q -y install debootstrap; } || return
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase "$name" "$root" "$(mirror)" || return
    touch "$folder/$name/made"
  fi
  renew "$root"
}

# copy_source FOLDER: what git knows of, or would take, as it is in the checkout now.
copy_source() {
  rm -rf "$1"
  mkdir -p "$1"
  git -c safe.directory="$source" -C "$source" ls-files -z --cached --others --exclude-standard --deduplicate |
    while IFS= read -rd '' file; do [[ ! -e $source/$file && ! -L $source/$file ]] || printf '%s\0' "$file"; done |
    tar -C "$source" --null -T - -c | tar -C "$1" --no-same-owner -x
}

# The variables for a version's run; captures are at the same path in a chroot.
environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root TMPDIR=/var/tmp
  DEBIAN_FRONTEND=noninteractive)
captures=()
for variable in FLOWZONE_CORPUS FLOWZONE_BIG; do
  [[ -n ${!variable:-} ]] || continue
  captures+=("$(realpath "${!variable}")")
  environment+=("$variable=${captures[-1]}")
done

# run_in ROOT COMMAND...: all mounts are in a namespace of the command's own, and go with it, however it ends.
run_in() {
  local root=$1
  shift
  unshare --mount --propagation private bash -euc '
    root=$1 count=$2
    shift 2
    mount --bind "$root" "$root"
    for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
    for ((; count > 0; count--)); do
      mkdir -p "$root$1"
      mount --bind "$1" "$root$1"
      mount -o remount,bind,ro "$root$1"
      shift
    done
    exec chroot "$root" "$@"' _ "$root" "${#captures[@]}" "${captures[@]}" env -i "${environment[@]}" "$@"
}

# test_version NAME: the log in $folder/NAME/log, its digest on standard output.
test_version() {
  local name=$1 place=$folder/$1/flowzone inside
  local run=(run_in "$folder/$1/root")
  if [[ $name == "$here" ]]; then
    run=(env -i "${environment[@]}")
    inside=$place
  else
    make_root "$name" >"$folder/$name/prepare.log" 2>&1 || { tail -n 5 "$folder/$name/prepare.log"; return 1; }
    place=$folder/$name/root/flowzone inside=/flowzone
  fi
  rm -rf "$place"
  copy_source "$place/source" || return
  "${run[@]}" "$inside/source/tests/one_version.sh" "$name" "$inside/build" "$tests" </dev/null 2>&1 | tee "$folder/$name/log"
}

passed=0 failed=0 lines=()
for name in "${names[@]}"; do
  mkdir -p "$folder/$name"
  rm -f "$folder/$name/log"
  echo "=== $name"
  begin=$SECONDS
  test_version "$name" || true
  # The last two lines are what was tested, and the counts; a run that ended without them has failed.
  counts=$(tail -n 1 "$folder/$name/log" 2>/dev/null | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
  what=$(sed -n 's/^versions: //p' "$folder/$name/log" 2>/dev/null | tail -n 1)
  counts=${counts:-0 1}
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
  lines+=("$name: ${what:-did not come to its end}: ${counts% *} passed, ${counts#* } failed ($((SECONDS - begin)) s)")
done
echo
printf '%s\n' "${lines[@]}"
echo "$passed passed, $failed failed"
exit $((failed > 0 || passed == 0))
