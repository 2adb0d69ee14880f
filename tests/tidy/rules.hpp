// tests/tidy/rules.hpp - the house rules that a machine can check, each a pure function of the tree.
// Room:   tests/tidy; sees tree.hpp.
// Source: CONTRIBUTING.md tells people the same rules with their reasons.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tree.hpp"

namespace spillway::tidy {

struct Breach {
  std::string path;
  std::size_t line = 0;  // from 1; 0 = the file as a whole
  std::string instead;   // what is wrong and what to write instead
};

using Breaches = std::vector<Breach>;

// Whether a file belongs to the pure part: a function of its arguments and nothing else.
[[nodiscard]] bool is_pure(std::string_view path);

[[nodiscard]] Breaches pure_rooms_stay_pure(Tree const& tree);
[[nodiscard]] Breaches third_parties_stay_in_their_room(Tree const& tree);
[[nodiscard]] Breaches lines_fit(Tree const& tree);
[[nodiscard]] Breaches files_stay_small(Tree const& tree);
[[nodiscard]] Breaches files_say_their_purpose(Tree const& tree);
[[nodiscard]] Breaches rooms_have_a_readme(Tree const& tree);
[[nodiscard]] Breaches sources_have_a_test(Tree const& tree);
[[nodiscard]] Breaches nothing_names_one_machine(Tree const& tree);

}  // namespace spillway::tidy
