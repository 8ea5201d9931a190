#include <trous/core/detail/storage_trace.h>

namespace trous {
namespace {

thread_local StorageTrace* trace_of_thread = nullptr;

}  // namespace

StorageTrace::StorageTrace() { trace_of_thread = this; }
StorageTrace::~StorageTrace() { trace_of_thread = nullptr; }

StorageTrace* StorageTrace::of_this_thread() { return trace_of_thread; }

void StorageTrace::take(const Storage* storage, std::size_t bytes) {
  live_[storage] = bytes_.size();
  events_.push_back({Event::Kind::take, bytes_.size()});
  bytes_.push_back(bytes);
}

// A Storage that another thread gives back may leave its address to a later one, which `take` then
// overwrites.
void StorageTrace::give(const Storage* storage) {
  const auto found = live_.find(storage);
  if (found == live_.end()) return;
  events_.push_back({Event::Kind::give, found->second});
  live_.erase(found);
}

void StorageTrace::mark() { events_.push_back({Event::Kind::mark, marks_++}); }

}  // namespace trous
