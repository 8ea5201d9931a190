// The life of each tensor's memory during some work, from which forecasts of memory are made.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace trous {

class Storage;

/// While it lives, records the memory of tensors that this thread takes, and when this thread gives it back.
/// Memory that was taken before is not recorded, nor is the memory that other threads take. One trace at a
/// time for each thread; it ends on the thread that began it.
class StorageTrace {
 public:
  /// Buffers are numbered from 0 in the order in which they are taken.
  struct Event {
    enum class Kind { take, give, mark } kind;
    std::size_t number;  ///< of the buffer, or of the mark
    friend bool operator==(const Event&, const Event&) = default;
  };

  [[nodiscard("a scope needs a name to live on")]] StorageTrace();
  ~StorageTrace();
  StorageTrace(const StorageTrace&) = delete;
  StorageTrace& operator=(const StorageTrace&) = delete;

  /// The trace of the calling thread, or null.
  static StorageTrace* of_this_thread();

  void take(const Storage* storage, std::size_t bytes);
  void give(const Storage* storage);
  /// Records that the work has come to a place of the caller's choice, such as the end of an op.
  void mark();

  const std::vector<Event>& events() const { return events_; }
  const std::vector<std::size_t>& bytes() const { return bytes_; }  ///< of each buffer

 private:
  std::vector<Event> events_;
  std::vector<std::size_t> bytes_;
  std::unordered_map<const Storage*, std::size_t> live_;
  std::size_t marks_ = 0;
};

}  // namespace trous
