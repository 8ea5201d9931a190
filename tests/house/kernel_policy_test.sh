#!/usr/bin/env bash
# Costs and task sizes of the fast kernels stand in ops/kernels/fast/policy.h alone: no other file there has a number of
# three digits or more, in scientific notation or as a shift. Each constant of policy.h is used, and its docstring has a
# measurement or the statement that none is recorded. Faults are planted in copies, and must be found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

check() {  # check FOLDER: prints what is wrong there
  local file name
  for file in "$1"/*.h "$1"/*.cpp; do
    [[ $file == */policy.h ]] && continue
    # Neither comments nor includes nor names, such as float32, nor what the loop that measures the peak multiplies.
    sed -E 's|//.*||; /^#/d; s/\b[A-Za-z_][A-Za-z_0-9]*//g; s/0\.999//' "$file" |
      grep -nE '[0-9]{3,}|[0-9]e[0-9]|[0-9] << [0-9]' | sed "s|^|${file##*/} has a number that belongs into policy.h: |" || true
  done
  while read -r name; do
    grep -qE "policy::$name\b" "$1"/*-inl.h "$1"/*.cpp || echo "policy.h: nothing uses $name."
  done < <(sed -nE 's/^constexpr [a-z:0-9_]+ ([a-z_0-9]+) = .*/\1/p' "$1/policy.h")
  awk '/^\/\/\//   { doc = doc " " substr($0, 5); next }
       /^constexpr/ { if (doc !~ /[Nn]o figure is recorded|[0-9]/) print "policy.h: what chose " $3 "?"; next }
                    { doc = "" }' "$1/policy.h"
}

faults=0
printed=$(check ops/kernels/fast)
[[ -z $printed ]] || { echo "$printed"; faults=1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
planted() {  # planted FILE EXPECTED LINE: a copy of the folder with one line more, and what must be said of it
  rm -rf "$work/fast"
  cp -r ops/kernels/fast "$work/fast"
  echo "$3" >>"$work/fast/$1"
  printed=$(check "$work/fast")
  [[ $printed == *"$2"* ]] || { echo "The planted '$3' was not found: $printed"; faults=1; }
}
planted tile-inl.h "tile-inl.h has a number" "constexpr double task = 4e6;"
planted depthwise-inl.h "depthwise-inl.h has a number" "constexpr std::int64_t pixels = 512;"
planted windows-inl.h "windows-inl.h has a number" "constexpr std::int64_t nearby = 1 << 18;"
planted policy.h "nothing uses idle." $'/// It takes 0.7 of the time.\nconstexpr double idle = 1;'
planted policy.h "what chose idle" $'/// It balances.\nconstexpr double idle = 1;'
((faults == 0))
