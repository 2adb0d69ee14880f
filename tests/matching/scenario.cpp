// tests/matching/scenario.cpp - reading the lines of a story, doing them, and saying what came of it.
#include "scenario.hpp"

#include <charconv>
#include <sstream>

namespace spillway::rig {

namespace {

std::map<std::string, PlaceId, std::less<>> const places_by_name{
    {"us", us},          {"us:east", us_east}, {"us:west", us_west}, {"cn", cn},
    {"cn:gd:sz", cn_sz}, {"cn:gd:gz", cn_gz},  {"cn:nx", cn_nx}};
std::map<std::string, ClassId, std::less<>> const classes_by_name{
    {"A", class_a}, {"B", class_b}, {"C", class_c}};

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(fault == std::errc{} && end == text.data() + text.size()) << "a number: " << text;
  return value;
}

/// The words of one line: bare ones in order, and those with '='.
class Line {
 public:
  explicit Line(std::string_view text) {
    std::istringstream in{std::string{text}};
    for (std::string word; in >> word;) {
      while (!word.empty() && (word.back() == ':' || word.back() == ',')) word.pop_back();
      if (word.empty()) continue;
      if (auto const at = word.find('='); at != std::string::npos)
        named_[word.substr(0, at)] = word.substr(at + 1);
      else
        words_.push_back(word);
    }
  }
  [[nodiscard]] std::string word(std::size_t i) const {
    return i < words_.size() ? words_[i] : std::string{};
  }
  [[nodiscard]] bool has(std::string_view word) const {
    return std::find(words_.begin(), words_.end(), word) != words_.end();
  }
  /// What stands after `word`, or 0.
  [[nodiscard]] std::int64_t after(std::string_view word) const {
    auto const it = std::find(words_.begin(), words_.end(), word);
    return it == words_.end() || it + 1 == words_.end() ? 0 : number(*(it + 1));
  }
  [[nodiscard]] std::int64_t before(std::string_view word) const {
    auto const it = std::find(words_.begin(), words_.end(), word);
    EXPECT_TRUE(it != words_.end() && it != words_.begin()) << "a quantity before " << word;
    return number(*(it - 1));
  }
  [[nodiscard]] std::string text(std::string const& key) const {
    auto const it = named_.find(key);
    return it == named_.end() ? std::string{} : it->second;
  }
  [[nodiscard]] std::int64_t of(std::string const& key) const {
    return named_.contains(key) ? number(text(key)) : 0;
  }

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string> named_;
};

SelfTrade mode_of(Line const& l) {
  if (l.has("newest")) return SelfTrade::newest;
  if (l.has("oldest")) return SelfTrade::oldest;
  return l.has("both") ? SelfTrade::both : SelfTrade::allow;
}

TimeInForce tif_of(Line const& l) {
  if (l.has("ioc")) return TimeInForce::ioc;
  if (l.has("fok")) return TimeInForce::fok;
  if (l.has("gtc")) return TimeInForce::gtc;
  return l.has("timed") ? TimeInForce::timed : TimeInForce::unset;
}

class Player {
 public:
  Player(BookKind which, BookLimits const& limits) : market_(which, limits) {}

  std::string play(std::string const& text) {
    Line const line{text};
    market_.matches.clear();
    shows_endings_ = false;
    auto const what = act(line, line.word(0));
    std::string answer;
    for (auto const& m : market_.matches) answer += told(m) + ", ";
    if (shows_endings_)
      for (auto const& e : market_.book.ended()) answer += told(e) + ", ";
    market_.book.check_invariants();
    return answer + what;
  }

 private:
  std::string act(Line const& l, std::string const& verb) {
    if (verb == "node") return node(l);
    if (verb == "firm") return firm(l);
    if (verb == "offer") return offer(l);
    if (verb == "order") return order(l);
    if (verb == "amend") return amend(l);
    if (verb == "cancel") return cancel(l);
    if (verb == "return") return give_back(l);
    if (verb == "units") return units(l);
    if (verb == "time") return time(l);
    if (verb == "asks" || verb == "bids") return levels(l, verb == "asks");
    if (verb == "halt" || verb == "resume") return market_.book.set_halted(verb == "halt"), "done";
    ADD_FAILURE() << "what is '" << verb << "'?";
    return {};
  }

