// What tests of random cases share: properties checked by RapidCheck on 100 cases, or `times` as many, the
// same in every run; a case that fails is shrunk to the smallest one that does. Numbers are small integers,
// so equality can be demanded.
//
// RC_PARAMS in the environment may ask for another seed, for more cases, or to reproduce one: a failure says
// how.
#pragma once

#include <cmath>
#include <cstdlib>
#include <properties/conformance.h>
#include <properties/rounded.h>
#include <rapidcheck.h>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trous/trous.h>

namespace trous {

using catalogue::Array;
using catalogue::Index;
using catalogue::made;
using catalogue::Rounded;
using Int = std::int64_t;

template <class Property>
void for_all(const Property& property, int times = 1) {
  // Read once, at the first check, and printed there.
  setenv("RC_PARAMS", "seed=5 max_success=100", /*overwrite=*/0);
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  rc::detail::TestMetadata metadata;
  metadata.id = std::string(test->test_suite_name()) + '/' + test->name();
  metadata.description = test->name();
  const rc::detail::Configuration& configuration = rc::detail::configuration();
  rc::detail::TestParams params = configuration.testParams;
  params.maxSuccess *= times;
  const auto result = times == 1 ? rc::detail::checkTestable(property, metadata)
                                 : rc::detail::checkTestable(property, metadata, params);
  if (result.template is<rc::detail::SuccessResult>()) {
    const auto cases = result.template get<rc::detail::SuccessResult>().numSuccess;
    conformance::note("random shapes and attributes, " + metadata.id, 0, cases);
    return;
  }
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  FAIL() << message.str();
}

// Uniform from the first case on: RapidCheck's own ranges grow with the cases and rarely reach their end.
inline Int draw(const char* what, Int low, Int high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Int>(low, high + 1)).as(what);
}

inline Tensor integers(const Shape& shape, std::uint64_t seed) {
  return map(uniform(shape, DType::float64, Key{seed}, -4.5, 4.5), [](auto v) { return std::round(v); });
}

inline std::vector<double> numbers(const Variable& x) { return x.value().to_vector<double>(); }
inline std::vector<double> numbers(const Array& x) {
  std::vector<double> values;
  for (const Rounded& v : x.values) values.push_back(static_cast<double>(v.value));
  return values;
}

// <f(x), v> = <x, f^T(v)>, exactly.
template <class F>
void dot_test(const F& f, const Tensor& x) {
  const Variable leaf = track(x);
  const Variable y = f(leaf);
  const Tensor v = integers(y.shape(), 9);
  RC_ASSERT(dot(y.value(), v) == dot(x, vjp(y, {leaf}, v)[0].value()));
}

}  // namespace trous
