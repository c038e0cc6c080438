#!/usr/bin/env bash
# The long rounds of tests that are short by default, one after another. bash. SPDX-License-Identifier: GPL-2.0-or-later
#
# From the environment: FZ_BUILD, as in system/lib.sh. Logs stay when something failed.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
. "$source/tests/steps.sh"

step hostile-server env FZ_LONG=1 "$source/tests/system/054-mysql-hostile-server" || true
step encapsulations "$source/tests/system/105-encapsulations" whole || true
step store-readers "$source/tests/system/057-store-readers" all || true
step store-settings "$source/tests/system/059-store-settings" each || true
step batch-rotation "$source/tests/system/507-batch-rotation" 200 || true
