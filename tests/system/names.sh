# shellcheck shell=bash
# Name servers that lie, for tests of reverse DNS; sourced behind lib.sh. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# serve [OPTION...]   another server on this machine, lying_name_server.py with these options; sets port, and questions, its log
# stop_serving        ends all of them
serving=()
serve() {
  questions=$work/questions.${#serving[@]}
  python3 "$here/lying_name_server.py" "$questions" "$@" >"$questions.port" 2>"$questions.err" &
  serving+=($!)
  awaited test -s "$questions.port" || { cat "$questions.err"; return 1; }
  port=$(<"$questions.port")
}
stop_serving() { ((${#serving[@]} == 0)) || kill "${serving[@]}" 2>/dev/null || true; }
