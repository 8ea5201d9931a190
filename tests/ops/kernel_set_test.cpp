#include <ops/support.h>
#include <ops/with_kernels.h>

namespace trous {
namespace {

TEST(KernelSet, CodeForAnyProcessorIsThereAndTheBestIsTheDefault) {
  const std::vector<std::string> targets = simd_targets();
  ASSERT_FALSE(targets.empty());
  EXPECT_TRUE(targets.back() == "SCALAR" || targets.back() == "EMU128") << targets.back();
  EXPECT_EQ(simd_target(), targets.front());
  for (const std::string& target : targets) {
    const WithKernels some(target);
    EXPECT_EQ(simd_target(), target);
  }
  EXPECT_EQ(simd_target(), targets.front());
}

TEST(KernelSet, AnotherTargetIsRefused) {
  std::string list;
  for (const std::string& one : simd_targets()) list += ' ' + one;
  EXPECT_EQ(thrown<ArgumentError>([] { set_simd_target("MMX"); }),
            "set_simd_target: there are no kernels for MMX here. This processor has" + list + '.');
}

TEST(KernelSet, NamesAreThoseOfTheEnvironment) {
  EXPECT_EQ(name(KernelSet::reference), "reference");
  EXPECT_EQ(name(KernelSet::fast), "fast");
  const WithKernels reference(KernelSet::reference);
  EXPECT_EQ(kernel_set(), KernelSet::reference);
}

}  // namespace
}  // namespace trous
