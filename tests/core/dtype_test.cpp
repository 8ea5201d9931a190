// The closed set of element types: names, sizes and the one dispatch over it.
#include <core/thrown.h>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/core/dtype.h>

namespace trous {
namespace {

constexpr DType all[] = {DType::float32, DType::float64, DType::int32, DType::uint8};

TEST(DType, HasNamesAndSizes) {
  std::ostringstream printed;
  for (const DType dtype : all)
    printed << dtype << ' ' << short_name(dtype) << ' ' << size_of(dtype) << ' ' << is_floating(dtype)
            << ", ";
  EXPECT_EQ(printed.str(), "float32 f32 4 1, float64 f64 8 1, int32 i32 4 0, uint8 u8 1 0, ");
}

TEST(DType, VisitCallsWithTheElementType) {
  for (const DType dtype : all) {
    EXPECT_EQ(visit(dtype, []<class T> { return dtype_of<T>(); }), dtype);
  }
}

TEST(DType, VisitFloatingRefusesIntegersByName) {
  EXPECT_EQ(visit_floating("exp", DType::float64, []<class T> { return sizeof(T); }), 8U);
  EXPECT_EQ(visit_floating("exp", DType::float32, []<class T> { return sizeof(T); }), 4U);
  for (const DType dtype : {DType::int32, DType::uint8}) {
    EXPECT_EQ(thrown<DTypeError>([&] { visit_floating("exp", dtype, []<class T> {}); }),
              text("exp: ", dtype, " is not a floating type. Cast it: cast(x, DType::float32)."));
  }
}

TEST(Errors, AreAllOfOneBase) {
  EXPECT_EQ(thrown<Error>([] { throw ShapeError("a"); }), "a");
  EXPECT_EQ(thrown<Error>([] { throw DTypeError("b"); }), "b");
  EXPECT_EQ(thrown<Error>([] { throw ArgumentError("c"); }), "c");
  EXPECT_EQ(thrown<Error>([] { throw GraphError("d"); }), "d");
  EXPECT_EQ(thrown<Error>([] { throw FileError("e"); }), "e");
  // Kinds do not catch one another.
  EXPECT_EQ(thrown<ShapeError>([] { throw DTypeError("b"); }), "(another kind) b");
}

}  // namespace
}  // namespace trous
