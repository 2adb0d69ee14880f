// bench/exchange/bare_book.hpp - the book alone on the orders of an exchange's traffic: what the machine of
// this run is worth.
// Room:   bench; sees market, matching.
// Rule:   of one run only the ratio to a yardstick can be compared with a run on another machine. The book
//         gets new orders, cancels and new prices; people, money, jobs and records are not its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "market/command.hpp"
#include "matching/book.hpp"

namespace spillway::bench {

class BareBook {
 public:
  /// `reference` outlives the book.
  explicit BareBook(Reference const& reference);

  /// What is the book's own of these entries, with its signatures: not timed.
  void prepare(std::span<Entry const> entries);
  /// What was prepared last, applied: timed. How many commands.
  std::size_t apply();

 private:
  struct Step {
    enum class Kind : std::uint8_t { place, cancel, amend } kind{};
    BookOrder order{};  // of the other two only id, limit and lots
  };
  void prepare(PlaceOrder const&, Entry const&);
  void prepare(PostOffer const&, Entry const&);

  std::unique_ptr<Book> book_;
  std::map<std::pair<Predicate, std::uint32_t>, SignatureId> signatures_;  // of a buyer
  RegisterNode where_;                                                     // all nodes are alike
  std::vector<Step> steps_;
  Book::Matches matches_;
};

}  // namespace spillway::bench
