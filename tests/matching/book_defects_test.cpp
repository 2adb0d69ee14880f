// tests/matching/book_defects_test.cpp - the defects that recur in order books, each a story with its name.
// Source: the conformance lists of open matching engines; each was found in several of them.
#include "scenario.hpp"

namespace spillway {
namespace {

using namespace rig;

class Defects : public OnBothBooks {};
SPILLWAY_ON_BOTH_BOOKS(Defects);

TEST_P(Defects, TradeAtTheAggressorsOrMidpointPrice) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 2000 @ 10
    order 2 by 7: 1000 @ 20 gtc            -> 2 takes 1000@10 of 1, gone
    order 3 by 7: 3000 @ 15 gtc            -> 3 takes 1000@10 of 1, rests 2000
    offer 4 by 9 node 1: 1000 @ 5          -> 4 gives 1000@15 to 3, gone
  )");
}

TEST_P(Defects, CancelInTheMiddleOfAQueueOrphansTheTail) {
  plays(R"(
    node 1 A us:east 9
    order 1 by 7: 1000 @ 10 gtc
    order 2 by 7: 1000 @ 10 gtc
    order 3 by 7: 1000 @ 10 gtc
    order 4 by 7: 1000 @ 10 gtc
    cancel order 2                          -> done
    cancel order 3                          -> done
    offer 5 by 9 node 1: 3000 @ 10          -> 5 gives 1000@10 to 1, 5 gives 1000@10 to 4, rests 1000
    offer 6 by 9 node 1: 1000 @ 11
    offer 7 by 9 node 1: 1000 @ 12
    cancel offer 6                          -> done
    order 8 by 7: 3000 @ 12 ioc             -> 8 takes 1000@10 of 5, 8 takes 1000@12 of 7, gone
  )");
}

TEST_P(Defects, SwapAndPopBreaksTheQueue) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 9 node 1: 1000 @ 10
    offer 3 by 9 node 1: 1000 @ 10
    offer 4 by 9 node 1: 1000 @ 10
    cancel offer 1                          -> done
    order 5 by 7: 3000 @ 10 ioc   -> 5 takes 1000@10 of 2, 5 takes 1000@10 of 3, 5 takes 1000@10 of 4, gone
  )");
}

TEST_P(Defects, PartialFillSendsTheMakerToTheTail) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 2000 @ 10
    offer 2 by 9 node 1: 2000 @ 10
    order 3 by 7: 1000 @ 10 ioc             -> 3 takes 1000@10 of 1, gone
    order 4 by 7: 2000 @ 10 ioc             -> 4 takes 1000@10 of 1, 4 takes 1000@10 of 2, gone
    cancel offer 2
    order 5 by 7: 2000 @ 9 gtc              -> rests 2000
    order 6 by 7: 2000 @ 9 gtc              -> rests 2000
    offer 7 by 9 node 1: 1000 @ 9           -> 7 gives 1000@9 to 5, gone
    offer 8 by 9 node 1: 2000 @ 9           -> 8 gives 1000@9 to 5, 8 gives 1000@9 to 6, gone
  )");
}

TEST_P(Defects, AmendIntoACrossRestsACrossedBook) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 20
    order 2 by 7: 2000 @ 10 gtc
    amend order 2: 2000 @ 25                -> 2 takes 1000@20 of 1, rests 1000
    offer 3 by 9 node 1: 1000 @ 30
    amend offer 3: 1000 @ 25                -> 3 gives 1000@25 to 2, gone
    asks of 1                               -> none
    bids of 1                               -> none
  )");
}

TEST_P(Defects, AMarketableLimitWalksThroughItsOwnLimit) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 9 node 1: 1000 @ 11
    offer 3 by 9 node 1: 1000 @ 12
    order 4 by 7: 3000 @ 11 gtc             -> 4 takes 1000@10 of 1, 4 takes 1000@11 of 2, rests 1000
    order 5 by 7: 1000 @ 9 gtc
    offer 6 by 9 node 1: 3000 @ 10          -> 6 gives 1000@11 to 4, rests 2000
  )");
}

