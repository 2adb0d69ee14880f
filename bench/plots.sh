#!/bin/sh
# bench/plots.sh - runs matching_bench on every workload and draws docs/plots/*.svg from what it wrote (needs gnuplot).
#   bench/plots.sh [path of matching_bench]      figures stay in build/plots/*.json
set -eu
cd "$(dirname "$0")/.."
bench=${1:-build/release/bin/matching_bench}
out=build/plots
mkdir -p "$out" docs/plots

run() { # name, arguments
  name=$1
  shift
  [ -s "$out/$name.json" ] || "$bench" "$@" --json "$out/$name.json" >/dev/null
}
run one --instruments 1
run thousand --instruments 1000
run sparse --instruments 1000 --sparse
run bipartite --bipartite
run skewed --skewed
run storm --storm
run growth --growth

value() { sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\).*/\1/p" "$out/$1.json"; }

{
  for of in one thousand sparse; do
    echo "$of $(value $of floor_cpu_ns_per_command) $(value $of cpu_ns_per_command)"
  done
} >"$out/common.dat"
{
  for band in 1 2_8 9_16 17_64 65_up; do
    echo "$band $(value bipartite passive_buy_${band}_mean_ns) $(value bipartite aggressive_buy_${band}_mean_ns)"
  done
} | tr _ - >"$out/degrees.dat"
for links in 1 8 32 100 200 500; do
  echo "$links $(value storm pair_cpu_ns_links_$links)"
done >"$out/storm.dat"
sed -n 's/^ *"books_\([0-9]*\)_resting_\([0-9]*\)_cpu_ns": \([0-9.]*\).*/\1 \2 \3/p' "$out/growth.json" |
  sort -n -k1 -k2 >"$out/growth.dat"

gnuplot <<'PLOT'
set terminal svg size 640,400 font "sans,12" background "white"
set style fill solid 0.8
set grid ytics
set key top left
set yrange [0:*]
set ylabel "CPU ns per command"
dir = "build/plots/"
set output "docs/plots/matching-common.svg"
set title "Common stream: one book, 1,000 books, 1,000 sparse books"
set style data histogram
set boxwidth 0.9
plot dir."common.dat" using 2:xtic(1) title "bare ladder" lc rgb "#999999", "" using 3 title "book" lc rgb "#2266aa"
set output "docs/plots/matching-degrees.svg"
set title "Bipartite: mean latency by the number of instruments that an order accepts"
set ylabel "ns, isolated"
plot dir."degrees.dat" using 2:xtic(1) title "rests" lc rgb "#2266aa", "" using 3 title "takes" lc rgb "#cc6633"
set output "docs/plots/matching-storm.svg"
set title "An ask that improves the best, and its cancel, by linked signatures"
set ylabel "CPU ns per pair"
set xlabel "signatures linked to the instrument"
set logscale x
plot dir."storm.dat" using 1:2 with linespoints pt 7 lc rgb "#2266aa" notitle
set output "docs/plots/matching-growth.svg"
set title "Growth: the same commands over more resting orders"
set ylabel "CPU ns per command"
set xlabel "orders resting at the start"
set key top left
plot for [books in "1 10 100 1000 10000"] dir."growth.dat" using ($1 == books + 0 ? $2 : 1/0):3 \
  with linespoints pt 7 title books." books"
PLOT
ls -l docs/plots
