#!/usr/bin/env bash
# Counts the files that a new choice, layer, op or subcommand touches. A throw-away one of each kind is written into
# a copy of the sources, in the places that CONTRIBUTING.md names. The files that change and the readers of the
# tables are compiled for syntax. No other file may spell the name of a row. Without a compiler the test is skipped
# (status 77).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

compiler=${CXX:-c++}
if ! command -v "$compiler" >/dev/null; then
  echo "SKIPPED: there is no compiler. Install it: scripts/install-dependencies"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0
# The folders of the library as CMakeLists.txt lists them.
read -ra public <<<"$(sed -n 's/^set(folders \(.*\))$/\1/p' CMakeLists.txt)"
folders=("${public[@]}" cli program)
library=(core ops layers data train run cli program)

# spelt NAME FILE...: the files, without comments, that hold the name in quotes are these and no other. (grep reads to
# the end: with -q it may stop before sed has written all, and pipefail makes that a failure.)
spelt() {
  local name=$1 file found=()
  shift
  while IFS= read -r file; do
    if sed 's://.*::' "$file" | grep -F "\"$name\"" >/dev/null; then found+=("$file"); fi
  done < <(grep -rlF "\"$name\"" "${library[@]}" --include='*.h' --include='*.cpp' | sort)
  if [[ "${found[*]}" != "$*" ]]; then
    echo "\"$name\" stands in ${found[*]:-no file}, not in $* alone. Read the table there."
    faults=1
  fi
}

# A state says cross-entropy of a loss that is absent; a plateau has a state of its own.
spelt cross-entropy train/loss.cpp train/trainer_state.cpp
spelt cross-entropy+dice train/loss.cpp
spelt focal train/loss.cpp
spelt lovasz train/loss.cpp
spelt sgd train/optimizer.cpp
spelt adam train/optimizer.cpp train/optimizer.h
spelt adamw train/optimizer.cpp
spelt lion train/optimizer.cpp
spelt one-cycle train/schedule.cpp
spelt poly train/schedule.cpp
spelt plateau train/schedule.cpp train/trainer_state.cpp
spelt inverse-sqrt train/class_weights.cpp
spelt enet train/class_weights.cpp
spelt fashion data/named_data_sets.cpp data/named_data_sets.h
spelt brain data/named_data_sets.cpp
spelt mosaics data/named_data_sets.cpp
spelt shapes data/named_data_sets.cpp
spelt mirror-context layers/named_networks.cpp
spelt segmentation train/task.h
spelt classification train/task.cpp
spelt regression train/task.cpp

# Copies the folders and links them as the build does. The umbrella lists all public headers.
copy() {
  rm -rf "$work/tree"
  mkdir -p "$work/tree/include/trous"
  for folder in "${folders[@]}"; do
    cp -r "$folder" "$work/tree/$folder"
    ln -s "../../$folder" "$work/tree/include/trous/$folder"
  done
}

umbrella() {
  (cd "$work/tree" && printf '#include <trous/%s>\n' $(printf '%s/*.h ' "${public[@]}")) \
    >"$work/tree/include/trous/trous.h"
}

# new FILE TEXT: a file that was not there.
new() { printf '%s\n' "$2" >"$work/tree/$1"; }

# insert FILE PATTERN TEXT: TEXT after the first line with PATTERN.
insert() {
  local at
  at=$(grep -nF -m 1 -- "$2" "$work/tree/$1" | cut -d: -f1)
  if [[ -z $at ]]; then
    echo "$1 has no line \"$2\" any more. Mend this test and CONTRIBUTING.md."
    faults=1
    return
  fi
  sed -i "${at}r /dev/stdin" "$work/tree/$1" <<<"$3"
}

# adding WHAT MOST FILE...: at most so many files differ from the sources, and the given ones compile.
adding() {
  local what=$1 most=$2 file touched=0
  shift 2
  for folder in "${folders[@]}"; do
    touched=$((touched + $({ diff -rq "$folder" "$work/tree/$folder" || true; } | wc -l)))
  done
  if ((touched == 0 || touched > most)); then
    echo "Adding $what touches $touched files, not 1 to $most."
    faults=1
  fi
  for file in "$@"; do
    if ! "$compiler" -std=c++20 -fsyntax-only -DTROUS_LIBRARIES='""' -isystem /usr/include/eigen3 \
      -I "$work/tree/include" -I "$work/tree/tests" "$work/tree/$file"; then
      echo "Adding $what: $file does not compile."
      faults=1
    fi
  done
}

copy
insert train/loss.cpp 'NamedLoss{"focal", focal}' '    NamedLoss{"twice-focal", [](const LossOptions& options) {
                return Loss([one = focal(options)](const Variable& logits, const Tensor& labels) {
                  return one(logits, labels) + one(logits, labels);
                });
              }},'
adding "a loss" 1 train/loss.cpp

copy
insert train/optimizer.cpp 'constexpr std::array optimizers{' '    NamedOptimizer{"fast-adam", [](double decay) {
                     return Optimizer(Adam({.beta1 = 0.5, .weight_decay = decay}));
                   }, 0},'
adding "an optimizer" 1 train/optimizer.cpp

copy
insert train/schedule.h 'constant,' '  halved,'
insert train/schedule.cpp 'constexpr std::array schedules{' '    NamedSchedule{"halved", Schedule::halved,
                  [](double base, std::int64_t, std::int64_t) { return base / 2; }},'
adding "a schedule" 2 train/schedule.cpp

