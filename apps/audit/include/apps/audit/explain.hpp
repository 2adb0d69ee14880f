// apps/audit/include/apps/audit/explain.hpp - the life of an order, job, lease or transfer in plain words,
// each line with the entry behind it.
// Room:   apps, library audit; sees market and exchange.
// Errors: parse_subject gives a sentence with the forms there are.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "apps/audit/audit.hpp"
#include "apps/audit/audit_page.hpp"

namespace spillway {

/// What is to be explained. A job and a lease have the number of their fill.
struct Subject {
  enum class Kind : std::uint8_t { order, fill, transfer };
  Kind kind{};
  std::uint64_t id = 0;
  friend bool operator==(Subject const&, Subject const&) = default;
};

/// "order:17", "job:3", "lease:3", "fill:3", "transfer:9"; a bare number is an order's.
[[nodiscard]] std::expected<Subject, std::string> parse_subject(std::string_view text);
[[nodiscard]] std::string subject_text(Subject const& subject);

struct LifeLine {
  Seq seq;
  Stamp stamp;
  ParticipantId principal;  // who sent the entry; 0: the exchange itself
  std::string entry;        // what the entry was, in words
  std::string words;        // what it did to the subject
};

/// Gathers lines while the audit replays: give `gather` as AuditOptions::each.
class Life {
 public:
  explicit Life(Subject subject) : subject_(subject) {}
  void gather(Entry const& entry, Outcome const& outcome);
  [[nodiscard]] Subject const& subject() const { return subject_; }
  [[nodiscard]] std::vector<LifeLine> const& lines() const { return lines_; }

 private:
  Subject subject_;
  std::vector<LifeLine> lines_;
};

[[nodiscard]] std::string explain_page(AuditReport const& report, Life const& life, PageForm form);

}  // namespace spillway
