// market/src/complaints.hpp - collects the first thing that is wrong with bytes from outside, and where.
// Room:   market, private; sees the standard library only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/decode_error.hpp"

namespace spillway::wire {

class Complaints {
 public:
  void enter(std::string_view name) { path_.emplace_back(name); }
  void leave() { path_.pop_back(); }

  /// Keeps the first complaint only: later ones may be its consequences.
  void say(DecodeCode code, std::string_view what) {
    if (!first_) first_ = DecodeError{code, where() + std::string{what}};
  }
  [[nodiscard]] bool any() const { return first_.has_value(); }
  [[nodiscard]] DecodeError take() { return std::move(*first_); }

 private:
  [[nodiscard]] std::string where() const {
    std::string at;
    for (auto const& name : path_) at += (at.empty() ? "" : ".") + std::string{name};
    return at.empty() ? at : at + ": ";
  }

  std::vector<std::string_view> path_;  // names of fields, which live in the program
  std::optional<DecodeError> first_;
};

/// Well-formed UTF-8 without surrogates, overlong forms or NUL.
[[nodiscard]] bool is_text(std::string_view text);

void say_too_long(Complaints&, std::size_t most, std::string_view unit);
void say_wrong_length(Complaints&, std::size_t wanted);

}  // namespace spillway::wire
