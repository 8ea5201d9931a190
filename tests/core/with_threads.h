// A number of threads for the length of a scope, so that one test's choice never reaches the next.
#pragma once

#include <trous/core/parallel.h>

namespace trous {

class WithThreads {
 public:
  explicit WithThreads(int count) : outer_(threads()) { set_threads(count); }
  ~WithThreads() { set_threads(outer_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int outer_;
};

}  // namespace trous
