// bench/matching/subjects.hpp - the books by name: what a run measures is chosen here and nowhere else.
// Room:   bench; sees matching.
#pragma once

#include "book_subject.hpp"
#include "matching/fast_book.hpp"
#include "matching/plain_book.hpp"
#include "options.hpp"

namespace spillway::bench {

/// Room for a stream: twice as many orders and offers as it ever has at once, at most, as a venue would have
/// it.
[[nodiscard]] inline BookLimits limits_for(Stream const& stream) {
  BookLimits limits;
  limits.orders = 2 * static_cast<std::uint32_t>(stream.open_most[0]) + 1;
  limits.offers = 2 * static_cast<std::uint32_t>(stream.open_most[1]) + 1;
  limits.tranches = 1;  // nothing replenishes
  limits.nodes = stream.books + 1;
  limits.participants = stream.books + 1'000;
  return limits;
}

/// Calls `use(make)` with a maker of empty books of the kind that the options name; `make()` gives a Subject.
template <class Use>
auto with_subject(Options const& options, Market const& market, Stream const& stream, Use use) {
  auto const limits = limits_for(stream);
  if (options.subject == "plain")
    return use([&] { return BookSubject<PlainBook>(market, limits, options.spacing, options.conditions); });
  return use([&] { return BookSubject<FastBook>(market, limits, options.spacing, options.conditions); });
}

}  // namespace spillway::bench
