// apps/demo/src/engines.cpp - three sizes of one model, generated into the run directory and served.
#include "engines.hpp"

#include <array>
#include <boost/json.hpp>

#include "market_input.hpp"

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;

struct Shape {
  char const* title;
  int layers, dim;
};
constexpr std::array shapes{Shape{"fast", 1, 448}, Shape{"medium", 2, 512}, Shape{"slow", 4, 512}};
constexpr std::int64_t slots_an_engine = 16;
constexpr auto generate_limit = 60s, start_limit = 90s;

std::expected<std::string, std::string> node_and_packages(std::filesystem::path const& folder) {
  auto const node = find_program("node");
  if (!node)
    return std::unexpected(
        "the engines need Node 20 or newer and there is no node in PATH; ./run installs it");
  if (!std::filesystem::exists(folder / "engine.mjs"))
    return std::unexpected("there is no engine in " + folder.string() +
                           "; run this from a checkout, by ./run");
  if (!std::filesystem::exists(folder / "node_modules/node-llama-cpp"))
    return std::unexpected(
        "the engine's packages are not installed: use ./run, or npm ci --omit=optional "
        "--ignore-scripts in " +
        folder.string());
  return node->string();
}

wire::awaitable<std::expected<void, std::string>> generate(std::string node, std::filesystem::path folder,
                                                           std::filesystem::path model, Shape shape,
                                                           std::filesystem::path log) {
  if (std::filesystem::exists(model)) co_return std::expected<void, std::string>{};
  ChildProcess::Start what{"the model generator", {}, log, log};
  what.arguments = {
      node,       (folder / "gen-gguf.mjs").string(), model.string(), "--endless",
      "--layers", std::to_string(shape.layers),       "--dim",        std::to_string(shape.dim)};
  auto child = ChildProcess::start(std::move(what));
  if (!child) co_return std::unexpected(child.error());
  bool const ended = co_await child->ended(generate_limit);
  if (!ended || child->status() != 0) {
    std::filesystem::remove(model);
    co_return std::unexpected("the model generator failed: " + read_text(log));
  }
  co_return std::expected<void, std::string>{};
}

std::expected<Engine, std::string> ready(ChildProcess process, Shape shape, std::string const& line) {
  boost::system::error_code error;
  auto const said = boost::json::parse(line, error);
  auto const* const object = error ? nullptr : said.if_object();
  if (!object || !object->contains("listening") || !object->contains("model"))
    return std::unexpected("the engine said: " + line);
  return Engine{std::move(process), shape.title, std::string(object->at("model").as_string()),
                "http://127.0.0.1:" + std::to_string(object->at("listening").to_number<int>()) + "/v1",
                slots_an_engine};
}

}  // namespace

wire::awaitable<std::expected<std::vector<Engine>, std::string>> start_engines(RunDirectory const& run,
                                                                               std::int64_t context_tokens) {
  auto const folder = source_root() / "apps/engine";
  auto const node = node_and_packages(folder);
  if (!node) co_return std::unexpected(node.error());
  std::vector<std::pair<Shape, ChildProcess>> starting;
  for (auto const& shape : shapes) {
    auto const model = run.models() / (std::string(shape.title) + ".gguf");
    auto const made = co_await generate(*node, folder, model, shape, run.logs() / "models.log");
    if (!made) co_return std::unexpected(made.error());
    auto const log = run.logs() / ("engine-" + std::string(shape.title));
    ChildProcess::Start what{
        std::string("the ") + shape.title + " engine", {}, log.string() + ".out", log.string() + ".log"};
    what.arguments = {*node,
                      (folder / "engine.mjs").string(),
                      model.string(),
                      "--port",
                      "0",
                      "--slots",
                      std::to_string(slots_an_engine),
                      "--ctx",
                      std::to_string(context_tokens),
                      "--with-parent"};
    auto child = ChildProcess::start(std::move(what));
    if (!child) co_return std::unexpected(child.error());
    starting.emplace_back(shape, std::move(*child));
  }
  std::vector<Engine> engines;
  for (auto& [shape, child] : starting) {
    auto const line = co_await child.line("{", start_limit);
    if (!line) co_return std::unexpected(line.error());
    auto engine = ready(std::move(child), shape, *line);
    if (!engine) co_return std::unexpected(engine.error());
    engines.push_back(std::move(*engine));
  }
  co_return engines;
}

}  // namespace spillway::demo
