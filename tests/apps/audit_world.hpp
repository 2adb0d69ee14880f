// tests/apps/audit_world.hpp - journals made without a clock or threads: the entries of the core's small
// world, written as the pipeline writes them, byte for byte the same each time.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core_world.hpp"
#include "exchange/outcome_chain.hpp"
#include "journal/checkpoint.hpp"
#include "journal/directory.hpp"
#include "journal/log_writer.hpp"
#include "journal/tiles.hpp"
#include "market/codec.hpp"

namespace spillway {

namespace fs = std::filesystem;

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "spillway-audit-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~ScratchFolder() { fs::remove_all(path_); }
  ScratchFolder(ScratchFolder const&) = delete;
  ScratchFolder& operator=(ScratchFolder const&) = delete;
  [[nodiscard]] fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

inline LogKey fixed_key() { return LogKey::from_seed("spillway.example/journal", {}); }
inline std::string const vkey = fixed_key().verifier().vkey();

/// A node with jobs of every end, a lease that runs for a while, and an order that is cancelled; `rounds`
/// times.
inline void live_a_little(World& w, int rounds) {
  w.check_every = 64;
  auto const node = w.add_proven_node(ada, 4);
  auto const other = w.add_proven_node(bert, 2, there, small);
  w.offer(ada, w.token_offer(node, units(1), 16));
  w.offer(bert, w.capacity_offer(other, units(2), 1));
  for (int round = 0; round < rounds; ++round) {
    w.order(carl, w.token_order(units(2)));
    auto const job = w.last_job();
    w.must(JobAcknowledged{job});
    w.must(JobFirstToken{job, ms(80)});
    if (round % 3 == 0)
      w.must(World::completed(job, 400, 400));
    else if (round % 3 == 1)
      w.must(World::failed(job, Fault::provider, FailCode::engine_died, 20));
    else
      w.must(World::failed(job, Fault::exchange, FailCode::relay_died, 10, 10));
    auto const waiting = w.order(dora, w.capacity_order(PriceIndex{5}, 1));
    EXPECT_EQ(w.send(dora, CancelOrder{waiting, CancelReason::asked}), Refusal::none);
    if (round == 1) {
      w.order(eve, w.capacity_order(units(3), 1));
      EXPECT_EQ(w.send(bert, LeaseReady{w.last_lease()}), Refusal::none);
    }
    w.pass(seconds(1));
  }
}

struct WrittenJournal {
  std::uint64_t segment_bytes = 65'536;
  std::size_t batch = 7;  // entries between two seals
  bool closed = true;     // the closing seal is there, and the checkpoint covers everything
  std::function<void(std::string const&)> on_checkpoint{};  // told every signed checkpoint
};

/// D after the last entry.
inline Hash256 write_journal(fs::path const& path, std::vector<Entry> const& entries,
                             WrittenJournal how = {}) {
  auto const directory = JournalDirectory::open(path, DirectoryMode::write);
  if (!directory) throw std::runtime_error(directory.error().message);
  LogOptions options;
  options.segment_bytes = how.segment_bytes;
  auto log = LogWriter::open(path, StreamKind::entries, options);
  auto kept = LogWriter::open(path, StreamKind::records, options);
  if (!log || !kept) throw std::runtime_error("cannot write a journal in " + path.string());
  TileWriter tiles(directory->tiles());
  Frontier tree;
  OutcomeChain chain;
  ExchangeCore core;
  auto const leaf = [&](FrameType type, Seq seq, ByteView bytes) {
    log->append(type, seq, bytes);
    tree.append(leaf_hash(bytes));
    tiles.append(leaf_hash(bytes));
  };
  auto const seal = [&] {
    leaf(FrameType::seal, chain.last(), encode_seal(chain.seal()));
    log->commit();
    kept->commit();
  };
  auto const publish = [&] {
    auto const note = sign_checkpoint(tree.size(), tree.root(), fixed_key());
    if (!tiles.write_all() || !persist_checkpoint(directory->checkpoint(), note))
      throw std::runtime_error("cannot publish in " + path.string());
    if (how.on_checkpoint) how.on_checkpoint(note);
  };
  Outcome outcome;
  for (auto const& entry : entries) {
    outcome.clear();
    core.apply(entry, outcome);
    leaf(FrameType::entry, entry.seq, encode(entry));
    chain.add(entry.seq, outcome.records);
    kept->append(FrameType::records, entry.seq, outcome_bytes(outcome.records));
    if (entry.seq.v % how.batch == 0) seal();
    if (entry.seq.v == entries.size() / 2) publish();
  }
  if (chain.open()) seal();
  if (how.closed) {
    seal();
    publish();
  }
  return chain.digest();
}

inline std::vector<char> file_bytes(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
/// One bit of a file changed in place; again, and it is as before.
inline void flip_bit(fs::path const& file, std::uint64_t at, unsigned bit) {
  std::fstream both(file, std::ios::binary | std::ios::in | std::ios::out);
  both.seekg(static_cast<std::streamoff>(at));
  auto const byte = static_cast<unsigned>(both.get());
  both.seekp(static_cast<std::streamoff>(at));
  both.put(static_cast<char>(byte ^ (1U << bit)));
}

}  // namespace spillway
