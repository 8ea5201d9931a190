#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <numeric>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <trous/benchmarks/calibrate.h>
#include <trous/core/error.h>

namespace trous::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Each loop runs `rounds` times over enough independent accumulators to hide the latency of a
// multiply-add: a <- a * 0.999 + 0.5 stays near 500, far from zero and infinity. The empty assembly keeps
// the compiler from folding rounds into one another.
using Loop = double (*)(std::int64_t rounds);

#if defined(__x86_64__)

constexpr int many = 24;  // of 32 registers
constexpr int some = 12;  // of 16 registers

__attribute__((target("avx512f"))) double avx512_float32(std::int64_t rounds) {
  const __m512 factor = _mm512_set1_ps(0.999F), term = _mm512_set1_ps(0.5F);
  __m512 a[many];
#pragma GCC unroll 24
  for (int i = 0; i < many; ++i) a[i] = _mm512_set1_ps(static_cast<float>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < many; ++i) {
      a[i] = _mm512_fmadd_ps(a[i], factor, term);
      asm volatile("" : "+v"(a[i]));
    }
  }
  __m512 sum = a[0];
#pragma GCC unroll 24
  for (int i = 1; i < many; ++i) sum = _mm512_add_ps(sum, a[i]);
  return static_cast<double>(_mm512_cvtss_f32(sum));
}

__attribute__((target("avx512f"))) double avx512_float64(std::int64_t rounds) {
  const __m512d factor = _mm512_set1_pd(0.999), term = _mm512_set1_pd(0.5);
  __m512d a[many];
#pragma GCC unroll 24
  for (int i = 0; i < many; ++i) a[i] = _mm512_set1_pd(i);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < many; ++i) {
      a[i] = _mm512_fmadd_pd(a[i], factor, term);
      asm volatile("" : "+v"(a[i]));
    }
  }
  __m512d sum = a[0];
#pragma GCC unroll 24
  for (int i = 1; i < many; ++i) sum = _mm512_add_pd(sum, a[i]);
  return _mm512_cvtsd_f64(sum);
}

__attribute__((target("avx2,fma"))) double avx2_float32(std::int64_t rounds) {
  const __m256 factor = _mm256_set1_ps(0.999F), term = _mm256_set1_ps(0.5F);
  __m256 a[some];
#pragma GCC unroll 12
  for (int i = 0; i < some; ++i) a[i] = _mm256_set1_ps(static_cast<float>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < some; ++i) {
      a[i] = _mm256_fmadd_ps(a[i], factor, term);
      asm volatile("" : "+x"(a[i]));
    }
  }
  __m256 sum = a[0];
#pragma GCC unroll 12
  for (int i = 1; i < some; ++i) sum = _mm256_add_ps(sum, a[i]);
  return static_cast<double>(_mm256_cvtss_f32(sum));
}

__attribute__((target("avx2,fma"))) double avx2_float64(std::int64_t rounds) {
  const __m256d factor = _mm256_set1_pd(0.999), term = _mm256_set1_pd(0.5);
  __m256d a[some];
#pragma GCC unroll 12
  for (int i = 0; i < some; ++i) a[i] = _mm256_set1_pd(i);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < some; ++i) {
      a[i] = _mm256_fmadd_pd(a[i], factor, term);
      asm volatile("" : "+x"(a[i]));
    }
  }
  __m256d sum = a[0];
#pragma GCC unroll 12
  for (int i = 1; i < some; ++i) sum = _mm256_add_pd(sum, a[i]);
  return _mm256_cvtsd_f64(sum);
}

#elif defined(__aarch64__)

constexpr int many = 24;  // of 32 registers

double neon_float32(std::int64_t rounds) {
  const float32x4_t factor = vdupq_n_f32(0.999F), term = vdupq_n_f32(0.5F);
  float32x4_t a[many];
#pragma GCC unroll 24
  for (int i = 0; i < many; ++i) a[i] = vdupq_n_f32(static_cast<float>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < many; ++i) {
      a[i] = vfmaq_f32(a[i], factor, term);
      asm volatile("" : "+w"(a[i]));
    }
  }
  float32x4_t sum = a[0];
#pragma GCC unroll 24
  for (int i = 1; i < many; ++i) sum = vaddq_f32(sum, a[i]);
  return static_cast<double>(vaddvq_f32(sum));
}

double neon_float64(std::int64_t rounds) {
  const float64x2_t factor = vdupq_n_f64(0.999), term = vdupq_n_f64(0.5);
  float64x2_t a[many];
#pragma GCC unroll 24
  for (int i = 0; i < many; ++i) a[i] = vdupq_n_f64(i);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < many; ++i) {
      a[i] = vfmaq_f64(a[i], factor, term);
      asm volatile("" : "+w"(a[i]));
    }
  }
  float64x2_t sum = a[0];
