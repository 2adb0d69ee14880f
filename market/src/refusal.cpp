// market/refusal.cpp - what each refusal is called, and what its receiver should do.
// Room:   market (vocabulary); sees the standard library only.
// Rule:   the switch names every code, so that a new one without words does not compile.
#include "market/refusal.hpp"

namespace spillway {
namespace {

struct Words {
  char const* name;
  char const* sentence;
};

Words words(Refusal refusal) {
  using enum Refusal;
  switch (refusal) {
    case none:
      return {"none", "nothing was refused"};
    case malformed:
      return {"malformed", "a field is missing or out of range; check the message against the schema"};
    case unknown_participant:
      return {"unknown_participant", "ask the operator to open an account for this participant"};
    case role_missing:
      return {"role_missing", "this account may not do that; ask the operator for the role"};
    case halted:
      return {"halted", "the market is halted: no new orders or offers now; cancels still work"};
    case busy:
      return {"busy", "the lane for new orders is full; retry with the same client order id after a pause"};
    case throttled:
      return {"throttled", "too many messages; send more slowly and retry with the same client order id"};
    case capacity:
      return {"capacity", "a table or the disk of the exchange is full; retry later or tell the operator"};
    case unknown_id:
      return {"unknown_id", "there is no such order, offer, job, lease or node; check the id"};
    case dead_id:
      return {"dead_id", "it has ended already; nothing is left to change"};
    case not_yours:
      return {"not_yours", "it belongs to another participant; use your own id"};
    case exists:
      return {"exists", "this client order id was used for the same request; here is its first result"};
    case exists_with_different_product:
      return {"exists_with_different_product",
              "this client order id was used for another product; use a new id"};
    case exists_with_different_predicate:
      return {"exists_with_different_predicate",
              "this client order id was used with other conditions; use a new id"};
    case exists_with_different_price:
      return {"exists_with_different_price",
              "this client order id was used with another price; use a new id or amend"};
    case exists_with_different_quantity:
      return {"exists_with_different_quantity",
              "this client order id was used with another quantity; use a new id or amend"};
    case exists_with_different_terms:
      return {"exists_with_different_terms", "this client order id was used with other terms; use a new id"};
    case id_too_old:
      return {"id_too_old", "this client order id is outside the window that is remembered; use a new id"};
    case quantity_zero:
      return {"quantity_zero", "ask for at least one unit"};
    case quantity_not_a_lot:
      return {"quantity_not_a_lot", "use a multiple of the class's smallest part"};
    case quantity_too_large:
      return {"quantity_too_large", "use a smaller quantity, or split it"};
    case price_off_grid:
      return {"price_off_grid", "round the price to four significant digits"};
    case time_past:
      return {"time_past", "the end time lies in the past; set a later one"};
    case time_too_long:
      return {"time_too_long", "shorten the time for which this is good"};
    case input_too_long:
      return {"input_too_long", "shorten the input, or accept a tier that allows more"};
    case output_too_long:
      return {"output_too_long", "lower the maximum output, or accept a tier that allows more"};
    case predicate_empty:
      return {"predicate_empty", "no instrument could ever meet these conditions; relax one of them"};
    case predicate_too_wide:
      return {"predicate_too_wide", "these conditions reach more than 4096 instruments; narrow them"};
    case signature_limit:
      return {"signature_limit",
              "at most 64 different sets of conditions may be live at once; reuse one or cancel orders"};
    case resting_limit:
      return {"resting_limit", "too many resting orders; cancel some first"};
    case offer_limit:
      return {"offer_limit", "the node has 16 live offers already; cancel one first"};
    case offer_price_taken:
      return {"offer_price_taken", "the node has an offer of this instrument at this price; amend that one"};
    case unknown_place:
      return {"unknown_place", "there is no such place; list the places"};
    case place_not_a_leaf:
      return {"place_not_a_leaf", "name a place without places below it"};
    case unknown_class:
      return {"unknown_class", "there is no such accelerator class; list the classes"};
    case unknown_model:
      return {"unknown_model", "there is no such model; list the models"};
    case unknown_tier:
      return {"unknown_tier", "there is no such tier for this product; list the tiers"};
    case model_does_not_fit:
      return {"model_does_not_fit", "the node is too small for this model; use more or larger cards"};
    case node_unknown:
      return {"node_unknown", "register the node first"};
    case unit_unattested:
      return {"unit_unattested", "no unit of the node holds an unexpired attestation; attest one first"};
    case unit_duplicate:
      return {"unit_duplicate", "this unit key stands under another unit; every unit needs its own key"};
    case node_limit:
      return {"node_limit", "too many nodes; use fewer with more units each"};
    case funds_short:
      return {"funds_short", "deposit more, or lower the price or the quantity"};
    case amount_invalid:
      return {"amount_invalid", "use an amount above zero and within the limit"};
    case hold_too_large:
      return {"hold_too_large", "lower the price or the quantity: no order may hold more than a million"};
    case bond_missing:
      return {"bond_missing",
              "the unit's bond is not there, or smaller than is asked now; post it, then open again"};
    case bond_in_use:
      return {"bond_in_use",
              "the unit is proven or challenged, its node is at work, or the hold after that is not over; "
              "take the bond later"};
    case post_only_would_cross:
      return {"post_only_would_cross",
              "it would trade at once; take a price further away, or drop the condition"};
    case fok_unfillable:
      return {"fok_unfillable", "the whole quantity is not there now; nothing was bought"};
    case ioc_unfilled:
      return {"ioc_unfilled", "no offer met the order now; the rest is cancelled"};
    case market_unprotected:
      return {"market_unprotected", "state the worst price that a market order may pay"};
    case job_finished:
      return {"job_finished", "the job has ended already"};
    case job_wrong_state:
      return {"job_wrong_state", "the job is not in the state for this message"};
    case key_unknown:
      return {"key_unknown", "this key is not registered; ask the operator to add it"};
    case key_exists:
      return {"key_exists", "this key number or key is registered already; use another"};
    case participant_exists:
      return {"participant_exists", "this participant number is taken; use another"};
    case reference_invalid:
      return {"reference_invalid", "the table is malformed; correct the row that the log names"};
    case rules_unknown:
      return {"rules_unknown", "this rules version is unknown here; upgrade the exchange first"};
    case genesis_missing:
      return {"genesis_missing", "the market has no rules or tables yet; wait until it is open"};
    case attestation_pending:
      return {"attestation_pending", "wait until the running challenge has its verdict"};
    case attestation_failed:
      return {"attestation_failed", "the proof did not hold; see its reason, then prove again"};
    case login_required:
      return {"login_required", "log in first"};
    case login_failed:
      return {"login_failed", "check participant, key and signature, then log in again"};
    case frame_too_large:
      return {"frame_too_large", "send a smaller message"};
    case prompt_missing:
      return {"prompt_missing", "send the prompt with the order"};
    case prompt_too_large:
      return {"prompt_too_large", "shorten the prompt to 256 KiB"};
    case server_stopping:
      return {"server_stopping", "the exchange is stopping; connect again and retry"};
    case statement_overdue:
      return {"statement_overdue",
              "sign a SessionStatement over what you sent, then retry; cancels still work"};
    case statement_differs:
      return {"statement_differs",
              "this is not what the session sent and got, or it adds nothing; compare the entries in the "
              "answers"};
  }
  return {"unknown", "this code is not known here; upgrade the client"};
}

}  // namespace

char const* name(Refusal refusal) { return words(refusal).name; }
char const* sentence(Refusal refusal) { return words(refusal).sentence; }

}  // namespace spillway
