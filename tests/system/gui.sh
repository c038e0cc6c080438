# A real Wireshark on a display of its own; a test sources it behind lib.sh. SPDX-License-Identifier: GPL-2.0-or-later
#
# Nothing here waits for a fixed time: `until_true` looks until what is wanted is there. Menus and dialogs are driven by
# keys, which do not depend on fonts; where only the mouse works, it clicks on the first row of a table.
for program in wireshark Xvfb openbox xdotool xclip import; do
  command -v "$program" >/dev/null || skip "$program is not installed (packaging/install-deps.sh test)"
done
screen=1600x900x24 slow=1
[[ ${FZ_SANITIZE:-0} != 1 ]] || slow=6
shots=$FZ_BUILD/screenshots
mkdir -p "$shots"
children=()
cp "$FZ_BUILD/tests/preload_once.so" "$work/"

eval "$(declare -f cleanup | sed '1s/cleanup/remove_folder/')"
cleanup() {
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null && wait "$child" 2>/dev/null || true; done
  remove_folder
}

make_demo() {
  python3 "$FZ_SOURCE/packaging/demo_capture.py" "$1"
  chmod a+r "$1"
}
need_demo() { shared demo.pcap make_demo; }

# until_true SECONDS COMMAND...
until_true() {
  local limit=$(($1 * slow)) begin=$SECONDS
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS - begin < $(stretched "$limit"))) || { echo "never came: $*"; xwininfo -root -tree 2>/dev/null | grep '"' | head -n 20; return 1; }
    sleep 0.1
  done
}

start_display() {
  local number=$work/display
  # -displayfd: the server picks a free number and says so when it is ready.
  Xvfb -screen 0 "$screen" -nolisten tcp -noreset -displayfd 3 3>"$number" >"$work/xvfb.log" 2>&1 &
  children+=($!)
  until_true 30 test -s "$number" || skip "Xvfb does not start: $(tail -n 1 "$work/xvfb.log")"
  export DISPLAY=:$(<"$number")
  openbox >"$work/openbox.log" 2>&1 &
  children+=($!)
  until_true 30 xprop -root _NET_SUPPORTING_WM_CHECK
}

# Settings of a user who has been here before, so that windows come where and as large as the test wants them.
settings=$work/home/.config/wireshark
make_settings() {
  "${user[@]}" mkdir -p "$settings"
  cat >"$work/recent_common" <<'END'
gui.geometry_main_x: 0
gui.geometry_main_y: 20
gui.geometry_main_width: 1270
gui.geometry_main_height: 840
END
  printf 'gui.conversation_tabs: FlowZone\ngui.endpoint_tabs: FlowZone\n' >"$work/recent"
  printf 'gui.ask_unsaved: FALSE\ngui.autocomplete_filter: FALSE\ngui.update.enabled: FALSE\ngui.geometry.save.position: FALSE\n' >"$work/preferences"
  chmod a+r "$work"/recent* "$work/preferences"
  "${user[@]}" cp "$work/recent_common" "$work/recent" "$work/preferences" "$settings"
}

# start_wireshark TITLE ARGUMENT...: started, reading $input, not waited for; its window, whose title begins so, is then $main.
input=/dev/null
start_wireshark() {
  local title=$1
  shift
  # Leaks are reported with stacks by frame pointers, which our code has: with whole stacks a window takes minutes to open.
  # Its helpers go without: one hangs at its end with a sanitizer in it.
  "${foreign[@]}" ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS:exitcode=0:fast_unwind_on_malloc=1" LD_PRELOAD="$sanitizer $work/preload_once.so"} DISPLAY="$DISPLAY" QT_QPA_PLATFORM=xcb wireshark "$@" >"$work/wireshark.log" 2>&1 <"$input" &
  wireshark=$!
  children+=("$wireshark")
  until_true 60 window "^$title" || return
  main=$(window "^$title")
}
running() { kill -0 "$wireshark" 2>/dev/null; }
ended() { ! running; }

# The visible window whose title matches.
window() { xdotool search --onlyvisible --name "$1" | grep . | tail -n 1 | grep .; }
no_window() { ! window "$1"; }

# Brings a window to the front and gives it the keyboard.
activate() { until_true 20 bash -c 'xdotool windowactivate "$1" && sleep 0.1 && [[ $(xdotool getactivewindow) == "$1" ]]' _ "$1"; }
keys() { xdotool key --delay 60 "$@"; }

# Menus are windows too, without a title: that one opens or closes can be seen by their number.
windows() { xdotool search --onlyvisible --class wireshark 2>/dev/null | wc -l; }
more_than() { (($(windows) > $1)); }
fewer_than() { (($(windows) < $1)); }
# opens KEY...: the keys, then one more window.
opens() {
  local before=$(windows)
  keys "$@"
  until_true 10 more_than "$before"
}

# statistics KEY...: goes to the submenu FlowZone, the last one of Statistics, and gives these keys there.
# The mouse is out of the way, as a menu takes what is under it; a window that was busy may have lost a key.
statistics() {
  local try
  for try in 1 2 3; do
    xdotool mousemove 1599 899
    if activate "$main" && opens alt+s && keys Up && opens Right; then
      keys "$@"
      return
    fi
    keys Escape Escape Escape
  done
  return 1
}
# table TITLE KEY...: opens that dialog from the submenu; it is then $dialog.
table() {
  local title=$1
  shift
  statistics "$@" Return && until_true 60 window "· $title ·" && dialog=$(window "· $title ·") && activate "$dialog"
}
close_dialog() {
  local before=$(windows)
  activate "$1" && keys Escape && until_true 20 fewer_than "$before"
}

# click_first BUTTON X: in the first row of the dialog's table, X pixels from its left side.
click_first() {
  xdotool mousemove --sync --window "$dialog" "$2" "${3:-60}" click "$1"
}
clipboard() { timeout 5 xclip -selection clipboard -o 2>/dev/null; }
clear_clipboard() { printf '' | xclip -selection clipboard -i; }
copied() { [[ $(clipboard | wc -l) -gt 3 ]]; }

# rows FILE: what the dialog's Copy says, once it is what the retap found, as CSV without the rank.
copy_rows() {
  local before=$(windows)
  clear_clipboard
  click_first 3 100
  until_true 20 more_than "$before" && keys Down Return && until_true 20 copied && clipboard | python3 "$here/dialog_rows.py" >"$1"
}

# A picture of a window, for people, in the build folder.
shot() {
  import -window "${2:-root}" -strip +dither -colors 64 -depth 8 "png8:$shots/$1.png"
}

# type_text TEXT: replaces what is in the field that has the keyboard.
type_text() { keys ctrl+a BackSpace && { [[ -z $1 ]] || xdotool type --delay 12 -- "$1"; }; }
