// apps/demo/src/market_demo.cpp - the story in order: exchange, people, engines, agents, buyers; then all of
// it back.
#include "market_demo.hpp"

#include <algorithm>
#include <csignal>

#include "config_text.hpp"

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
constexpr std::uint32_t first_provider = 101, door_buyer = 201, socket_buyer = 202, capacity_buyer = 203;
constexpr Nano provider_deposit{1'000 * nano_per_unit}, buyer_deposit{1'000'000 * nano_per_unit};
constexpr auto step_every = 100ms;
constexpr auto look_every = 1s;
constexpr auto opening_patience = 120s;  // without any progress
constexpr auto settling = 3s;            // all units proven and no offer more: then these are all
constexpr auto last_jobs = 15s;

}  // namespace

MarketDemo::MarketDemo(wire::executor where, DemoOptions options, MarketInput input, RunDirectory run,
                       bool live_view)
    : where_(std::move(where)),
      options_(std::move(options)),
      input_(std::move(input)),
      run_(std::move(run)),
      screen_(live_view),
      exchange_(run_, run_.files / "exchange.toml", input_.directory),
      providers_(run_, exchange_) {
  std::vector<ModelId> models;
  for (auto const& model : input_.overlay.models) models.push_back(model.value);
  PlanSize size;
  size.providers = options_.agents;
  size.nodes = options_.nodes;
  size.seed = input_.seed;
  plan_ = make_plan(input_.tables, input_.offers.offers, input_.prices, models, size);
}

wire::awaitable<std::expected<Summary, std::string>> MarketDemo::run() {
  announce();
  if (auto done = co_await start_exchange(); !done) co_return std::unexpected(done.error());
  if (auto done = co_await admit_people(); !done) co_return std::unexpected(done.error());
  if (auto done = co_await start_supply(); !done) co_return std::unexpected(done.error());
  if (auto done = co_await wait_until_open(); !done) co_return std::unexpected(done.error());
  start_buyers();
  if (auto done = co_await keep_open(); !done) co_return std::unexpected(done.error());
  co_await wind_down();
  co_return co_await close();
}

void MarketDemo::announce() {
  for (auto const& note : input_.notes) screen_.say(note);
  screen_.say("plan: " + std::to_string(plan_.providers.size()) + " providers, " +
              std::to_string(plan_.nodes()) + " nodes with " + std::to_string(plan_.units()) + " units of " +
              std::to_string(plan_.classes().size()) + " classes in " + std::to_string(plan_.places()) +
              " places, " + std::to_string(plan_.offers()) + " offers");
  screen_.say(stand_ins_line(options_, input_.real));
  screen_.say("journal: " + run_.journal.string() + "; keys and logs: " + run_.files.string());
}

wire::awaitable<MarketDemo::Step> MarketDemo::start_exchange() {
  auto const cap =
      std::ranges::max_element(input_.typical_price, {}, [](auto const& entry) { return entry.second; });
  auto const place = input_.overlay.buyer_places.front().value;
  auto const config = exchange_config_text(options_, input_.tables.places.at(place.v - 1u).name, cap->second);
  if (auto written = write_text(run_.files / "exchange.toml", config); !written) co_return written;
  if (auto started = co_await exchange_.start(options_.port); !started) co_return started;
  screen_.say("exchange: process " + std::to_string(exchange_.pid()) + ", " +
              exchange_.url("https", "/v1").text() + ", certificate " + exchange_.certificate());
  co_return Step{};
}

