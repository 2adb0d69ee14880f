// apps/audit/src/prove_page.cpp - a proven fill as a page or a document.
#include <boost/json.hpp>

#include "apps/audit/prove.hpp"
#include "market/decimal.hpp"
#include "market/json.hpp"
#include "market/price_grid.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

std::string cosigners(FillProof const& proof) {
  std::string text;
  for (auto const& word : proof.witnesses.words)
    if (word.size > 0) text += (text.empty() ? "" : ", ") + word.name;
  return text;
}

json::object document(FillProof const& proof) {
  auto const& fill = proof.fill;
  json::array cosigned;
  for (auto const& word : proof.witnesses.words)
    if (word.size > 0) cosigned.emplace_back(word.name);
  return {{"ok", true},
          {"seq", std::to_string(fill.seq.v)},
          {"leaf", std::to_string(fill.leaf)},
          {"origin", fill.checkpoint.origin},
          {"tree_size", std::to_string(fill.checkpoint.size)},
          {"root", to_hex(fill.checkpoint.root)},
          {"signed_by", proof.signed_by},
          {"cosigned_by", std::move(cosigned)},
          {"record", json::parse(json_text(fill.record))}};
}

}  // namespace

std::string prove_page(FillProof const& proof, PageForm form) {
  if (form == PageForm::text) return proof.text;
  auto out = document(proof);
  out["proof"] = proof.text;
  return json::serialize(out) + "\n";
}

std::string check_proof_page(FillProof const& proof, PageForm form) {
  if (form == PageForm::json) return json::serialize(document(proof)) + "\n";
  auto const fill = proof.fill.record.as<record::Fill>();
  auto const& head = proof.fill.record.head;
  return "fill     " + std::to_string(fill.fill) + ": order " + std::to_string(fill.order) +
         " of participant " + std::to_string(head.first.participant) + " with offer " +
         std::to_string(fill.offer) + " of participant " + std::to_string(head.second.participant) +
         "\nterms    " + std::to_string(fill.lots) + " lots at price step " + std::to_string(fill.price) +
         (on_grid(PriceIndex{fill.price}) ? ", " + money_text(price_of(PriceIndex{fill.price})) : "") +
         "\nentry    sequence " + std::to_string(proof.fill.seq.v) + "\nhead     " +
         proof.fill.checkpoint.origin + ", " + std::to_string(proof.fill.checkpoint.size) +
         " entries and seals, root " + to_hex(proof.fill.checkpoint.root) + "\nsigned   " + proof.signed_by +
         (proof.witnesses.quorum > 0 ? "\ncosigned " + cosigners(proof) : std::string()) + "\nverdict  ok\n";
}

}  // namespace spillway
