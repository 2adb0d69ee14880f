// market/src/codec_read.hpp - FlatBuffers tables that a Verifier has passed, as described structs with every
// bound checked.
// Room:   market, private; sees FlatBuffers.
// Rule:   the Verifier keeps reads inside the buffer; bounds here keep values inside their types and memory
//         small.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "codec_fixed.hpp"
#include "codec_write.hpp"
#include "complaints.hpp"
#include "fields.hpp"

namespace spillway::wire {

using Table = flatbuffers::Table;

/// Verified reads need eight-byte alignment, which bytes out of a frame may lack.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::span<std::byte const> bytes) : size_(bytes.size()) {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 == 0) {
      data_ = reinterpret_cast<std::uint8_t const*>(bytes.data());
      return;
    }
    copy_.resize(bytes.size() / 8 + 1);
    std::memcpy(copy_.data(), bytes.data(), bytes.size());
    data_ = reinterpret_cast<std::uint8_t const*>(copy_.data());
  }
  AlignedBytes(AlignedBytes const&) = delete;
  AlignedBytes& operator=(AlignedBytes const&) = delete;

  /// The root table when the bytes are a well-formed `Root` with this identifier; else null.
  template <class Root>
  [[nodiscard]] Table const* root(char const* identifier) const {
    flatbuffers::Verifier::Options options;
    options.max_depth = 16;
    options.max_tables = 20'000;
    if (size_ >= FLATBUFFERS_MAX_BUFFER_SIZE) return nullptr;
    flatbuffers::Verifier verifier(data_, size_, options);
    return verifier.VerifyBuffer<Root>(identifier) ? flatbuffers::GetRoot<Table>(data_) : nullptr;
  }

  [[nodiscard]] std::uint8_t const* first() const { return data_; }

 private:
  std::vector<std::uint64_t> copy_;
  std::uint8_t const* data_{};
  std::size_t size_{};
};

/// `table` may be null: every field then is zero or empty.
template <described T>
void read_table(Complaints&, Table const* table, T& out);

template <class Pointed>
Pointed const* part_of(Table const* table, std::size_t id) {
  return table == nullptr ? nullptr : table->GetPointer<Pointed const*>(slot_of(id));
}

inline void read_text(Complaints& complaints, flatbuffers::String const* text, std::size_t most,
                      std::string& out) {
  if (text == nullptr) return out.clear();
  if (text->size() > most) return say_too_long(complaints, most, "bytes");
  out.assign(text->c_str(), text->size());
  if (!is_text(out)) complaints.say(DecodeCode::out_of_range, "must be UTF-8 text without NUL");
}

template <class Item>
void read_items(Complaints& complaints, Table const* table, std::size_t id, std::size_t most,
                std::vector<Item>& out) {
  out.clear();
  auto const take = [&](auto const* items, auto&& one) {
    if (items == nullptr) return;
    if (items->size() > most) return say_too_long(complaints, most, "entries");
    out.resize(items->size());
    for (flatbuffers::uoffset_t i = 0; i < items->size(); ++i) one(*items, i, out[i]);
  };
  if constexpr (scalar<Item>) {
    take(part_of<flatbuffers::Vector<raw_t<Item>>>(table, id),
         [&](auto const& items, auto i, Item& item) { read_scalar(complaints, items.Get(i), item); });
  } else if constexpr (fixed_layout<Item>) {
    take(part_of<flatbuffers::Vector<std::uint8_t>>(table, id), [&](auto const& items, auto i, Item& item) {
      read_fixed(complaints, items.Data() + i * layout_of<Item>.size, item);
    });
  } else if constexpr (std::same_as<Item, std::string>) {
    take(part_of<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>>(table, id),
         [&](auto const& items, auto i, Item& item) {
           read_text(complaints, items.Get(i), most_by_default<std::string>(), item);
         });
  } else {
    take(part_of<flatbuffers::Vector<flatbuffers::Offset<Table>>>(table, id),
         [&](auto const& items, auto i, Item& item) { read_table(complaints, items.Get(i), item); });
  }
}

/// Absent: zeros; else exactly `size` bytes.
inline void read_exact(Complaints& complaints, Table const* table, std::size_t id, void* out,
                       std::size_t size) {
  auto const* const bytes = part_of<flatbuffers::Vector<std::uint8_t>>(table, id);
  if (bytes == nullptr) return void(std::memset(out, 0, size));
  if (bytes->size() != size) return say_wrong_length(complaints, size);
  std::memcpy(out, bytes->Data(), size);
}

inline void read_bytes(Complaints& complaints, Table const* table, std::size_t id, std::size_t most,
                       std::vector<std::byte>& out) {
  out.clear();
  auto const* const bytes = part_of<flatbuffers::Vector<std::uint8_t>>(table, id);
  if (bytes == nullptr) return;
  if (bytes->size() > most) return say_too_long(complaints, most, "bytes");
  auto const* const first = reinterpret_cast<std::byte const*>(bytes->Data());
  out.assign(first, first + bytes->size());
}

template <class Member>
void read_member(Complaints& complaints, Table const* table, std::size_t id, std::size_t most, Member& out) {
  if constexpr (scalar<Member>) {
    using R = raw_t<Member>;
    read_scalar(complaints, table == nullptr ? R{} : table->GetField<R>(slot_of(id), R{}), out);
  } else if constexpr (std::same_as<Member, std::string>) {
    read_text(complaints, part_of<flatbuffers::String>(table, id), most, out);
  } else if constexpr (bytes_n<Member>) {
    read_exact(complaints, table, id, out.data(), out.size());
  } else if constexpr (std::same_as<Member, Record>) {
    read_exact(complaints, table, id, &out, sizeof out);
  } else if constexpr (byte_list<Member>) {
    read_bytes(complaints, table, id, most, out);
  } else if constexpr (list<Member>) {
    read_items(complaints, table, id, most, out);
  } else if constexpr (optional_part<Member>) {
    auto const* const part = part_of<Table>(table, id);
    out.reset();
    if (part != nullptr) read_table(complaints, part, out.emplace());
  } else {
    read_table(complaints, part_of<Table>(table, id), out);
  }
}

template <described T>
void read_table(Complaints& complaints, Table const* table, T& out) {
  for_each_field<T>([&](auto const& f, auto i) {
    complaints.enter(f.name);
    read_member(complaints, table, i, most_of(f), out.*f.member);
    complaints.leave();
  });
}

/// Reads the union whose type has id `id` and whose value has the next one.
template <class Variant>
void read_union(Complaints& complaints, Table const* table, std::size_t id, char const* (*title)(std::size_t),
                Variant& out) {
  std::size_t const number = table->GetField<std::uint8_t>(slot_of(id), 0);
  auto const* const value = part_of<std::uint8_t>(table, id + 1);
  bool const found = number != 0 && value != nullptr &&
                     visit_index<Variant>(number - 1, [&]<class One>(std::in_place_type_t<One>) {
                       complaints.enter(title(number));
                       auto& one = out.template emplace<One>();
                       if constexpr (fixed_layout<One>) {
                         read_fixed(complaints, value, one);
                       } else {
                         read_table(complaints, reinterpret_cast<Table const*>(value), one);
                       }
                       complaints.leave();
                     });
  if (!found) {
    complaints.say(DecodeCode::unknown_message,
                   "type " + std::to_string(number) + " is not known to this version");
  }
}

}  // namespace spillway::wire
