// market/codec_message.cpp - messages as FlatBuffers of the schemas client.fbs and server.fbs.
#include <type_traits>

#include "client_generated.h"
#include "codec_read.hpp"
#include "codec_titles.hpp"
#include "codec_write.hpp"
#include "market/message.hpp"
#include "message_client_fields.hpp"
#include "message_server_fields.hpp"
#include "server_generated.h"

namespace spillway {
namespace {

constexpr std::size_t message_type_id = 0;
constexpr std::size_t message_value_id = 1;

using wire::client_title;
using wire::server_title;

template <class Variant>
Bytes framed(Variant const& message, char const* identifier) {
  wire::Builder builder(512);
  auto const value = wire::write_union(builder, message);
  auto const start = builder.StartTable();
  builder.AddOffset(wire::slot_of(message_value_id), wire::Part{value});
  builder.AddElement(wire::slot_of(message_type_id), wire::union_number(message), std::uint8_t{});
  builder.Finish(wire::Part{builder.EndTable(start)}, identifier);
  return wire::taken(builder);
}

template <class Variant, class Root>
std::expected<Variant, DecodeError> unframed(std::span<std::byte const> bytes, std::size_t most,
                                             char const* identifier, char const* (*title)(std::size_t)) {
  if (bytes.size() > most) {
    return std::unexpected(
        DecodeError{DecodeCode::too_large, "a frame has at most " + std::to_string(most) + " bytes"});
  }
  wire::AlignedBytes const aligned(bytes);
  auto const* const root = aligned.root<Root>(identifier);
  if (root == nullptr) {
    return std::unexpected(DecodeError{DecodeCode::not_well_formed,
                                       std::string{"these bytes are not a message ("} + identifier + ")"});
  }
  wire::Complaints complaints;
  Variant message;
  wire::read_union(complaints, root, message_type_id, title, message);
  if (complaints.any()) return std::unexpected(complaints.take());
  return message;
}

}  // namespace

msg::Request request_of(ClientMessage const& message) {
  return std::visit(
      []<class M>(M const& m) -> msg::Request {
        if constexpr (requires { m.request; }) {
          return m.request;
        } else {
          return 0;
        }
      },
      message);
}

char const* type_name(ClientMessage const& message) { return client_title(message.index() + 1); }
char const* type_name(ServerMessage const& message) { return server_title(message.index() + 1); }

Bytes encode(ClientMessage const& message) { return framed(message, fb::client::ClientFrameIdentifier()); }
Bytes encode(ServerMessage const& message) { return framed(message, fb::server::ServerFrameIdentifier()); }

std::expected<ClientMessage, DecodeError> decode_client_message(std::span<std::byte const> bytes) {
  return unframed<ClientMessage, fb::client::ClientFrame>(bytes, largest_client_frame_bytes,
                                                          fb::client::ClientFrameIdentifier(), client_title);
}

std::expected<ServerMessage, DecodeError> decode_server_message(std::span<std::byte const> bytes) {
  return unframed<ServerMessage, fb::server::ServerFrame>(bytes, largest_server_frame_bytes,
                                                          fb::server::ServerFrameIdentifier(), server_title);
}

}  // namespace spillway
