// gateway/wire/src/dev_certificate.cpp - a certificate for the first start on one machine.
// Room:   gateway, target wire.
// Source: RFC 5280 (fields), RFC 6125 (names in subjectAltName).
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "gateway/wire/tls.hpp"
#include "tls_impl.hpp"

namespace spillway::wire {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr long valid_seconds = 825L * 24 * 3600;
constexpr long backdated_seconds = 3600;  // clocks of two machines differ

bool is_address(std::string const& name) {
  boost::system::error_code failed;
  boost::asio::ip::make_address(name, failed);
  return !failed;
}

bool is_plain_name(std::string const& name) {
  auto const allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == ':';
  };
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, allowed);
}

std::string alternative_names(std::vector<std::string> const& names) {
  std::string out = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (auto const& name : names) {
    if (name == "localhost" || name == "127.0.0.1" || name == "::1") continue;
    out += (is_address(name) ? ",IP:" : ",DNS:") + name;
  }
  return out;
}

bool add_extension(X509* certificate, int id, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  Extension const extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 8> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] &= 0x7F;
  std::uint64_t serial = 0;
  for (auto const byte : bytes) serial = serial << 8 | byte;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1) == 1;
}

bool fill_in(X509* certificate, EVP_PKEY* key, std::vector<std::string> const& names) {
  auto* const name = X509_get_subject_name(certificate);
  auto const* const common = reinterpret_cast<unsigned char const*>("spillway development");
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -backdated_seconds) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), valid_seconds) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_alt_name, alternative_names(names)) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

/// The key never exists with wider rights than 0600, and no half-written file is left under its final name.
result<void> write_file(std::filesystem::path const& path, BIO* content, mode_t mode) {
  char* bytes = nullptr;
  auto const size = BIO_get_mem_data(content, &bytes);
  auto const part = path.string() + ".part";
  ::unlink(part.c_str());
  int const file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  bool ok = file >= 0 && ::write(file, bytes, static_cast<std::size_t>(size)) == size && ::fsync(file) == 0;
  if (file >= 0) ok = ::close(file) == 0 && ok;
  if (!ok || ::rename(part.c_str(), path.c_str()) != 0) {
    return wire_error(WireFault::local, "can't write " + path.string() + ": " + std::strerror(errno));
  }
  return {};
}

result<void> make(DevelopmentCertificate const& paths, std::vector<std::string> const& names) {
  Key const key(EVP_EC_gen("P-256"));
  Certificate const certificate(X509_new());
  if (!key || !certificate || !fill_in(certificate.get(), key.get(), names)) {
    return wire_error(WireFault::tls,
                      "OpenSSL could not make a development certificate: " + openssl_reason());
  }
  Bio const key_text(BIO_new(BIO_s_mem()));
  Bio const certificate_text(BIO_new(BIO_s_mem()));
  if (!key_text || !certificate_text ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return wire_error(WireFault::tls,
                      "OpenSSL could not write the development certificate: " + openssl_reason());
  }
  if (auto written = write_file(paths.key, key_text.get(), 0600); !written) return written;
  return write_file(paths.certificate, certificate_text.get(), 0644);
}

/// What a found certificate says about its age.
result<void> check_age(std::filesystem::path const& path) {
  Bio const file(BIO_new_file(path.string().c_str(), "r"));
  Certificate const certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) {
    return wire_error(
        WireFault::tls,
        path.string() + " holds no PEM certificate; delete it and key.pem to have both made anew");
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return wire_error(WireFault::tls, "the development certificate " + path.string() +
                                          " has expired; delete it and key.pem to have both made anew");
  }
  return {};
}

}  // namespace

result<DevelopmentCertificate> development_certificate(std::filesystem::path const& directory,
                                                       std::vector<std::string> const& names) {
  for (auto const& name : names) {
    if (!is_plain_name(name))
      return wire_error(WireFault::tls, "'" + name + "' is neither a host name nor an address");
  }
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed)
    return wire_error(WireFault::local, "can't make " + directory.string() + ": " + failed.message());

  DevelopmentCertificate out{directory / "cert.pem", directory / "key.pem", false, {}};
  bool const found =
      std::filesystem::exists(out.certificate, failed) && std::filesystem::exists(out.key, failed);
  if (found) {
    if (auto good = check_age(out.certificate); !good) return std::unexpected(good.error());
    out.message = "using the development certificate " + out.certificate.string() +
                  " (self-signed, not for production)";
    return out;
  }
  if (auto made = make(out, names); !made) return std::unexpected(made.error());
  out.made = true;
  out.message = "made a development certificate: " + out.certificate.string() +
                " (self-signed, for this machine, not for production; clients trust it by naming this file)";
  return out;
}

}  // namespace spillway::wire
