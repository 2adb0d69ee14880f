// attest/codec.cpp - see attest/messages.hpp. The only parser of the room; tests/attest/decode_fuzz.cpp feeds
// it.
#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>

#include "attest/messages.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

constexpr std::array<std::byte, 4> magic{std::byte{'C'}, std::byte{'A'}, std::byte{'P'}, std::byte{'1'}};
constexpr std::uint32_t longest_backend = 64;
constexpr std::uint32_t longest_path = 32;

// Writing and reading walk the same field list, so the two cannot drift apart: `visit(io, message)` names
// every field once. A sequence is a u32 count and its elements; `most` bounds it on both sides.
class Writer {
 public:
  std::vector<std::byte> bytes;

  template <class T>
  requires std::is_integral_v<T>
  void number(T value) {
    std::array<std::byte, sizeof(T)> raw;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      raw[i] = std::byte(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  }
  void digest(Bytes32 const& value) { bytes.insert(bytes.end(), value.begin(), value.end()); }
  template <class Sequence, class Each>
  void sequence(Sequence const& items, std::uint32_t most, std::size_t, Each each) {
    sw_check(items.size() <= most, "a message of ours keeps to its bounds");
    number(static_cast<std::uint32_t>(items.size()));
    for (auto const& item : items) each(item);
  }
  void require(bool holds) { sw_check(holds, "a message of ours holds allowed values"); }
};

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <class T>
  requires std::is_integral_v<T>
  void number(T& value) {
    std::uint64_t raw = 0;
    if (!has(sizeof(T))) return;
    for (std::size_t i = 0; i < sizeof(T); ++i) raw |= std::to_integer<std::uint64_t>(rest_[i]) << (8 * i);
    rest_ = rest_.subspan(sizeof(T));
    value = static_cast<T>(raw);
  }
  void digest(Bytes32& value) {
    if (!has(value.size())) return;
    std::ranges::copy(rest_.first(value.size()), value.begin());
    rest_ = rest_.subspan(value.size());
  }
  // `smallest` bytes of each element must be there before any memory is taken for them.
  template <class Sequence, class Each>
  void sequence(Sequence& items, std::uint32_t most, std::size_t smallest, Each each) {
    std::uint32_t count = 0;
    number(count);
    require(count <= most);
    if (error_ || !has(count * smallest)) return;
    items.resize(count);
    for (auto& item : items) each(item);
  }
  void require(bool holds) {
    if (!holds && !error_) error_ = DecodeError::value_out_of_range;
  }
  [[nodiscard]] std::optional<DecodeError> finish() {
    if (!error_ && !rest_.empty()) error_ = DecodeError::bytes_left_over;
    return error_;
  }

 private:
  bool has(std::size_t count) {
    if (!error_ && rest_.size() < count) error_ = DecodeError::truncated;
    return !error_;
  }
  ByteView rest_;
  std::optional<DecodeError> error_;
};

template <class Io, class Numbers>
void digests(Io& io, Numbers& items, std::uint32_t most) {
  io.sequence(items, most, sizeof(Digest), [&](auto& d) { io.digest(d); });
}

template <class Io, class P>
void profile(Io& io, P& value) {
  auto raw = static_cast<std::uint8_t>(value);
  io.number(raw);
  io.require(raw == static_cast<std::uint8_t>(Profile::int8) ||
             raw == static_cast<std::uint8_t>(Profile::f16x));
  if constexpr (!std::is_const_v<P>) value = static_cast<Profile>(raw);
}

template <class M, class T>
concept is = std::is_same_v<std::remove_const_t<M>, T>;

