// Names that a checkpoint cannot tell apart: refused before the first step, not at the save after the last.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/train/checkpoint.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "data/scratch.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

// Both have their values, so that nothing but the names is wrong.
struct OneName {
  const char *first = "conv", *second = "conv";
  Conv2d a{{.in_channels = 1, .out_channels = 3, .bias = false}},
      b{{.in_channels = 3, .out_channels = 3, .bias = false}};

  OneName() {
    initialize(a, Key{1});
    initialize(b, Key{2});
  }
  Variable operator()(const Variable& x, Pass& pass) const { return b(a(x, pass), pass); }
  static void parts(auto& self, auto&& f) {
    f(self.first, self.a);
    f(self.second, self.b);
  }
};

std::string twice(const char* op) {
  return text(
      op,
      ": two parts of the network have one path: \"conv.filters\". Look for a name that parts() gives twice, "
      "or one with a dot: \"a.b\" is also the path of b in a. Give each member a name of its own.");
}

std::string kept(const char* op, const char* name) {
  return text(
      op, ": a parameter is called \"", name,
      "\". Checkpoints keep names that begin with average/, best/, optimizer/, or buffer/ for other tensors. "
      "Rename it in parts().");
}

OneName named(const char* first, const char* second) {
  OneName net;
  net.first = first;
  net.second = second;
  return net;
}

TEST(CheckpointNames, ATrainerRefusesThemBeforeItsFirstStep) {
  EXPECT_EQ(thrown<ArgumentError>([] { Trainer(OneName(), striped(), {.steps = 2}); }), twice("train"));
  EXPECT_EQ(thrown<ArgumentError>([] { Trainer(named("a", "optimizer/m"), striped(), {.steps = 2}); }),
            kept("train", "optimizer/m.filters"));
}

TEST(CheckpointNames, SaveAndLoadRefuseThemBeforeTheyTouchAFile) {
  const Scratch scratch;
  OneName net;
  EXPECT_EQ(thrown<ArgumentError>([&] { save(net, scratch / "net.safetensors"); }), twice("save"));
  EXPECT_EQ(scratch.files(), 0u);
  OneName fine = named("a", "b");
  save(fine, scratch / "net.safetensors");
  EXPECT_EQ(thrown<ArgumentError>([&] { load(net, scratch / "net.safetensors"); }), twice("load"));
  EXPECT_TRUE(same_network(net, OneName()));
  for (const char* prefix : {"average/a", "best/a", "optimizer/a", "buffer/a"}) {
    OneName other = named(prefix, "b");
    EXPECT_EQ(thrown<ArgumentError>([&] { save(other, scratch / "other.safetensors"); }),
              kept("save", text(prefix, ".filters").c_str()));
    EXPECT_EQ(thrown<ArgumentError>([&] { load(other, scratch / "net.safetensors"); }),
              kept("load", text(prefix, ".filters").c_str()));
  }
}

// A parameter of this name would be taken for the running mean beside it.
struct LikeABuffer {
  Parameter weight{{Shape{2}}, ones()};
  Buffer seen{{Shape{2}}, zeros()};
  static void parts(auto& self, auto&& f) {
    f("buffer/seen", self.weight);
    f("seen", self.seen);
  }
};

TEST(CheckpointNames, AParameterIsNotTakenForABuffer) {
  LikeABuffer net;
  EXPECT_EQ(thrown<ArgumentError>([&] { initialize(net, Key{1}); }), kept("initialize", "buffer/seen"));
}

}  // namespace
}  // namespace trous