#pragma GCC unroll 24
  for (int i = 1; i < many; ++i) sum = vaddq_f64(sum, a[i]);
  return vaddvq_f64(sum);
}

#endif

// 16-byte vectors, which every processor of today has in some form.
template <class T>
double portable(std::int64_t rounds) {
  constexpr int lanes = 16 / sizeof(T), count = 10;
  using Vector [[gnu::vector_size(16)]] = T;
  const Vector factor = Vector{} + static_cast<T>(0.999), term = Vector{} + static_cast<T>(0.5);
  Vector a[count];
#pragma GCC unroll 10
  for (int i = 0; i < count; ++i) a[i] = Vector{} + static_cast<T>(i);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 10
    for (int i = 0; i < count; ++i) a[i] = a[i] * factor + term;
  }
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    for (int lane = 0; lane < lanes; ++lane) sum += static_cast<double>(a[i][lane]);
  }
  return sum;
}

struct Kernel {
  std::string name;
  Loop float32, float64;
  int lanes, accumulators;  // lanes of float32
};

std::vector<Kernel> kernels() {
  std::vector<Kernel> found;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    found.push_back({"AVX-512", avx512_float32, avx512_float64, 16, many});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    found.push_back({"AVX2", avx2_float32, avx2_float64, 8, some});
#elif defined(__aarch64__)
  found.push_back({"NEON", neon_float32, neon_float64, 4, many});
#endif
  found.push_back({"portable", portable<float>, portable<double>, 4, 10});
  return found;
}

// Runs work(thread) on all threads at once; the seconds from the first start to the last end, each told by
// its own thread: the one that waits may wake late.
double together(int threads, const std::function<void(int)>& work) {
  std::barrier ready(threads);
  std::vector<std::thread> all;
  std::vector<Clock::time_point> begins(static_cast<std::size_t>(threads)), ends(begins);
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&, i] {
      ready.arrive_and_wait();
      begins[static_cast<std::size_t>(i)] = Clock::now();
      work(i);
      ends[static_cast<std::size_t>(i)] = Clock::now();
    });
  }
  for (std::thread& thread : all) thread.join();
  const auto last = *std::max_element(ends.begin(), ends.end());
  return std::chrono::duration<double>(last - *std::min_element(begins.begin(), begins.end())).count();
}

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

volatile double sink;

}  // namespace

std::vector<std::string> fma_instruction_sets() {
  std::vector<std::string> names;
  for (const Kernel& kernel : kernels()) names.push_back(kernel.name);
  return names;
}

Peak fma_peak(const std::string& instruction_set, DType dtype, int threads, double seconds) {
  for (const Kernel& kernel : kernels()) {
    if (kernel.name != instruction_set) continue;
    const bool wide = dtype == DType::float64;
    const Loop loop = wide ? kernel.float64 : kernel.float32;
    const double per_round = 2.0 * kernel.accumulators * (wide ? kernel.lanes / 2 : kernel.lanes);
    std::int64_t rounds = 10000;  // one thread tells how many rounds fill the time
    for (;;) {
      const auto begin = Clock::now();
      sink = loop(rounds);
      const double took = seconds_since(begin);
      if (took > 0.2 * seconds) {
        rounds = std::max<std::int64_t>(
            1, static_cast<std::int64_t>(static_cast<double>(rounds) * seconds / took));
        break;
      }
      rounds *= 2;
    }
    const double operations = per_round * static_cast<double>(rounds);
    std::vector<double> rates(static_cast<std::size_t>(threads));
    const double took = together(threads, [&](int i) {
      const double begin = thread_seconds();
      sink = loop(rounds);
      rates[static_cast<std::size_t>(i)] = operations / (thread_seconds() - begin);
    });
    return {operations * threads / took, std::accumulate(rates.begin(), rates.end(), 0.0)};
  }
  throw ArgumentError(text("fma_peak: this processor has no ", instruction_set, '.'));
}

double copy_bandwidth(int threads, int repetitions) {
  constexpr std::size_t bytes = std::size_t{128} << 20;  // per thread and array
  std::vector<std::unique_ptr<char[]>> from, to;
  for (int i = 0; i < threads; ++i) {
    from.emplace_back(new char[bytes]);
    to.emplace_back(new char[bytes]);
  }
  together(threads, [&](int i) {
    std::memset(from[static_cast<std::size_t>(i)].get(), 1, bytes);
    std::memset(to[static_cast<std::size_t>(i)].get(), 2, bytes);
  });
  double best = 0;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    const double took = together(threads, [&](int i) {
      std::memcpy(to[static_cast<std::size_t>(i)].get(), from[static_cast<std::size_t>(i)].get(), bytes);
    });
    best = std::max(best, 2.0 * static_cast<double>(bytes) * threads / took);
  }
  return best;
}

}  // namespace trous::benchmarks
