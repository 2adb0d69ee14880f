// bench/exchange/stages.cpp - two threads and what lies between them.
#include "stages.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

#include "../matching/measure.hpp"
#include "exchange/core.hpp"
#include "exchange/outcome_chain.hpp"
#include "journal/log_writer.hpp"
#include "journal/merkle.hpp"
#include "market/codec.hpp"

namespace spillway::bench {
namespace {

constexpr std::size_t drawn_at_once = 1'024, batch_most = 4'096, handed_at_once = 64;
constexpr Micros between{2};

struct Made {
  Seq seq;
  std::vector<std::byte> bytes;
  std::vector<Record> records;
};

class Handover {
 public:
  void add(std::vector<Made>& made) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_.size() < batch_most; });
    for (auto& one : made) held_.push_back(std::move(one));
    made.clear();
    changed_.notify_all();
  }
  void close() {
    std::lock_guard const lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  /// Nothing once closed and empty.
  [[nodiscard]] bool take(std::vector<Made>& out) {
    out.clear();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !held_.empty(); });
    out.swap(held_);
    changed_.notify_all();
    return !out.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Made> held_;
  bool closed_ = false;
};

LogWriter opened(std::filesystem::path const& folder, StreamKind kind) {
  LogOptions options;
  options.sync_each_commit = kind == StreamKind::entries;
  auto log = LogWriter::open(folder, kind, options);
  if (log) return std::move(*log);
  std::fprintf(stderr, "%s\n", log.error().message.c_str());
  std::exit(1);
}

class Journal {
 public:
  Journal(Stages stages, std::filesystem::path const& folder)
      : entries_(opened(folder, StreamKind::entries)) {
    if (stages != Stages::with_tree_and_seals) return;
    records_ = opened(folder, StreamKind::records);
    chain_.take_along({entries_.pending_hash(), records_->pending_hash()});
  }
  void write(std::vector<Made> const& batch) {
    for (auto const& made : batch) {
      entries_.append(FrameType::entry, made.seq, made.bytes);
      if (!records_) continue;
      tree_.append(chain_.add(made.seq, made.bytes, made.records));
      records_->append(FrameType::records, made.seq, outcome_bytes(made.records));
    }
    if (records_) {
      auto const seal = encode_seal(chain_.seal());
      entries_.append(FrameType::seal, chain_.last(), seal);
      tree_.append(leaf_hash(seal));
    }
    entries_.commit();
    if (records_) records_->commit();
  }

 private:
  LogWriter entries_;
  std::optional<LogWriter> records_;
  OutcomeChain chain_;
  Frontier tree_;
};

}  // namespace

std::vector<Entry> drawn(std::uint64_t commands) {
  std::vector<Entry> out;
  ExchangeCore core;
  Trader trader(Traffic::orders, 0x9E3779B97F4A7C15);
  Outcome outcome;
  Stamp stamp{1'700'000'000'000'000};
  auto const one = [&](Sent sent) {
    stamp = stamp + between;
    out.push_back({Seq{out.size() + 1}, stamp, sent.who, std::move(sent.command)});
    outcome.clear();
    core.apply(out.back(), outcome);
    trader.told(out.back(), outcome.records);
  };
  for (auto& sent : trader.market()) one(std::move(sent));
  auto const all = out.size() + commands;
  while (out.size() < all)
    for (auto& sent : trader.wave(std::min<std::uint64_t>(drawn_at_once, all - out.size())))
      one(std::move(sent));
  return out;
}

StagesRun run_stages(Stages stages, std::vector<Entry> const& entries, std::filesystem::path const& folder) {
  std::filesystem::create_directories(folder);
  Journal journal(stages, folder);
  ExchangeCore core({.resident = static_cast<std::uint32_t>(entries.size() / 2)});
  Handover handover;
  StagesRun run;
  run.entries = entries.size();
  auto const started = std::chrono::steady_clock::now();
  std::thread core_thread([&] {
    Outcome outcome;
    std::vector<Made> made;
    for (auto const& entry : entries) {
      core.expect(entry);  // in the order of the sequencer
      made.push_back({entry.seq, encode(entry), {}});
      outcome.clear();
      core.apply(entry, outcome);
      if (stages == Stages::with_tree_and_seals) made.back().records = outcome.records;
      if (made.size() == handed_at_once) handover.add(made);
    }
    handover.add(made);
    handover.close();
    run.core_us = static_cast<double>(thread_cpu_ns()) / 1e3 / static_cast<double>(entries.size());
  });
  std::thread journal_thread([&] {
    std::vector<Made> batch;
    for (; handover.take(batch); ++run.syncs) journal.write(batch);
    run.journal_us = static_cast<double>(thread_cpu_ns()) / 1e3 / static_cast<double>(entries.size());
  });
  core_thread.join();
  journal_thread.join();
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return run;
}

}  // namespace spillway::bench
