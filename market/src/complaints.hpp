// market/src/complaints.hpp - collects the first thing that is wrong with bytes from outside, and where.
// Room:   market, private; sees the standard library only.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "market/check.hpp"
#include "market/decode_error.hpp"

namespace spillway::wire {

class Complaints {
 public:
  void enter(char const* name) {
    sw_check(depth_ < path_.size(), "what is read has a bounded depth");
    path_[depth_++] = name;
  }
  void leave() { --depth_; }

  /// Keeps the first complaint only: later ones may be its consequences.
  void say(DecodeCode code, std::string_view what) {
    if (!first_) first_ = DecodeError{code, where() + std::string{what}};
  }
  [[nodiscard]] bool any() const { return first_.has_value(); }
  [[nodiscard]] DecodeError take() { return std::move(*first_); }

 private:
  [[nodiscard]] std::string where() const {
    std::string at;
    for (std::size_t i = 0; i < depth_; ++i) at += (at.empty() ? "" : ".") + std::string{path_[i]};
    return at.empty() ? at : at + ": ";
  }

  std::array<char const*, 32> path_;  // names of fields, which live in the program: the first so many
  std::size_t depth_ = 0;
  std::optional<DecodeError> first_;
};

/// Well-formed UTF-8 without surrogates, overlong forms or NUL.
[[nodiscard]] bool is_text(std::string_view text);

void say_too_long(Complaints&, std::size_t most, std::string_view unit);
void say_wrong_length(Complaints&, std::size_t wanted);

}  // namespace spillway::wire
