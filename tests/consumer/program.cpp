// A program of somebody who adds a network to trous's own commands.
#include <trous/program/program.h>
#include <trous/trous.h>

using namespace trous;

struct Thin {
  Conv2d only;

  explicit Thin(const SegmentationOptions& o)
      : only{{.in_channels = o.in_channels, .out_channels = o.classes}} {}
  Variable operator()(const Variable& x, Pass& pass) const { return only(x, pass); }
  static void parts(auto& self, auto&& f) { f("only", self.only); }
};

int main(int argc, char** argv) {
  return run_program({.networks = {NamedNetwork::of<Thin>("thin")}}, argc, argv);
}
