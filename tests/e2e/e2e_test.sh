#!/usr/bin/env bash
# tests/e2e/e2e_test.sh - runs one test file under ctest; exit code 77 = skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if [[ ! -d ../../apps/engine/node_modules ]]; then
  echo "skipped: apps/engine/node_modules is missing; ./test installs it"
  exit 77
fi
exec node --test "$1"
