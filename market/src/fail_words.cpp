// market/fail_words.cpp - one clause a code.
#include "market/fail_words.hpp"

namespace spillway {

char const* words(FailCode code) {
  switch (code) {
    case FailCode::refused:
      return "the provider refused it";
    case FailCode::not_acknowledged:
      return "the provider did not acknowledge it in time";
    case FailCode::first_token_late:
      return "the first token did not come in time";
    case FailCode::stalled:
      return "the provider fell silent";
    case FailCode::engine_died:
      return "the engine can't be reached, or died";
    case FailCode::engine_error:
      return "the engine answered with an error";
    case FailCode::node_lost:
      return "the node was lost";
    case FailCode::buyer_left:
      return "the buyer left";
    case FailCode::prompt_missing:
      return "the prompt is gone";
    case FailCode::relay_died:
      return "the exchange was restarted";
    case FailCode::engine_refused_request:
      return "the engine refused the request";
    case FailCode::output_unread:
      return "the buyer did not read its output";
    case FailCode::unset:
      break;
  }
  return "no reason given";
}

}  // namespace spillway
