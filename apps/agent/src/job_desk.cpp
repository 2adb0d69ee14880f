// apps/agent/src/job_desk.cpp - dispatch to claim.
#include "job_desk.hpp"

#include "market/fail_words.hpp"

namespace spillway {
namespace {

std::string text_of(Bytes const& bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// What the provider's engine calls the model; empty: as the catalogue does.
std::string engine_model_of(AgentNode const& node, std::string const& model) {
  for (auto const& offer : node.offers)
    if (offer.model == model && !offer.engine_model.empty()) return offer.engine_model;
  return {};
}

}  // namespace

JobDesk::JobDesk(wire::executor where, Engine engine, std::function<void(std::string const&)> log)
    : where_(std::move(where)), engine_(std::move(engine)), log_(std::move(log)) {}

void JobDesk::start(std::shared_ptr<MarketClient> session, msg::Dispatch dispatch, AgentNode const* node) {
  auto const url = wire::parse_url(engine_.url);
  if (!node || !url) return void(session->send(msg::JobRefuse{0, dispatch.job, FailCode::refused}));
  EngineJob job{*url, dispatch.model, text_of(dispatch.prompt), dispatch.output_max.v, engine_.silence};
  if (auto name = engine_model_of(*node, dispatch.model); !name.empty()) job.engine_model = std::move(name);
  session->send(msg::JobAck{0, dispatch.job});
  wire::spawn(where_, run(std::move(session), dispatch.job, std::move(job)));
}

void JobDesk::cancel(JobId job) {
  if (auto const call = calls_.find(job); call != calls_.end()) call->second->cancel();
}

void JobDesk::cancel_all() {
  for (auto const& [id, call] : calls_) call->cancel();
  calls_.clear();
}

wire::awaitable<void> JobDesk::run(std::shared_ptr<MarketClient> session, JobId id, EngineJob job) {
  auto const self = shared_from_this();
  auto const call =
      std::make_shared<EngineCall>(where_, std::move(job), [session, id](std::string_view content) {
        auto const* const first = reinterpret_cast<std::byte const*>(content.data());
        session->send(msg::JobChunk{0, id, Bytes(first, first + content.size()), {}});
      });
  calls_[id] = call;
  auto const result = co_await call->run();
  if (auto const mine = calls_.find(id); mine != calls_.end() && mine->second == call) calls_.erase(mine);
  Tokens const input{result.prompt_tokens}, output{result.completion_tokens};
  auto const signature = session->credentials().sign(usage_claim_bytes(id, input, output));
  if (result.failed == FailCode::unset)
    session->send(msg::JobDone{0, id, result.finish, output, input, signature});
  if (result.failed == FailCode::unset || result.failed == FailCode::buyer_left) co_return;
  // Cancelled by the exchange (buyer_left) it knows; what the engine did, its operator should hear too.
  log_("job " + std::to_string(id.v) + " failed: " + words(result.failed) + " (" + engine_.url + ")");
  session->send(msg::JobFail{0, id, result.failed, output, input, signature});
}

}  // namespace spillway
