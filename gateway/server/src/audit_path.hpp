// gateway/server/src/audit_path.hpp - what may be asked for below /audit/. Pure: from here on there are
// numbers, no text of a client ever becomes the name of a file.
// Room:   gateway, target server, private; sees journal/tiles.hpp and market/ids.hpp.
// Errors: a sentence with the paths there are.
// Source: https://c2sp.org/tlog-tiles
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "journal/tiles.hpp"
#include "market/ids.hpp"

namespace spillway::audit_path {

struct Head {};  // checkpoint
struct Hashes {  // tile/<L>/<N>[.p/<W>]
  TileName tile;
};
struct Entries {  // tile/entries/<N>[.p/<W>]
  TileName tile;  // of level 0: entries have the places of their leaf hashes
};
struct Growth {  // proof/consistency/<OLD>/<NEW>
  std::uint64_t old_size = 0, new_size = 0;
};
struct Receipt {  // proof/fill/<FILL>
  FillId fill;
};
struct KeyProof {  // key-change/<8 hex digits, id of the key before>
  std::uint32_t before_id = 0;
};
using Path = std::variant<Head, Hashes, Entries, Growth, Receipt, KeyProof>;

/// `path` is what stands behind "/audit/", as sent: nothing in it is decoded.
[[nodiscard]] std::expected<Path, std::string> parse(std::string_view path);

}  // namespace spillway::audit_path
