// gateway/server/src/door_stream.hpp - one token order of the OpenAI door: events from the relay, words for
// the client.
// Room:   gateway, target server, private.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "door_request.hpp"
#include "gateway/wire/http.hpp"
#include "gateway/wire/mailbox.hpp"
#include "relay.hpp"

namespace spillway {

/// What can happen to a door's order, in the order in which it happens.
struct Accepted {
  OrderId order;
};
struct Dispatched {
  JobId job;
  ParticipantId provider;
  PriceIndex price;
};
struct Content {
  std::string text;
};
struct JobEnded {
  msg::JobEnd end;
};
struct Failed {
  DoorError error;
};  // refused, unfilled or gone
using DoorEvent = std::variant<Accepted, Dispatched, Content, JobEnded, Failed>;

/// The relay's sink that puts what happens into a mailbox.
class DoorSink final : public JobSink {
 public:
  explicit DoorSink(wire::executor where) : events(std::move(where), most_events) {}
  void on_dispatched(JobId job, ParticipantId provider, PriceIndex price) override {
    push(Dispatched{job, provider, price});
  }
  void on_content(OrderId, JobId, std::string_view utf8) override { push(Content{std::string(utf8)}); }
  void on_end(msg::JobEnd const& end) override { push(JobEnded{end}); }
  void on_unfilled(OrderId, OrderPhase, std::uint16_t) override;
  void answered(Refusal refusal, Released const* released);
  void client_gone() { events.close(); }

  wire::Mailbox<DoorEvent> events;

 private:
  // Each content event has a byte at least, and a job has no more output than this: the mailbox never
  // refuses.
  static constexpr std::size_t most_events = relay_output_max + 16;
  void push(DoorEvent event) { (void)events.push(std::move(event)); }
};

/// Words of the OpenAI protocol for one completion.
class DoorWriter {
 public:
  DoorWriter(wire::HttpResponder& out, DoorRequest const& request, Hub const& hub)
      : out_(out), request_(request), hub_(hub) {}
  /// Returns when the client has its answer, or left (false).
  wire::awaitable<bool> run(DoorSink& sink);

 private:
  wire::awaitable<bool> on_event(Accepted const&);
  wire::awaitable<bool> on_event(Dispatched const&);
  wire::awaitable<bool> on_event(Content const&);
  wire::awaitable<bool> on_event(JobEnded const&);
  wire::awaitable<bool> on_event(Failed const&);
  wire::awaitable<bool> start_stream();
  wire::awaitable<bool> keep_alive();
  wire::awaitable<bool> fail(DoorError const& error);
  wire::awaitable<bool> finish_stream(msg::JobEnd const&);
  wire::awaitable<bool> send_whole(msg::JobEnd const&);
  [[nodiscard]] std::string chunk(std::string const& delta_json, std::string const& finish_json) const;
  [[nodiscard]] std::string usage_of(msg::JobEnd const&) const;
  [[nodiscard]] std::string id() const { return "chatcmpl-" + std::to_string(order_.v); }
  [[nodiscard]] wire::Headers headers(char const* content_type) const;

  wire::HttpResponder& out_;
  DoorRequest const& request_;
  Hub const& hub_;
  OrderId order_;
  std::optional<Dispatched> dispatched_;
  std::string whole_, begun_;
  bool content_sent_{};
  std::int64_t created_s_{};
};

}  // namespace spillway
