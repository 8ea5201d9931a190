// The only door to threads. Work is cut into chunks whose borders depend on the counts given and never
// on the number of threads, and every output element has one writer, so results are bit-identical for
// any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace trous {

/// A non-owning reference to a callable `void(begin, end)`. The callable must outlive the call of
/// parallel_for.
class RangeBody {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, RangeBody>) RangeBody(F&& f)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, std::int64_t begin, std::int64_t end) {
          (*static_cast<std::remove_reference_t<F>*>(object))(begin, end);
        }) {}

  void operator()(std::int64_t begin, std::int64_t end) const { call_(object_, begin, end); }

 private:
  void* object_;
  void (*call_)(void*, std::int64_t, std::int64_t);
};

/// Calls `body(begin, end)` once for each chunk [k grain, min((k + 1) grain, count)), in any order and on
/// any thread, and returns when all are done. An exception in a chunk is rethrown here. A nested call
/// runs in the calling thread. `begin / grain` is the number of the chunk: a reduction stores the partial
/// result of each chunk under it, and then combines the partial results in order.
void parallel_for(std::int64_t count, std::int64_t grain, RangeBody body);

/// Returns the number of chunks that `parallel_for(count, grain, ...)` makes.
constexpr std::int64_t chunks(std::int64_t count, std::int64_t grain) { return (count + grain - 1) / grain; }

/// Returns the number of threads that share the work: the number given to `set_threads`; without it, the
/// number of processors that this process may run on.
int threads();

/// Sets the number of threads of this process. Call it before work starts, from one thread. Throws
/// ArgumentError if `count` < 1.
void set_threads(int count);

}  // namespace trous
