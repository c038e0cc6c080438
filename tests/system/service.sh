# shellcheck shell=bash
# A systemd of a test's own, in namespaces, on a copy of this system that nobody else sees. Sourced behind lib.sh; skips the test where there
# can be none. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# exposure UNIT              what systemd-analyze finds exposed of one of ours; fails above 1.2
# systemd_start UNIT         boots it with that unit; all of $work/over is copied over the system before
# inside COMMAND...          runs a command there
# within SECONDS COMMAND...  it comes true in that time
[[ ${FZ_SANITIZE:-0} != 1 ]] || skip "the unit forbids what sanitizers need"
((EUID == 0)) || skip "namespaces for a systemd want root"
unshare --user true 2>/dev/null || skip "no user namespaces here, as in a chroot"
[[ -x /lib/systemd/systemd ]] || skip "systemd is not installed"
exposure() { systemd-analyze security --offline=true --threshold=12 "$FZ_SOURCE/packaging/systemd/$1" | tail -n 1; }

if mountpoint -q /sys/fs/cgroup/systemd; then groups=/sys/fs/cgroup/systemd; else groups=/sys/fs/cgroup; fi
group=$groups/${work##*/}
launcher=
leave() {
  if [[ -n $launcher ]]; then kill -9 "$launcher"; wait "$launcher"; fi
  echo $BASHPID >"$groups/cgroup.procs"
  find "$group" -depth -type d -exec rmdir {} +
} 2>/dev/null
end_systemd() {
  local status=$?
  set +e
  leave
  (exit "$status")
  finish
}

# In namespaces: nothing is mounted outside of them, and all ends with the systemd.
begin='
work=$1 hybrid=$2 unit=$3
mount -t tmpfs tmpfs "$work/root"
mkdir "$work/root/"{upper,work,all}
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/root/upper,workdir=$work/root/work" "$work/root/all"
cp -a "$work/over/." "$work/root/all"
cd "$work/root/all"
mount -t proc proc proc
mount -t sysfs sysfs sys
for folder in run tmp var/log/journal; do mkdir -p "$folder"; mount -t tmpfs -o mode=755 tmpfs "$folder"; done
mount --rbind /dev dev
if ((hybrid)); then
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
else
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
mkdir -p old
pivot_root . old
cd /
umount -l old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit="$unit" --log-target=journal --show-status=false'
systemd_start() {
  local hybrid=0
  service=$1
  [[ $groups != */systemd ]] || hybrid=1
  mkdir "$work/root"
  { mkdir "$group" && echo $BASHPID >"$group/cgroup.procs"; } 2>/dev/null || { leave || true; skip "no control group for a systemd"; }
  unshare --pid --fork --kill-child --mount --uts --ipc --cgroup --propagation private bash -euc "$begin" _ "$work" $hybrid "$service" \
    >"$work/systemd.log" 2>&1 </dev/null &
  launcher=$!
  trap end_systemd EXIT
  within 60 booted || { leave || true; skip "a systemd does not start in namespaces here: $(tail -n 1 "$work/systemd.log")"; }
}
booted() { [[ -n $(inside systemctl show -p MainPID --value "$service") ]]; }
inside() { nsenter --target "$(pgrep -P "$launcher")" --pid --mount --root --wd=/ "$@" 2>/dev/null; }
within() {
  local try
  for ((try = 0; try < 5 * $(stretched "$1"); try++)); do
    if "${@:2}" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  cat "$work/systemd.log"
  inside journalctl --no-pager -o cat -u "$service" | tail -n 20
  return 1
}
