// tests/matching/duel.hpp - two books under one seeded stream of commands: every answer, trade and ending is
// compared after every command, the whole state at intervals. Good commands and bad ones, all conditions.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "feed_fold.hpp"
#include "matching/relink.hpp"
#include "rig.hpp"

namespace spillway::rig {

/// What an order or an offer asked for. A fill counts for everything that both of its sides asked for.
enum class Use : std::uint8_t {
  limit,
  market,
  ioc,
  fok,
  gtc,
  timed,
  expires,
  post_only,
  fill_min,
  only_these,
  none_of_these,
  near,
  shuns_newest,
  shuns_oldest,
  shuns_both,
  amended,
  offer_post_only,
  offer_min,
  offer_max,
  replenish,
  display,
  offer_expires,
  offer_shuns_newest,
  offer_shuns_oldest,
  offer_shuns_both,
  offer_amended,
  unlimited,
  count
};
inline constexpr std::size_t uses = static_cast<std::size_t>(Use::count);
[[nodiscard]] char const* name(Use);

struct DuelCounts {
  std::uint64_t commands{}, trades{}, self_trades{}, expired{}, mass_cancelled{}, crowded{}, states{};
  std::array<std::uint64_t, uses> used{}, fills{};
  std::map<Refusal, std::uint64_t> refused;
  void add(DuelCounts const&);
};

class Duel {
 public:
  Duel(std::uint64_t seed, BookKind left, BookKind right);
  /// One command to both books. Stops with a fatal failure of the test where they differ.
  void step();
  [[nodiscard]] DuelCounts const& counts() const { return counts_; }
  /// The last commands in words, for the report of a failure.
  [[nodiscard]] std::string story() const;

 private:
  struct Coming {  // tables that were made known, and are prepared between commands
    Reference next;
    std::vector<Relink> relinks;  // one for each book
  };
  struct Node {
    NodeId id;
    ClassId klass;
    PlaceId place;
    bool unlimited{};
  };
  using Uses = std::uint64_t;

  // -- duel.cpp: the market and what is drawn --
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }
  template <class T>
  T const& any(T const* from, std::size_t n) {
    return from[below(n)];
  }
  template <class Of>
  auto const& any(Of const& of) {
    return of[below(of.size())];
  }
  void open_market();
  BookLimits limits();
  ParticipantId somebody() { return ParticipantId{static_cast<std::uint32_t>(1 + below(people_))}; }
  SelfTrade some_mode();
  Predicate some_wish();
  BookOrder some_order();
  BookOffer some_offer();
  void spoil(BookOrder&);
  void spoil(BookOffer&);
  std::uint64_t new_id();
  std::uint64_t some_id();
  Lots lot_of(Instrument const&) const;

  // -- duel_commands.cpp --
  void place();
  void post();
  void amend_order();
  void amend_offer();
  void cancel_one();
  void cancel_many();
  void something_ends();
  void units_change();
  void time_passes();
  void people_change();
  void tables_change();
  void tables_come();

  // -- duel_compare.cpp --
  template <class Act>
  auto both(Act act);
  void compare();
  void compare_states();
  void compare_images();
  void compare_feed();
  void account(BookOrder const*, BookOffer const*);
  void check_law(NodeId);
  void check_terms(Match const&);
  void check_arrival(BookOrder const&);
  void check_arrival(BookOffer const&);
  bool related(ParticipantId, ParticipantId) const;
  static Uses uses_of(BookOrder const&, bool list_only);
  static Uses uses_of(BookOffer const&, bool unlimited);
  void note(Uses);
  void say(std::string words);

  std::mt19937_64 random_;
  Reference reference_ = tables();
  std::array<BookKind, 2> kinds_;
  bool small_, crowded_;
  bool restores_;  // now and then one book is made again from the other's image; nobody reads a feed then
  std::array<std::unique_ptr<Book>, 2> books_;
  std::array<std::vector<Match>, 2> out_;
  FeedRing ring_;  // of the fast books
  FeedFold fold_;
  bool fed_{};
  std::vector<Node> nodes_;
  std::vector<SignatureId> signatures_;
  std::vector<Predicate> wishes_;
  std::vector<ProviderListId> lists_;
  std::set<ProviderListId> only_lists_;
  std::map<ProviderListId, std::set<ParticipantId>> named_by_;
  std::map<ParticipantId, FirmId> firms_;
  std::vector<Match> running_;
  std::map<NodeId, std::map<Instrument, std::int64_t>> in_use_;
  std::map<NodeId, std::int32_t> units_;
  std::map<std::uint64_t, BookOrder> orders_;  // accepted ones, with the terms in force
  std::map<std::uint64_t, BookOffer> offers_;
  std::map<std::uint64_t, Uses> asked_for_;
  std::vector<std::uint64_t> order_ids_, offer_ids_, retired_;
  std::uint64_t ids_{}, people_{8};
  std::unique_ptr<Coming> coming_;
  Stamp now_{1'000};
  bool halted_{};
  std::deque<std::string> story_;
  DuelCounts counts_;
};

}  // namespace spillway::rig
