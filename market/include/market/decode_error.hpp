// market/decode_error.hpp - why bytes from outside are not a message or an entry.
// Room:   market (vocabulary); sees the standard library only.
// Errors: `sentence` says what is wrong and where; of the bytes it repeats no more than a field name.
#pragma once

#include <cstdint>
#include <string>

namespace spillway {

enum class DecodeCode : std::uint8_t {
  not_well_formed = 1,  // not FlatBuffers of this schema, or not JSON
  unknown_message = 2,  // well formed, of a type that this version does not know
  unknown_field = 3,    // JSON only
  wrong_type = 4,       // JSON only
  out_of_range = 5,     // a number, an enum or a text outside its bounds
  too_large = 6,        // the whole, or one text or list of it
};

struct DecodeError {
  DecodeCode code{};
  std::string sentence;
};

}  // namespace spillway