copy
insert train/class_weights.h 'enum class ClassWeighting {' '  inverse,'
insert train/class_weights.cpp 'constexpr std::array weightings{' '    NamedClassWeighting{"inverse", ClassWeighting::inverse, [](double share) { return 1 / share; }},'
adding "a class weighting" 2 train/class_weights.cpp

copy
insert data/named_data_sets.cpp 'constexpr std::array data_sets{' '    NamedDataSet{.name = "small-shapes",
                 .open = [](const std::string&) { return shapes({.size = 32}); },
                 .reads_files = false,
                 .recipe = {"small-dilated", "none", 100, 16}},'
adding "a data set" 1 data/named_data_sets.cpp

copy
insert layers/named_networks.cpp 'constexpr std::array networks{' '    NamedNetwork{"narrow-dilated",
                 [](const SegmentationOptions& options) {
                   SegmentationOptions narrow = options;
                   if (narrow.width == 0) narrow.width = 4;
                   const SmallDilated network(narrow);
                   return BuiltNetwork{network, network.options};
                 }},'
adding "a network" 1 layers/named_networks.cpp

copy
insert train/task.cpp 'Task regression() {' '  Task robust = regression();
  robust.name = "robust";
  robust.default_loss = [](const Dataset&, const auto&) { return make_loss("huber"); };
  return robust;
}

Task exact_regression() {'
sed -i 's/^Task regression() {$/Task robust_regression() {/; s/^Task exact_regression() {$/Task regression() {/' \
  "$work/tree/train/task.cpp"
insert train/task.h 'Task regression();' 'Task robust_regression();'
sed -i 's/classification(), regression()});/classification(), regression(), robust_regression()});/' "$work/tree/train/task.cpp"
adding "a task" 2 train/task.cpp

copy
insert train/train_options.h 'std::uint64_t seed = 0;' '  double smoothing = 0;  ///< a member and its line of the list
'
insert train/train_options.h 'static void parts(auto& self, auto&& f) {' '    f(TrainOption{.name = "smoothing", .help = "of labels"}, self.smoothing, NumberRange{0, 1});'
adding "a training option" 1 train/train_options.cpp train/trainer_state.cpp cli/train_config.cpp

copy
new layers/add_constant.h '#pragma once
#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>
namespace trous {
struct AddConstantOptions {
  double constant = 1;
  static void parts(auto& self, auto&& f) { f("constant", self.constant); }
};
struct AddConstant {
  AddConstantOptions options;
  explicit AddConstant(const AddConstantOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  static void parts(auto&, auto&&) {}
};
}  // namespace trous'
new layers/add_constant.cpp '#include <trous/layers/add_constant.h>
namespace trous {
AddConstant::AddConstant(const AddConstantOptions& o) : options(o) {}
Variable AddConstant::operator()(const Variable& x, Pass&) const { return x + options.constant; }
}  // namespace trous'
insert layers/detail/layer_table.cpp '#include <trous/core/choices.h>' '#include <trous/layers/add_constant.h>'
insert layers/detail/layer_table.cpp 'constexpr std::array entries{' '    LayerEntry{"add_constant", layer_of<AddConstant>},'
adding "a layer" 3 layers/add_constant.cpp layers/detail/layer_table.cpp

copy
insert cli/commands.h 'void add_data(' 'void add_count(CLI::App& app, ExitCode& code);'
sed -i 's/commands{cli::add_train/commands{cli::add_count, cli::add_train/' "$work/tree/program/program.cpp"
new cli/count.cpp '#include <CLI/CLI.hpp>
#include <trous/cli/commands.h>
namespace trous::cli {
void add_count(CLI::App& app, ExitCode& code) {
  app.add_subcommand("count", "Counts nothing.")->callback([&code] { code = ExitCode::ok; });
}
}  // namespace trous::cli'
adding "a subcommand" 3 cli/count.cpp program/program.cpp

folders+=(tests)
copy
new ops/twice.h '#pragma once
#include <trous/autograd/variable.h>
namespace trous {
Variable twice(const Variable& x);
}  // namespace trous'
new ops/twice.cpp '#include <trous/autograd/record.h>
#include <trous/core/map.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/twice.h>
namespace trous {
Variable twice(const Variable& x) {
  return record({.kind = "twice", .pixels = Pixels::same()}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return v + v; }); },
                {Rule(Reads::nothing(), [](const Vjp& v) { return 2.0 * v.grad(); })});
}
}  // namespace trous'
insert tests/op_catalogue.cpp '      {"exp", "any", pointwise' '      {"twice", "any", linear, {real({3, 4})}, [](Xs x) { return twice(x[0]); }, Shape{0, 4}},'
insert tests/properties/oracles.cpp '      {"exp", unary(' '      {"twice", unary([](Rounded a) { return a + a; })},'
umbrella
adding "an op" 4 ops/twice.cpp tests/op_catalogue.cpp tests/properties/oracles.cpp

# A second place must be found: a name that is spelt elsewhere, and a row that another file needs too.
copy
echo 'const char* const chosen = "adamw";' >>"$work/tree/cli/session.cpp"
if (cd "$work/tree" && faults=0 && spelt adamw train/optimizer.cpp >/dev/null && exit $faults); then
  echo "The planted name in cli/session.cpp was not found."
  faults=1
fi
echo >>"$work/tree/cli/train.cpp"
if (faults=0 && adding "a planted row" 1 >/dev/null && exit $faults); then
  echo "The planted change of a second file was not counted."
  faults=1
fi

exit $faults
