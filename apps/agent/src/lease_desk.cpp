// apps/agent/src/lease_desk.cpp - one coroutine per lease.
#include "lease_desk.hpp"

#include "lease_hook.hpp"

namespace spillway {

LeaseDesk::LeaseDesk(wire::executor where, Hooks hooks, std::function<void(std::string const&)> log)
    : where_(where), hooks_(std::move(hooks)), log_(std::move(log)), changed_(std::move(where)) {}

void LeaseDesk::attach(std::shared_ptr<MarketClient> session) {
  session_ = std::move(session);
  said_.clear();
  for (auto const& [id, lease] : leases_)
    if (lease.started && !lease.confirmed && !lease.over) say(lease);
}

void LeaseDesk::detach() {
  session_.reset();
  said_.clear();
}

void LeaseDesk::start(msg::LeaseStart const& terms) {
  if (!leases_.try_emplace(terms.lease, Lease{terms}).second) return;
  wire::spawn(where_, serve(terms.lease));
}

void LeaseDesk::stop(LeaseId id) {
  auto const found = leases_.find(id);
  if (found == leases_.end()) return;
  found->second.over = true;
  changed_.notify();
}

bool LeaseDesk::on_answer(msg::Answer const& answer) {
  auto const mine = said_.extract(answer.request);
  if (mine.empty()) return false;
  auto const found = leases_.find(mine.mapped());
  if (found == leases_.end()) return true;
  found->second.confirmed = true;
  // It ended while the link was away, so that nobody will tell us.
  if (answer.refusal == Refusal::job_finished || answer.refusal == Refusal::unknown_id) stop(mine.mapped());
  return true;
}

void LeaseDesk::say(Lease const& lease) {
  if (!session_) return;
  auto const id = lease.terms.lease;
  auto const request = lease.usable ? session_->ask(msg::LeaseReadyMsg{0, id})
                                    : session_->ask(msg::LeaseEndedMsg{0, id, FailCode::engine_error});
  said_[request] = id;
}

// Entries of a map stay where they are, and only this coroutine removes its own.
wire::awaitable<void> LeaseDesk::serve(LeaseId id) {
  auto const self = shared_from_this();
  auto& lease = leases_.at(id);
  auto const terms = lease.terms;
  auto const begun = co_await run_lease_hook(where_, hooks_.start, id, terms.node, terms.lots);
  if (begun != 0) log_("the lease start hook failed with status " + std::to_string(begun));
  lease.started = true;
  lease.usable = begun == 0;
  if (!lease.over) say(lease);
  while (!lease.over) co_await changed_.wait();
  auto const ended = co_await run_lease_hook(where_, hooks_.end, id, terms.node, terms.lots);
  if (ended != 0) log_("the lease end hook failed with status " + std::to_string(ended));
  leases_.erase(id);
  changed_.notify();
}

wire::awaitable<void> LeaseDesk::end_all() {
  auto const self = shared_from_this();
  for (auto& [id, lease] : leases_) {
    if (session_ && !lease.over) session_->ask(msg::LeaseEndedMsg{0, id, FailCode::node_lost});
    lease.over = true;
  }
  changed_.notify();
  while (!leases_.empty()) co_await changed_.wait();
}

}  // namespace spillway