  std::string node(Line const& l) {
    NodeId const id{static_cast<std::uint32_t>(number(l.word(1)))};
    auto const klass = classes_by_name.at(l.word(2));
    auto const place = places_by_name.at(l.word(3));
    bool const unlimited = l.has("unlimited");
    market_.book.open_node(id, klass, place, unlimited ? Pooling::unlimited : Pooling::attested);
    if (!unlimited) market_.book.set_available_units(id, static_cast<std::int32_t>(number(l.word(4))));
    nodes_[id] = {klass, place};
    return "done";
  }

  std::string firm(Line const& l) {
    Standing const standing{.firm = FirmId{static_cast<std::uint32_t>(number(l.word(2)))},
                            .resting_max = static_cast<std::uint32_t>(l.of("resting")),
                            .buyer = !l.has("no-buying"),
                            .provider = !l.has("no-selling")};
    return done(market_.book.set_standing(somebody(l.word(1)), standing));
  }

  std::string offer(Line const& l) {
    BookOffer o;
    o.id = OfferId{static_cast<std::uint64_t>(number(l.word(1)))};
    o.provider = somebody(l.word(3));
    o.node = NodeId{static_cast<std::uint32_t>(l.after("node"))};
    if (auto const it = nodes_.find(o.node); it != nodes_.end()) {
      auto const [klass, place] = it->second;
      o.instrument =
          market_.listed(l.has("jobs") ? tokens_of(model_small, klass, place) : capacity_of(klass, place));
    }
    o.quantity = Lots{l.before("@")};
    o.price = PriceIndex{static_cast<std::uint32_t>(l.after("@"))};
    o.fill_min = Lots{l.of("min")};
    o.fill_max = Lots{l.of("max")};
    o.display = Lots{l.of("display")};
    o.replenish = l.has("replenish");
    o.post_only = l.has("post-only");
    o.self_trade = mode_of(l);
    o.session = SessionId{static_cast<std::uint64_t>(l.of("session"))};
    o.expires = Stamp{l.of("until")};
    sources_[o.id] = o;
    return rest(market_.book.post(o, market_.matches));
  }

  std::string order(Line const& l) {
    auto wish = l.has("jobs") ? wants_tokens() : wants_capacity();
    if (auto const within = l.text("within"); !within.empty())
      wish.within = {places_by_name.find(within)->second};
    BookOrder o;
    o.id = OrderId{static_cast<std::uint64_t>(number(l.word(1)))};
    o.buyer = somebody(l.word(3));
    o.open = Lots{l.before("@")};
    o.limit = PriceIndex{static_cast<std::uint32_t>(l.after("@"))};
    o.tif = tif_of(l);
    o.market = l.has("market");
    o.prefer_near = l.has("near");
    o.post_only = l.has("post-only");
    o.self_trade = mode_of(l);
    o.fill_min = Lots{l.of("min")};
    o.session = SessionId{static_cast<std::uint64_t>(l.of("session"))};
    o.expires = Stamp{l.of("until")};
    if (auto const only = l.text("only"); !only.empty()) o.providers = list(Book::ListKind::only, only);
    if (auto const except = l.text("except"); !except.empty())
      o.providers = list(Book::ListKind::except, except);
    return rest(market_.book.enter(o, wish, market_.matches));
  }

  std::string amend(Line const& l) {
    auto const id = static_cast<std::uint64_t>(number(l.word(2)));
    auto const who = l.has("by") ? ParticipantId{static_cast<std::uint32_t>(l.after("by"))} : ParticipantId{};
    PriceIndex const price{static_cast<std::uint32_t>(l.after("@"))};
    Lots const lots{l.before("@")};
    if (l.word(1) == "order") return rest(market_.book.amend(who, OrderId{id}, price, lots, market_.matches));
    return rest(market_.book.amend(who, OfferId{id}, price, lots, market_.matches));
  }

  std::string cancel(Line const& l) {
    auto const what = l.word(1);
    auto const id = static_cast<std::uint64_t>(number(what == "instrument" ? l.word(3) : l.word(2)));
    auto const who = l.has("by") ? ParticipantId{static_cast<std::uint32_t>(l.after("by"))} : ParticipantId{};
    if (what == "order") return done(market_.book.cancel(who, OrderId{id}));
    if (what == "offer") return done(market_.book.cancel(who, OfferId{id}));
    shows_endings_ = true;
    std::size_t ended = 0;
    if (what == "session") ended = market_.book.cancel_session(SessionId{id});
    if (what == "node") ended = market_.book.cancel_node(NodeId{static_cast<std::uint32_t>(id)});
    if (what == "instrument") ended = market_.book.cancel_instrument(at_node(id));
    return std::to_string(ended) + " cancelled";
  }

