// The door through which JSON comes and goes: its faults are sentences, never exceptions of the library.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>

#include "core/thrown.h"

namespace trous::detail {
namespace {

TEST(Json, ParsesWhatItWrites) {
  const std::string document =
      R"({"b":[1,-2,18446744073709551615,0.5,1e+300,true,false,null,"\u0000\"\u00e9"],"a":{"c":[],"d":{}}})";
  const ParsedJson parsed = parse_json(document);
  EXPECT_EQ(parsed.fault, "");
  EXPECT_EQ(parsed.byte, 0U);
  EXPECT_EQ(parsed.value, Json::parse(document));
  EXPECT_EQ(dump_json(parse_json(dump_json(parsed.value)).value), dump_json(parsed.value));
  for (const char* scalar : {"7", "\"x\"", "null", " [1 , 2]\n"})
    EXPECT_EQ(parse_json(scalar).value, Json::parse(scalar)) << scalar;
}

TEST(Json, SaysWhatIsWrong) {
  const auto fault = [](const std::string& document) {
    const ParsedJson parsed = parse_json(document);
    EXPECT_TRUE(parsed.value.is_null());
    return parsed.remedy.empty() ? parsed.fault : parsed.fault + ". " + parsed.remedy;
  };
  EXPECT_EQ(fault(""), "is no JSON from byte 1 on");
  EXPECT_EQ(fault("{} {}"), "is no JSON from byte 4 on");
  EXPECT_EQ(fault("[1, 2"), "is no JSON from byte 6 on");
  EXPECT_EQ(fault("[\"\xe9\"]"), "is no JSON from byte 4 on");
  EXPECT_EQ(parse_json("[1,\n2,\n]").byte, 8U);
  EXPECT_EQ(fault("[1e999]"), "has the number 1e999, which no double holds. Give a smaller one.");
  EXPECT_EQ(fault("-1e999"), "has the number -1e999, which no double holds. Give a smaller one.");
  EXPECT_EQ(fault("18446744073709551616"),
            "has the number 18446744073709551616, which 64 bits do not hold. Give a smaller one.");
  EXPECT_EQ(fault("-" + std::string(50, '9')), "has the number -" + std::string(39, '9') +
                                                   "..., which 64 bits do not hold. Give a smaller one.");
  EXPECT_EQ(fault(R"({"a": 1, "b": {"a": 1}, "a": 2})"), "has the key \"a\" twice in one object. Keep one.");
  EXPECT_EQ(fault(std::string(1'000'000, '[')), "is more than 64 levels deep. Nest less.");
  EXPECT_EQ(fault(std::string(65, '[') + std::string(65, ']')), "is more than 64 levels deep. Nest less.");
  EXPECT_EQ(parse_json(std::string(64, '[') + std::string(64, ']')).fault, "");
}

TEST(Json, WritesTextThatIsNotUtf8Escaped) {
  const Json value{{"caf\xe9", {"a\xff", 1}}, {"ok", "\xc3\xa9"}};
  EXPECT_EQ(dump_json(value), R"({"caf\\xe9":["a\\xff",1],"ok":")"
                              "\xc3\xa9\"}");
  EXPECT_EQ(thrown<ArgumentError>([&] { dump_strict_json("write", value); }),
            "write: \"caf\\xe9\" is not UTF-8, as all text in JSON is. Rename it.");
  EXPECT_EQ(dump_strict_json("write", {{"ok", "\xc3\xa9"}}), "{\"ok\":\"\xc3\xa9\"}");
}

TEST(JsonPlace, ReadsValuesAndNamesPlaces) {
  const Json value =
      parse_json(R"({"list": [1, "x", null], "score": "-inf", "big": 9007199254740993, "minus": -1})").value;
  const JsonPlace place(value, "file", "Write it again.");
  EXPECT_EQ(place["list"].items()[0].whole(), 1);
  EXPECT_TRUE(std::isnan(place["list"].items()[2].number()));
  EXPECT_EQ(place["score"].number(), -INFINITY);
  EXPECT_EQ(place["minus"].integer(), -1);
  EXPECT_EQ(place["big"].integer(), 9007199254740993);
  EXPECT_FALSE(place.has("none"));
  const auto refusal = [](auto&& f) { return thrown<FileError>(f); };
  EXPECT_EQ(refusal([&] { place["none"]; }), "file has no none. Write it again.");
  EXPECT_EQ(refusal([&] { place["list"]["x"]; }), "file has no list.x. Write it again.");
  EXPECT_EQ(refusal([&] { place["list"].strings(); }),
            "file has number at list[0], where a string belongs. Write it again.");
  EXPECT_EQ(refusal([&] { place["list"].items()[1].number(); }),
            "file has string at list[1], where a number belongs. Write it again.");
  EXPECT_EQ(refusal([&] { place["big"].whole(); }),
            "file has number at big, where a whole number from 0 to 2^53 belongs. Write it again.");
  EXPECT_EQ(refusal([&] { place["score"].integer(); }),
            "file has string at score, where a whole number of 64 bits belongs. Write it again.");
  EXPECT_EQ(refusal([&] { place.wholes(); }), "file has object, where a list belongs. Write it again.");
  EXPECT_EQ(refusal([&] { place["list"].fail("too long"); }), "file has list too long. Write it again.");
}

}  // namespace
}  // namespace trous::detail
