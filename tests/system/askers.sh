# shellcheck shell=bash
# Sessions of store_asker, each with a name. Sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# asker NAME ADDRESS ACCESS [WAIT_S]   opens a store; its first line is in $said
# ask NAME WORDS...                    a line of store_asker: its answer is in $said
# ask_later NAME WORDS..., hear NAME   the same in two
# asker_end NAME, askers_end           closes it, or all

declare -A asker_in asker_out asker_pid
asker() {
  local name=$1 to from
  shift
  [[ -z ${asker_pid[$name]:-} ]] || asker_end "$name"
  mkfifo "$work/asker.$name.in" "$work/asker.$name.out" || return
  "$FZ_BUILD/tests/store_asker" "$@" <"$work/asker.$name.in" >"$work/asker.$name.out" 2>"$work/asker.$name.err" &
  asker_pid[$name]=$!
  exec {to}>"$work/asker.$name.in" {from}<"$work/asker.$name.out"
  asker_in[$name]=$to asker_out[$name]=$from said=
  hear "$name"
}
ask_later() { echo "${*:2}" >&"${asker_in[$1]}"; }
hear() {
  said=
  read -r -t "$(stretched 120)" said <&"${asker_out[$1]}" || { echo "$1 says nothing"; cat "$work/asker.$1.err"; return 1; }
}
ask() { ask_later "$@" && hear "$1"; }
asker_end() {
  local to=${asker_in[$1]} from=${asker_out[$1]}
  (trap '' PIPE; echo end >&"$to") 2>/dev/null || true # its input never ends: other children have it too; it may have ended itself
  exec {to}>&- {from}<&-
  wait "${asker_pid[$1]}" || true
  rm -f "$work/asker.$1.in" "$work/asker.$1.out"
  unset "asker_in[$1]" "asker_out[$1]" "asker_pid[$1]"
}
askers_end() {
  local name
  for name in "${!asker_pid[@]}"; do asker_end "$name"; done
}
# says PATTERN: what was said last.
says() { [[ $said =~ ^$1$ ]] || { echo "expected: $1"; echo "came:     $said"; return 1; }; }
