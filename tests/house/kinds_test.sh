#!/usr/bin/env bash
# An op states in Op::pixels how it maps pixels and what it costs. No code may derive either from an op's name or from
# the text of its attributes, which are for readers. Violations are planted in a copy and must be found.
#
# One line of check/ may compare a name: composite() records the gradient of a composite under the kind <op>_grad, and
# check/detail/pieces.cpp leaves these nodes out, since they have the locally constant ops of the composite itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folders=(autograd check ops layers train cli)
if [[ -d run ]]; then folders+=(run); fi
name='\b(kind|kind\(\))' literal='"[a-z0-9_]+"'
patterns=(
  "$name *[!=]= *$literal"                               # node.op.kind == "conv2d"
  "$literal *[!=]= *[A-Za-z0-9_.>()-]*$name"             # "conv2d" == node.op.kind
  "$name\.(starts_with|ends_with|find|compare|contains)\("
  "\($name, *\{"                                         # is_one_of(kind, {...})
  "[a-z_.>-]*kind, *$literal"
  "tape\.count\($literal\)"
  "attributes\.(find|begin|end)\("
  ":.*[.>]attributes\)"                                  # for (... : node.op.attributes)
)

violations() {  # violations ROOT: file, line and text of each
  local expression=() pattern
  for pattern in "${patterns[@]}"; do expression+=(-e "$pattern"); done
  (cd "$1" && grep -rnE --include='*.h' --include='*.cpp' "${expression[@]}" "${folders[@]}" |
    grep -v '^check/detail/pieces\.cpp:[0-9]*:.*node->definition && !node->op\.kind\.ends_with("_grad")') || true
}

faults=0
found=$(violations .)
if [[ -n $found ]]; then
  printf 'An op is known by its name or its attributes, where Op::pixels (core/pixels.h) says what is meant:\n%s\n' "$found"
  faults=1
fi

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "${folders[@]/#/$copy/}"
planted() {  # planted FILE LINE: must be found
  printf '%s\n' "$2" >"$copy/$1"
  if [[ $(violations "$copy") != "$1:"* ]]; then
    echo "The planted line was not found: $1: $2"
    faults=1
  fi
  rm "$copy/$1"
}
allowed() {  # allowed FILE LINE: must not be found
  printf '%s\n' "$2" >"$copy/$1"
  if [[ -n $(violations "$copy") ]]; then
    echo "This line is no violation, but was found: $1: $2"
    faults=1
  fi
  rm "$copy/$1"
}
planted layers/planted.cpp '  if (node.op.kind == "conv2d") return windows;'
planted layers/planted.cpp '  if ("conv2d" != node->op.kind) return {};'
planted layers/planted.h 'inline bool pools(const Op& op) { return op.kind.ends_with("_pool2d"); }'
planted ops/planted.cpp '  if (kind == "matmul_nt") return onto(in, out);'
planted autograd/planted.cpp '  if (node.op.kind == "conv2d") return windows;'
planted check/planted.cpp '  if (node.op.kind.ends_with("_grad")) return;'
planted train/planted.cpp '  if (is_one_of(kind, {"slice", "crop", "pad"})) return sliced(field);'
planted layers/planted.cpp '  const bool chooses = tape.count("argmax") > 0;'
planted cli/planted.cpp '  const Attribute* const rate = node.op.attributes.find("rate");'
planted layers/planted.cpp '  for (const auto& [key, value] : node.op.attributes) {'
allowed train/planted.cpp '  return op.phase == more.phase && op.kind == more.kind;'
allowed cli/planted.cpp '  if (app.count("--data") > 0) config.data_dir = {};'
allowed ops/planted.cpp '  return record({.kind = "floor", .pixels = Pixels::same()}, {x},'
((faults == 0))
