// gateway/server/src/openai_door.cpp - bearer key to participant, request to order, answer to client.
#include "openai_door.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "bearer.hpp"
#include "door_request.hpp"
#include "door_stream.hpp"
#include "market/decimal.hpp"
#include "steady_clock.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

wire::Headers json_headers() { return {{"content-type", "application/json"}}; }

// Best ask and slots per model, over all its instruments.
std::string models_json(FollowerView const& view) {
  auto const& book = view.core.book();
  json::array rows;
  for (auto const& model : view.core.reference().models()) {
    std::optional<PriceIndex> best;
    std::int64_t slots = 0;
    for (std::uint32_t i = 1; i <= book.instrument_count(); ++i) {
      if (book.instrument(InstrumentId{i}).model != model.id) continue;
      for (auto const& level : book.asks(InstrumentId{i}, 1)) {
        best = std::min(best.value_or(level.price), level.price);
        slots += level.lots.v;
      }
    }
    json::object row{{"id", model.name},
                     {"object", "model"},
                     {"created", 0},
                     {"owned_by", "spillway"},
                     {"slots_at_best", slots}};
    row["pricing"] = best ? json::value(json::object{{"completion_per_million", money_text(price_of(*best))}})
                          : json::value(nullptr);
    rows.push_back(std::move(row));
  }
  return json::serialize(json::object{{"object", "list"}, {"data", std::move(rows)}});
}

Bytes bytes_of(std::string const& text) {
  auto const* const first = reinterpret_cast<std::byte const*>(text.data());
  return {first, first + text.size()};
}

}  // namespace

bool OpenAiDoor::serves(std::string_view path) {
  return path == "/v1/models" || path == "/v1/chat/completions";
}

wire::awaitable<void> OpenAiDoor::handle(wire::HttpRequest request, wire::HttpResponder& out) {
  auto const who = bearer_of(hub_, request);
  if (!who) {
    (void)co_await out.send(
        401, json_headers(),
        wire::error_body(
            "no valid API key; send Authorization: Bearer KEY with a key that the operator added",
            "invalid_request_error", "invalid_api_key"));
    co_return;
  }
  bool const is_models = request.path() == "/v1/models";
  if (request.method != (is_models ? "GET" : "POST")) {
    auto headers = json_headers();
    headers.emplace_back("allow", is_models ? "GET" : "POST");
    (void)co_await out.send(
        405, headers,
        wire::error_body(is_models ? "use GET" : "use POST", "invalid_request_error", "method_not_allowed"));
    co_return;
  }
  if (is_models)
    co_await models(*who, out);
  else
    co_await complete(*who, request, out);
}

wire::awaitable<void> OpenAiDoor::models(ParticipantId, wire::HttpResponder& out) {
  auto const answers = std::make_shared<wire::Mailbox<std::string>>(hub_.where(), 1);
  hub_.query(Seq{}, models_json, [answers](std::string text, Seq) { (void)answers->push(std::move(text)); });
  auto const text = co_await answers->pop(std::chrono::seconds(10));
  if (text)
    (void)co_await out.send(200, json_headers(), *text);
  else
    (void)co_await out.send(503, json_headers(),
                            wire::error_body("the books are busy; try again", "server_error", "busy"));
}

wire::awaitable<void> OpenAiDoor::complete(ParticipantId who, wire::HttpRequest const& request,
                                           wire::HttpResponder& out) {
  auto parsed = request.body.size() <= largest_prompt_bytes
                    ? parse_door_request(hub_, request.body)
                    : std::unexpected(door_error(Refusal::prompt_too_large));
  if (!parsed) {
    auto const& e = parsed.error();
    (void)co_await out.send(e.status, json_headers(), wire::error_body(e.message, e.type, e.code));
    co_return;
  }
  auto const sink = std::make_shared<DoorSink>(hub_.where());
  out.on_client_gone([&hub = hub_, sink] {
    hub.relay().abandon(sink.get());
    sink->client_gone();
  });
  parsed->order.client = ClientOrderId{hub_.next_door_order()};
  hub_.relay().place(
      who, parsed->order, bytes_of(request.body), sink, steady_ns(),
      [sink](Refusal refusal, Released const* released) { sink->answered(refusal, released); });
  DoorWriter writer(out, *parsed, hub_);
  if (!co_await writer.run(*sink)) hub_.relay().abandon(sink.get());
}

}  // namespace spillway
