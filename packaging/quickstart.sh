#!/usr/bin/env bash
# quickstart.sh [CAPTURE [ZONES]]: from a capture to SQL, the whole way. Installs what is missing, builds, runs tshark with the plugin
# as an unprivileged user, loads the flow file into ./flowzone.db (FLOWZONE_DB) and shows what is in it. Without a
# CAPTURE it makes one; without ZONES the example's networks have names. SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
export LC_ALL=C.UTF-8
packaging=$(cd "$(dirname "$0")" && pwd)
[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '2,4s/^# //p' "$0"; exit 0; }
if [[ ${1:-} == -?* || ${2:-} == -?* ]] || (($# > 2)); then
  echo "usage: quickstart.sh [CAPTURE [ZONES]]; quickstart.sh --help says more" >&2
  exit 2
fi
capture=${1:-} zones=${2:-$packaging/zones.example.csv} database=${FLOWZONE_DB:-$PWD/flowzone.db}
say() { printf '%s\n' "$*"; }
fail() {
  printf 'quickstart.sh: %s\n' "$*" >&2
  exit 1
}
for file in ${capture:+"$capture"} "$zones"; do
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
  capture=$work/demo.pcap
  python3 "$packaging/demo_capture.py" "$capture"
  say "No capture given: made one, an hour of a small company."
fi
name=$(basename "$capture")

"$build/flowzone" zones check "$zones" >"$work/zones.log" 2>&1 || {
  cat "$work/zones.log" >&2
  fail "$zones: mistakes, see above"
}

# Root should not dissect, but only root may be able to read the capture: so tshark gets it on standard input,
# writes the flow file to an inherited descriptor, and plugin and zones are copied to where the user nobody can read them.
user=()
mkdir -p "$work/run/home"
cp -R "$build/plugins" "$work/run/plugins"
cp "$zones" "$work/run/zones.csv"
if ((EUID == 0)); then
  user=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
  chmod 711 "$work"
  chown -R 65534:65534 "$work/run"
fi
say "Reading $name with tshark and the plugin$( ((EUID == 0)) && echo ", as nobody") ..."
status=0
"${user[@]}" env HOME="$work/run/home" WIRESHARK_PLUGIN_DIR="$work/run/plugins" \
  tshark -q -r - -z "flowzone,format=ipfix,out=fd:5,zones=$work/run/zones.csv,source=\"${name//\"/\"\"}\"" \
  <"$capture" 5>"$work/$name.ipfix" 2>"$work/tshark.log" || status=$?
sed -n 's/^flowzone: out=[^:]*:[^:]*: /  /p' "$work/tshark.log"
if ((status != 0)); then
  grep -v '^flowzone: out=' "$work/tshark.log" >&2 || true
  [[ -s $work/$name.ipfix ]] || fail "$name: tshark ended with status $status, see above"
fi
(cd "$work" && "$build/flowzone" load --jail=try --to "sqlite:$database" "./$name.ipfix" 2>&1 | grep -v ': jail: [^;]*$')

query() {
  say ""
  say "$1"
  sqlite3 -readonly -cmd ".mode column" "$database" "$2"
}
zone="CASE %s WHEN '' THEN '(no zone)' ELSE %s END"
sip=${zone//%s/sip_infos} dip=${zone//%s/dip_infos} own=${zone//%s/infos}
query "Top zone pairs" "SELECT $sip AS \"from\", $dip AS \"to\", count(*) AS conversations, sum(packets) AS packets,
  sum(bytes) AS bytes FROM netflow_table GROUP BY 1, 2 ORDER BY bytes DESC LIMIT 10"
query "Top talkers" "SELECT ip, $own AS zone, flows AS conversations, bytes_sent, bytes_received FROM fz_talkers
  ORDER BY bytes_sent + bytes_received DESC LIMIT 10"

cat <<END

Your data: $database
  sqlite3 $database 'SELECT * FROM netflow_table LIMIT 10'     every conversation, both directions
  $packaging/quickstart.sh CAPTURE [ZONES]     another capture beside it; see packaging/zones.example.csv for zones
  $( ((EUID == 0)) || echo "sudo ")cmake --install $build     then \`tshark -q -z flowzone -r CAPTURE\` and \`flowzone --help\` work everywhere
END
