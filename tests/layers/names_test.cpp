// Names of parts that do not lead to one part each: told before anything is done, with what to look for.
#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/names.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

Parameter weight() { return {{Shape{2}}, ones()}; }
Buffer statistic() { return {{Shape{2}}, zeros()}; }

// A network whose `parts` are written where it is made.
template <class Members, class List>
struct Made {
  Members members;
  List list;
  static void parts(auto& self, auto&& f) { self.list(self.members, f); }
};

template <class Members, class List>
std::string refused(const Members& members, const List& list) {
  Made<Members, List> net{members, list};
  const std::string message = thrown<ArgumentError>([&] { initialize(net, Key{1}); });
  std::size_t with_value = 0;
  for (const auto& [path, parameter] : parameters(net)) with_value += parameter->value.has_value();
  EXPECT_EQ(with_value, 0U) << "it is refused before anything is done";
  return message;
}

constexpr const char* look =
    " Look for a name that parts() gives twice, or one with a dot: \"a.b\" is also the path "
    "of b in a. Give each member a name of its own.";

struct Pair {
  Parameter a = weight(), b = weight();
  Buffer seen = statistic(), also = statistic();
};

struct Convs {
  Conv2d near{{.in_channels = 1, .out_channels = 2}}, far{{.in_channels = 2, .out_channels = 2}};
  BatchNorm norm{{.channels = 2}};
};

TEST(Names, TwoPartsUnderOneNameAreRefused) {
  EXPECT_EQ(refused(Pair{},
                    [](auto& m, auto&& f) {
                      f("w", m.a);
                      f("w", m.b);
                    }),
            text("initialize: two parts of the network have one path: \"w\".", look));
  EXPECT_EQ(
      refused(Convs{},
              [](auto& m, auto&& f) {
                f("conv", m.near);
                f("conv", m.far);
                f("norm", m.norm);
              }),
      text("initialize: two parts of the network have one path: \"conv.filters\", \"conv.bias\".", look));
  EXPECT_EQ(refused(std::vector<Convs>(2),
                    [](auto& m, auto&& f) {
                      for (auto& one : m) {
                        f("near", one.near);
                        f("norm", one.norm);
                      }
                    }),
            text("initialize: two parts of the network have one path: \"near.filters\", \"near.bias\", "
                 "\"norm.scale\" and 3 more.",
                 look));
  // One member listed twice is the same slip.
  EXPECT_EQ(refused(Pair{},
                    [](auto& m, auto&& f) {
                      for (int i = 0; i < 3; ++i) f("w", m.a);
                    }),
            text("initialize: two parts of the network have one path: \"w\".", look));
}

TEST(Names, BuffersCountAsParametersDo) {
  EXPECT_EQ(refused(Pair{},
                    [](auto& m, auto&& f) {
                      f("a", m.a);
                      f("seen", m.seen);
                      f("seen", m.also);
                    }),
            text("initialize: two parts of the network have one path: \"seen\".", look));
  EXPECT_EQ(refused(Pair{},
                    [](auto& m, auto&& f) {
                      f("w", m.a);
                      f("w", m.seen);
                    }),
            text("initialize: two parts of the network have one path: \"w\".", look));
}

struct Inner {
  Parameter b = weight();
  static void parts(auto& self, auto&& f) { f("b", self.b); }
};

struct Dotted {
  Parameter flat = weight();
  Inner a;
  std::vector<Inner> row = std::vector<Inner>(2);
};

TEST(Names, ADotCanMeetThePathOfANestedPart) {
  EXPECT_EQ(refused(Dotted{},
                    [](auto& m, auto&& f) {
                      f("a.b", m.flat);
                      f("a", m.a);
                    }),
            text("initialize: two parts of the network have one path: \"a.b\".", look));
  EXPECT_EQ(refused(Dotted{},
                    [](auto& m, auto&& f) {
                      f("row", m.row);
                      f("row.1", m.a);
                    }),
            text("initialize: two parts of the network have one path: \"row.1.b\".", look));
}

TEST(Names, OnePartUnderTwoNamesIsRefused) {
  EXPECT_EQ(
      refused(Convs{},
              [](auto& m, auto&& f) {
                f("near", m.near);
                f("far", m.near);
              }),
      "initialize: \"near.filters\" and \"far.filters\" are one and the same part. Look for a member that "
      "parts() lists under two names, perhaps in place of another one.");
}

