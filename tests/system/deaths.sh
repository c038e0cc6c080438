# shellcheck shell=bash
# What tests of sudden deaths share: blows at random moments of a work that takes longer or shorter each time. Sourced behind lib.sh. bash.
# SPDX-License-Identifier: GPL-2.0-or-later
#
# timed COMMAND...       runs it; $whole is how long it took, in milliseconds
# wait_moment            waits for a moment of that time, drawn by RANDOM: $moment milliseconds
# met, late              what became of the blow: counted in $blows; or else the work ended before $moment, which is its time from now on
# strike PID             a moment, then kill -9; waits for the process, whose $status is then that of this death or 0; fails if it is another
# until_met COMMAND...   again until it has met its work, or fails. What it checks must hold after a late blow, too

blows=0 moment=0
timed() {
  local begin
  begin=$(date +%s%3N)
  "$@" || return
  whole=$(($(date +%s%3N) - begin))
}
wait_moment() {
  moment=$((RANDOM * whole / 32767))
  sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
}
# A little more each time, so that the last moments of a work that has become slower are reached.
met() { blows=$((blows + 1)) whole=$((whole + whole / 20 + 1)); }
late() { whole=$moment; }
strike() {
  wait_moment
  kill -9 "$1" 2>/dev/null || true
  status=0
  wait "$1" 2>/dev/null || status=$?
  case $status in
  137) met ;;
  0) late ;;
  *) echo "status $status without a blow"; return 1 ;;
  esac
}
until_met() {
  local before=$blows try
  for ((try = 1; try <= 20; try++)); do
    "$@" || return
    ((blows == before)) || return 0
  done
  echo "none of 20 blows met the work; the last one came after $moment ms"
  return 1
}
