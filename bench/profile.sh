#!/bin/sh
# bench/profile.sh - the profile-guided build of matching_bench: trained on a seed that no check value uses.
# Run from anywhere; writes build/profile-train, build/profile-data and build/profile/bin/matching_bench.
set -eu
cd "$(dirname "$0")/.."
rm -rf build/profile-data
cmake --preset profile-train >/dev/null
ninja -C build/profile-train ${SPILLWAY_JOBS:+-j "$SPILLWAY_JOBS"} matching_bench
train="build/profile-train/bin/matching_bench --seed 0xD1B54A32D192ED03 --rounds 1"
for workload in "--instruments 1" "--instruments 1000" "--bipartite"; do
  # shellcheck disable=SC2086 # words
  $train $workload --commands 500000 >/dev/null
done
cmake --preset profile >/dev/null
ninja -C build/profile ${SPILLWAY_JOBS:+-j "$SPILLWAY_JOBS"} matching_bench
echo "build/profile/bin/matching_bench"
