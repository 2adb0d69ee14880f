// apps/demo/src/door_buyer.hpp - a buyer with nothing but an OpenAI client: HTTPS, a bearer key, chat
// completions.
// Room:   apps, library demo; sees gateway wire.
// Thread: the loop's.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "exchange_process.hpp"
#include "gateway/wire/client.hpp"
#include "gateway/wire/sse.hpp"
#include "tally.hpp"

namespace spillway::demo {

class DoorBuyer : public std::enable_shared_from_this<DoorBuyer> {
 public:
  DoorBuyer(wire::executor where, ExchangeProcess const& exchange, std::string bearer_key, Tally& tally);
  /// One request on a connection of its own. `body` is a chat-completions body.
  void send(std::string body);
  [[nodiscard]] std::uint64_t in_flight() const { return open_.size(); }
  /// Hangs up whatever is still going on.
  void stop();

 private:
  using Stream = std::shared_ptr<wire::HttpStream>;
  enum class End : std::uint8_t { completed, failed, refused, unfilled, unreached };
  wire::awaitable<void> one(Stream stream, std::string body);
  wire::awaitable<End> converse(Stream stream, std::string body);
  wire::awaitable<End> read_events(Stream stream);
  wire::awaitable<End> read_whole(Stream stream);
  static std::optional<End> verdict_of(std::string_view event);  // nothing: more is to come
  static End verdict_of(int status, std::string_view answer);

  wire::executor where_;
  ExchangeProcess const& exchange_;  // outlives the buyer, as the tally does
  std::string bearer_key_;
  Tally& tally_;
  std::set<Stream> open_;
};

}  // namespace spillway::demo
