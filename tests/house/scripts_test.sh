#!/usr/bin/env bash
# What a newcomer types first: each script can be started, explains itself and refuses what it does not know.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

faults=0
expect() {  # expect STATUS TEXT COMMAND...: the command's exit status, and a text in what it prints
  local status=$1 text=$2 printed
  shift 2
  printed=$("$@" 2>&1 </dev/null)
  local got=$?
  if ((got != status)) || [[ $printed != *"$text"* ]]; then
    echo "$*: status $got, not $status with '$text'. It printed: $printed"
    faults=$((faults + 1))
  fi
}

for script in scripts/* tests/consumer/run.sh .ci/run; do
  [[ ! -d $script ]] || continue  # the modules of a Python script
  [[ -x $script ]] || { echo "$script is not executable"; faults=$((faults + 1)); }
  [[ $(head -n 1 "$script") != *bash* ]] || expect 0 "" bash -n "$script"
done
for script in scripts/* tests/consumer/run.sh; do
  [[ ! -d $script ]] || continue
  if [[ $(head -n 1 "$script") == *python3* ]] && ! command -v python3 >/dev/null; then
    echo "SKIPPED $script: there is no python3. Install it: scripts/install-dependencies oracles"
    continue
  fi
  expect 0 "usage: $script" "$script" --help
  expect 2 "'--no-such-option'" "$script" --no-such-option
done
expect 2 "--preset needs a name" scripts/test --preset
expect 2 "--target needs a name" scripts/test --target
expect 2 "--steps needs a value" scripts/demo --steps
expect 2 "--seconds needs a whole number" scripts/fuzz --seconds
expect 2 "there is no target 'none'" scripts/fuzz none
if command -v python3 >/dev/null; then
  expect 2 "--npm needs a folder" scripts/crosscheck --npm
  expect 2 "there is no program /nowhere/trous. Build it: scripts/test." scripts/crosscheck /nowhere/trous
fi

# Where there is no apt-get, the packages are named and nothing is tried.
empty_path=$(mktemp -d)
trap 'rm -rf "$empty_path"' EXIT
ln -s "$(command -v bash)" "$empty_path/bash"
expect 1 "build: g++ cmake" env PATH="$empty_path" bash scripts/install-dependencies
expect 1 "sanitizers: clang" env PATH="$empty_path" bash scripts/install-dependencies sanitizers

((faults == 0))