template <class Io>
void visit(Io& io, is<AttestOpen> auto& m) {
  io.digest(m.unit), io.number(m.node.v), io.number(m.wanted.v), profile(io, m.profile);
  io.sequence(m.backend, longest_backend, 1, [&](auto& c) { io.number(c); });
}
template <class Io>
void visit(Io& io, is<Cap1Params> auto& p) {
  io.number(p.n), io.number(p.rounds), io.number(p.retained), io.number(p.passes), io.number(p.openings);
  profile(io, p.profile);
  io.require(check(p).has_value());
}
template <class Io>
void visit(Io& io, is<EpochParams> auto& m) {
  io.number(m.epoch), io.digest(m.beacon), visit(io, m.params);
}
template <class Io>
void visit(Io& io, is<RttProbe> auto& m) {
  io.number(m.index), io.digest(m.nonce);
}
template <class Io>
void visit(Io& io, is<RttEcho> auto& m) {
  io.number(m.index), io.digest(m.nonce);
}
template <class Io>
void visit(Io& io, is<Challenge> auto& m) {
  io.digest(m.nonce);
}
template <class Io>
void visit(Io& io, is<RoundsDone> auto& m) {
  io.digest(m.last_key);
}
template <class Io>
void visit(Io& io, is<MemChallenge> auto& m) {
  io.digest(m.key);
}
template <class Io>
void visit(Io& io, is<MemDone> auto& m) {
  digests(io, m.round_roots, most_rounds), digests(io, m.pass_roots, most_passes), io.digest(m.last_key);
}
template <class Io>
void visit(Io& io, is<OpeningPlace> auto& p) {
  io.number(p.round), io.number(p.row), io.number(p.pass);
}
template <class Io>
void visit(Io& io, is<Open> auto& m) {
  io.sequence(m.places, most_openings, 12, [&](auto& p) { visit(io, p); });
}
template <class Io>
void visit(Io& io, is<Opening> auto& o) {
  visit(io, o.place);
  io.sequence(o.row, largest_n, 4, [&](auto& x) { io.number(x); });
  digests(io, o.round_path, longest_path), digests(io, o.memory_path, longest_path);
}
template <class Io>
void visit(Io& io, is<Openings> auto& m) {
  io.sequence(m.rows, most_openings, 24, [&](auto& o) { visit(io, o); });
}
template <class Io>
void visit(Io& io, is<Verdict> auto& m) {
  io.digest(m.unit), io.number(m.reason), io.number(m.ops_per_s), io.number(m.bytes),
      io.number(m.bytes_per_s);
  io.digest(m.transcript);
}

// Makes an empty message of the kind with this index, so that reading can fill it.
template <std::size_t I = 0>
std::optional<AttestMessage> empty_of_kind(std::size_t index) {
  if constexpr (I < std::variant_size_v<AttestMessage>) {
    return index == I ? AttestMessage{std::in_place_index<I>} : empty_of_kind<I + 1>(index);
  } else {
    return std::nullopt;
  }
}

}  // namespace

std::vector<std::byte> encode(AttestMessage const& message) {
  Writer out;
  if (auto const* openings = std::get_if<Openings>(&message); openings != nullptr && !openings->rows.empty())
    out.bytes.reserve(openings->rows.size() * (openings->rows.front().row.size() * 4 + 2'048));
  out.bytes.assign(magic.begin(), magic.end());
  out.number(static_cast<std::uint8_t>(message.index() + 1));
  std::visit([&](auto const& m) { visit(out, m); }, message);
  sw_check(out.bytes.size() <= largest_message_bytes, "check(Cap1Params) bounds every message");
  return std::move(out.bytes);
}

std::expected<AttestMessage, DecodeError> decode(ByteView bytes) {
  if (bytes.size() > largest_message_bytes) return std::unexpected(DecodeError::too_large);
  if (bytes.size() < magic.size() + 1) return std::unexpected(DecodeError::truncated);
  if (!std::ranges::equal(bytes.first(magic.size()), magic)) return std::unexpected(DecodeError::not_cap1);
  auto const kind = std::to_integer<std::size_t>(bytes[magic.size()]);
  auto message = empty_of_kind(kind - 1);  // kind 0 wraps to no kind at all
  if (!message) return std::unexpected(DecodeError::kind_unknown);

  Reader in(bytes.subspan(magic.size() + 1));
  std::visit([&](auto& m) { visit(in, m); }, *message);
  if (auto const error = in.finish()) return std::unexpected(*error);
  return std::move(*message);
}

std::string_view sentence(DecodeError error) {
  switch (error) {
    case DecodeError::too_large:
      return "the message is larger than 4 MiB";
    case DecodeError::truncated:
      return "the message ends before its fields do";
    case DecodeError::not_cap1:
      return "the message does not start with CAP1";
    case DecodeError::kind_unknown:
      return "the message has a kind that this version does not know";
    case DecodeError::value_out_of_range:
      return "a field of the message is outside its range";
    case DecodeError::bytes_left_over:
      return "bytes follow the end of the message";
  }
  return "unknown decode error";
}

std::string_view name_of(AttestMessage const& message) {
  constexpr std::array<std::string_view, std::variant_size_v<AttestMessage>> names{
      "AttestOpen",   "EpochParams", "RttProbe", "RttEcho",  "Challenge", "RoundsDone",
      "MemChallenge", "MemDone",     "Open",     "Openings", "Verdict"};
  return names[message.index()];
}

}  // namespace spillway::attest