TEST(Names, AnEmptyNameIsRefused) {
  const auto empty = [](const char* path) {
    return text("initialize: a part of the network has the path \"", path,
                "\", in which a name is empty. Give every member a name in parts().");
  };
  EXPECT_EQ(refused(Pair{}, [](auto& m, auto&& f) { f("", m.a); }), empty(""));
  EXPECT_EQ(refused(Pair{}, [](auto& m, auto&& f) { f("", m.seen); }), empty(""));
  EXPECT_EQ(refused(Dotted{}, [](auto& m, auto&& f) { f("a.", m.a); }), empty("a..b"));
  EXPECT_EQ(refused(Dotted{}, [](auto& m, auto&& f) { f("a.", m.flat); }), empty("a."));
  EXPECT_EQ(refused(Dotted{}, [](auto& m, auto&& f) { f(".a", m.flat); }), empty(".a"));
}

TEST(Names, WhatACheckpointKeepsForItselfIsRefused) {
  for (const char* name : {"average/w", "best/w", "optimizer/", "buffer/seen"}) {
    EXPECT_EQ(
        refused(Pair{}, [name](auto& m, auto&& f) { f(name, m.a); }),
        text("initialize: a parameter is called \"", name,
             "\". Checkpoints keep names that begin with average/, best/, optimizer/, or buffer/ for other "
             "tensors. Rename it in parts()."));
  }
  EXPECT_EQ(
      refused(Pair{}, [](auto& m, auto&& f) { f("__metadata__", m.a); }),
      "initialize: a part is called \"__metadata__\", which is the checkpoint format's own. Rename it in "
      "parts().");
  EXPECT_EQ(refused(Pair{}, [](auto& m, auto&& f) { f("caf\xE9", m.a); }),
            "initialize: the name of the part \"caf\\xe9\" is not UTF-8, which names in a checkpoint are. "
            "Rename it in "
            "parts().");
}

TEST(Names, ThoseOfLayersOfOneKindSideBySideAreFine) {
  Sequential net{
      Conv2d{{.in_channels = 1, .out_channels = 2}}, BatchNorm{{.channels = 2}},
      Residual{Sequential{Conv2d{{.in_channels = 2, .out_channels = 2}}, BatchNorm{{.channels = 2}}}}};
  initialize(net, Key{1});
  Conv2d alone{{.in_channels = 1, .out_channels = 1}};
  initialize(alone, Key{1});
}

// A member that `parts` does not list stays without a value, and the message says so where it is met.
struct Forgetful {
  Conv2d near{{.in_channels = 1, .out_channels = 2}},
      far{{.in_channels = 2, .out_channels = 2, .bias = false}};

  Variable operator()(const Variable& x, Pass& pass) const { return far(near(x, pass), pass); }
  static void parts(auto& self, auto&& f) { f("near", self.near); }
};

struct Scaled {
  Parameter listed = weight(), forgotten = weight();

  Variable operator()(const Variable& x, Pass& pass) const {
    return pass.under(this, [&](std::string_view) { return x * forgotten.get(); });
  }
  static void parts(auto& self, auto&& f) { f("listed", self.listed); }
};

struct Nesting {
  Scaled inner;

  Variable operator()(const Variable& x, Pass& pass) const { return inner(x, pass); }
  static void parts(auto& self, auto&& f) { f("inner", self.inner); }
};

TEST(Names, AMemberThatIsNotListedIsSaidToBeMissing) {
  Forgetful net;
  initialize(net, Key{1});
  Pass pass;
  pass.name_layers(net);
  EXPECT_EQ(thrown<Error>([&] {
              net(numbers({1, 4, 4, 1}, 1), pass);
            }),
            "parameter: one of shape [3, 3, 2, 2] has no value yet. Call initialize(net, key) or load(net, "
            "path); if "
            "that was done, the member is missing in its layer's parts().");
  // A layer that has a name says which it is.
  Nesting outer;
  initialize(outer, Key{1});
  Pass named;
  named.name_layers(outer);
  EXPECT_EQ(
      thrown<Error>([&] {
        outer(numbers({1, 2}, 1), named);
      }),
      "inner: parameter: one of shape [2] has no value yet. Call initialize(net, key) or load(net, path); if "
      "that was done, the member is missing in its layer's parts().");
}

}  // namespace
}  // namespace trous
