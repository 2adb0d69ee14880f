#!/bin/sh
# bench/profile.sh - the profile-guided build of matching_bench: trained on a seed that no check value uses.
# Run from anywhere; writes build/profile, and build/profile/bin/matching_bench in the end.
set -eu
cd "$(dirname "$0")/.."
build() {
  cmake --preset "$1" >/dev/null
  ninja -C build/profile ${SPILLWAY_JOBS:+-j "$SPILLWAY_JOBS"} matching_bench
}
find build/profile -name '*.gcda' -delete 2>/dev/null || true
build profile-train
train="build/profile/bin/matching_bench --seed 0xD1B54A32D192ED03 --rounds 1 --commands 500000"
for workload in "--instruments 1" "--instruments 1000" --bipartite; do
  # shellcheck disable=SC2086 # words
  $train $workload >/dev/null
done
build profile
echo "build/profile/bin/matching_bench"
