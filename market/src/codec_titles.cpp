// market/codec_titles.cpp - names of commands and messages, from the generated code.
#include "codec_titles.hpp"

#include <variant>

#include "client_generated.h"
#include "entry_generated.h"
#include "market/command.hpp"
#include "market/message.hpp"
#include "server_generated.h"

namespace spillway::wire {

using fb::client::EnumNameClientMessage;
using fb::entry::EnumNameCommand;
using fb::server::EnumNameServerMessage;

static_assert(std::variant_size_v<Command> == static_cast<std::size_t>(fb::entry::Command::MAX) &&
                  std::variant_size_v<ClientMessage> ==
                      static_cast<std::size_t>(fb::client::ClientMessage::MAX) &&
                  std::variant_size_v<ServerMessage> ==
                      static_cast<std::size_t>(fb::server::ServerMessage::MAX),
              "the variants and the unions of the schema have the same members");

char const* command_title(std::size_t number) {
  return number > std::variant_size_v<Command> ? ""
                                               : EnumNameCommand(static_cast<fb::entry::Command>(number));
}
char const* client_title(std::size_t number) {
  using Number = fb::client::ClientMessage;
  return number > std::variant_size_v<ClientMessage> ? ""
                                                     : EnumNameClientMessage(static_cast<Number>(number));
}
char const* server_title(std::size_t number) {
  using Number = fb::server::ServerMessage;
  return number > std::variant_size_v<ServerMessage> ? ""
                                                     : EnumNameServerMessage(static_cast<Number>(number));
}

}  // namespace spillway::wire
