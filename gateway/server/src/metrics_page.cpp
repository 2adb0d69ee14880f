// gateway/server/src/metrics_page.cpp - one registry per page: figures are read from the meters at the moment
// of asking.
#include "metrics_page.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <boost/json.hpp>

#include "market/decimal.hpp"
#include "relay.hpp"

namespace spillway {
namespace {

class Page {
 public:
  void counter(std::string const& name, std::string const& help, std::uint64_t value,
               prometheus::Labels const& labels = {}) {
    prometheus::BuildCounter()
        .Name("spillway_" + name)
        .Help(help)
        .Register(registry_)
        .Add(labels)
        .Increment(static_cast<double>(value));
  }
  void gauge(std::string const& name, std::string const& help, double value,
             prometheus::Labels const& labels = {}) {
    prometheus::BuildGauge().Name("spillway_" + name).Help(help).Register(registry_).Add(labels).Set(value);
  }
  void percentiles(std::string const& name, std::string const& help, Histogram const& histogram) {
    for (auto const& [label, per_mille] : {std::pair{"0.5", 500u}, {"0.99", 990u}, {"0.999", 999u}})
      gauge(name, help, static_cast<double>(histogram.at(per_mille)), {{"quantile", label}});
  }
  [[nodiscard]] std::string text() { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  // Asking again for a family of the same name gives the same one.
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
};

}  // namespace

std::string metrics_page(Hub& hub, wire::ServerCounters const& wire) {
  Page page;
  auto const& m = hub.meters();
  auto const pipeline = hub.pipeline().counters();
  page.counter("entries_total", "entries made durable", pipeline.entries);
  page.counter("batches_total", "batches, each with one flush", pipeline.batches);
  page.gauge("follower_lag_entries", "entries durable and not yet followed",
             static_cast<double>(pipeline.durable.v - pipeline.followed.v));
  page.gauge("disk_state", "0 fine, 1 cancel only, 2 operator only", static_cast<double>(pipeline.disk));
  page.counter("orders_total", "orders accepted", m.orders);
  page.counter("refused_total", "commands refused by the core", m.refused);
  page.counter("orders_busy_total", "orders refused because their lane was full",
               pipeline.orders_refused_busy);
  page.counter("fills_total", "fills", m.fills);
  page.counter("jobs_total", "jobs by how they ended", m.jobs_completed, {{"end", "completed"}});
  for (auto const& [word, fault] : {std::pair{"buyer", 1}, {"provider", 2}, {"exchange", 3}, {"none", 4}})
    page.counter("jobs_total", "jobs by how they ended", m.failed_by_fault[static_cast<std::size_t>(fault)],
                 {{"end", std::string("failed_") + word}});
  page.counter("output_tokens_total", "settled output tokens", static_cast<std::uint64_t>(m.output_tokens));
  page.gauge("jobs_running", "jobs dispatched and not ended",
             static_cast<double>(hub.relay().jobs_running()));
  page.gauge("offers_live", "offers live now", static_cast<double>(m.offers_live.size()));
  page.percentiles("match_nanoseconds", "apply of an order", m.match_ns);
  page.percentiles("ack_microseconds", "request read to its answer written", m.ack_us);
  page.percentiles("first_token_microseconds", "as the relay measures it", m.latency_us);
  page.counter("sessions_total", "logins that succeeded", m.sessions);
  page.counter("logins_failed_total", "logins that failed", m.logins_failed);
  page.counter("frames_bad_total", "frames that were no message", m.frames_bad);
  page.counter("attestations_total", "verdicts", m.attested, {{"verdict", "admitted"}});
  page.counter("attestations_total", "verdicts", m.attest_refused, {{"verdict", "refused"}});
  page.counter("censuses_total", "calls of censuses that are over", m.censuses);
  page.counter("censuses_void_total", "of these, void: the exchange itself stood still", m.censuses_void);
  page.gauge("connections_open", "connections open now", static_cast<double>(wire.open));
  page.counter("http_malformed_total", "requests that were no HTTP", wire.malformed);
  return page.text();
}

std::string server_status(Hub& hub) {
  namespace json = boost::json;
  auto const& m = hub.meters();
  json::object faults{{"buyer", m.failed_by_fault[1]},
                      {"provider", m.failed_by_fault[2]},
                      {"exchange", m.failed_by_fault[3]},
                      {"none", m.failed_by_fault[4]}};
  auto const pipeline = hub.pipeline().counters();
  return json::serialize(json::object{{"orders", m.orders},
                                      {"refused", m.refused},
                                      {"orders_busy", pipeline.orders_refused_busy},
                                      {"fills", m.fills},
                                      {"jobs_completed", m.jobs_completed},
                                      {"jobs_failed", m.jobs_failed},
                                      {"jobs_failed_by_fault", std::move(faults)},
                                      {"jobs_running", hub.relay().jobs_running()},
                                      {"orders_waiting", hub.relay().orders_waiting()},
                                      {"leases", m.leases},
                                      {"tokens", m.output_tokens},
                                      {"volume_nano", std::to_string(m.charged_nano)},
                                      {"fees_nano", std::to_string(m.fees_nano)},
                                      {"offers_live", m.offers_live.size()},
                                      {"offers_most", m.offers_most},
                                      {"match_p50_ns", m.match_ns.at(500)},
                                      {"match_p99_ns", m.match_ns.at(990)},
                                      {"ack_p50_us", m.ack_us.at(500)},
                                      {"ack_p99_us", m.ack_us.at(990)},
                                      {"first_token_p50_us", m.latency_us.at(500)},
                                      {"entries", pipeline.entries},
                                      {"engine", hub.config().engine_note},
                                      {"attestation", hub.rules().class_scale > 1 ? "scaled" : "full"}});
}

}  // namespace spillway
