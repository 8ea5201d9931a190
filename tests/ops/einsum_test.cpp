// Sums of products by their letters: values of hand and of PyTorch, the tape, and what is refused.
#include <ops/support.h>

#include <trous/autograd/tape.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/einsum.h>
#include <trous/ops/matmul.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(Einsum, OfTwoMatricesIsTheirProduct) {
  const Variable a = integers({3, 4}, DType::float64, 1), b = integers({4, 2}, DType::float64, 2);
  EXPECT_EQ(numbers(einsum("ij,jk->ik", {a, b})), numbers(matmul(a, b)));
  EXPECT_EQ(numbers(einsum("ij,jk", {a, b})), numbers(matmul(a, b))) << "einsum with its output left out";
  EXPECT_EQ(numbers(einsum("ij,jk->ki", {a, b})), numbers(permute(matmul(a, b), {1, 0})));
  EXPECT_EQ(numbers(einsum("ij,ij->", {a, a})), Numbers{numbers(sum(a * a))[0]});
  EXPECT_EQ(einsum("ij,jk->", {a, b}).shape(), Shape{});
}

TEST(Einsum, OfOneOperandSumsAndPermutes) {
  const Variable x = counting({2, 3, 4});
  EXPECT_EQ(numbers(einsum("ijk->k", {x})), (Numbers{60, 66, 72, 78}));
  EXPECT_EQ(einsum("ijk->kij", {x}).shape(), (Shape{4, 2, 3}));
  EXPECT_EQ(numbers(einsum("ba", {f64({1, 2}, {5, 7})})), (Numbers{5, 7})) << "einsum orders its letters";
  EXPECT_EQ(einsum("ba", {f64({1, 2}, {5, 7})}).shape(), (Shape{2, 1}));
}

// PyTorch 1.13.0a0: einsum('bij,jk,bk->ib', x, w, v) with x = arange(12), w = arange(6), v = arange(4), and
// the gradients of its sum.
TEST(Einsum, HasTheValuesAndGradientsOfPyTorch) {
  const Variable x = track(counting({2, 2, 3})), w = track(counting({3, 2})), v = track(counting({2, 2}));
  const Variable y = einsum("bij,jk,bk->ib", {x, w, v});
  EXPECT_EQ(y.shape(), (Shape{2, 2}));
  EXPECT_EQ(numbers(y), (Numbers{13, 293, 40, 410}));
  const std::vector<Variable> g = grad(sum(y), {x, w, v});
  EXPECT_EQ(numbers(g[0]), (Numbers{1, 3, 5, 1, 3, 5, 3, 13, 23, 3, 13, 23}));
  EXPECT_EQ(numbers(g[1]), (Numbers{30, 48, 34, 56, 38, 64}));
  EXPECT_EQ(numbers(g[2]), (Numbers{38, 53, 110, 161}));
}

TEST(Einsum, ATapeShowsTheLettersOfEachPair) {
  const Variable x = track(counting({2, 3})), w = track(counting({3, 4}));
  const Variable y = einsum("ni, ij -> nj", {x, w}, "mixed");
  const Tape tape = Tape::of({grad(sum(y * y), {x}, CreateGraph::yes)[0]});
  EXPECT_EQ(tape.count("einsum"), 1U);
  EXPECT_EQ(tape.count("einsum_first"), 1U);
  EXPECT_NE(text(tape).find("ni,ij->nj"), std::string::npos) << tape;
}

std::string refused_einsum(std::string_view equation, const std::vector<Variable>& operands) {
  return refused<Error>([&] { einsum(equation, operands); });
}

TEST(EinsumErrors, OfTheEquation) {
  const std::vector<Variable> one{zeros({2, 2})}, two{zeros({2, 3}), zeros({3, 4})};
  EXPECT_EQ(refused_einsum("i1,jk->ik", two),
            "einsum: operand 0 has '1', which is no index. The equation is \"i1,jk->ik\". Each axis is a "
            "letter, as in "
            "\"bij,bjk->bik\".");
  EXPECT_EQ(refused_einsum("...j,jk->...k", two),
            "einsum: operand 0 has '.', which is no index. The equation is \"...j,jk->...k\". Each axis is a "
            "letter, as "
            "in \"bij,bjk->bik\".");
  EXPECT_EQ(refused_einsum("ii->i", one),
            "einsum: index i stands twice in operand 0. The equation is \"ii->i\". Diagonals are not taken: "
            "multiply by "
            "an identity matrix.");
  EXPECT_EQ(
      refused_einsum("ij->ii", one),
      "einsum: index i stands twice in the output. The equation is \"ij->ii\". An axis of the result needs a "
      "letter of its own.");
  EXPECT_EQ(refused_einsum("ij->ik", one),
            "einsum: the output has index k, which no operand has. The equation is \"ij->ik\". broadcast_to "
            "adds axes.");
  EXPECT_EQ(refused_einsum("ij,jk->ik", one),
            "einsum: the equation has 2 operands, given are 1. The equation is \"ij,jk->ik\"; commas "
            "separate operands.");
  EXPECT_EQ(
      refused_einsum("", {}),
      "einsum: the equation has 1 operands, given are 0. The equation is \"\"; commas separate operands.");
}

TEST(EinsumErrors, OfTheOperands) {
  EXPECT_EQ(refused_einsum("ij,jk->ik", {zeros({2, 3}), zeros({4, 5})}),
            "einsum: index j is 3 in operand 0 [2, 3] and 4 in operand 1 [4, 5]. The equation is "
            "\"ij,jk->ik\"; an index "
            "has one extent.");
  EXPECT_EQ(refused_einsum("ij,jk->ik", {zeros({2, 3}), zeros({3})}),
            "einsum: operand 1 has rank 1, \"jk\" names 2 axes. It is [3] in \"ij,jk->ik\".");
  EXPECT_EQ(refused_einsum("i,i", {zeros({2}), zeros({2}, DType::float64)}),
            "einsum: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(refused_einsum("i,i", {zeros({2}, DType::int32), zeros({2}, DType::int32)}),
            "einsum: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

// The product of the first two is [n, a], with n first, since no other axis may be empty.
TEST(Einsum, SumsOverAnEmptyBatch) {
  const Variable y =
      einsum("ab,nb,n->a", {f64({2, 3}, {1, 2, 3, 4, 5, 6}), Tensor::zeros({0, 3}, DType::float64),
                            Tensor::zeros({0}, DType::float64)});
  EXPECT_EQ(y.shape(), Shape({2}));
  EXPECT_EQ(numbers(y), (std::vector<double>{0, 0}));
}

TEST(Einsum, QuotesNoPartOfACharacter) {
  EXPECT_EQ(
      refused<ArgumentError>([] {
        einsum("\xC3\xA9,b->b", {ones({1}), ones({1})});
      }),
      "einsum: operand 0 has a character, which is no index. The equation is \"\xC3\xA9,b->b\". Each axis is "
      "a letter, as in \"bij,bjk->bik\".");
}

}  // namespace
}  // namespace trous