TEST_P(Defects, TheRestOfAnIocRests) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 10
    order 2 by 7: 2000 @ 10 ioc             -> 2 takes 1000@10 of 1, gone
    bids of 1                               -> none
    cancel order 2                          -> refused dead_id
    order 3 by 7: 2000 @ 10 ioc market      -> gone
    offer 4 by 9 node 1: 1000 @ 10          -> rests 1000
  )");
}

TEST_P(Defects, FokLooksAtOneMakerOrOneLevelOnly) {
  plays(R"(
    node 1 A us:east 9
    node 2 A cn:gd:sz 9
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 9 node 1: 1000 @ 11
    offer 3 by 9 node 2: 1000 @ 11
    order 4 by 7: 4000 @ 11 fok             -> refused fok_unfillable
    order 5 by 7: 3000 @ 10 fok             -> refused fok_unfillable
    order 6 by 7: 3000 @ 11 fok   -> 6 takes 1000@10 of 1, 6 takes 1000@11 of 2, 6 takes 1000@11 of 3, gone
  )");
}

TEST_P(Defects, AFilledIdCanStillBeCancelled) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 10
    order 2 by 7: 1000 @ 10 gtc             -> 2 takes 1000@10 of 1, gone
    cancel order 2                          -> refused dead_id
    cancel offer 1                          -> refused dead_id
    amend order 2: 500 @ 10                 -> refused dead_id
    amend offer 1: 1000 @ 10                -> refused dead_id
    cancel order 3                          -> refused unknown_id
    cancel offer 3                          -> refused unknown_id
    order 4 by 7: 1000 @ 10 gtc
    cancel offer 4                          -> refused dead_id     # it names an order
    cancel order 4                          -> done
    cancel order 4                          -> refused dead_id
  )");
}

TEST_P(Defects, AnIdIsNotReusableAfterItsFill) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 10
    order 2 by 7: 1000 @ 10 gtc             -> 2 takes 1000@10 of 1, gone
    order 2 by 7: 2000 @ 9 gtc              -> rests 2000
    offer 1 by 9 node 1: 1000 @ 9           -> 1 gives 1000@9 to 2, gone
    cancel order 2                          -> done
    offer 2 by 9 node 1: 1000 @ 9           -> rests 1000
  )");
}

TEST_P(Defects, ADuplicateLiveIdIsAccepted) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 20
    order 2 by 7: 1000 @ 10 gtc
    order 2 by 7: 3000 @ 10 gtc             -> refused exists
    order 1 by 7: 3000 @ 10 gtc             -> refused exists      # it is the offer's
    offer 1 by 9 node 1: 1000 @ 21          -> refused exists
    offer 2 by 9 node 1: 1000 @ 21          -> refused exists
    bids of 1                               -> 1000@10
    asks of 1                               -> 1000@20
  )");
}

TEST_P(Defects, APhantomBestLevelStaysAfterACancel) {
  plays(R"(
    node 1 A us:east 9
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 9 node 1: 1000 @ 12
    cancel offer 1
    asks of 1                               -> 1000@12
    order 3 by 7: 1000 @ 11 gtc             -> rests 1000
    order 4 by 7: 1000 @ 10 gtc
    cancel order 3
    bids of 1                               -> 1000@10
    offer 5 by 9 node 1: 1000 @ 11          -> rests 1000
    order 6 by 7: 1000 @ 12 ioc             -> 6 takes 1000@11 of 5, gone
  )");
}

TEST_P(Defects, ALevelsQuantityIsNotConservedByAPartialFill) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 3000 @ 10
    offer 2 by 9 node 1: 2000 @ 10
    asks of 1                               -> 5000@10
    order 3 by 7: 1000 @ 10 ioc             -> 3 takes 1000@10 of 1, gone
    asks of 1                               -> 4000@10
    order 4 by 7: 3000 @ 10 ioc             -> 4 takes 2000@10 of 1, 4 takes 1000@10 of 2, gone
    asks of 1                               -> 1000@10
    order 5 by 7: 4000 @ 10 gtc             -> 5 takes 1000@10 of 2, rests 3000
    bids of 1                               -> 3000@10
    amend order 5: 2000 @ 10                -> rests 2000
    bids of 1                               -> 2000@10
  )");
}

