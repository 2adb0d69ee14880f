// gateway/wire/src/tls.cpp - contexts that speak TLS 1.3 and nothing older.
// Room:   gateway, target wire.
#include "gateway/wire/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

#include "tls_impl.hpp"

namespace spillway::wire {

namespace ssl = boost::asio::ssl;

std::string openssl_reason() {
  auto const code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

namespace {

/// Settles what both sides share; false when this OpenSSL can't.
bool only_tls13(ssl::context& context) {
  return SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_3_VERSION) == 1;
}

}  // namespace

result<TlsServer> TlsServer::load(std::filesystem::path const& certificate,
                                  std::filesystem::path const& key) {
  auto impl = std::make_shared<Impl>(Impl{ssl::context(ssl::context::tls_server)});
  auto& context = impl->context;
  if (!only_tls13(context)) return wire_error(WireFault::tls, "this OpenSSL does not speak TLS 1.3");
  boost::system::error_code failed;
  context.use_certificate_chain_file(certificate.string(), failed);
  if (failed) {
    return wire_error(WireFault::tls, "can't use the certificate in " + certificate.string() + ": " +
                                          failed.message() + "; it must be a PEM file");
  }
  context.use_private_key_file(key.string(), ssl::context::pem, failed);
  if (failed) {
    return wire_error(WireFault::tls, "can't use the private key in " + key.string() + ": " +
                                          failed.message() + "; it must be the PEM key of " +
                                          certificate.string());
  }
  return TlsServer(std::move(impl));
}

result<TlsClient> TlsClient::trusting(std::filesystem::path const& certificates) {
  auto impl = std::make_shared<Impl>(Impl{ssl::context(ssl::context::tls_client)});
  if (!only_tls13(impl->context)) return wire_error(WireFault::tls, "this OpenSSL does not speak TLS 1.3");
  boost::system::error_code failed;
  impl->context.load_verify_file(certificates.string(), failed);
  if (failed) {
    return wire_error(WireFault::tls, "can't trust the certificates in " + certificates.string() + ": " +
                                          failed.message() + "; name a PEM file");
  }
  return TlsClient(std::move(impl));
}

result<TlsClient> TlsClient::system() {
  auto impl = std::make_shared<Impl>(Impl{ssl::context(ssl::context::tls_client)});
  if (!only_tls13(impl->context)) return wire_error(WireFault::tls, "this OpenSSL does not speak TLS 1.3");
  boost::system::error_code failed;
  impl->context.set_default_verify_paths(failed);
  if (failed) {
    return wire_error(WireFault::tls,
                      "can't load the certificates that this machine trusts: " + failed.message());
  }
  return TlsClient(std::move(impl));
}

}  // namespace spillway::wire
