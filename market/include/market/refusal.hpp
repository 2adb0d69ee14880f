// market/refusal.hpp - every reason for which a command is refused, numbered for journal and wire.
// Room:   market (vocabulary); sees the standard library only.
// Rule:   numbers never change meaning; the order of the list is the order in which a command is tested.
#pragma once

#include <cstdint>

namespace spillway {

enum class Refusal : std::uint16_t {
  none = 0,
  malformed = 1,
  unknown_participant = 2,
  role_missing = 3,
  halted = 4,
  busy = 5,       // at the door: the lane for new orders is full; in the core: earlier work is not finished
  throttled = 6,  // at the door
  capacity = 7,   // a table of the core is full
  unknown_id = 10,
  dead_id = 11,
  not_yours = 12,
  exists = 13,  // answered with the first result, never an error to the sender
  exists_with_different_product = 14,
  exists_with_different_predicate = 15,
  exists_with_different_price = 16,
  exists_with_different_quantity = 17,
  exists_with_different_terms = 18,
  id_too_old = 19,
  quantity_zero = 20,
  quantity_not_a_lot = 21,
  quantity_too_large = 22,
  price_off_grid = 23,
  time_past = 24,
  time_too_long = 25,
  input_too_long = 26,
  output_too_long = 27,
  predicate_empty = 30,     // nothing could ever match it
  predicate_too_wide = 31,  // more than 4,096 instruments
  signature_limit = 32,     // more than 64 live signatures
  resting_limit = 33,
  offer_limit = 34,        // more than 16 live offers on the node
  offer_price_taken = 35,  // the node has an offer of this instrument at this price
  unknown_place = 40,
  place_not_a_leaf = 41,
  unknown_class = 42,
  unknown_model = 43,
  unknown_tier = 44,
  model_does_not_fit = 45,
  node_unknown = 46,
  unit_unattested = 47,  // no unit of the node holds an unexpired attestation
  unit_duplicate = 48,
  node_limit = 49,
  funds_short = 50,
  amount_invalid = 51,
  hold_too_large = 52,
  bond_missing = 53,
  bond_in_use = 54,  // what it stands for has not ended long enough ago
  post_only_would_cross = 59,
  fok_unfillable = 60,
  ioc_unfilled = 61,  // not an error of the sender: what was left is cancelled
  market_unprotected = 62,
  job_finished = 70,
  job_wrong_state = 71,
  key_unknown = 80,
  key_exists = 81,
  participant_exists = 82,
  reference_invalid = 83,
  rules_unknown = 84,
  genesis_missing = 85,      // the market has no rules or tables yet
  attestation_pending = 90,  // at the door
  attestation_failed = 91,
  login_required = 92,  // at the door
  login_failed = 93,
  frame_too_large = 94,
  prompt_missing = 95,
  prompt_too_large = 96,
  server_stopping = 97,
  statement_overdue = 98,  // at the door: the session is behind with stating what it sent
  statement_differs = 99,  // at the door
};

/// The code as people and logs read it: "funds_short".
[[nodiscard]] char const* name(Refusal);
/// One sentence that says what to do.
[[nodiscard]] char const* sentence(Refusal);

}  // namespace spillway
