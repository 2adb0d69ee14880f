// gateway/wire/tls.hpp - TLS 1.3 contexts and the development certificate.
// Room:   gateway, target wire; OpenSSL stays behind it.
// Rule:   nothing older than TLS 1.3 is spoken, by server or client.
// Errors: WireError{local} for files, WireError{tls} for keys and certificates; each says what to do.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/wire/loop.hpp"

namespace spillway::wire {

/// Label of the keying material that a login signs (RFC 5705, RFC 8446 section 7.5).
inline constexpr std::string_view login_exporter_label = "EXPORTER-spillway-login-v1";
using TlsExporter = std::array<std::uint8_t, 32>;

/// Shared, never changed after it is made; copies refer to the same context.
class TlsServer {
 public:
  /// PEM files: a certificate (chain) and its private key.
  static result<TlsServer> load(std::filesystem::path const& certificate, std::filesystem::path const& key);
  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  explicit TlsServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

/// As above, for the side that connects. The server's name or address is always checked against its
/// certificate.
class TlsClient {
 public:
  /// Trusts the certificates in a PEM file and nothing else (an agent names the development certificate).
  static result<TlsClient> trusting(std::filesystem::path const& certificates);
  /// Trusts what this machine trusts.
  static result<TlsClient> system();
  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  explicit TlsClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

struct DevelopmentCertificate {
  std::filesystem::path certificate;  // directory/cert.pem
  std::filesystem::path key;          // directory/key.pem, mode 0600
  bool made = false;                  // now, by this call
  std::string message;  // for the operator: what was made or found, and that it is not for production
};

/// Finds cert.pem and key.pem in `directory`, or makes a self-signed P-256 certificate for localhost,
/// 127.0.0.1, ::1 and `names` (host names or addresses), valid 825 days. The directory is made when it is
/// missing.
result<DevelopmentCertificate> development_certificate(std::filesystem::path const& directory,
                                                       std::vector<std::string> const& names = {});

}  // namespace spillway::wire
