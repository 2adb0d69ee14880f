// apps/audit/src/heads_check.cpp - a root for each size that somebody vouches for.
#include "heads_check.hpp"

#include <algorithm>

namespace spillway {

std::expected<std::vector<HeldHead>, std::string> read_heads(std::vector<std::filesystem::path> const& files,
                                                             std::span<NoteVerifier const> log) {
  std::vector<HeldHead> heads;
  for (auto const& file : files) {
    auto bytes = load_checkpoint(file);
    if (!bytes) return std::unexpected(bytes.error().message);
    if (bytes->empty()) return std::unexpected("--checkpoint " + file.string() + " is not there, or empty");
    HeldHead held{file.string(), std::move(*bytes), {}, {}, {}};
    auto const opened = open_checkpoint(held.bytes, log);
    if (opened)
      held.note = *parse_note(held.bytes), held.head = *opened;
    else
      held.wrong = held.file + ": " + opened.error().reason;
    heads.push_back(std::move(held));
  }
  return heads;
}

HeadsCheck::HeadsCheck(std::vector<HeldHead> heads, WitnessTally tally) : tally_(std::move(tally)) {
  for (auto& held : heads) {
    if (held.wrong.empty())
      heads_.push_back(std::move(held));
    else if (wrong_.empty())
      wrong_ = held.wrong;
  }
  std::ranges::stable_sort(heads_, {}, [](HeldHead const& held) { return held.head.size; });
}

void HeadsCheck::look(Frontier const& tree) {
  auto const& held = heads_[next_++];
  auto const root = tree.root();
  if (root == held.head.root) return tally_.hear(held.note, held.head.size);
  if (wrong_.empty())
    wrong_ = held.file + ": the root over the first " + std::to_string(held.head.size) +
             " entries and seals is " + to_hex(root) + " here, and was signed as " + to_hex(held.head.root) +
             ": the exchange has shown two histories";
}

std::string HeadsCheck::finish(std::uint64_t frames) {
  if (!wrong_.empty()) return wrong_;
  if (next_ < heads_.size())
    return heads_.back().file + " vouches for " + std::to_string(heads_.back().head.size) +
           " entries and seals, the segments hold " + std::to_string(frames) +
           ": the end was removed, or this copy is older than that checkpoint";
  return tally_.report().shortfall();
}

void HeadsCheck::note(std::uint64_t frames, std::vector<std::string>& notes) const {
  auto const& said = report();
  for (auto const& word : said.words)
    if (!word.wrong.empty()) notes.push_back(word.wrong + "; the quorum is reached without it");
  if (said.quorum > 0 && said.covered() < frames)
    notes.push_back("the quorum vouches for the first " + std::to_string(said.covered()) + " of " +
                    std::to_string(frames) + " entries and seals");
}

std::expected<HeadsCheck, std::string> held_heads(AuditOptions const& options, CheckpointSeen const& seen) {
  auto tally = WitnessTally::of(options.witnesses);
  if (!tally) return std::unexpected(tally.error());
  bool const asked = !options.checkpoints.empty() || !options.witnesses.vkeys.empty();
  if (!asked) return HeadsCheck({}, std::move(*tally));
  if (!seen.verifier)
    return std::unexpected("--checkpoint and --witness need the key that signs: give it with --vkey");
  auto heads = read_heads(options.checkpoints, seen.keys());
  if (!heads) return std::unexpected(heads.error());
  if (seen.checkpoint && seen.wrong.empty())
    heads->push_back({"the file checkpoint", seen.note, *parse_note(seen.note), *seen.checkpoint, {}});
  return HeadsCheck(std::move(*heads), std::move(*tally));
}

std::string judge_signers(KeysCheck const& keys, CheckpointSeen const& seen, HeadsCheck const& heads) {
  if (auto reason = keys.judge_changes(); !reason.empty()) return reason;
  if (seen.checkpoint)
    if (auto const reason = keys.judge(*parse_note(seen.note), seen.checkpoint->size); !reason.empty())
      return "the file checkpoint: " + reason;
  for (auto const& head : heads.heads())
    if (auto const reason = keys.judge(head.note, head.head.size); !reason.empty())
      return head.file + ": " + reason;
  return {};
}

}  // namespace spillway
