// gateway/wire/src/tls_impl.hpp - what hides behind TlsServer and TlsClient.
// Room:   gateway, target wire, its own sources only.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "gateway/wire/tls.hpp"

namespace spillway::wire {

struct TlsServer::Impl {
  boost::asio::ssl::context context;
};

struct TlsClient::Impl {
  boost::asio::ssl::context context;
};

/// The newest reason that OpenSSL queued, in its words; clears the queue.
[[nodiscard]] std::string openssl_reason();

}  // namespace spillway::wire
