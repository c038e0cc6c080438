#!/usr/bin/env bash
# The long rounds of tests that are short by default, one after another. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# From the environment: FZ_BUILD, as in system/lib.sh; FZ_SEED for the schedules (drawn by each test, and printed). Logs stay when something failed.
# Below each step that passed is what it tried.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
. "$source/tests/steps.sh"

long_step() { # NAME COMMAND...
  step "$@" || return 0
  sed -nE 's/^      |^([0-9]+ passed)/      \1/p' "$logs/$1"
}

long_step hostile-server env FZ_LONG=1 "$source/tests/system/054-mysql-hostile-server"
long_step encapsulations "$source/tests/system/105-encapsulations" whole
long_step packets "$source/tests/system/015-packets" all
long_step minutes "$source/tests/system/015-minutes" all
long_step sides "$source/tests/system/061-sides" 20
long_step filters "$source/tests/system/072-filters" 1000
long_step filters-answers "$source/tests/system/078-filters-answers" 200
long_step store-readers "$source/tests/system/057-store-readers" all
long_step merge env FZ_ROUNDS=220 "$FZ_BUILD/tests/test_merge"
long_step retain-model env FZ_ROUNDS=300 "$FZ_BUILD/tests/test_retain"
long_step retain-sqlite "$source/tests/system/081-retain-sqlite" 200
long_step singlestore "$source/tests/system/056-singlestore" 200
long_step retain-mariadb "$source/tests/system/082-retain-mariadb" 200
long_step retain-singlestore "$source/tests/system/083-retain-singlestore" 200
long_step upgrade-singlestore "$source/tests/system/064-upgrade-singlestore" 40
long_step store-settings "$source/tests/system/059-store-settings" each
long_step upgrade-sqlite "$source/tests/system/061-upgrade-sqlite" 3000000
long_step upgrade-mariadb "$source/tests/system/062-upgrade-mariadb" 2000000
long_step batch-rotation "$source/tests/system/507-batch-rotation" 200
long_step report-speed "$source/tests/bench/report.sh"
long_step store-queries "$source/tests/bench/store.sh"
long_step retain-speed "$source/tests/bench/retain.sh"
long_step retain-waits "$source/tests/bench/retain-sqlite.sh"
