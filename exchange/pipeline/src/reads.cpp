// exchange/src/reads.cpp - instruments, book, orders, jobs, leases, balances, postings, status; why and
// preview are in read_why.cpp.
#include "exchange/reads.hpp"

#include <limits>
#include <set>

#include "json_words.hpp"
#include "read_why.hpp"

namespace spillway {

using namespace words;

std::string instrument_name(Reference const& reference, Instrument const& i) {
  auto name = [](auto const* row) { return row ? row->name : std::string("?"); };
  auto const product =
      i.product == ProductKind::tokens ? "tokens:" + name(reference.find(i.model)) : std::string("capacity");
  return product + "/" + name(reference.find(i.klass)) + "/" + name(reference.find(i.place)) + "/" +
         name(reference.find(i.tier));
}

namespace {

json::object level_of(Level const& level) {
  return {{"price", price(level.price)}, {"lots", number(level.lots.v)}};
}

json::array levels_of(std::vector<Level> const& levels) {
  json::array out;
  for (auto const& level : levels) out.push_back(level_of(level));
  return out;
}

json::value best(std::vector<Level> const& levels) {
  return levels.empty() ? json::value(nullptr) : level_of(levels.front());
}

json::object instruments(FollowerView const& view, ReadRequest const& read) {
  json::array rows;
  auto const& book = view.core.book();
  for (std::uint32_t i = 1; i <= book.instrument_count() && rows.size() < read.most; ++i) {
    InstrumentId const id{i};
    rows.push_back(json::object{{"instrument", i},
                                {"name", instrument_name(view.core.reference(), book.instrument(id))},
                                {"ask", best(book.asks(id, 1))},
                                {"bid", best(book.bids(id, 1))}});
  }
  return {{"instruments", std::move(rows)}, {"listed", book.instrument_count()}};
}

/// What unlisted hardware is bought by: its class promises nothing.
json::object measured(MeasuredView const& of) {
  return {{"units", number(of.units)},
          {"ops_per_s_least", number(of.ops_per_s)},
          {"bytes_least", number(of.bytes)},
          {"bytes_per_s_least", number(of.bytes_per_s)}};
}

json::object book_of(FollowerView const& view, ReadRequest const& read) {
  auto const& book = view.core.book();
  if (!read.instrument.some() || read.instrument.v > book.instrument_count())
    return {{"error", "unknown instrument; read `instruments` for the list"}};
  auto const& instrument = book.instrument(read.instrument);
  json::object out{{"instrument", read.instrument.v},
                   {"name", instrument_name(view.core.reference(), instrument)},
                   {"asks", levels_of(book.asks(read.instrument, read.most))},
                   {"bids", levels_of(book.bids(read.instrument, read.most))},
                   {"bids_shared", true}};
  if (view.core.reference().find(instrument.klass)->unlisted())
    out["measured"] = measured(view.core.measured(instrument.klass, instrument.place));
  return out;
}

json::object order_row(OrderView const& o) {
  return {{"order", number(o.id.v)},
          {"client", number(o.client.v)},
          {"phase", word(o.phase)},
          {"tif", word(o.terms.tif)},
          {"limit", price(o.limit)},
          {"open", number(o.open.v)},
          {"filled", number(o.filled.v)},
          {"held", money(o.held)},
          {"placed_us", number(o.placed.v)},
          {"expires_us", number(o.expires.v)},
          {"product", o.terms.predicate.product == ProductKind::tokens ? "tokens" : "capacity"}};
}

json::object orders(FollowerView const& view, ReadRequest const& read) {
  json::array rows;
  for (auto const& o : view.core.orders_of(read.whose, read.most)) rows.push_back(order_row(o));
  return {{"orders", std::move(rows)}};
}

json::object job_row(FollowerView const& view, JobView const& j) {
  return {{"job", number(j.id.v)},
          {"order", number(j.order.v)},
          {"instrument", instrument_name(view.core.reference(), view.core.book().instrument(j.instrument))},
          {"price", price(j.price)},
          {"phase", word(j.phase)},
          {"fault", word(j.fault)},
          {"fail_code", static_cast<int>(j.code)},
          {"input", number(j.input.v)},
          {"output", number(j.output.v)},
          {"charge", money(j.charge)},
          {"guarantee", money(j.guarantee)},
          {"latency_us", number(j.latency.v)},
          {"late", j.late},
          {"buyer", j.buyer.v},
          {"provider", j.provider.v}};
}

json::object jobs(FollowerView const& view, ReadRequest const& read) {
  json::array rows;
  for (auto const& j : view.core.jobs_of(read.whose, read.most)) rows.push_back(job_row(view, j));
  return {{"jobs", std::move(rows)}};
}

json::object leases(FollowerView const& view, ReadRequest const& read) {
  json::array rows;
  for (auto const& l : view.core.leases_of(read.whose, read.most))
    rows.push_back(json::object{
        {"lease", number(l.id.v)},
        {"order", number(l.order.v)},
        {"instrument", instrument_name(view.core.reference(), view.core.book().instrument(l.instrument))},
        {"price", price(l.price)},
        {"lots", number(l.lots.v)},
        {"phase", word(l.phase)},
        {"fault", word(l.fault)},
        {"charge", money(l.charge)},
        {"used_us", number(l.used.v)}});
  return {{"leases", std::move(rows)}};
}

json::object account_row(AccountView const& a) {
  return {{"owner", a.key.owner.v},
          {"account", name(a.key.kind)},
          {"balance", money(a.balance)},
          {"balance_nano", number(a.balance.v)},
          {"debits_nano", number(a.debits.v)},
          {"credits_nano", number(a.credits.v)}};
}

json::object balances(FollowerView const& view, ReadRequest const& read) {
  json::array rows;
  auto const shown =
      read.sees_all && !read.whose.some() ? view.core.accounts() : view.core.accounts_of(read.whose);
  for (auto const& account : shown) rows.push_back(account_row(account));
  return {{"accounts", std::move(rows)}};
}

json::object posting_row(PostingRow const& row, AccountKey whose) {
  auto const p = row.record.as<record::Posting>();
  AccountKey const debit{ParticipantId{p.debit_owner}, AccountKind{p.debit_kind}};
  AccountKey const credit{ParticipantId{p.credit_owner}, AccountKind{p.credit_kind}};
  auto const& other = debit == whose ? credit : debit;
  return {{"seq", number(row.seq.v)},
          {"stamp_us", number(row.stamp.v)},
          {"transfer", number(p.transfer)},
          {"code", name(static_cast<TransferCode>(row.record.head.code))},
          {"side", debit == whose ? "debit" : "credit"},
          {"amount", money(Nano{p.amount_nano})},
          {"amount_nano", number(p.amount_nano)},
          {"other_account", name(other.kind)},
          {"other_owner", other.owner.v},
          {"about", number(p.about)}};
}

/// A page ends between two stamps: the next one begins with a stamp whose rows nobody has seen.
json::object postings(FollowerView const& view, ReadRequest const& read) {
  bool const of_exchange = the_exchange_owns(read.account);
  if (read.account == AccountKind::unset || read.account > last_account_kind ||
      (of_exchange && !read.sees_all))
    return {{"error", "name one of your accounts: funds, escrow, earnings, bond or frozen"}};
  if (read.from > read.to && read.to != Stamp{}) return {{"error", "`from` must not be after `to`"}};
  AccountKey const whose{of_exchange ? the_exchange : read.whose, read.account};
  auto const& books = view.projection();
  auto const stored = [&](Stamp from, Stamp to, std::size_t most) {
    return books.postings(whose.owner, static_cast<std::uint16_t>(whose.kind), from, to, most);
  };
  auto const end = read.to == Stamp{} ? Stamp{std::numeric_limits<std::int64_t>::max()} : read.to;
  auto rows = stored(read.from, end, std::size_t{read.most} + 1);
  json::value next = nullptr;
  if (rows.size() > read.most) {
    auto first_left = rows.back().stamp;
    std::erase_if(rows, [&](PostingRow const& row) { return row.stamp == first_left; });
    if (rows.empty()) {  // one stamp has more than a page: it is shown whole
      rows = stored(first_left, Stamp{first_left.v + 1}, std::numeric_limits<std::size_t>::max());
      first_left.v += 1;
    }
    next = number(first_left.v);
  }
  json::array shown;
  for (auto const& row : rows) shown.push_back(posting_row(row, whose));
  return {{"owner", whose.owner.v},
          {"account", name(whose.kind)},
          {"postings", std::move(shown)},
          {"next_us", std::move(next)}};
}

// Totals that give nobody away: how much is on offer, what is running, whether the books balance.
json::object status(FollowerView const& view) {
  auto const& core = view.core;
  std::set<PlaceId> places;
  std::size_t live = 0, units = 0, nodes_up = 0;
  for (auto const& offer : core.offers()) {
    if (offer.phase != OfferPhase::live) continue;
    ++live;
    places.insert(core.book().instrument(offer.instrument).place);
  }
  for (auto const& node : core.nodes())
    if (node.phase == NodePhase::up) ++nodes_up, units += static_cast<std::size_t>(node.units_attested);
  std::uint64_t difference = 0;  // wraps as it will: the sum of all balances is zero or the books are wrong
  for (auto const& account : core.accounts())
    difference +=
        static_cast<std::uint64_t>(account.credits.v) - static_cast<std::uint64_t>(account.debits.v);
  return {{"offers_live", live},
          {"places", places.size()},
          {"instruments", core.book().instrument_count()},
          {"nodes_up", nodes_up},
          {"units_attested", units},
          {"jobs_open", core.open_jobs().size()},
          {"leases_open", core.open_leases().size()},
          {"halted", core.halted()},
          {"rules_version", core.rules().version},
          {"class_scale", number(core.rules().class_scale)},
          {"books_balance", difference == 0}};
}

json::object answer(FollowerView const& view, ReadRequest const& read) {
  switch (read.kind) {
    case msg::ReadKind::instruments:
      return instruments(view, read);
    case msg::ReadKind::book:
      return book_of(view, read);
    case msg::ReadKind::orders:
      return orders(view, read);
    case msg::ReadKind::jobs:
      return jobs(view, read);
    case msg::ReadKind::leases:
      return leases(view, read);
    case msg::ReadKind::balances:
      return balances(view, read);
    case msg::ReadKind::why:
      return read_why(view, read);
    case msg::ReadKind::preview:
      return read_preview(view, read);
    case msg::ReadKind::status:
      return status(view);
    case msg::ReadKind::postings:
      return postings(view, read);
    case msg::ReadKind::registered:  // the gateway's: names are not in the books
    case msg::ReadKind::unset:
      break;
  }
  return {{"error", "unknown kind of read"}};
}

}  // namespace

std::string answer_read(FollowerView const& view, ReadRequest const& read) {
  auto document = answer(view, read);
  document["seq"] = number(view.seq.v);
  document["stamp_us"] = number(view.stamp.v);
  return json::serialize(document);
}

}  // namespace spillway
