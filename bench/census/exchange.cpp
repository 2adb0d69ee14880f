// bench/census/exchange.cpp - see bench/census/exchange.hpp.
#include "exchange.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

#include "agents.hpp"
#include "market/check.hpp"
#include "sockets.hpp"

namespace spillway::census {

using namespace attest;

namespace {

constexpr std::size_t segment_bytes = 16 * 1'024;

Micros now() {
  using namespace std::chrono;
  return Micros{duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count()};
}

std::int64_t cpu_us() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * micros_per_second + t.tv_nsec / 1'000;
}

}  // namespace

SessionConfig patient(Cap1Params const& params) {
  SessionConfig config;
  config.params = params;
  Micros const hour{3'600 * micros_per_second};
  config.open_within = config.echo_within = config.rounds_within = hour;
  config.memory_within = config.openings_within = hour;
  return config;
}

Exchange::Exchange(SessionConfig const& config, std::uint32_t units, std::uint64_t seed)
    : listener_(listen_on_loopback()), port_(port_of(listener_)), outcomes_(units) {
  auto const secret = std::make_shared<EpochSecret const>(
      1, hash("census-seed", {le64(seed)}), hash("census-beacon", {le64(seed)}), config.params.n);
  for (std::uint32_t unit = 0; unit < units; ++unit)
    sessions_.push_back(
        std::make_unique<ChallengeSession>(secret, config, Claimant{key_of(unit), NodeId{unit}, census_class},
                                           hash("census-fresh", {le64(seed), le32(unit)}), now()));
}

Exchange::~Exchange() { ::close(listener_); }

Report Exchange::hold(std::uint32_t connections) {
  std::vector<Report> parts(connections);
  std::vector<std::thread> workers;
  for (auto& part : parts) {
    int const socket = accept_one(listener_);
    sw_check(socket >= 0, "an agent of this census connects");
    workers.emplace_back([this, socket, &part] {
      serve(socket, part);
      part.worker_cpu_us = cpu_us();
      ::close(socket);
    });
  }
  for (auto& worker : workers) worker.join();
  Report sum;
  for (auto const& part : parts) {
    sum.worker_cpu_us += part.worker_cpu_us, sum.session_cpu_us += part.session_cpu_us;
    sum.bytes_in += part.bytes_in, sum.bytes_out += part.bytes_out;
    sum.bytes_passed_over += part.bytes_passed_over;
  }
  sum.outcomes = std::move(outcomes_);
  return sum;
}

// A frame's bytes go to its unit's session as they are read; nothing waits for the end of a frame.
void Exchange::serve(int socket, Report& report) {
  std::vector<std::byte> segment(segment_bytes);
  FrameHead head{};
  while (receive_all(socket, &head, sizeof head)) {
    report.bytes_in += sizeof head + head.bytes;
    sw_check(head.unit < sessions_.size() && head.bytes > 0 && head.bytes <= largest_message_bytes,
             "our own agents frame their messages rightly");
    for (std::size_t left = head.bytes; left > 0;) {
      auto const got = recv(socket, segment.data(), std::min(left, segment.size()), 0);
      if (got <= 0) return;
      left -= static_cast<std::size_t>(got);
      auto& session = sessions_[head.unit];
      if (!session) {
        report.bytes_passed_over += static_cast<std::uint64_t>(got);
        continue;
      }
      auto const before = cpu_us();
      auto step =
          session->on_piece(head.bytes, ByteView(segment).first(static_cast<std::size_t>(got)), now());
      report.session_cpu_us += cpu_us() - before;
      for (auto const& message : step.send) {
        report.bytes_out += sizeof head + message.size();
        if (!send_frame(socket, head.unit, message)) return;
      }
      if (!step.outcome) continue;
      outcomes_[head.unit] = *step.outcome;
      session.reset();
    }
  }
}

}  // namespace spillway::census
