// bench/matching/subjects.hpp - the books by name: what a run measures is chosen here and nowhere else.
// Room:   bench; sees matching.
#pragma once

#include "book_subject.hpp"
#include "matching/plain_book.hpp"
#include "options.hpp"

namespace spillway::bench {

/// Room for a stream: as many orders and offers as it ever has at once, at most.
[[nodiscard]] inline BookLimits limits_for(Stream const& stream) {
  BookLimits limits;
  limits.orders = limits.offers = stream.highest_id;
  limits.nodes = stream.books;
  return limits;
}

/// Calls `use(make)` with a maker of empty books of the kind that the options name; `make()` gives a Subject.
template <class Use>
auto with_subject(Options const& options, Market const& market, Stream const& stream, Use use) {
  return use(
      [&, limits = limits_for(stream)] { return BookSubject<PlainBook>(market, limits, options.spacing); });
}

}  // namespace spillway::bench
