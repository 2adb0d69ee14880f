// matching/fast/arena.hpp - fixed arrays of zeroes, taken once; memory is resident only where it was touched.
// Room:   matching (pure); sees market.
// Errors: a size that the machine can't promise stops the process, where the book or a Relink is made.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <type_traits>
#include <utility>

namespace spillway {

/// Zero-filled pages of address space. `bytes` > 0.
[[nodiscard]] void* map_zeroes(std::size_t bytes);
void unmap(void* at, std::size_t bytes);
/// Makes every page resident, so that no command pays for it later: in huge pages where the system has them,
/// since a book of many ladders touches far more small ones than the processor remembers. Content stays.
void prefault(void* at, std::size_t bytes);
/// The same memory for a container whose things are more than bytes; each block is mapped on its own, so it
/// is for few and large ones.
[[nodiscard]] std::pmr::memory_resource* mapped_memory();

template <class T>
class Arena {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit Arena(std::size_t n) : data_(static_cast<T*>(map_zeroes(n * sizeof(T)))), size_(n) {}
  ~Arena() {
    if (data_) unmap(data_, size_ * sizeof(T));
  }
  Arena(Arena&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Arena(Arena const&) = delete;
  Arena& operator=(Arena const&) = delete;
  Arena& operator=(Arena&&) = delete;
  friend void swap(Arena& a, Arena& b) noexcept {
    std::swap(a.data_, b.data_);
    std::swap(a.size_, b.size_);
  }

  [[nodiscard]] T& operator[](std::size_t i) { return data_[i]; }
  [[nodiscard]] T const& operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void prefault_first(std::size_t n) { prefault(data_, (n < size_ ? n : size_) * sizeof(T)); }

 private:
  T* data_;
  std::size_t size_;
};

}  // namespace spillway
