// apps/audit/src/witnesses.cpp - counts who cosigned what.
#include "apps/audit/witnesses.hpp"

#include <algorithm>
#include <functional>

namespace spillway {
namespace {

constexpr char const* witness_form =
    "--witness must be <name>+<8 hex digits>+<base64>, as `spillway witness` prints it";

std::string_view lines_of(std::string_view note) { return note.substr(note.rfind("\n\n") + 2); }

}  // namespace

std::uint64_t WitnessReport::covered() const {
  std::vector<std::uint64_t> sizes;
  for (auto const& word : words) sizes.push_back(word.size);
  std::ranges::sort(sizes, std::greater());
  return quorum == 0 || quorum > sizes.size() ? 0 : sizes[quorum - 1];
}

std::string WitnessReport::shortfall() const {
  if (reached()) return {};
  auto const well = std::ranges::count_if(words, [](auto const& word) { return word.size > 0; });
  std::string text = std::to_string(well) + " of " + std::to_string(words.size()) +
                     " witnesses cosigned, the quorum is " + std::to_string(quorum);
  for (auto const& word : words)
    if (word.size == 0) text += "; " + (word.wrong.empty() ? "no cosignature of " + word.name : word.wrong);
  return text;
}

std::expected<WitnessTally, std::string> WitnessTally::of(WitnessPolicy const& policy) {
  WitnessTally tally;
  for (auto const& vkey : policy.vkeys) {
    auto verifier = WitnessVerifier::from_vkey(vkey);
    if (!verifier) return std::unexpected(witness_form);
    for (auto const& before : tally.verifiers_)
      if (before.vkey() == vkey) return std::unexpected("--witness " + before.name() + " is named twice");
    tally.report_.words.push_back({verifier->name(), 0, 0, {}});
    tally.verifiers_.push_back(std::move(*verifier));
  }
  if (policy.quorum > policy.vkeys.size())
    return std::unexpected("--quorum " + std::to_string(policy.quorum) + " needs as many --witness, " +
                           std::to_string(policy.vkeys.size()) + " are named");
  tally.report_.quorum = policy.quorum == 0 ? policy.vkeys.size() : policy.quorum;
  return tally;
}

void WitnessTally::hear(Note const& note, std::uint64_t size) {
  for (std::size_t i = 0; i < verifiers_.size(); ++i) {
    auto& word = report_.words[i];
    auto const at = verifiers_[i].cosigned_at(note);
    if (!at)
      word.wrong = at.error().reason;
    else if (*at && size > word.size)
      word.size = size, word.time_s = **at;
  }
}

std::expected<std::string, std::string> with_lines_of(std::string const& note, std::string const& other) {
  auto const mine = parse_note(note), theirs = parse_note(other);
  if (!mine || !theirs || mine->text != theirs->text)
    return std::unexpected("these checkpoints are not over the same text: give one of them");
  auto out = note;
  for (auto rest = lines_of(other); !rest.empty();) {
    auto const end = rest.find('\n') + 1;
    if (lines_of(out).find(rest.substr(0, end)) == std::string_view::npos) out += rest.substr(0, end);
    rest.remove_prefix(end);
  }
  return out;
}

}  // namespace spillway
