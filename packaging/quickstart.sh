#!/usr/bin/env bash
# quickstart.sh [CAPTURE [ZONES]]: from a capture to SQL, the whole way. Installs what is missing, builds, runs tshark with the plugin
# as an unprivileged user, loads the flow file into ./flowzone.db (FLOWZONE_DB) and shows what is in it. Without a
# CAPTURE it makes one, flowzone-demo.pcap beside the store, with names for its networks; a CAPTURE without ZONES has flowzone's own: private, (internet) ...
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
export LC_ALL=C.UTF-8
packaging=$(cd "$(dirname "$0")" && pwd)
[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '2,4s/^# //p' "$0"; exit 0; }
if [[ ${1:-} == -?* || ${2:-} == -?* ]] || (($# > 2)); then
  echo "usage: quickstart.sh [CAPTURE [ZONES]]; quickstart.sh --help says more" >&2
  exit 2
fi
capture=${1:-} zones=${2:-} database=${FLOWZONE_DB:-flowzone.db}
[[ $database == /* ]] || database=$PWD/$database
say() { printf '%s\n' "$*"; }
fail() {
  printf 'quickstart.sh: %s\n' "$*" >&2
  exit 1
}
[[ -n $capture ]] || zones=${zones:-$packaging/zones.example.csv}
for file in ${capture:+"$capture"} ${zones:+"$zones"}; do
  [[ -e $file ]] || fail "$file: no such file"
  [[ -f $file && -r $file ]] || fail "$file: cannot be read"
done
touch "$database" 2>/dev/null || fail "$database: cannot be written; go to a folder of yours, or set FLOWZONE_DB=FILE"
[[ -s $database ]] || rm -f "$database"

"$packaging/install-deps.sh" build run

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "Building flowzone ..."
build=$("$packaging/build.sh" release -DBUILD_TESTING=OFF 2>"$work/build.log") || {
  tail -n 40 "$work/build.log" >&2
  fail "the build failed, see above"
}

if [[ -z $capture ]]; then
  capture=$(dirname "$database")/flowzone-demo.pcap
  if [[ -e $capture ]]; then
    say "No capture given: $capture is there already, an hour of a small company."
  else
    python3 "$packaging/demo_capture.py" "$work/demo.pcap"
    mv "$work/demo.pcap" "$capture"
    say "No capture given: made $capture, an hour of a small company."
  fi
fi
name=$(basename "$capture")
ring=$(cd "$(dirname "$capture")" && pwd)

[[ -z $zones ]] || "$build/flowzone" zones check "$zones" >"$work/zones.log" 2>&1 || {
  cat "$work/zones.log" >&2
  fail "$zones: mistakes, see above"
}

# Root should not dissect, but only root may be able to read the capture: so tshark gets it on standard input,
# writes the flow file to an inherited descriptor, and plugin and zones are copied to where the user nobody can read them.
user=()
mkdir -p "$work/run/home"
cp -R "$build/plugins" "$work/run/plugins"
[[ -z $zones ]] || cp "$zones" "$work/run/zones.csv"
if ((EUID == 0)); then
  user=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
  chmod 711 "$work"
  chown -R 65534:65534 "$work/run"
fi
say "Reading $name with tshark and the plugin$( ((EUID == 0)) && echo ", as nobody") ..."
status=0
"${user[@]}" env HOME="$work/run/home" WIRESHARK_PLUGIN_DIR="$work/run/plugins" \
  tshark -q -r - -z "flowzone,format=ipfix,out=fd:5${zones:+,zones=$work/run/zones.csv},source=\"${name//\"/\"\"}\"" \
  <"$capture" 5>"$work/$name.ipfix" 2>"$work/tshark.log" || status=$?
sed -n 's/^flowzone: out=[^:]*:[^:]*: /  /p' "$work/tshark.log"
if ((status != 0)); then
  grep -v '^flowzone: out=' "$work/tshark.log" >&2 || true
  [[ -s $work/$name.ipfix ]] || fail "$name: tshark ended with status $status, see above"
fi
(cd "$work" && "$build/flowzone" load --jail=try --to "sqlite:$database" "./$name.ipfix" 2>&1 | grep -v ': jail: [^;]*$')

# The store may have other captures too.
ask() { "$build/flowzone" "$@" --where "source \"${name//\"/\"\"}\"" --jail=try --from "sqlite:$database" 2> >(grep -v ': jail: ' >&2); }
say ""
say "Who talks to whom"
ask top
say ""
say "Who talks most"
ask top --by host,zone

cat <<END

Your data: $database
  flowzone matrix, time, flows, find ... --from sqlite:$database     more questions: see flowzone --help
  flowzone report --out report.html --from sqlite:$database     one page to look at and to forward
  flowzone packets --where 'service https' -w https.pcapng --ring $ring --from sqlite:$database     back to the frames
  sqlite3 $database 'SELECT * FROM netflow_table LIMIT 10'     every conversation, both directions
  $packaging/quickstart.sh CAPTURE [ZONES]     another capture beside it; see packaging/zones.example.csv for zones
  $( ((EUID == 0)) || echo "sudo ")cmake --install $build     then \`tshark -q -z flowzone -r CAPTURE\` and \`flowzone --help\` work everywhere
END
