// market/session_chain.hpp - the rolling hashes that a session statement signs: over what a session sent, and
// over the reports that it got. Client, exchange and auditor each keep their own, and must come to the same.
// Room:   market (vocabulary); sees the standard library only, so the hash is handed in: BLAKE2b-256.
// Rule:   H_0 = hash("spillway-session-v1" | session | login nonce),
//         H_n = hash(H_(n-1) | n | stated_bytes of the entry);
//         R_0 = hash("spillway-reports-v1" | session | login nonce | reports had),
//         R_m = hash(R_(m-1) | m | sequence | stamp | record); integers little-endian, of 8 bytes.
#pragma once

#include <functional>
#include <map>
#include <span>

#include "market/command.hpp"
#include "market/record.hpp"

namespace spillway {

using StatementHash = Bytes32 (*)(std::span<std::byte const>);

/// What a SessionStatement's signature is over.
[[nodiscard]] std::vector<std::byte> statement_bytes(SessionStatement const& said);

/// Requests by their numbers. They are journalled, and so come here, in any order; the chain waits its turn.
class RequestChain {
 public:
  RequestChain(StatementHash by, SessionId session, Bytes32 const& nonce);

  /// `stated`: stated_bytes of the entry. Calls `each` for every number that the chain now has, with the hash
  /// up to it. False: this number was there already, or is 0.
  bool add(std::uint64_t number, std::vector<std::byte> stated,
           std::function<void(std::uint64_t, Bytes32 const&)> const& each = {});
  [[nodiscard]] std::uint64_t last() const { return last_; }  // 0: none yet
  [[nodiscard]] Bytes32 const& hash() const { return at_; }
  /// Those that came before one that is missing.
  [[nodiscard]] std::size_t waiting() const { return early_.size(); }

 private:
  StatementHash hash_;
  std::uint64_t last_{};
  Bytes32 at_;
  std::map<std::uint64_t, std::vector<std::byte>> early_;
};

/// Reports come in order; one that is not the next changes nothing.
class ReportChain {
 public:
  /// `had`: the last report that the client had when it logged in.
  ReportChain(StatementHash by, SessionId session, Bytes32 const& nonce, std::uint64_t had);

  /// True when it was the next one.
  bool add(std::uint64_t report, Seq seq, Stamp stamp, Record const& record);
  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] Bytes32 const& hash() const { return at_; }

 private:
  StatementHash hash_;
  std::uint64_t last_;
  Bytes32 at_;
};

}  // namespace spillway
