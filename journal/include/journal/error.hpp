// journal/error.hpp - what may go wrong with a journal on disk, in words an operator can act on.
// Room:   journal; sees market and the standard library.
// Units:  offsets and lengths in bytes.
#pragma once

#include <cstdint>
#include <string>

namespace spillway {

/// Bytes that cannot be what the exchange wrote. It is never repaired or skipped by itself.
struct Damage {
  std::string segment;       // file name inside the stream's folder; empty: the stream as a whole
  std::uint64_t offset = 0;  // in that file
  std::string reason;
};

enum class JournalErrc : std::uint8_t {
  io,             // the operating system refused; `message` has its words
  in_use,         // another process holds the directory
  not_a_journal,  // the directory holds something else
  wrong_layout,   // written by another version of this program
  damaged,        // see `damage`
  bad_key,        // a key file that cannot be used
  bad_options,
};

struct JournalError {
  JournalErrc code = JournalErrc::io;
  std::string message;  // one line: what happened, where, what to do
  Damage damage{};      // set when code is damaged
};

/// "segments/0000...1 at byte 4711: checksum of the frame does not match"
[[nodiscard]] std::string to_string(Damage const& damage);
[[nodiscard]] JournalError damaged(Damage damage);

}  // namespace spillway
