// One mutex guards all that the threads share. A worker claims the next step, makes its batch unlocked and
// puts down the outcome. A restart raises `generation`; what was made for an older one is thrown away.
#include <condition_variable>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include <trous/core/clock.h>
#include <trous/core/error.h>
#include <trous/data/loader.h>

namespace trous {
namespace {

using Outcome = std::variant<Batch, std::exception_ptr>;

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// Thrown between two samples of a batch that nobody waits for any more.
struct Abandoned {};

// Adds the seconds of its life to a sum, also where an exception ends it.
class Stopwatch {
 public:
  explicit Stopwatch(double& sum) : sum_(sum) {}
  ~Stopwatch() { sum_ += seconds_since(begun_); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& sum_;
  Clock::time_point begun_ = Clock::now();
};

const LoaderOptions& checked(const LoaderOptions& options) {
  if (options.workers < 0 || options.workers > 256 || options.ahead < 1 || options.ahead > 65536) {
    throw ArgumentError(text("Loader: workers ", options.workers, ", ahead ", options.ahead,
                             ". Workers are 0 to 256, ahead is 1 to 65536."));
  }
  return options;
}

}  // namespace

struct Loader::Work {
  Work(Dataset set, const LoaderOptions& o)
      : dataset(std::move(set)),
        options(checked(o)),
        fields(augmented_fields(fields_of(dataset), o.augmentation)),
        order(dataset.size, o.batch, o.order_key) {}
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void run();
  void check_step(std::int64_t step) const;
  void restart(std::int64_t step);
  Batch wait_for(std::int64_t step);
  Batch make(std::int64_t step, std::uint64_t asked_in, Making making);
  std::vector<std::int64_t> indices(std::int64_t step);
  bool abandoned(std::uint64_t asked_in);

  const Dataset dataset;
  const LoaderOptions options;
  const std::vector<SampleField> fields;  // of an augmented sample

  std::mutex order_mutex;  // of the order alone: a permutation of a large set takes a while
  BatchOrder order;

  std::mutex mutex;  // of all members below except the times
  std::condition_variable may_claim, has_outcome;
  std::map<std::int64_t, Outcome> outcomes;
  std::int64_t next = -1;        // the step that follows the last one taken; -1 before the first
  std::int64_t claimed = never;  // the step that a worker claims next, when it is below next + ahead
  std::uint64_t generation = 0;
  bool ending = false;
  std::vector<std::thread> threads;

  double waited = 0, starting = 0;  // seconds, of the taking thread
};

Loader::Work::~Work() {
  {
    const std::lock_guard lock(mutex);
    ending = true;
  }
  may_claim.notify_all();
  for (std::thread& thread : threads) thread.join();
}

std::vector<std::int64_t> Loader::Work::indices(std::int64_t step) {
  const std::lock_guard lock(order_mutex);
  return order.indices(step);
}

bool Loader::Work::abandoned(std::uint64_t asked_in) {
  const std::lock_guard lock(mutex);
  return ending || generation != asked_in;
}

Batch Loader::Work::make(std::int64_t step, std::uint64_t asked_in, Making making) {
  const std::vector<std::int64_t> samples = indices(step);
  const auto sample = [&](std::int64_t i) {
    if (abandoned(asked_in)) throw Abandoned();
    const auto place = static_cast<std::uint64_t>(step * options.batch + i);
    return augmented(dataset, samples[static_cast<std::size_t>(i)], options.augmentation,
                     fold_in(options.augmentation_key, place), takes_foreground(options.augmentation, place));
  };
  return make_batch(fields, options.batch, sample, making);
}

void Loader::Work::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    may_claim.wait(lock, [&] { return ending || claimed < next + options.ahead; });
    if (ending) return;
    const std::int64_t step = claimed++;
    const std::uint64_t asked_in = generation;
    lock.unlock();
    Outcome outcome = [&]() -> Outcome {
      try {
        return make(step, asked_in, Making::here);
      } catch (...) {
        return std::current_exception();
      }
    }();
    lock.lock();
    if (generation != asked_in) continue;
    outcomes.emplace(step, std::move(outcome));
    has_outcome.notify_all();
  }
}

void Loader::Work::check_step(std::int64_t step) const {
  const std::int64_t last = never / options.batch - options.ahead - 1;
  if (step >= 0 && step <= last) return;
  throw ArgumentError(text("Loader: step ", step, " does not exist. Count from 0 to at most ", last, '.'));
}

void Loader::Work::restart(std::int64_t step) {
  const std::lock_guard lock(mutex);
  ++generation;
  outcomes.clear();
  next = claimed = step;
  may_claim.notify_all();
}

Batch Loader::Work::wait_for(std::int64_t step) {
  std::unique_lock lock(mutex);
  has_outcome.wait(lock, [&] { return outcomes.contains(step); });
  Outcome outcome = std::move(outcomes.extract(step).mapped());
  next = step + 1;
  may_claim.notify_all();
  lock.unlock();
  if (const auto* failure = std::get_if<std::exception_ptr>(&outcome)) std::rethrow_exception(*failure);
  return std::get<Batch>(std::move(outcome));
}

Loader::Loader(Dataset dataset, const LoaderOptions& options)
    : work_(std::make_unique<Work>(std::move(dataset), options)) {
  for (int i = 0; i < options.workers; ++i) work_->threads.emplace_back(&Work::run, work_.get());
}

Loader::~Loader() = default;

Batch Loader::take(std::int64_t step) {
  Work& work = *work_;
  work.check_step(step);
  const bool threaded = !work.threads.empty();
  const bool starts = threaded && step != work.next;  // only this thread writes `next`
  const Stopwatch all(work.waited);
  double ignored = 0;
  const Stopwatch start(starts ? work.starting : ignored);
  if (!threaded) return work.make(step, work.generation, Making::in_parallel);
  if (starts) work.restart(step);
  return work.wait_for(step);
}

const Shape& Loader::image_shape() const { return work_->fields.front().shape; }
double Loader::seconds_waited() const { return work_->waited; }
double Loader::seconds_starting() const { return work_->starting; }

}  // namespace trous
