// exchange/src/replay.cpp - one frame at a time: an entry is applied, a seal is compared.
#include "exchange/replay.hpp"

#include "market/codec.hpp"

namespace spillway {

Replayer::Replayer(ExchangeCore& core, OnApplied on_applied, OnSealed on_sealed)
    : core_(core), on_applied_(std::move(on_applied)), on_sealed_(std::move(on_sealed)) {}

std::expected<void, ReplayFault> Replayer::feed(FrameView const& frame) {
  auto const done =
      frame.type == FrameType::entry ? apply_entry(frame)
      : frame.type == FrameType::seal
          ? check_seal(frame)
          : std::unexpected(ReplayFault{frame.position, frame.seq, "a frame that is no entry and no seal"});
  if (!done) return done;
  tree_.append(leaf_);
  return {};
}

std::expected<void, ReplayFault> Replayer::apply_entry(FrameView const& frame) {
  auto fault = [&](std::string reason) {
    return std::unexpected(ReplayFault{frame.position, frame.seq, std::move(reason)});
  };
  auto const entry = decode_entry(frame.payload);
  if (!entry) return fault("the entry cannot be decoded: " + entry.error().sentence);
  if (entry->seq != frame.seq) return fault("the entry carries another sequence than its frame");
  if (entry->seq.v != core_.applied().v + 1) return fault("the sequence has a gap");
  if (entry->stamp < core_.now()) return fault("the stamp goes back");
  outcome_.clear();
  core_.apply(*entry, outcome_);
  leaf_ = chain_.add(entry->seq, frame.payload, outcome_.records);
  ++entries_;
  if (on_applied_) on_applied_(*entry, outcome_);
  return {};
}

std::expected<void, ReplayFault> Replayer::check_seal(FrameView const& frame) {
  auto const seal = parse_seal(frame.payload);
  if (!seal)
    return std::unexpected(ReplayFault{frame.position, frame.seq, "the seal has not the form of a seal"});
  if (auto const same = chain_.check(*seal); !same)
    return std::unexpected(ReplayFault{frame.position, seal->last, same.error()});
  leaf_ = leaf_hash(frame.payload);
  ++seals_;
  if (on_sealed_) on_sealed_(*seal, tree_.size(), chain_.covered());
  return {};
}

}  // namespace spillway
