# What system tests share; a test sources it first. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# From the environment, all optional:
#   FZ_BUILD          build folder (default: build/debug of the checkout)
#   FZ_SANITIZE       1 when that build has the sanitizers
#   FZ_SCRATCH        folder for what several tests of a run share (default: the test's own)
#   FZ_KEEP           set: the test's folder stays
#   FZ_JAIL           off: flowzone runs with --jail=off; require: tshark has `jail` in its -z flowzone too, wherever a run can have it
#   FLOWZONE_CORPUS   folder with captures, tested beside our own
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
FZ_SOURCE=${FZ_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
FZ_BUILD=${FZ_BUILD:-$FZ_SOURCE/build/debug}
here=$FZ_SOURCE/tests/system
build_name=$(basename "$FZ_BUILD")${FZ_JAIL:+-$FZ_JAIL}
passed=0 failed=0 skipped=0

# Root should not dissect: as root, Wireshark's programs run as the user nobody.
user=()
if ((EUID == 0)); then user=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs); fi

# A folder that we and that user can write to, though TMPDIR may be root's own.
temporary_folder() {
  local base folder
  for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
    folder=$(mktemp -d "$base/flowzone-test.XXXXXX" 2>/dev/null) || continue
    chmod 1777 "$folder"
    if "${user[@]}" test -w "$folder"; then
      echo "$folder"
      return
    fi
    rmdir "$folder"
  done
  echo "no temporary folder that an ordinary user can write to" >&2
  return 1
}
work=$(temporary_folder)
FZ_SCRATCH=${FZ_SCRATCH:-$work}
"${user[@]}" mkdir "$work/home"

# Programs and plugin, where that user can run them: a checkout may be in a folder of root's own.
if ! "${user[@]}" test -x "$FZ_BUILD/flowzone" -a -r "$(find "$FZ_BUILD/plugins" -name flowzone.so -print -quit)"; then
  mkdir "$work/built"
  cp -R "$FZ_BUILD"/{flowzone,plugins,tests,CMakeCache.txt} "$work/built"
  chmod -R a+rX "$work/built"
  FZ_BUILD=$work/built
fi
plugins=$FZ_BUILD/plugins

