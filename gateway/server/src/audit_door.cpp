// gateway/server/src/audit_door.cpp - who may ask, and how answers look on the wire.
#include "audit_door.hpp"

#include "bearer.hpp"
#include "gateway/wire/mailbox.hpp"

namespace spillway {
namespace {

constexpr std::string_view root = "/audit/";
constexpr std::chrono::seconds patience{60};
constexpr std::size_t receipts_waiting_most = 64;

AuditReply refusal(int status, std::string sentence) { return {status, std::move(sentence), "", "no-store"}; }

bool is_public(audit_path::Path const& path) {
  return !std::holds_alternative<audit_path::Entries>(path) &&
         !std::holds_alternative<audit_path::Receipt>(path);
}

char const* code_of(int status) {
  switch (status) {
    case 400:
      return "bad_path";
    case 401:
      return "invalid_api_key";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 405:
      return "method_not_allowed";
    default:
      return "busy";
  }
}

wire::Headers headers_of(AuditReply const& reply) {
  wire::Headers headers;
  headers.push_back({"content-type", reply.status == 200 ? reply.content_type : "application/json"});
  headers.push_back({"cache-control", reply.cache});
  if (reply.status == 405) headers.push_back({"allow", "GET"});
  return headers;
}

std::shared_ptr<ReceiptRow const> row_in(Projection const& projection, FillId fill) {
  auto row = projection.receipt(fill);
  return row ? std::make_shared<ReceiptRow const>(std::move(*row)) : nullptr;
}

std::string body_of(AuditReply& reply) {
  if (reply.status == 200) return std::move(reply.body);
  auto const* const type = reply.status < 500 ? "invalid_request_error" : "server_error";
  return wire::error_body(reply.body, type, code_of(reply.status));
}

}  // namespace

std::optional<AuditGuest> AuditDoor::admit(wire::RequestHead const& request, audit_path::Path const& path,
                                           AuditReply& refused) const {
  if (is_public(path)) return AuditGuest{};
  auto const who = bearer_of(hub_, request);
  if (!who) {
    refused = refusal(401,
                      "checkpoint, tiles and consistency proofs are public; for this send Authorization: "
                      "Bearer KEY with a key that the operator added");
    return std::nullopt;
  }
  auto const* const member = hub_.member(*who);
  auto const roles = member ? member->roles : 0;
  auto const all = static_cast<std::uint32_t>(Role::auditor) | static_cast<std::uint32_t>(Role::operator_);
  AuditGuest const guest{*who, (roles & all) != 0};
  if (guest.reads_all || !std::holds_alternative<audit_path::Entries>(path)) return guest;
  refused = refusal(403, "entries are for auditors: this key's participant does not have that role");
  return std::nullopt;
}

/// Nothing: the follower is far behind.
wire::awaitable<std::optional<AuditDoor::Kept>> AuditDoor::kept_of(FillId fill) {
  auto const answers = std::make_shared<wire::Mailbox<Kept>>(hub_.where(), 1);
  auto const durable = hub_.pipeline().counters().durable;
  hub_.pipeline().follower().query(durable, [where = hub_.where(), answers, fill](FollowerView const& view) {
    wire::post(where, [answers, kept = Kept{row_in(view.projection(), fill)}] { (void)answers->push(kept); });
  });
  auto kept = co_await answers->pop(patience);
  if (!kept) co_return std::nullopt;
  co_return std::move(*kept);
}

wire::awaitable<AuditReply> AuditDoor::ask(audit_path::Path path, AuditGuest guest) {
  auto busy = refusal(503, "too many ask at this moment; try again in a second");
  std::shared_ptr<ReceiptRow const> kept;
  if (auto const* const receipt = std::get_if<audit_path::Receipt>(&path)) {
    if (receipts_waiting_ >= receipts_waiting_most) co_return busy;
    ++receipts_waiting_;
    auto found = co_await kept_of(receipt->fill);
    --receipts_waiting_;
    if (!found) co_return busy;
    kept = std::move(found->row);
  }
  auto const answers = std::make_shared<wire::Mailbox<AuditReply>>(hub_.where(), 1);
  auto& desk = is_public(path) ? quick_ : long_;
  auto const taken =
      desk.ask(path, guest, std::move(kept), [where = hub_.where(), answers](AuditReply reply) {
        wire::post(where, [answers, reply = std::move(reply)] { (void)answers->push(reply); });
      });
  if (!taken) co_return busy;
  auto reply = co_await answers->pop(patience);
  if (!reply) co_return busy;
  co_return std::move(*reply);
}

void AuditDoor::log_entries(audit_path::Entries const& asked, AuditGuest const& guest,
                            std::string const& address, int status) const {
  auto const first = asked.tile.index * tile_width;
  hub_.log("audit: participant " + std::to_string(guest.who.v) + " at " + address + " asked for entries " +
           std::to_string(first) + " to " + std::to_string(first + asked.tile.width - 1) + ": " +
           (status == 200 ? "sent" : "refused with " + std::to_string(status)));
}

wire::awaitable<void> AuditDoor::handle(wire::HttpRequest request, wire::HttpResponder& out) {
  AuditReply reply;
  auto const target = request.path();
  auto const path =
      audit_path::parse(target.starts_with(root) ? target.substr(root.size()) : std::string_view());
  if (request.method != "GET" && request.method != "HEAD") {
    reply = refusal(405, "use GET");
  } else if (!path) {
    reply = refusal(400, path.error());
  } else if (auto const guest = admit(request, *path, reply)) {
    reply = co_await ask(*path, *guest);
    if (auto const* const asked = std::get_if<audit_path::Entries>(&*path))
      log_entries(*asked, *guest, request.peer.address, reply.status);
  }
  auto headers = headers_of(reply);
  auto body = body_of(reply);
  (void)co_await out.send(reply.status, std::move(headers), std::move(body));
}

}  // namespace spillway