  std::string give_back(Line const& l) {
    auto const& o = sources_.at(OfferId{static_cast<std::uint64_t>(number(l.word(1)))});
    market_.book.vacate(o.node, o.instrument, Lots{number(l.word(2))}, o.id);
    market_.book.meet(o.node, market_.matches);
    shows_endings_ = true;
    return "done";
  }

  std::string units(Line const& l) {
    NodeId const node{static_cast<std::uint32_t>(number(l.word(1)))};
    market_.book.set_available_units(node, static_cast<std::int32_t>(number(l.word(2))));
    market_.book.meet(node, market_.matches);
    shows_endings_ = true;
    return "done";
  }

  std::string time(Line const& l) {
    market_.book.advance(Stamp{number(l.word(1))});
    shows_endings_ = true;
    return "done";
  }

  std::string levels(Line const& l, bool asks) {
    auto const at = at_node(static_cast<std::uint64_t>(number(l.word(2))));
    std::string all;
    for (auto const& level : asks ? market_.book.asks(at, 9) : market_.book.bids(at, 9))
      all += (all.empty() ? "" : ", ") + std::to_string(level.lots.v) + "@" + std::to_string(level.price.v);
    return all.empty() ? "none" : all;
  }

  InstrumentId at_node(std::uint64_t id) {
    auto const [klass, place] = nodes_.at(NodeId{static_cast<std::uint32_t>(id)});
    return market_.listed(capacity_of(klass, place));
  }
  static ParticipantId somebody(std::string const& word) {
    return ParticipantId{static_cast<std::uint32_t>(number(word))};
  }
  ProviderListId list(Book::ListKind list_kind, std::string const& names) {
    std::vector<ParticipantId> who;
    std::istringstream in{names};
    for (std::string name; std::getline(in, name, ',');) who.push_back(somebody(name));
    return market_.book.intern_providers(list_kind, who).value();
  }

  std::string rest(Book::Rest const& rest) {
    shows_endings_ = rest.has_value();
    if (!rest) return std::string{"refused "} + spillway::name(rest.error());
    return rest->v > 0 ? "rests " + std::to_string(rest->v) : "gone";
  }
  static std::string done(Refusal why) {
    return why == Refusal::none ? "done" : std::string{"refused "} + spillway::name(why);
  }
  static std::string told(Match const& m) {
    auto const lots = std::to_string(m.lots.v) + "@" + std::to_string(m.price.v);
    auto const order = std::to_string(m.order.v), offer = std::to_string(m.offer.v);
    return m.taker_is_buyer ? order + " takes " + lots + " of " + offer
                            : offer + " gives " + lots + " to " + order;
  }
  static std::string told(Ended const& e) {
    constexpr std::array reasons{"unset", "mass_cancelled", "expired", "self_trade"};
    return std::to_string(e.order.some() ? e.order.v : e.offer.v) + " ends " +
           reasons[static_cast<std::size_t>(e.why)] + " " + std::to_string(e.left.v);
  }

  Market market_;
  std::map<NodeId, std::pair<ClassId, PlaceId>> nodes_;
  std::map<OfferId, BookOffer> sources_;
  bool shows_endings_{};
};

std::string trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(' ') - first + 1)};
}

}  // namespace

void play(BookKind which, std::string_view story, BookLimits const& limits) {
  Player player{which, limits};
  std::istringstream in{std::string{story}};
  for (std::string line; std::getline(in, line);) {
    auto const code = trimmed(line.substr(0, line.find('#')));
    if (code.empty()) continue;
    auto const arrow = code.find("->");
    auto const answer = player.play(trimmed(code.substr(0, arrow)));
    if (arrow == std::string::npos)
      EXPECT_EQ(answer.find("refused"), std::string::npos) << code << " -> " << answer;
    else
      EXPECT_EQ(answer, trimmed(code.substr(arrow + 2))) << code;
  }
}

std::string name_of(testing::TestParamInfo<BookKind> const& info) {
  return info.param == BookKind::plain ? "Plain" : "Fast";
}

}  // namespace spillway::rig
