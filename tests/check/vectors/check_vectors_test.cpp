// check_vectors as a function of the library; tests/cli/vectors_test.cpp has what the program makes of it.
#include <data/scratch.h>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/check/vectors/check_vectors.h>
#include <trous/data/safetensors.h>

namespace trous {
namespace {

// mul at two numbers each, with the claimed gradient of its first input.
std::string mul_claiming(const Scratch& scratch, const std::vector<double>& gradient) {
  const auto pair = [](double a, double b) { return Tensor({2}, std::vector<double>{a, b}); };
  const std::string path = scratch / "claims.safetensors";
  write_safetensors(path, {.tensors = {{"one/input.0", pair(2, 3)},
                                       {"one/input.1", pair(5, 7)},
                                       {"one/value", pair(10, 21)},
                                       {"one/cotangent", pair(1, 2)},
                                       {"one/gradient.0", Tensor({2}, gradient)}},
                           .metadata = {{"one", R"({"op": "mul"})"}}});
  return path;
}

TEST(CheckVectors, PassesWhatIsRight) {
  const Scratch scratch;
  const VectorReport report = check_vectors(mul_claiming(scratch, {5, 14}));
  ASSERT_EQ(report.cases.size(), 1U);
  EXPECT_EQ(report.verdict(), Verdict::pass);
  EXPECT_EQ(report.passed(), 1);
  EXPECT_EQ(report.failures(), "");
  EXPECT_EQ(report.cases[0].value.error, 0);
  EXPECT_EQ(report.cases[0].gradients.checked(), 2);
  std::ostringstream table;
  table << report;
  EXPECT_NE(table.str().find("one"), std::string::npos);
}

TEST(CheckVectors, ExplainsAWrongGradient) {
  const Scratch scratch;
  const VectorReport report = check_vectors(mul_claiming(scratch, {-5, -14}));
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  EXPECT_EQ(report.passed(), 0);
  EXPECT_NE(report.failures().find("-1 times"), std::string::npos) << report.failures();
}

}  // namespace
}  // namespace trous
