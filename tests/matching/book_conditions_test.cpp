// tests/matching/book_conditions_test.cpp - the edges of conditions where two of them meet, each a story.
#include "scenario.hpp"

namespace spillway {
namespace {

using namespace rig;

class Conditions : public OnBothBooks {};
SPILLWAY_ON_BOTH_BOOKS(Conditions);

/// `shut_out` orders that provider 9 may not serve, at a better limit, in front of one that it may.
std::string queue(int shut_out) {
  std::string story = "node 1 A us:east 9\n";
  for (int i = 1; i <= shut_out; ++i)
    story += "order " + std::to_string(i) + " by 7: 1000 @ 12 gtc except=9\n";
  return story + "order 900 by 7: 1000 @ 11 gtc only=9\n";
}

TEST_P(Conditions, OneCommandLooksAtNoMoreThanSixtyFourConditionalOrders) {
  plays(queue(63) + R"(
    offer 901 by 9 node 1: 1000 @ 10        -> 901 gives 1000@11 to 900, gone
  )");
  plays(queue(64) + R"(
    offer 901 by 9 node 1: 1000 @ 10        -> rests 1000           # the 65th is not seen: locked, and legal
    order 902 by 7: 1000 @ 10 gtc           -> 902 takes 1000@10 of 901, gone
    cancel order 1
    offer 903 by 9 node 1: 1000 @ 10        -> 903 gives 1000@11 to 900, gone
  )");
}

TEST_P(Conditions, TheLooksOfACommandAreCountedOverItsTrades) {
  // One look finds the first; the queue is then looked through from its top again.
  plays(queue(62) + R"(
    order 901 by 7: 1000 @ 11 gtc only=9
    offer 902 by 9 node 1: 2000 @ 10        -> 902 gives 1000@11 to 900, rests 1000
  )");
}

TEST_P(Conditions, UnconditionalOrdersAreSeenHoweverManyConditionalOnesStandBefore) {
  plays(queue(70) + R"(
    order 901 by 7: 1000 @ 10 gtc
    offer 902 by 9 node 1: 1000 @ 10        -> 902 gives 1000@10 to 901, gone
  )");
}

TEST_P(Conditions, AConditionalOrderStandsBehindAtItsLimitAndBeforeAtABetterOne) {
  plays(R"(
    node 1 A us:east 9
    order 1 by 7: 1000 @ 10 gtc only=9
    order 2 by 7: 1000 @ 10 gtc
    order 3 by 7: 1000 @ 11 gtc min=1000
    offer 4 by 9 node 1: 3000 @ 10 -> 4 gives 1000@11 to 3, 4 gives 1000@10 to 2, 4 gives 1000@10 to 1, gone
  )");
}

/// Its minimum falls with what is open, but it is not walked again for that.
TEST_P(Conditions, ARestingMinimumFallsWithWhatIsOpen) {
  plays(R"(
    node 1 A us:east 9
    node 2 A us:east 9
    order 1 by 7: 3000 @ 10 gtc min=2000
    offer 2 by 9 node 1: 1000 @ 10          -> rests 1000
    offer 3 by 9 node 2: 2000 @ 10          -> 3 gives 2000@10 to 1, gone
    bids of 1                               -> none
    offer 4 by 9 node 2: 1000 @ 10          -> 4 gives 1000@10 to 1, gone
    cancel order 1                          -> refused dead_id
  )");
}

TEST_P(Conditions, AMinimumIsNotCompletedFromWhatIsHidden) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 3000 @ 10 display=1000
    order 2 by 7: 2000 @ 10 ioc min=2000    -> gone
    order 3 by 7: 2000 @ 10 ioc             -> 3 takes 1000@10 of 1, 3 takes 1000@10 of 1, gone
  )");
}

TEST_P(Conditions, AMinimumIsCompletedFromTheNextTranche) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 2000 @ 10 replenish
    order 2 by 7: 1000 @ 10 ioc             -> 2 takes 1000@10 of 1, gone
    offer 3 by 9 node 1: 1000 @ 11
    return 1: 1000                          -> done
    order 4 by 7: 2000 @ 10 ioc min=2000    -> 4 takes 2000@10 of 1, gone
  )");
}

TEST_P(Conditions, AnAmendedDisplayStartsAnew) {
  plays(R"(
    node 1 A us:east 9
    node 2 A us:east 9
    offer 1 by 9 node 1: 4000 @ 10 display=2000
    offer 2 by 9 node 2: 1000 @ 10
    amend offer 1: 3000 @ 10                -> rests 3000           # hidden lots go first, the place is kept
    asks of 1                               -> 3000@10
    order 3 by 7: 1000 @ 10 ioc             -> 3 takes 1000@10 of 1, gone
    amend offer 1: 1000 @ 10                -> rests 1000
    amend offer 1: 5000 @ 10                -> rests 5000           # more: all of it is a new arrival
    order 4 by 7: 3000 @ 10 ioc             -> 4 takes 1000@10 of 2, 4 takes 2000@10 of 1, gone
  )");
}

