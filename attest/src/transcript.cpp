// attest/transcript.cpp - see attest/transcript.hpp. tests/attest/transcript_fuzz.cpp feeds the parser.
#include "attest/transcript.hpp"

#include <algorithm>
#include <array>

#include "market/check.hpp"

namespace spillway::attest {

namespace {

constexpr std::array<std::byte, 5> magic{std::byte{'C'}, std::byte{'A'}, std::byte{'P'}, std::byte{'1'},
                                         std::byte{'T'}};
constexpr std::size_t head_bytes = magic.size() + 1 + 32 + 4;
constexpr std::size_t said_head_bytes = 1 + 8 + 4;

std::uint64_t number(ByteView bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) out |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return out;
}

// Takes `count` bytes off the front; the caller has looked that they are there.
ByteView take(ByteView& from, std::size_t count) {
  auto const out = from.first(count);
  from = from.subspan(count);
  return out;
}

bool known(TranscriptVersion version) {
  return version == TranscriptVersion::one_chain || version == TranscriptVersion::striped;
}

std::unexpected<TranscriptError> no(TranscriptError error) { return std::unexpected(error); }

std::expected<Said, TranscriptError> take_said(ByteView& rest) {
  if (rest.size() < said_head_bytes) return no(TranscriptError::truncated);
  auto const speaker = Speaker{std::to_integer<std::uint8_t>(take(rest, 1)[0])};
  auto const at = number(take(rest, 8));
  auto const length = number(take(rest, 4));
  if (speaker != Speaker::unit && speaker != Speaker::exchange)
    return no(TranscriptError::value_out_of_range);
  if (at > INT64_MAX / 2) return no(TranscriptError::value_out_of_range);
  if (length > rest.size()) return no(TranscriptError::truncated);
  auto const bytes = take(rest, length);
  return Said{speaker, Micros{static_cast<std::int64_t>(at)}, {bytes.begin(), bytes.end()}};
}

}  // namespace

TranscriptHash::TranscriptHash(TranscriptVersion version)
    : version_(version),
      hash_(version == TranscriptVersion::one_chain ? "cap1-transcript" : "cap1-transcript-2") {
  sw_check(known(version), "a transcript has a version that there is");
}

void TranscriptHash::begin(Speaker speaker, Micros at, std::uint32_t message_bytes) {
  close(hash_);
  std::byte const who{static_cast<std::uint8_t>(speaker)};
  hash_.part(std::span(&who, 1));
  hash_.part(le64(static_cast<std::uint64_t>(at.v)));
  if (version_ == TranscriptVersion::one_chain) return hash_.begin_part(message_bytes);
  message_.emplace();
}

void TranscriptHash::more(ByteView bytes) { message_ ? message_->more(bytes) : hash_.more(bytes); }

// Length first: it says what stands behind it, so no short message stands for the lanes of a long one.
void TranscriptHash::close(RunningHash& into) const {
  if (!message_) return;
  into.part(le32(static_cast<std::uint32_t>(message_->size())));
  if (message_->size() <= StripedHash::head_bytes) return into.part(message_->head());
  auto const lanes = message_->lanes();
  into.part(std::as_bytes(std::span(lanes)));
}

Digest TranscriptHash::value() const {
  auto whole = hash_;
  close(whole);
  return whole.value();
}

Digest hash_of(Transcript const& transcript) {
  TranscriptHash running(transcript.version);
  for (auto const& said : transcript.said) {
    running.begin(said.speaker, said.at, static_cast<std::uint32_t>(said.bytes.size()));
    running.more(said.bytes);
  }
  return running.value();
}

std::string_view sentence(TranscriptError error) {
  switch (error) {
    case TranscriptError::too_large:
      return "longer than a transcript may be";
    case TranscriptError::truncated:
      return "it ends before it is complete";
    case TranscriptError::not_a_transcript:
      return "these bytes are no transcript of a challenge";
    case TranscriptError::version_unknown:
      return "a version of transcripts that this program does not know";
    case TranscriptError::value_out_of_range:
      return "a speaker, a time or a count that no transcript has";
    case TranscriptError::bytes_left_over:
      return "bytes are left over behind its end";
  }
  return "unknown error";
}

std::vector<std::byte> encode(Transcript const& transcript) {
  sw_check(transcript.said.size() <= most_said, "a challenge has a few dozen messages");
  std::vector<std::byte> out(magic.begin(), magic.end());
  auto const add = [&out](ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  out.push_back(std::byte{static_cast<std::uint8_t>(transcript.version)});
  add(transcript.fresh);
  add(le32(static_cast<std::uint32_t>(transcript.said.size())));
  for (auto const& said : transcript.said) {
    out.push_back(std::byte{static_cast<std::uint8_t>(said.speaker)});
    add(le64(static_cast<std::uint64_t>(said.at.v)));
    add(le32(static_cast<std::uint32_t>(said.bytes.size())));
    add(said.bytes);
  }
  sw_check(out.size() <= largest_transcript_bytes, "a transcript keeps to its bounds");
  return out;
}

std::expected<Transcript, TranscriptError> decode_transcript(ByteView bytes) {
  if (bytes.size() > largest_transcript_bytes) return no(TranscriptError::too_large);
  if (bytes.size() < head_bytes) return no(TranscriptError::truncated);
  if (!std::ranges::equal(take(bytes, magic.size()), magic)) return no(TranscriptError::not_a_transcript);
  Transcript out;
  out.version = TranscriptVersion{std::to_integer<std::uint8_t>(take(bytes, 1)[0])};
  if (!known(out.version)) return no(TranscriptError::version_unknown);
  std::ranges::copy(take(bytes, out.fresh.size()), out.fresh.begin());
  auto const count = number(take(bytes, 4));
  if (count > most_said) return no(TranscriptError::value_out_of_range);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto said = take_said(bytes);
    if (!said) return no(said.error());
    out.said.push_back(std::move(*said));
  }
  if (!bytes.empty()) return no(TranscriptError::bytes_left_over);
  return out;
}

}  // namespace spillway::attest
