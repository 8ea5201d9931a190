// The catalogue has a line for every public op of ops/*.h, and none for anything else.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <op_catalogue.h>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include <trous/check/vectors/vector_ops.h>

namespace trous::catalogue {
namespace {

// Every function that a header of ops/ declares as returning a Variable, several, or a result that holds
// some; operators are spellings of ops. An overload set counts once.
std::set<std::string> public_ops() {
  const std::regex declaration(
      R"(^(?:inline )?(?:Variable|BatchNormResult|TopK|std::vector<Variable>) (\w+)\()");
  std::set<std::string> ops;
  for (const auto& entry : std::filesystem::directory_iterator(TROUS_SOURCE_DIR "/ops")) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream header(entry.path());
    for (std::string line; std::getline(header, line);) {
      std::smatch found;
      if (std::regex_search(line, found, declaration)) ops.insert(found[1]);
    }
  }
  return ops;
}

std::set<std::string> catalogued_ops() {
  std::set<std::string> ops;
  for (const Line& line : lines()) ops.insert(line.op);
  return ops;
}

std::string missing_from(const std::set<std::string>& expected, const std::set<std::string>& present) {
  std::string names;
  for (const std::string& name : expected) {
    if (!present.contains(name)) names += ' ' + name;
  }
  return names;
}

TEST(Catalogue, HasALineForEveryOp) {
  EXPECT_GT(public_ops().size(), 50U) << "the headers were not read";
  EXPECT_EQ(missing_from(public_ops(), catalogued_ops()), "") << "give each a line in tests/op_catalogue.cpp";
}

TEST(Catalogue, HasNoLineForWhatIsNoOp) { EXPECT_EQ(missing_from(catalogued_ops(), public_ops()), ""); }

// The ops that a file of vectors may not name, and why.
std::map<std::string, std::string> without_vectors() {
  std::map<std::string, std::string> reasons;
  const auto add = [&](const char* reason, std::initializer_list<const char*> ops) {
    for (const char* op : ops) reasons.emplace(op, reason);
  };
  add("its derivative is zero wherever it exists",
      {"argmax", "argsort", "equal", "floor", "greater", "greater_equal", "less", "less_equal", "one_hot",
       "sign"});
  add("it copies numbers and computes none", {"batch_to_space",
                                              "broadcast_to",
                                              "concat",
                                              "crop",
                                              "flip",
                                              "gather",
                                              "masked",
                                              "pad",
                                              "pad_edge",
                                              "pad_reflect",
                                              "permute",
                                              "pixel_shuffle",
                                              "pixel_unshuffle",
                                              "reshape",
                                              "roll",
                                              "slice",
                                              "sort",
                                              "space_to_batch",
                                              "split",
                                              "squeeze",
                                              "stack",
                                              "tile",
                                              "topk",
                                              "unsqueeze",
                                              "where"});
  add("it is add or mul with a constant", {"scale", "shift"});
  add("it is two ops of the table in one",
      {"batch_norm_inference_relu", "batch_norm_relu", "group_norm_relu", "layer_norm_relu"});
  add("a case is computed in float64", {"cast"});
  add("its mask is drawn from a key of trous", {"dropout"});
  add("no file has needed it yet; it takes a row, and a case from PyTorch",
      {"clip", "cumsum", "grid_sample", "max", "mean", "min", "pow", "scatter_add", "sum", "sum_to"});
  return reasons;
}

TEST(Catalogue, OfOpsIsKnownToFilesOfVectors) {
  const std::vector<std::string> known = vector_ops();
  const std::map<std::string, std::string> exceptions = without_vectors();
  std::set<std::string> covered(known.begin(), known.end());
  for (const std::string& op : known) {
    EXPECT_FALSE(exceptions.contains(op)) << op << " can stand in a file of vectors after all";
    EXPECT_TRUE(catalogued_ops().contains(op)) << op << " is no op";
  }
  for (const auto& [op, reason] : exceptions) {
    EXPECT_TRUE(catalogued_ops().contains(op)) << op << " is no op";
    covered.insert(op);
  }
  EXPECT_EQ(missing_from(catalogued_ops(), covered), "")
      << "give each a row in check/vectors/vector_ops.cpp, or a reason in without_vectors";
}

TEST(Catalogue, NamesEveryLineOnce) {
  std::set<std::string> names;
  for (const Line& line : lines()) EXPECT_TRUE(names.insert(line.name()).second) << line.name();
}

// A line of the wrong kind would be spared the tests of its own.
TEST(Catalogue, CallsConvolutionsAndProductsTrilinear) {
  for (const Line& line : lines()) {
    const bool product = line.op.find("conv2d") != std::string::npos || line.op == "mul" ||
                         line.op == "matmul" || (line.op == "einsum" && line.inputs.size() == 2);
    EXPECT_EQ(line.kind == Kind::trilinear, product) << line.name();
    if (product) {
      EXPECT_EQ(differentiable(line).size(), 2U) << line.name();
    }
  }
}

}  // namespace
}  // namespace trous::catalogue
