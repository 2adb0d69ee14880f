// market/message_signed.cpp - the exact bytes that logins and usage claims sign: a tag, then fields,
// little-endian.
#include <cstring>

#include "market/check.hpp"
#include "market/message.hpp"

namespace spillway {
namespace {

void put(Bytes& out, void const* data, std::size_t size) {
  auto const* const first = static_cast<std::byte const*>(data);
  out.insert(out.end(), first, first + size);
}
void put_text(Bytes& out, std::string_view text) { put(out, text.data(), text.size()); }
template <class Integer>
void put_integer(Bytes& out, Integer x) {
  put(out, &x, sizeof x);  // record.hpp asserts a little-endian machine
}

}  // namespace

Bytes login_bytes(Bytes32 const& nonce, std::string_view server_name, ParticipantId participant, KeyId key,
                  Role role, std::optional<Bytes32> const& exporter) {
  sw_check(server_name.size() <= 256, "a server name has at most 256 bytes");
  Bytes out;
  put_text(out, "spillway-login-v1");
  put(out, nonce.data(), nonce.size());
  put_integer(out, static_cast<std::uint16_t>(server_name.size()));
  put_text(out, server_name);
  put_integer(out, participant.v);
  put_integer(out, key.v);
  put_integer(out, static_cast<std::uint32_t>(role));
  if (exporter) {
    put(out, exporter->data(), exporter->size());
  } else {
    put_text(out, "none");
  }
  return out;
}

Bytes usage_claim_bytes(JobId job, Tokens input, Tokens output) {
  Bytes out;
  put_text(out, "spillway-usage-v1");
  put_integer(out, job.v);
  put_integer(out, input.v);
  put_integer(out, output.v);
  return out;
}

}  // namespace spillway
