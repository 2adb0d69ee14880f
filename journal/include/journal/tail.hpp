// journal/tail.hpp - follows a stream while its writer works: reads what is durable, never beyond.
// Room:   journal; sees market/ids.hpp. Writes nothing; may run in another thread or process than the writer.
// Errors: Damage as for LogReader, but a Tail that starts in the middle cannot check what lies before it.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>

#include "journal/error.hpp"
#include "journal/frame.hpp"
#include "journal/segment_file.hpp"

namespace spillway {

class Tail {
 public:
  /// `position`: 0 for the beginning, or where an earlier Tail or LogReader stood (its position()).
  /// `archive`: where sealed segments were moved to; empty: nowhere.
  [[nodiscard]] static std::expected<Tail, JournalError> open(std::filesystem::path const& journal,
                                                              StreamKind kind, std::uint64_t position = 0,
                                                              std::filesystem::path const& archive = {});
  Tail(Tail&&) noexcept;
  Tail& operator=(Tail&&) noexcept;
  ~Tail();

  /// The next frame before `durable` (LogWriter::durable_position), or nothing. The payload is valid until
  /// the next call.
  [[nodiscard]] std::expected<std::optional<FrameView>, Damage> next(std::uint64_t durable);

  /// Behind the last frame returned.
  [[nodiscard]] std::uint64_t position() const;

 private:
  struct Impl;
  explicit Tail(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