TEST_P(Conditions, ReturnedLotsOfADisplayGoBehindIt) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 2000 @ 10 display=1000 replenish
    order 2 by 7: 2000 @ 10 ioc             -> 2 takes 1000@10 of 1, 2 takes 1000@10 of 1, gone
    asks of 1                               -> none
    return 1: 2000                          -> done
    asks of 1                               -> 1000@10
    order 3 by 7: 2000 @ 10 fok             -> 3 takes 1000@10 of 1, 3 takes 1000@10 of 1, gone
  )");
}

/// Newly shown lots are the arriving side: they meet what was stepped over before.
TEST_P(Conditions, ANewSliceMeetsRestingOrders) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 3000 @ 10 display=2000 min=2000
    order 2 by 7: 1000 @ 12 gtc             -> rests 1000           # less than the minimum
    order 3 by 7: 2000 @ 10 ioc             -> 3 takes 2000@10 of 1, 1 gives 1000@12 to 2, gone
  )");
}

TEST_P(Conditions, SelfTradeBetweenPostOnlyAndFillOrKill) {
  plays(R"(
    node 1 A us:east 9
    firm 7 1
    firm 9 1
    offer 1 by 9 node 1: 1000 @ 10
    order 2 by 7: 1000 @ 10 gtc post-only newest -> refused post_only_would_cross
    order 3 by 7: 1000 @ 10 fok newest      -> refused fok_unfillable
    order 4 by 7: 2000 @ 10 gtc min=2000 oldest -> rests 2000       # it steps over its own firm
    offer 5 by 9 node 1: 2000 @ 9 oldest    -> rests 2000           # and so does the other side
    cancel order 4                          -> done
    order 6 by 8: 3000 @ 10 gtc newest -> 6 takes 2000@9 of 5, 6 takes 1000@10 of 1, gone
  )");
}

TEST_P(Conditions, SelfTradeInTheMiddleOfAWalk) {
  plays(R"(
    node 1 A us:east 9
    firm 7 1
    firm 9 1
    offer 1 by 8 node 1: 1000 @ 10
    offer 2 by 9 node 1: 1000 @ 11
    offer 3 by 8 node 1: 1000 @ 12
order 4 by 7: 3000 @ 12 gtc both -> 4 takes 1000@10 of 1, 2 ends self_trade 1000, 4 ends self_trade 2000, gone
    order 5 by 7: 1000 @ 11 gtc
    order 6 by 6: 1000 @ 10 gtc
    offer 7 by 9 node 1: 3000 @ 10 oldest   -> 7 gives 1000@10 to 6, 5 ends self_trade 1000, rests 2000
    firm 7 2
    order 8 by 7: 1000 @ 10 ioc newest      -> 8 takes 1000@10 of 7, gone   # another firm now
  )");
}

TEST_P(Conditions, HaltedMarketsStillCancelReturnAndTellTheTime) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 10 replenish
    order 2 by 7: 1000 @ 10 ioc             -> 2 takes 1000@10 of 1, gone
    order 3 by 7: 1000 @ 11 gtc until=50
    order 4 by 7: 1000 @ 10 gtc session=1
    halt
    order 5 by 7: 1000 @ 10 ioc             -> refused halted
    offer 6 by 9 node 1: 1000 @ 12          -> refused halted
    amend order 4: 500 @ 10                 -> refused halted
    return 1: 1000                          -> 1 gives 1000@11 to 3, done
    time 50                                 -> done
    cancel session 1                        -> 4 ends mass_cancelled 1000, 1 cancelled
    cancel offer 1                          -> done
    resume
    order 7 by 7: 1000 @ 10 ioc             -> gone
  )");
}

TEST_P(Conditions, MassCancelsTakeTheirsAndNothingElse) {
  plays(R"(
    node 1 A us:east 9
    node 2 A us:east 9
    node 3 B us:east 9
    offer 1 by 9 node 1: 1000 @ 20 session=4
    offer 2 by 9 node 2: 1000 @ 20
    offer 3 by 9 node 3: 1000 @ 20 session=4
    order 4 by 7: 1000 @ 10 gtc session=4
    order 5 by 7: 1000 @ 10 gtc session=5
    cancel instrument of 1   -> 1 ends mass_cancelled 1000, 2 ends mass_cancelled 1000, 2 cancelled
    cancel session 4         -> 3 ends mass_cancelled 1000, 4 ends mass_cancelled 1000, 2 cancelled
    cancel session 0         -> 0 cancelled
    cancel node 3            -> 0 cancelled
    bids of 1                -> 1000@10
  )");
}

TEST_P(Conditions, ExpiryLeavesEarliestFirstThenById) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 20 until=90
    order 2 by 7: 1000 @ 10 gtc until=80
    order 3 by 7: 1000 @ 10 gtc until=90
    order 4 by 7: 1000 @ 10 gtc
    time 100 -> 2 ends expired 1000, 1 ends expired 1000, 3 ends expired 1000, done
    bids of 1                               -> 1000@10
  )");
}

}  // namespace
}  // namespace spillway
