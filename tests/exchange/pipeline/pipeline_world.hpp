// tests/exchange/pipeline/pipeline_world.hpp - a pipeline over a directory of its own, fed with the entries
// of the core's world.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>

#include "core_world.hpp"
#include "exchange/follower.hpp"
#include "exchange/pipeline.hpp"
#include "exchange/replay.hpp"
#include "journal/log_reader.hpp"

namespace spillway {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "spillway-pipeline-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Applies the whole journal to a core that has seen nothing, by a replay that knows nothing of snapshots.
inline OutcomeChain replay_into(ExchangeCore& core, std::filesystem::path const& journal,
                                Replayer::OnApplied on_applied = {}) {
  Replayer replayer(core, std::move(on_applied));
  auto reader = LogReader::open(journal, StreamKind::entries, ReadMode::strict);
  EXPECT_TRUE(reader);
  for (auto frame = reader->next();; frame = reader->next()) {
    EXPECT_TRUE(frame) << to_string(frame.error());
    if (!frame || !*frame) break;
    auto const done = replayer.feed(**frame);
    EXPECT_TRUE(done) << done.error().reason;
  }
  return replayer.chain();
}

/// What the gateway would hear.
class Ear {
 public:
  void hear(ReleasedBatch const& batch) {
    std::lock_guard const lock(mutex_);
    for (auto const& one : batch) heard_.push_back(one);
    changed_.notify_all();
  }
  /// The release of the submission with this ticket.
  Released wait(std::uint64_t ticket) {
    std::unique_lock lock(mutex_);
    for (;;) {
      for (auto const& one : heard_)
        if (one.cookie.request == ticket) return one;
      changed_.wait(lock);
    }
  }
  std::vector<Released> all() {
    std::lock_guard const lock(mutex_);
    return heard_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Released> heard_;
};

/// The commands of the core's small world: tables, people, money.
inline std::vector<Command> first_commands() {
  World world;
  std::vector<Command> out;
  for (auto const& entry : world.journal) {
    EXPECT_EQ(entry.principal, system_itself) << "the world's first entries are the exchange's own";
    out.push_back(entry.command);
  }
  return out;
}

inline PipelineOptions options_for(std::filesystem::path const& directory, Ear& ear) {
  PipelineOptions options;
  options.directory = directory;
  options.segment_bytes = 1 << 20;
  options.projection_map_bytes = std::uint64_t{1} << 28;
  options.genesis = first_commands();
  options.released = [&ear](std::shared_ptr<ReleasedBatch const> batch) { ear.hear(*batch); };
  return options;
}

inline std::unique_ptr<Pipeline> opened(std::filesystem::path const& directory, Ear& ear) {
  auto pipeline = Pipeline::open(options_for(directory, ear));
  EXPECT_TRUE(pipeline) << (pipeline ? "" : pipeline.error().message);
  return pipeline ? std::move(*pipeline) : nullptr;
}

/// Asks the follower once it has applied `at_least`.
template <class F>
auto ask(Pipeline& pipeline, Seq at_least, F&& f) {
  std::promise<decltype(f(std::declval<FollowerView const&>()))> answer;
  pipeline.follower().query(at_least, [&](FollowerView const& view) { answer.set_value(f(view)); });
  return answer.get_future().get();
}

/// Sells and buys jobs through a pipeline whose journal is new: ada's node, carl's orders.
class Trader {
 public:
  Trader(Pipeline& pipeline, Ear& ear) : pipeline_(pipeline), ear_(ear) {}

  Released send(ParticipantId who, Command command) {
    auto const ticket = ++tickets_;
    EXPECT_EQ(pipeline_.submit({who, std::move(command), {0, ticket, 0}}), Refusal::none);
    return ear_.wait(ticket);
  }
  void offer_slots() {
    auto const made =
        World::of<record::Accepted>(send(ada, RegisterNode{world_.client(), here, big, 4}).records);
    NodeId const node{static_cast<std::uint32_t>(made.at(0).made)};
    for (std::uint16_t unit = 0; unit < 4; ++unit) send(system_itself, World::proof(node, unit));
    send(ada, world_.token_offer(node, units(1), 40));
  }
  /// One job from order to payment; its fill and the entry that made it.
  std::pair<FillId, Released> buy_job() {
    auto placed = send(carl, world_.token_order(units(2)));
    JobId const job{World::of<record::Fill>(placed.records).at(0).fill};
    send(system_itself, JobAcknowledged{job});
    send(system_itself, World::completed(job, 400, 400));
    return {FillId{job.v}, std::move(placed)};
  }
  PlaceOrder order(PriceIndex limit) { return world_.capacity_order(limit, 1); }

 private:
  Pipeline& pipeline_;
  Ear& ear_;
  World world_;  // makes commands; its own core is not used
  std::uint64_t tickets_{1'000'000};
};

}  // namespace spillway
