// market/codec.cpp - entries as FlatBuffers of market/schema/entry.fbs.
#include "market/codec.hpp"

#include <algorithm>
#include <cstring>

#include "codec_read.hpp"
#include "codec_titles.hpp"
#include "codec_write.hpp"
#include "command_fields.hpp"
#include "entry_generated.h"
#include "market/check.hpp"

namespace spillway {
namespace {

// The fields of the root; the union takes two ids, its type and its value.
enum RootId : std::size_t {
  seq_id = 0,
  stamp_id = 1,
  principal_id = 2,
  type_id = 3,
  value_id = 4,
  session_id = 5,
  request_id = 6
};

#define SW_SAME_LAYOUT(command)                                                \
  static_assert(wire::layout_of<command>.size == sizeof(fb::entry::command) && \
                wire::layout_of<command>.align == alignof(fb::entry::command))
SW_SAME_LAYOUT(PostOffer);
SW_SAME_LAYOUT(JobCompleted);
SW_SAME_LAYOUT(JobFailed);
SW_SAME_LAYOUT(LeaseFailed);
SW_SAME_LAYOUT(RoundTrip);
#undef SW_SAME_LAYOUT

}  // namespace

std::vector<std::byte> encode(Entry const& entry) {
  wire::Builder builder(512);
  auto const command = wire::write_union(builder, entry.command);
  auto const start = builder.StartTable();
  builder.AddElement(wire::slot_of(seq_id), entry.seq.v, std::uint64_t{});
  builder.AddElement(wire::slot_of(stamp_id), entry.stamp.v, std::int64_t{});
  builder.AddElement(wire::slot_of(session_id), entry.session.v, std::uint64_t{});
  builder.AddElement(wire::slot_of(request_id), entry.request, std::uint64_t{});
  builder.AddElement(wire::slot_of(principal_id), entry.principal.v, std::uint32_t{});
  builder.AddOffset(wire::slot_of(value_id), wire::Part{command});
  builder.AddElement(wire::slot_of(type_id), wire::union_number(entry.command), std::uint8_t{});
  builder.Finish(wire::Part{builder.EndTable(start)}, fb::entry::EntryIdentifier());
  sw_check(builder.GetSize() <= largest_entry_bytes,
           "an entry fits the journal's frame; long tables come in parts");
  return wire::taken(builder);
}

std::expected<Entry, DecodeError> decode_entry(std::span<std::byte const> bytes) {
  if (bytes.size() > largest_entry_bytes) {
    return std::unexpected(DecodeError{DecodeCode::too_large, "an entry has at most 65535 bytes"});
  }
  wire::AlignedBytes const aligned(bytes);
  auto const* const root = aligned.root<fb::entry::Entry>(fb::entry::EntryIdentifier());
  if (root == nullptr) {
    return std::unexpected(DecodeError{DecodeCode::not_well_formed, "these bytes are not an entry (SWE1)"});
  }
  wire::Complaints complaints;
  Entry entry;
  entry.seq = Seq{root->GetField<std::uint64_t>(wire::slot_of(seq_id), 0)};
  entry.stamp = Stamp{root->GetField<std::int64_t>(wire::slot_of(stamp_id), 0)};
  entry.principal = ParticipantId{root->GetField<std::uint32_t>(wire::slot_of(principal_id), 0)};
  entry.session = SessionId{root->GetField<std::uint64_t>(wire::slot_of(session_id), 0)};
  entry.request = root->GetField<std::uint64_t>(wire::slot_of(request_id), 0);
  wire::read_union(complaints, root, type_id, wire::command_title, entry.command);
  if (complaints.any()) return std::unexpected(complaints.take());
  return entry;
}

// A table lies behind its offset, its vtable so many bytes before it; the vtable says where a field lies.
std::optional<std::size_t> command_index(std::span<std::byte const> bytes) {
  constexpr std::size_t identifier_at = 4, identifier_bytes = 4, slot = wire::slot_of(type_id);
  auto const read = [bytes]<class Int>(std::int64_t at, Int& out) {
    auto const size = static_cast<std::int64_t>(bytes.size());
    if (at < 0 || at > size - static_cast<std::int64_t>(sizeof out)) return false;
    std::memcpy(&out, bytes.data() + at, sizeof out);
    return true;
  };
  std::uint32_t table = 0;
  std::int32_t back = 0;
  std::uint16_t vtable_bytes = 0, field = 0;
  std::uint8_t number = 0;
  if (bytes.size() > largest_entry_bytes || bytes.size() < identifier_at + identifier_bytes ||
      !read(0, table) || !read(table, back) ||
      std::memcmp(bytes.data() + identifier_at, fb::entry::EntryIdentifier(), identifier_bytes) != 0)
    return std::nullopt;
  auto const vtable = std::int64_t{table} - back;
  if (!read(vtable, vtable_bytes) || vtable_bytes < slot + sizeof field || !read(vtable + slot, field) ||
      field == 0 || !read(std::int64_t{table} + field, number))
    return std::nullopt;
  if (number == 0 || number > std::variant_size_v<Command>) return std::nullopt;
  return number - std::size_t{1};  // 0 stands for none
}

std::optional<std::vector<std::byte>> stated_bytes(std::span<std::byte const> bytes) {
  if (bytes.size() > largest_entry_bytes) return std::nullopt;
  wire::AlignedBytes const aligned(bytes);
  auto const* const root = aligned.root<fb::entry::Entry>(fb::entry::EntryIdentifier());
  if (root == nullptr) return std::nullopt;
  std::vector<std::byte> out(bytes.begin(), bytes.end());
  auto const* const first = aligned.first();
  for (auto const id : {seq_id, stamp_id})
    if (auto const* const at = root->GetAddressOf(wire::slot_of(id)))
      std::fill_n(out.begin() + (at - first), 8, std::byte{});
  return out;
}

}  // namespace spillway
