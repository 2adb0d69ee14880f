// gateway/server/src/audit_path.cpp - one spelling for each path, everything else is refused.
#include "audit_path.hpp"

#include <charconv>
#include <optional>

namespace spillway::audit_path {
namespace {

constexpr char const* paths_there_are =
    "the paths are checkpoint, tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>] with N in groups of three "
    "digits "
    "(x001/234), proof/consistency/<OLD>/<NEW>, proof/fill/<FILL> and key-change/<8 hexadecimal digits>";

/// A decimal without sign and leading zeros that is all of `text`.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || (text.size() > 1 && text[0] == '0'))
    return std::nullopt;
  return value;
}

/// Eight digits, none of them a capital.
std::optional<std::uint32_t> key_id(std::string_view text) {
  std::uint32_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 8 || error != std::errc() || end != text.data() + text.size() ||
      text.find_first_of("ABCDEF") != text.npos)
    return std::nullopt;
  return value;
}

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

std::optional<Path> parse_growth(std::string_view sizes) {
  auto const slash = sizes.find('/');
  if (slash == sizes.npos) return std::nullopt;
  auto const from = number(sizes.substr(0, slash)), to = number(sizes.substr(slash + 1));
  if (!from || !to || *from > *to) return std::nullopt;
  return Growth{*from, *to};
}

std::optional<Path> parse_known(std::string_view path) {
  constexpr std::size_t longest = 128;  // 2^64 leaves need less
  if (path.size() > longest) return std::nullopt;
  if (path == "checkpoint") return Head{};
  if (take(path, "tile/entries/")) {
    auto const tile = parse_tile_path("tile/0/" + std::string(path));
    return tile ? std::optional<Path>(Entries{*tile}) : std::nullopt;
  }
  if (path.starts_with("tile/")) {
    auto const tile = parse_tile_path(path);
    return tile ? std::optional<Path>(Hashes{*tile}) : std::nullopt;
  }
  if (take(path, "proof/consistency/")) return parse_growth(path);
  if (take(path, "key-change/"))
    if (auto const id = key_id(path)) return KeyProof{*id};
  if (take(path, "proof/fill/"))
    if (auto const fill = number(path); fill && *fill > 0) return Receipt{FillId{*fill}};
  return std::nullopt;
}

}  // namespace

std::expected<Path, std::string> parse(std::string_view path) {
  auto known = parse_known(path);
  if (!known) return std::unexpected(std::string("no such path below /audit/; ") + paths_there_are);
  return std::move(*known);
}

}  // namespace spillway::audit_path