wire::awaitable<MarketDemo::Step> MarketDemo::admit_people() {
  auto desk = co_await OperatorDesk::open(where_, exchange_);
  if (!desk) co_return std::unexpected(desk.error());
  desk_ = std::move(*desk);
  for (std::size_t i = 0; i < plan_.providers.size(); ++i) {
    ParticipantId const id{first_provider + static_cast<std::uint32_t>(i)};
    auto const key = kept_credentials(provider_key(run_, i), id, Role::provider);
    if (!key) co_return std::unexpected(key.error());
    provider_keys_.push_back(*key);
    Person const person{id, Role::provider, key->public_key(), std::nullopt, provider_deposit};
    if (auto in = co_await desk_->admit(person); !in) co_return in;
  }
  auto const bearer_file = run_.keys() / "door-buyer.bearer";
  bearer_key_ = read_text(bearer_file);
  if (bearer_key_.empty()) bearer_key_ = make_bearer_key();
  if (auto written = write_text(bearer_file, bearer_key_); !written) co_return written;
  std::filesystem::permissions(bearer_file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  for (auto const id : {door_buyer, socket_buyer, capacity_buyer}) {
    auto const file = run_.keys() / ("buyer-" + std::to_string(id) + ".key");
    auto const key = kept_credentials(file, ParticipantId{id}, Role::buyer);
    if (!key) co_return std::unexpected(key.error());
    if (id == socket_buyer) socket_key_ = *key;
    if (id == capacity_buyer) capacity_key_ = *key;
    Person person{ParticipantId{id}, Role::buyer, key->public_key(), std::nullopt, buyer_deposit};
    if (id == door_buyer) person.bearer = bearer_hash(bearer_key_);
    if (auto in = co_await desk_->admit(person); !in) co_return in;
  }
  co_return Step{};
}

wire::awaitable<MarketDemo::Step> MarketDemo::start_supply() {
  screen_.say("starting three engines");
  auto engines = co_await start_engines(run_, context_for(input_.trace, options_.token_scale));
  if (!engines) co_return std::unexpected(engines.error());
  engines_ = std::move(*engines);
  co_return providers_.start(plan_, input_.tables, provider_keys_, engines_);
}

// Open: every unit proven and every offer live, or no more of them coming.
wire::awaitable<MarketDemo::Step> MarketDemo::wait_until_open() {
  auto const units = static_cast<std::int64_t>(plan_.units()),
             offers = static_cast<std::int64_t>(plan_.offers());
  auto progress_at = clock::now();
  while (now_.units_attested < units || now_.offers_live < offers) {
    auto const before = now_;
    if (auto const figures = co_await desk_->figures()) now_ = *figures;
    if (now_.units_attested != before.units_attested || now_.offers_live != before.offers_live) {
      progress_at = clock::now();
      screen_.say("proven: " + std::to_string(now_.units_attested) + " of " + std::to_string(units) +
                  " units, " + std::to_string(now_.offers_live) + " offers live");
    }
    if (!exchange_.running())
      co_return std::unexpected("the exchange " + exchange_.how_it_ended() + "; its log is in " +
                                run_.logs().string());
    for (auto const& line : providers_.restart_ended()) screen_.say(line);
    auto const quiet = clock::now() - progress_at;
    if (now_.offers_live > 0 && now_.units_attested >= units && quiet > settling) break;
    if (quiet > opening_patience && now_.offers_live > 0) break;
    if (quiet > opening_patience)
      co_return std::unexpected("no offer came up; the providers' logs in " + run_.logs().string() +
                                " say why");
    co_await wire::sleep_for(500ms);
  }
  if (now_.offers_live < offers)
    screen_.say("opening without " + std::to_string(offers - now_.offers_live) +
                " of the planned offers; the providers' logs say why");
  opened_at_ = clock::now();
  co_return Step{};
}

void MarketDemo::start_buyers() {
  door_ = std::make_shared<DoorBuyer>(where_, exchange_, bearer_key_, tally_);
  socket_ = std::make_unique<SocketBuyer>(where_, exchange_, socket_key_, tally_);
  capacity_ = std::make_unique<CapacityBuyer>(where_, exchange_, capacity_key_, input_, plan_);
  replay_ = std::make_unique<Replay>(input_, options_, *door_, *socket_,
                                     [this](std::string line) { screen_.say(line); });
  wire::spawn(where_, replay_->run());
  screen_.say("the market is open");
}

wire::awaitable<MarketDemo::Step> MarketDemo::keep_open() {
  auto const until =
      options_.for_s ? *opened_at_ + std::chrono::seconds(*options_.for_s) : clock::time_point::max();
  while (!stopping_ && clock::now() < until) {
    if (auto alive = co_await mind_exchange(); !alive) co_return alive;
    capacity_->step();
    if (clock::now() - looked_at_ >= look_every) co_await look();
    co_await wire::sleep_for(step_every);
  }
  open_for_s_ = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - *opened_at_).count();
  co_return Step{};
}

