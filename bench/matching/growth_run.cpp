// bench/matching/growth_run.cpp - what a command costs when there are more books, or more orders rest; and
// the bytes of a resting order.
// Room:   bench; sees matching.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "drive.hpp"
#include "floor.hpp"
#include "judge.hpp"
#include "runs.hpp"
#include "subjects.hpp"

namespace spillway::bench {

namespace {

struct Size {
  std::uint32_t books, prefill_each;
};
constexpr std::uint32_t floor_books_most = 1'000;  // its ladders are reserved whole: 64 KiB a book

/// `common` stream of this size; floor and book in turn, as far as the floor goes.
bool add_point(Options const& options, Size size, std::size_t commands, Report& report) {
  auto const stream = common_stream(size.books, commands, options.seed, size.prefill_each);
  auto const market = separate_books(size.books);
  auto const make_floor = [&] { return Floor(stream.books, stream.highest_id); };
  bool const with_floor = size.books <= floor_books_most;
  Figures floor, book;
  with_subject(options, market, stream, [&](auto make) {
    for (std::uint32_t round = 0; round < options.rounds; ++round) {
      if (with_floor) time_round(make_floor, stream, floor);
      time_round(make, stream, book);
    }
  });
  auto const resting = std::uint64_t{size.books} * size.prefill_each;
  auto const name = "books_" + std::to_string(size.books) + "_resting_" + std::to_string(resting);
  report.add(name + "_cpu_ns", book.cpu_ns.median());
  if (with_floor) report.add(name + "_floor_cpu_ns", floor.cpu_ns.median());
  return book.tally.refused == 0 && (!with_floor || floor.tally == book.tally);
}

/// Orders that only rest: buys below the mid, as far from it as the common stream's.
Stream resting_orders(std::uint32_t books, std::uint32_t orders, std::uint64_t seed) {
  Draws draws(seed);
  Stream stream;
  stream.books = books;
  for (std::uint32_t id = 1; id <= orders; ++id) {
    auto const k = draws.below(100);
    auto const away = 1 + draws.below(k < 70 ? 10 : k < 90 ? 100 : 1'000);
    stream.commands.push_back({Verb::add, Side::buy, 0, 0, draws.below(books), id, 0, base_price - away, 50});
  }
  stream.prefill = stream.commands.size();
  stream.highest_id = orders;
  stream.open_most[0] = orders;
  return stream;
}

/// What `measure` finds in a process of its own, where no earlier book has left memory behind; -1 when it
/// fails.
template <class Measure>
double in_a_child(Measure measure) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  auto const child = fork();
  if (child == 0) {
    double const found = measure();
    _exit(write(ends[1], &found, sizeof found) == sizeof found ? 0 : 1);
  }
  close(ends[1]);
  double found = -1;
  int status = 1;
  bool const told = child > 0 && read(ends[0], &found, sizeof found) == sizeof found;
  close(ends[0]);
  if (child > 0) waitpid(child, &status, 0);
  return told && status == 0 ? found : -1;
}

bool add_bytes(Options options, std::uint32_t books, std::uint32_t spacing, std::uint32_t orders,
               Report& report) {
  options.spacing = spacing;
  auto const market = separate_books(books);
  auto const stream = resting_orders(books, orders, options.seed);
  auto const name = "bytes_per_order_books_" + std::to_string(books) + "_spacing_" + std::to_string(spacing);
  auto const each = in_a_child([&] {
    return with_subject(options, market, stream, [&](auto make) {
      auto const before = resident_bytes();
      auto book = make();
      drive(book, prefill_of(stream));
      auto const grown = static_cast<double>(resident_bytes() - before);
      return book.tally.refused == 0 ? grown / orders : -1.0;
    });
  });
  report.add(name, each);
  return each >= 0;
}

}  // namespace

Held run_growth(Options const& options, Report& report) {
  auto const commands = options.commands != 0 ? options.commands : options.quick ? 5'000 : 1'000'000;
  std::vector<Size> sizes{{1, 1'000}, {1, 10'000}, {10, 1'000}, {100, 100}};
  if (!options.quick)
    sizes.insert(sizes.end(), {{1, 100'000},
                               {1, 1'000'000},
                               {10, 10'000},
                               {100, 1'000},
                               {1'000, 100},
                               {1'000, 1'000},
                               {10'000, 10}});
  report.add("workload", "growth");
  report.add("book", options.subject);
  report.add("commands", std::uint64_t{commands});
  bool held = true;
  for (auto const size : sizes) held = add_point(options, size, commands, report) && held;
  return held;
}

Held run_memory(Options const& options, Report& report) {
  std::uint32_t const orders = options.quick ? 20'000 : 1'000'000;
  report.add("workload", "memory");
  report.add("book", options.subject);
  report.add("resting_orders", orders);
  bool held = true;
  for (auto const books : {1u, 1'000u})
    for (auto const spacing : {1u, 32u}) held = add_bytes(options, books, spacing, orders, report) && held;
  return held;
}

}  // namespace spillway::bench
