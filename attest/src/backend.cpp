// attest/backend.cpp - see attest/backend.hpp.
#include "attest/backend.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "market/check.hpp"

namespace spillway::attest {

namespace {

constexpr std::size_t longest_name = 63;  // with its 0 it fits AttestOpen's 64 bytes

void host_prf(std::uint8_t const key[32], std::uint32_t domain, std::uint64_t index, std::uint8_t* out,
              std::size_t bytes) {
  Bytes32 k;
  std::memcpy(k.data(), key, k.size());
  prf(k, domain, index, std::as_writable_bytes(std::span(out, bytes)));
}

constexpr std::uint32_t first_abi = 1;  // INT8 only; its table ends before `profiles`
constexpr cap1_host host{CAP1_BACKEND_ABI, host_prf};
constexpr cap1_host first_host{first_abi, host_prf};

std::size_t table_bytes(std::uint32_t abi) {
  return abi == first_abi ? offsetof(cap1_backend, profiles) : sizeof(cap1_backend);
}

// What a table of this ABI must have of the two ways to open a unit.
bool can_open(cap1_backend const& table) {
  if (table.abi == first_abi) return table.open != nullptr;
  return table.open_profile != nullptr;
}

std::uint8_t const* raw(Bytes32 const& bytes) { return reinterpret_cast<std::uint8_t const*>(bytes.data()); }

cap1_lanes_key lanes_key(Digest const& key) {
  auto const from = fingerprint_key(key);
  cap1_lanes_key out;
  std::ranges::copy(from.start, out.start);
  std::ranges::copy(from.factor, out.factor);
  return out;
}

bool typeable(char const* name) {
  std::string_view const text(name);
  return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

static_assert(sizeof(Lanes) == CAP1_LANES * sizeof(std::uint32_t), "a back end writes lanes side by side");

}  // namespace

std::expected<Backend, std::string> Backend::checked(cap1_backend const* table) {
  if (table == nullptr) return std::unexpected("it gives no table");
  bool const spoken = table->abi == first_abi || table->abi == CAP1_BACKEND_ABI;
  if (!spoken || table->bytes < table_bytes(table->abi)) {
    return std::unexpected("it speaks ABI " + std::to_string(table->abi) + " in " +
                           std::to_string(table->bytes) + " bytes; this program speaks ABI 1 in " +
                           std::to_string(table_bytes(first_abi)) + " and ABI 2 in " +
                           std::to_string(table_bytes(CAP1_BACKEND_ABI)));
  }
  bool const whole = table->absent != nullptr && table->devices != nullptr && table->describe != nullptr &&
                     table->explain != nullptr && can_open(*table) && table->close != nullptr &&
                     table->prepare != nullptr && table->round != nullptr && table->walk != nullptr &&
                     table->row != nullptr && table->row_again != nullptr && table->forget != nullptr;
  if (!whole) return std::unexpected("a function of its table is missing");
  if (table->abi != first_abi && table->profiles == 0) return std::unexpected("it multiplies in no profile");
  if (table->name == nullptr || !typeable(table->name))
    return std::unexpected("its name is not 1 to 63 characters of a-z, 0-9 and -");
  return Backend(*table);
}

std::optional<std::string> Backend::absent() const {
  auto const* const why = table_->absent();
  if (why == nullptr) return std::nullopt;
  return std::string(why);
}

std::vector<Device> Backend::devices() const {
  std::vector<Device> out;
  if (absent()) return out;
  for (std::uint32_t i = 0; i < table_->devices(); ++i) {
    cap1_device device{};
    if (table_->describe(i, &device) != 0) continue;  // lost since it was counted
    device.name[sizeof device.name - 1] = 0;
    out.push_back({device.name, device.memory_bytes});
  }
  return out;
}

std::optional<std::string> Backend::lacks(Profile profile) const {
  auto const who = std::string(name()) + " has no " + std::string(name_of(profile));
  if (table_->abi == first_abi)
    return profile == Profile::int8 ? std::nullopt : std::optional(who + ": it was built for ABI 1");
  bool const does = (table_->profiles & CAP1_DOES(static_cast<std::uint32_t>(profile))) != 0;
  return does ? std::nullopt : std::optional(who);
}

std::expected<DeviceUnit, std::string> Backend::open(std::uint32_t device, std::uint32_t n,
                                                     std::uint32_t retained, Profile profile) const {
  if (auto why = absent()) return std::unexpected(std::move(*why));
  if (auto why = lacks(profile)) return std::unexpected(std::move(*why));
  if (device >= table_->devices()) return std::unexpected("there is no device " + std::to_string(device));
  cap1_unit* unit = nullptr;
  auto const status =
      table_->abi == first_abi
          ? table_->open(device, n, retained, &first_host, &unit)
          : table_->open_profile(device, n, retained, static_cast<std::uint32_t>(profile), &host, &unit);
  if (status == 0 && unit != nullptr) return DeviceUnit(*table_, unit, n, retained, profile);
  auto const* const why = table_->explain(status);
  return std::unexpected(why == nullptr ? "open fails without a word" : why);
}

DeviceUnit::Done DeviceUnit::said(int status) const {
  if (status == 0) return {};
  auto const* const why = table_->explain(status);
  return std::unexpected(why == nullptr ? "status " + std::to_string(status) : why);
}

DeviceUnit::Done DeviceUnit::prepare(Bytes32 const& beacon) {
  return said(table_->prepare(unit_.get(), raw(beacon)));
}

std::expected<std::vector<Lanes>, std::string> DeviceUnit::round(Digest const& key,
                                                                 std::optional<std::uint32_t> slot) {
  sw_check(!slot || *slot < retained_, "a slot is one of the retained products");
  std::vector<Lanes> lanes(n_);
  auto const lk = lanes_key(key);
  auto const done =
      said(table_->round(unit_.get(), raw(key), &lk, slot.value_or(CAP1_NO_SLOT), lanes.front().data()));
  if (!done) return std::unexpected(done.error());
  return lanes;
}

std::expected<std::vector<Lanes>, std::string> DeviceUnit::walk(std::uint32_t slot, Digest const& key) {
  sw_check(slot < retained_, "a slot is one of the retained products");
  std::vector<Lanes> lanes(n_);
  auto const lk = lanes_key(key);
  auto const done = said(table_->walk(unit_.get(), slot, &lk, lanes.front().data()));
  if (!done) return std::unexpected(done.error());
  return lanes;
}

DeviceUnit::Done DeviceUnit::row(std::uint32_t slot, std::uint32_t row, std::span<std::int32_t> out) const {
  sw_check(slot < retained_ && row < n_ && out.size() == n_, "a row of a retained product has n entries");
  return said(table_->row(unit_.get(), slot, row, out.data()));
}

DeviceUnit::Done DeviceUnit::row_again(Digest const& key, std::uint32_t row,
                                       std::span<std::int32_t> out) const {
  sw_check(row < n_ && out.size() == n_, "a row of a product has n entries");
  return said(table_->row_again(unit_.get(), raw(key), row, out.data()));
}

void DeviceUnit::forget() { table_->forget(unit_.get()); }

}  // namespace spillway::attest