# Sanitizers report into files, so that statuses and output stay those of the program; finish() reads them.
# tshark leaks memory: its leaks are distinguished from ours by their stacks.
# No helpers for other capture sources: they are asked for their interfaces at every other start, and one hangs when a sanitizer is in it.
environment=(HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" WIRESHARK_PLUGIN_DIR="$plugins" WIRESHARK_EXTCAP_DIR="$work/extcap")
foreign=("${user[@]}" env "${environment[@]}")
if [[ ${FZ_SANITIZE:-0} == 1 ]]; then
  compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$FZ_BUILD/CMakeCache.txt")
  mkdir -m 1777 "$work/reports" "$work/quick"
  export ASAN_OPTIONS=detect_leaks=1:log_path=$work/reports/asan UBSAN_OPTIONS=print_stacktrace=1:log_path=$work/reports/ubsan
  sanitizer=$("$compiler" -print-file-name=libasan.so)
  foreign+=(LD_PRELOAD="$sanitizer" ASAN_OPTIONS="$ASAN_OPTIONS:exitcode=0:fast_unwind_on_malloc=0")
fi

# With FZ_JAIL the programs are in other jails than they choose: all tests must end as without it. A command that names a jail keeps it.
case ${FZ_JAIL:-} in
  '') ;;
  off)
    mkdir "$work/build"
    ln -s "$FZ_BUILD"/* "$work/build/"
    rm "$work/build/flowzone"
    printf '#!/bin/bash\n%s\n%s\n' \
      'case ${1:-} in load | cat | scan | batch | upgrade | verify | retain | top | matrix | time | flows | loads | check | find | packets | features | report) [[ "$*" == *--jail* ]] || set -- "$1" --jail=off "${@:2}" ;; esac' \
      "exec '$FZ_BUILD/flowzone' \"\$@\"" >"$work/build/flowzone"
    chmod 755 "$work/build" "$work/build/flowzone"
    FZ_BUILD=$work/build
    ;;
  require)
    mkdir "$work/bin"
    cp "$here/jailed_tshark.py" "$work/bin/"
    # Not a python of root's own, which that user may not run.
    printf '#!/bin/sh\nexec /usr/bin/python3 %s %s "$@"\n' "$work/bin/jailed_tshark.py" "$(command -v tshark)" >"$work/bin/tshark"
    chmod -R a+rX "$work/bin"
    chmod 755 "$work/bin/tshark"
    foreign+=("PATH=$work/bin:$PATH")
    ;;
  *) echo "FZ_JAIL=$FZ_JAIL: expected require or off" >&2; exit 1 ;;
esac

# Wireshark's programs as that user, tshark with the plugin; flowzone as it was built.
tshark_command=("${foreign[@]}" tshark)
# The same, whole stacks only where there is something to report. Not for what is sent signals: it has a process around it.
tshark_many=("${tshark_command[@]}")
[[ ${FZ_SANITIZE:-0} != 1 ]] || tshark_many=(python3 "$here/quick_report.py" "${tshark_command[@]}")
tshark() { "${tshark_many[@]}" "$@"; }
plain=("${user[@]}" env HOME="$work/home")
flowzone() { "$FZ_BUILD/flowzone" "$@"; }

# cut_status CAPTURE: tshark's own status, without us, for a capture that is cut off: 2, or since 4.6 that of a read error.
cut_status() {
  local status=0
  "${plain[@]}" tshark -q -r "$1" >/dev/null 2>&1 || status=$?
  ((status > 1)) && echo "$status"
}

# One line a check: `check NAME COMMAND...` passes when the command does; its output is shown when it fails. A command that finds out that
# it cannot be tried here returns `cannot REASON`, and is skipped: reported and counted, neither passed nor failed.
#
# `set -e` ends a test whose own line fails. Within a check it is off, in every function that the check calls: bash has it so for whatever is
# asked for its status. There a line that fails ends nothing, and the last line's status is the check's: what must hold is joined with &&, or
# followed by `|| return`.
check() {
  local name=$1 log=$work/check.log # the command would see any further variables
  shift
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    echo "ok    $name"
  elif (($? == 77)) && grep -q '^cannot: ' "$log"; then
    skip_check "$name" "$(sed -n 's/^cannot: //p' "$log" | tail -n 1)"
  else
    failed=$((failed + 1))
    echo "FAIL  $name"
    head -c 6000 "$log" | head -n 40 | sed 's/^/      /'
  fi
}

cannot() {
  echo "cannot: $*"
  return 77
}

# skip_check NAME REASON: what cannot be tried here. run.sh names it at its end.
skip_check() {
  skipped=$((skipped + 1))
  echo "skip  $1: $2"
}

# wants_plain NAME, wants_root NAME, wants PROGRAM NAME: whether what NAME says can be tried here; else it is skipped.
wants_plain() { [[ ${FZ_SANITIZE:-0} != 1 ]] || { skip_check "$1" "not under the sanitizers" && return 1; }; }
wants_root() { ((EUID == 0)) || { skip_check "$1" "wants root" && return 1; }; }
wants() { command -v "$1" >/dev/null || { skip_check "$2" "$1 is not installed" && return 1; }; }
# plain_check, root_check NAME COMMAND...: a check of a build without the sanitizers, of root.
plain_check() { ! wants_plain "$1" || check "$@"; }
root_check() { ! wants_root "$1" || check "$@"; }

# counted NAME COMMAND...: a check, and what it tried: the last line that the command printed.
counted() {
  local before=$passed
  check "$@"
  ((passed == before)) || tail -n 1 "$work/check.log" | sed 's/^/      /'
}

# stretched NUMBER: a time limit, longer if more processes want to run, or wanted to in the last minute, than there are processors.
# For limits that only distinguish slow from never.
processors=$(nproc)
stretched() {
  local load now
  read -r load _ _ now _ </proc/loadavg
  load=${load%.*} now=${now%/*}
  load=$((now > load ? now : load))
  echo $(($1 * (load > processors ? load : processors) / processors))
}

# awaited COMMAND...: waits until it comes true; half a minute at most, longer on a busy machine. Says what never came.
awaited() {
  local begin=$SECONDS
  until "$@" >/dev/null 2>&1; do
    ((SECONDS - begin < $(stretched 30))) || { echo "never came: $*"; return 1; }
    sleep 0.05
  done
}
dead() { [[ ! -e /proc/$1 ]] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; } # PROCESS: ended, whether or not it was waited for

# within_a_day: what begins now has ended before midnight, for a test of today and yesterday.
within_a_day() { while (($(date +%s) % 86400 > 86400 - 300)); do sleep 1; done; }

# same EXPECTED ACTUAL: the two files are equal, byte by byte.
same() {
  cmp -s "$1" "$2" && return
  echo "$1 and $2 differ:"
  diff -u -a "$1" "$2" | head -n 30
  return 1
}

# refused STATUS PATTERN COMMAND...: fails with that status and says why in one line that matches, on standard error only.
refused() {
  local status=$1 pattern=$2 got=0
  shift 2
  "$@" >"$work/refused.out" 2>"$work/refused.err" </dev/null || got=$?
  if ((got == status)) && [[ ! -s $work/refused.out ]] && (($(wc -l <"$work/refused.err") == 1)) &&
    grep -qE -- "$pattern" "$work/refused.err"; then
    return
  fi
  echo "expected status $status and one line that matches: $pattern"
  echo "came status $got, $(wc -c <"$work/refused.out") bytes of output, and on standard error:"
  cat "$work/refused.err"
  return 1
}

# equal EXPECTED ACTUAL WHAT
equal() {
  [[ $1 == "$2" ]] || { echo "$3: expected $1, came $2"; return 1; }
}

# column NAME FILE.csv: that column's cells, by its header.
column() {
  python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2], newline="")): print(row[sys.argv[1]])' "$1" "$2"
}

skip() {
  echo "skipped: $*"
  trap - EXIT
  cleanup
  exit 77
}

# took: how long the test took, and how much of it processors worked for what it started and waited for.
took() {
  builtin times >"$work/times" # not in a pipe: a shell below has its own
  awk -v wall="$SECONDS" '{ for (i = 1; i <= 2; i++) { split($i, part, "[ms]"); worked += part[1] * 60 + part[2] } }
    END { printf "took %d s, %.1f s of processors\n", wall, worked }' "$work/times"
}

cleanup() { [[ -n ${FZ_KEEP:-} ]] && echo "kept: $work" || rm -rf "$work"; }

# Runs at the end of every test, however it ends.
finish() {
  local status=$?
  trap - EXIT
  if [[ -d $work/reports ]]; then
    check "no sanitizer report, no leak of ours" python3 "$here/sanitizer_reports.py" "$work/reports" "$work/quick"
  fi
  # A check that failed may have left a program running, which would follow its ring for ever.
  jobs -p | xargs -r kill 2>/dev/null || true
  took
  cleanup
  echo "$passed passed, $failed failed, $skipped skipped"
  if ((status != 0)); then
    echo "the test stopped early, status $status"
    exit 1
  fi
  exit $((failed > 0 || passed == 0))
}
trap finish EXIT

# Makes the shared file or folder $FZ_SCRATCH/NAME once a run: `shared NAME COMMAND...` runs the command with its path.
shared() {
  local path=$FZ_SCRATCH/$1 lock
  shift
  exec {lock}>"$path.lock"
  flock "$lock"
  if [[ ! -e $path.done ]]; then
    "$@" "$path"
    touch "$path.done"
  fi
  exec {lock}>&-
}

# Our own captures, and the corpus: an array of paths that the unprivileged user can read. Without those of ours that no
# program takes for a capture.
make_own_captures() {
  mkdir -p "$1"
  python3 "$FZ_SOURCE/tests/captures/make_captures.py" "$1" >/dev/null
  chmod -R a+rX "$1"
}
own_captures=$FZ_SCRATCH/captures
need_own_captures() { shared captures make_own_captures; }

copy_corpus() {
  mkdir -p "$1"
  cp "$FLOWZONE_CORPUS"/*.*cap* "$1"
  chmod -R a+rX "$1"
}
find_captures() {
  local folder path
  need_own_captures
  captures=()
  for path in "$own_captures"/*.pcap*; do
    case ${path##*/} in empty.pcap | text.pcap | cut-in-header.pcap) ;; *) captures+=("$path") ;; esac
  done
  if [[ -n ${FLOWZONE_CORPUS:-} ]]; then
    folder=$FLOWZONE_CORPUS
    if ! "${user[@]}" test -r "$folder" -a -x "$folder"; then
      shared corpus copy_corpus
      folder=$FZ_SCRATCH/corpus
    fi
    captures+=("$folder"/*.pcap "$folder"/*.pcapng "$folder"/*.cap)
  fi
}

# sweep, lean_sweep: every capture through the plugin once, several -z side by side; results in $sweep/NAME.pcap/.
sweep=$FZ_SCRATCH/sweep-$build_name lean_sweep=$FZ_SCRATCH/lean-sweep-$build_name
make_sweep() { # ENGINE FOLDER
  find_captures
  mkdir -m 1777 -p "$2"
  python3 "$here/sweep.py" "$2" "$1" "${captures[@]}" -- "${tshark_many[@]}"
}
need_sweep() { shared "$(basename "$sweep")" make_sweep full; }
need_lean_sweep() { shared "$(basename "$lean_sweep")" make_sweep lean; }
