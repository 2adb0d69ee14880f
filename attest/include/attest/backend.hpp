// attest/backend.hpp - a back end of attest/backend.h as the prover uses it: checked once, then owned and
// typed.
// Room:   attest; sees attest/backend.h and attest/cap1.hpp. Loading shared objects:
//         attest/backend_loader.hpp.
// Units:  memory in bytes, n in rows, lanes in groups of 16.
// Errors: a sentence for people: what a table lacks, or the back end's own words for its status.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/backend.h"
#include "attest/cap1.hpp"

namespace spillway::attest {

struct Device {
  std::string name;            // the back end's word
  std::uint64_t memory_bytes;  // 0: not known
};

/// One device that multiplies for one unit at one n. Not thread-safe; may move between threads.
class DeviceUnit {
 public:
  using Done = std::expected<void, std::string>;

  [[nodiscard]] Done prepare(Bytes32 const& beacon);
  /// Lanes of all n rows of A(key) B under this key's fingerprint; the product stays in `slot` unless
  /// nothing.
  [[nodiscard]] std::expected<std::vector<Lanes>, std::string> round(Digest const& key,
                                                                     std::optional<std::uint32_t> slot);
  [[nodiscard]] std::expected<std::vector<Lanes>, std::string> walk(std::uint32_t slot, Digest const& key);
  [[nodiscard]] Done row(std::uint32_t slot, std::uint32_t row, std::span<std::int32_t> out) const;
  [[nodiscard]] Done row_again(Digest const& key, std::uint32_t row, std::span<std::int32_t> out) const;
  void forget();
  [[nodiscard]] std::uint32_t n() const { return n_; }
  [[nodiscard]] std::uint32_t retained() const { return retained_; }
  [[nodiscard]] Profile profile() const { return profile_; }

 private:
  friend class Backend;
  struct Close {
    void (*close)(cap1_unit*);
    void operator()(cap1_unit* unit) const { close(unit); }
  };
  DeviceUnit(cap1_backend const& table, cap1_unit* unit, std::uint32_t n, std::uint32_t retained,
             Profile profile)
      : table_(&table), unit_(unit, Close{table.close}), n_(n), retained_(retained), profile_(profile) {}
  [[nodiscard]] Done said(int status) const;

  cap1_backend const* table_;
  std::unique_ptr<cap1_unit, Close> unit_;
  std::uint32_t n_;
  std::uint32_t retained_;
  Profile profile_;
};

/// A handle: cheap to copy, valid until the process ends.
class Backend {
 public:
  /// Refuses a table of an ABI but 1 (INT8 only) and 2, lacking a function, or with a name nobody can type.
  [[nodiscard]] static std::expected<Backend, std::string> checked(cap1_backend const* table);

  [[nodiscard]] std::string_view name() const { return table_->name; }
  /// For back ends that stand before another one.
  [[nodiscard]] cap1_backend const& table() const { return *table_; }
  [[nodiscard]] std::optional<std::string> absent() const;  // what is missing here; nothing: it can work
  [[nodiscard]] std::vector<Device> devices() const;
  /// Nothing when it multiplies in this profile, else a sentence that names it as lacking it.
  [[nodiscard]] std::optional<std::string> lacks(Profile profile) const;
  [[nodiscard]] std::expected<DeviceUnit, std::string> open(std::uint32_t device, std::uint32_t n,
                                                            std::uint32_t retained,
                                                            Profile profile = Profile::int8) const;

 private:
  explicit Backend(cap1_backend const& table) : table_(&table) {}
  cap1_backend const* table_;
};

/// "cpu-portable": the loops of attest/gemm.hpp, which every build has.
[[nodiscard]] Backend portable_backend();

}  // namespace spillway::attest
