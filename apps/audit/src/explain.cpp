// apps/audit/src/explain.cpp - picks the records of one order, job, lease or transfer, and says what they
// mean.
#include "apps/audit/explain.hpp"

#include <algorithm>
#include <charconv>

#include "apps/audit/account_name.hpp"
#include "command_words.hpp"
#include "market/decimal.hpp"
#include "market/fail_words.hpp"
#include "market/price_grid.hpp"

namespace spillway {
namespace {

using Kind = Subject::Kind;

std::string money(std::int64_t nano) { return money_text(Nano{nano}); }
std::string price(std::uint32_t step) {
  return on_grid(PriceIndex{step}) ? money_text(price_of(PriceIndex{step})) : "step " + std::to_string(step);
}

template <std::size_t n>
char const* one_of(char const* const (&names)[n], std::size_t at) {
  return at < n ? names[at] : "unknown";
}

char const* order_phase(std::uint8_t phase) {
  static constexpr char const* names[] = {"unset", "rests", "is filled", "is cancelled", "has expired"};
  return one_of(names, phase);
}
char const* job_phase(std::uint8_t phase) {
  static constexpr char const* names[] = {"unset",        "is dispatched", "is acknowledged",
                                          "is streaming", "is complete",   "has failed"};
  return one_of(names, phase);
}
char const* lease_phase(std::uint8_t phase) {
  static constexpr char const* names[] = {"unset", "is starting", "is running", "has ended", "has failed"};
  return one_of(names, phase);
}
std::string fault(std::uint8_t at) {
  static constexpr char const* names[] = {"", ", at fault: the buyer", ", at fault: the provider",
                                          ", at fault: the exchange", ", nobody at fault"};
  return one_of(names, at);
}
std::string reason(std::uint16_t code) {
  return code == 0 ? "" : std::string(" (") + words(static_cast<FailCode>(code)) + ")";
}
std::string from_guarantee(std::int64_t nano) {
  return nano == 0 ? "" : ", " + money(nano) + " of it from the guarantee";
}

std::string say(record::OrderState const& r) {
  return "order " + std::to_string(r.order) + " " + order_phase(r.phase) + ": " +
         std::to_string(r.open_lots) + " lots open, " + std::to_string(r.filled_lots) + " filled, limit " +
         price(r.limit) + ", " + money(r.held_nano) + " held";
}
std::string say(record::Fill const& r, RecordHead const& head) {
  return "fill " + std::to_string(r.fill) + ": order " + std::to_string(r.order) + " of participant " +
         std::to_string(head.first.participant) + " takes " + std::to_string(r.lots) + " lots of offer " +
         std::to_string(r.offer) + " of participant " + std::to_string(head.second.participant) + " at " +
         price(r.price);
}
std::string say(record::JobState const& r, std::uint16_t code) {
  return "job " + std::to_string(r.job) + " " + job_phase(r.phase) + reason(code) + fault(r.fault) + ": " +
         std::to_string(r.input) + " tokens in, " + std::to_string(r.output) + " out, charge " +
         money(r.charge_nano) + from_guarantee(r.guarantee_nano) + (r.late ? ", late" : "");
}
std::string say(record::LeaseState const& r, std::uint16_t code) {
  return "lease " + std::to_string(r.lease) + " " + lease_phase(r.phase) + reason(code) + fault(r.fault) +
         ": " + std::to_string(r.lots) + " lots, used " + std::to_string(r.used_us / micros_per_second) +
         " s, charge " + money(r.charge_nano) + from_guarantee(r.guarantee_nano);
}
std::string say(record::Posting const& r, std::uint16_t code) {
  auto const account = [](std::uint32_t owner, std::uint16_t kind) {
    return account_text({ParticipantId{owner}, static_cast<AccountKind>(kind)});
  };
  return "transfer " + std::to_string(r.transfer) + " (" + name(static_cast<TransferCode>(code)) +
         "): " + money(r.amount_nano) + " from " + account(r.debit_owner, r.debit_kind) + " to " +
         account(r.credit_owner, r.credit_kind);
}

/// Orders and jobs are numbered apart, and a posting says only one number: it is of what else the entry
/// names.
bool names(Outcome const& outcome, Subject const& subject) {
  return std::ranges::any_of(outcome.records, [&](Record const& r) {
    bool const order = subject.kind == Kind::order;
    switch (r.head.kind) {
      case RecordKind::order_state:
        return order && r.as<record::OrderState>().order == subject.id;
      case RecordKind::job_state:
        return !order && r.as<record::JobState>().job == subject.id;
      case RecordKind::lease_state:
        return !order && r.as<record::LeaseState>().lease == subject.id;
      default:
        return false;
    }
  });
}

bool of_orders(std::uint16_t code) {
  auto const transfer = static_cast<TransferCode>(code);
  return transfer == TransferCode::hold || transfer == TransferCode::release;
}

bool of_bonds(std::uint16_t code) {
  auto const transfer = static_cast<TransferCode>(code);
  return transfer >= TransferCode::bond_post && transfer <= TransferCode::bond_loss;
}

bool concerns(Record const& record, Outcome const& outcome, Subject const& subject) {
  auto const posting = record.as<record::Posting>();
  if (subject.kind == Kind::transfer) return posting.transfer == subject.id;
  if (posting.about != subject.id || of_bonds(record.head.code)) return false;  // those are about a unit
  if (subject.kind == Kind::order) return of_orders(record.head.code) && names(outcome, subject);
  // A hold in an entry that names both is the order's.
  return !of_orders(record.head.code) ||
         (names(outcome, subject) && !names(outcome, {Kind::order, subject.id}));
}

/// Nothing for a record that is not about the subject.
std::string about(Record const& r, Outcome const& outcome, Subject const& subject) {
  bool const order = subject.kind == Kind::order, fill = subject.kind == Kind::fill;
  std::uint64_t const id = subject.id;
  switch (r.head.kind) {
    case RecordKind::order_state:
      if (auto const b = r.as<record::OrderState>(); order && b.order == id) return say(b);
      return {};
    case RecordKind::fill:
      if (auto const b = r.as<record::Fill>(); (order && b.order == id) || (fill && b.fill == id))
        return say(b, r.head);
      return {};
    case RecordKind::job_state:
      if (auto const b = r.as<record::JobState>(); (order && b.order == id) || (fill && b.job == id))
        return say(b, r.head.code);
      return {};
    case RecordKind::lease_state:
      if (auto const b = r.as<record::LeaseState>(); (order && b.order == id) || (fill && b.lease == id))
        return say(b, r.head.code);
      return {};
    case RecordKind::posting:
      return concerns(r, outcome, subject) ? say(r.as<record::Posting>(), r.head.code) : std::string();
    default:
      return {};
  }
}

}  // namespace

std::expected<Subject, std::string> parse_subject(std::string_view text) {
  auto const colon = text.find(':');
  auto const kind = colon == text.npos ? "order" : text.substr(0, colon);
  auto const digits = colon == text.npos ? text : text.substr(colon + 1);
  Subject subject;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), subject.id);
  bool const number = error == std::errc() && end == digits.data() + digits.size() && subject.id > 0;
  if (kind == "order")
    subject.kind = Kind::order;
  else if (kind == "job" || kind == "lease" || kind == "fill")
    subject.kind = Kind::fill;
  else if (kind == "transfer")
    subject.kind = Kind::transfer;
  else
    subject.id = 0;
  if (!number || subject.id == 0)
    return std::unexpected("\"" + std::string(text) +
                           "\" names nothing; write order:17, job:3, lease:3, fill:3 or transfer:9");
  return subject;
}

std::string subject_text(Subject const& subject) {
  static constexpr char const* kinds[] = {"order ", "fill, job or lease ", "transfer "};
  return kinds[static_cast<std::size_t>(subject.kind)] + std::to_string(subject.id);
}

void Life::gather(Entry const& entry, Outcome const& outcome) {
  for (auto const& record : outcome.records)
    if (auto text = about(record, outcome, subject_); !text.empty())
      lines_.push_back({entry.seq, entry.stamp, entry.principal, words(entry.command), std::move(text)});
}

}  // namespace spillway