// What was acknowledged is in the journal: a dead exchange comes back on the same directory and port.
wire::awaitable<MarketDemo::Step> MarketDemo::mind_exchange() {
  if (exchange_.running()) co_return Step{};
  screen_.say("the exchange " + exchange_.how_it_ended() + "; starting it again on the same journal");
  gone_ = together(gone_, now_);
  now_ = {};
  ++restarts_;
  if (auto back = co_await exchange_.start(exchange_.port()); !back) co_return back;
  screen_.say("exchange: process " + std::to_string(exchange_.pid()));
  co_return Step{};
}

wire::awaitable<void> MarketDemo::look() {
  auto const figures = co_await desk_->figures();
  auto const rows = co_await desk_->instruments();
  for (auto const& line : providers_.restart_ended()) screen_.say(line);
  if (figures) now_ = *figures;
  places_most_ = std::max(places_most_, now_.places);
  auto const at = clock::now();
  auto const all = totals();
  ViewFacts facts;
  facts.seconds = std::chrono::duration_cast<std::chrono::seconds>(at - *opened_at_).count();
  facts.figures = all;
  facts.tally = tally_;
  auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - looked_at_).count();
  facts.tokens_per_s =
      std::max<std::int64_t>(0, (all.tokens - tokens_before_) * 1000 / std::max<std::int64_t>(1, ms));
  facts.busiest = busiest(rows);
  facts.exchange_up = figures.has_value();
  facts.stand_ins = stand_ins_line(options_, input_.real);
  looked_at_ = at;
  tokens_before_ = all.tokens;
  screen_.show(facts);
}

std::vector<BusyInstrument> MarketDemo::busiest(std::map<std::uint32_t, InstrumentRow> const& rows) const {
  constexpr std::size_t shown = 6;
  std::vector<BusyInstrument> all;
  for (auto const& [instrument, trades] : desk_->trades())
    if (auto const row = rows.find(instrument); row != rows.end())
      all.push_back({row->second.name, row->second.ask, row->second.bid, trades});
  std::ranges::stable_sort(all, std::ranges::greater(), &BusyInstrument::trades);
  if (all.size() > shown) all.resize(shown);
  return all;
}

wire::awaitable<void> MarketDemo::wind_down() {
  screen_.leave();
  screen_.say("closing: no new requests; what is running may end");
  replay_->stop();
  capacity_->stop();
  auto const until = clock::now() + last_jobs;
  while (clock::now() < until && exchange_.running()) {
    capacity_->step();
    if (auto const figures = co_await desk_->figures()) {
      now_ = *figures;
      if (now_.jobs_open == 0 && now_.leases_open == 0 && tally_.in_flight == 0) break;
    }
    co_await wire::sleep_for(200ms);
  }
  door_->stop();
  co_await wire::sleep_for(200ms);
  if (auto const figures = co_await desk_->figures()) now_ = *figures;
}

wire::awaitable<Summary> MarketDemo::close() {
  Summary summary;
  summary.figures = totals();
  summary.tally = tally_;
  summary.places = std::max(places_most_, now_.places);
  summary.seconds = open_for_s_;
  summary.class_scale = options_.class_scale;
  summary.token_scale = options_.token_scale;
  summary.restarts = restarts_;
  summary.real = input_.real;
  summary.journal = run_.journal.string();
  summary.stand_ins = stand_ins_line(options_, input_.real);
  socket_.reset();
  capacity_.reset();
  desk_.reset();
  co_await providers_.stop();
  for (auto& engine : engines_) engine.process.signal(SIGTERM);
  for (auto& engine : engines_) (void)co_await engine.process.stop(3s);
  auto const digest = co_await exchange_.stop();
  if (!digest) screen_.say("the exchange did not stop in good order: " + digest.error());
  screen_.say("the auditor reads the journal");
  summary.audit = co_await run_audit(run_, digest.value_or(""));
  co_return summary;
}

}  // namespace spillway::demo
