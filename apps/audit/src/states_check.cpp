// apps/audit/src/states_check.cpp - gathers what the exchange said of its states, and compares.
#include "states_check.hpp"

#include <algorithm>

#include "exchange/state_digest.hpp"
#include "journal/log_reader.hpp"
#include "market/codec.hpp"

namespace spillway {

std::expected<StatesCheck, AuditError> StatesCheck::read(AuditOptions const& options) {
  static auto const wanted = Command(StateDigest{}).index();
  StatesCheck check;
  auto entries = LogReader::open(options.directory, StreamKind::entries, ReadMode::glance, options.archive);
  if (!entries) return std::unexpected(AuditError{entries.error().message});
  for (;;) {
    auto const frame = entries->next();
    if (!frame || !*frame) break;
    if ((*frame)->type != FrameType::entry || command_index((*frame)->payload) != wanted) continue;
    auto const entry = decode_entry((*frame)->payload);
    if (!entry) break;
    auto const& said = std::get<StateDigest>(entry->command);
    if (entry->principal.some() || said.seq >= entry->seq) continue;  // refused
    if (said.layout == ExchangeCore::state_layout)
      check.said_.push_back(said);
    else
      ++check.of_other_layouts_;
  }
  std::ranges::stable_sort(check.said_, {}, &StateDigest::seq);
  return check;
}

std::string StatesCheck::at(ExchangeCore const& core) {
  while (next_ < said_.size() && said_[next_].seq < core.applied()) ++next_;
  if (next_ == said_.size() || said_[next_].seq != core.applied()) return {};
  auto const after = "the state after sequence " + std::to_string(core.applied().v);
  if (!core.can_export()) return after + " has no digest yet, but the exchange entered one";
  auto const found = state_digest(core);  // once, however often it was said
  for (; next_ < said_.size() && said_[next_].seq == core.applied(); ++next_, ++compared_)
    if (auto const& said = said_[next_].digest; said != found)
      return after + " has the digest " + to_hex(found) + ", the exchange entered " + to_hex(said);
  return {};
}

}  // namespace spillway
