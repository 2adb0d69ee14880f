#!/usr/bin/env bash
# tests/apps/engine_test.sh - runs the engine's tests under ctest; exit code 77 = skipped.
set -euo pipefail
cd "$1"
if [[ ! -d node_modules ]]; then
  echo "skipped: apps/engine/node_modules is missing; ./test installs it"
  exit 77
fi
exec node --test test/engine.test.mjs