TEST_P(Defects, ATradeOfNothing) {
  plays(R"(
    node 1 A us:east 1
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 9 node 1: 1000 @ 11
    order 3 by 7: 1000 @ 11 ioc             -> 3 takes 1000@10 of 1, gone
    order 4 by 7: 1000 @ 11 gtc             -> rests 1000          # the node's pool is used up
    order 5 by 7: 0 @ 11 gtc                -> refused quantity_zero
    offer 6 by 9 node 1: 0 @ 11             -> refused quantity_zero
    order 7 by 7: 500 @ 11 gtc              -> rests 500           # less than a part: nothing to trade
    units 1 2                               -> 2 gives 1000@11 to 4, done
  )");
}

/// There are no stops here; what a fill sets free (a lower minimum, a display, a return) is the cascade.
TEST_P(Defects, WhatATradeTriggersComesAMessageLate) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 4000 @ 10 min=3000
    order 2 by 7: 1000 @ 12 gtc             -> rests 1000          # too small for the minimum
    order 3 by 7: 3000 @ 10 gtc             -> 3 takes 3000@10 of 1, 1 gives 1000@12 to 2, gone
    offer 4 by 9 node 1: 1000 @ 10 replenish
    order 5 by 7: 1000 @ 10 ioc             -> 5 takes 1000@10 of 4, gone
    order 6 by 7: 1000 @ 11 gtc             -> rests 1000
    return 4: 1000                          -> 4 gives 1000@11 to 6, done
  )");
}

/// A slot or an id that is freed and taken again inside one command must not be mistaken for the old one.
TEST_P(Defects, AHandleIsReusedWhileTheWalkStillHoldsIt) {
  plays(R"(
    node 1 A us:east unlimited
    firm 7 1
    firm 9 1
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 8 node 1: 1000 @ 10
    order 3 by 7: 3000 @ 10 gtc oldest   -> 3 takes 1000@10 of 2, 1 ends self_trade 1000, rests 2000
    offer 1 by 8 node 1: 1000 @ 10       -> 1 gives 1000@10 to 3, gone
    amend order 3: 3000 @ 10             -> rests 3000
    offer 2 by 8 node 1: 5000 @ 10 display=1000
    # each slice is shown in the place that the last one left, and walked as a new arrival
    cancel order 3                       -> refused dead_id
    order 4 by 7: 4000 @ 10 gtc          -> 4 takes 1000@10 of 2, 4 takes 1000@10 of 2, rests 2000
  )");
}

TEST_P(Defects, WhatDoesNotFitIsDroppedInSilence) {
  plays(R"(
    node 1 A us:east unlimited
    order 1 by 7: 1000 @ 10 gtc
    order 2 by 7: 1000 @ 10 gtc
    order 3 by 7: 1000 @ 10 gtc             -> refused capacity
    order 4 by 7: 1000 @ 10 ioc             -> gone                # it never rests
    offer 5 by 9 node 1: 1000 @ 20
    offer 6 by 9 node 1: 1000 @ 21
    offer 7 by 9 node 1: 1000 @ 22          -> refused capacity
    order 3 by 7: 1000 @ 20 gtc             -> refused capacity    # judged before it looks at the book
    cancel order 1
    order 3 by 7: 1000 @ 20 gtc             -> 3 takes 1000@20 of 5, gone
  )",
        {.orders = 2, .offers = 2, .tranches = 2, .nodes = 2, .participants = 64, .provider_lists = 2});
}

TEST_P(Defects, AnOrdersAgeOverflowsAfterTwentyFiveDays) {
  // Microseconds: 40 days and more, on the clock of 2026 and on one that starts at zero.
  plays(R"(
    node 1 A us:east unlimited
    order 1 by 7: 1000 @ 10 gtc until=3456000000000
    order 2 by 7: 1000 @ 9 gtc until=1798761600000000
    time 3455999999999                      -> done
    bids of 1                               -> 1000@10, 1000@9
    time 3456000000000                      -> 1 ends expired 1000, done
    time 1798761599999999                   -> done
    time 1798761600000000                   -> 2 ends expired 1000, done
    order 3 by 7: 1000 @ 10 gtc until=1798761600000000 -> refused time_past
  )");
}

}  // namespace
}  // namespace spillway
