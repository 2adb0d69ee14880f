// tests/matching/scenario.hpp - small stories of a book in plain lines, each with its whole answer; the docs
// and the named tests are written in them.
//
//   node 1 A us:east 4                        a node of class A with 4 units (or: unlimited)
//   firm 7 3 resting=2 no-buying no-selling   participant 7 belongs to firm 3
//   offer 1 by 9 node 1: 2000 @ 10            words after it: jobs min= max= display= replenish post-only
//                                             newest oldest both until= session=
//   order 2 by 7: 3000 @ 12 gtc               words after it: ioc fok gtc timed market jobs min= only=9,8
//                                             except=9 within= near post-only newest oldest both until=
//                                             session=
//   amend order 2 by 7: 1000 @ 12             the same for an offer; without `by`: the exchange itself
//   cancel order 2 by 7, cancel offer 1, cancel session 5, cancel node 1, cancel instrument of 1
//   return 1: 1000                            lots of offer 1 come back, and its node meets the orders
//   units 1 2, time 500, halt, resume, asks of 1, bids of 1
//
// After `->` stands the answer: trades in order ("2 takes 1000@10 of 1", "1 gives 1000@10 to 2"), endings ("1
// ends self_trade 2000"), then what is left ("rests 1000", "gone", "done") or "refused not_yours". A line
// without `->` may answer anything but a refusal. `#` starts a comment.
#pragma once

#include <string>
#include <string_view>

#include "rig.hpp"

namespace spillway::rig {

/// Plays the story on a new book; a failure of the test for each line whose answer is another one. Invariants
/// are checked after every line.
void play(BookKind, std::string_view story, BookLimits const& = {});

/// For tests that run on each book: `TEST_P(Defects, ...) { play(GetParam(), "..."); }`.
class OnBothBooks : public testing::TestWithParam<BookKind> {
 protected:
  void plays(std::string_view story, BookLimits const& limits = {}) { play(GetParam(), story, limits); }
};
[[nodiscard]] std::string name_of(testing::TestParamInfo<BookKind> const&);

}  // namespace spillway::rig

#define SPILLWAY_ON_BOTH_BOOKS(suite) \
  INSTANTIATE_TEST_SUITE_P(Books, suite, testing::Values(BookKind::plain, BookKind::fast), name_of)
