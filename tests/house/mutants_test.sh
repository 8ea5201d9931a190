#!/usr/bin/env bash
# Each patch of tests/mutants/ applies to the sources as they are, changes one line and says what is wrong and who
# should be named; docs/mutants.md has a row for each. Faults are planted in copies, and must be found.
# Without python3 the test is skipped (status 77).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if ! command -v python3 >/dev/null; then
  echo "SKIPPED: there is no python3. Install it: scripts/install-dependencies oracles"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0

scripts/mutate --check || faults=1
patches=(tests/mutants/*.patch)
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  if ! grep -qF "| \`$name\` |" docs/mutants.md || ! grep -qF "| $(head -n 1 "$patch") |" docs/mutants.md; then
    echo "docs/mutants.md has no row for $name as it is. Run scripts/mutate $name --write"
    faults=1
  fi
done
rows=$(grep -cE '^\| `[0-9]{2,3}_' docs/mutants.md || true)
if ((rows != ${#patches[@]})); then
  echo "docs/mutants.md has $rows rows. Run scripts/mutate --go-on --write"
  faults=1
fi

one=${patches[0]}
planted() {  # planted NAME EXPECTED SED-COMMAND: a faulty copy of a patch, and what must be said of it
  rm -rf "$work/mutants"
  mkdir "$work/mutants"
  sed -E "$3" "$one" >"$work/mutants/$1.patch"
  local printed
  if printed=$(scripts/mutate --check --mutants "$work/mutants") || [[ $printed != *"$2"* ]]; then
    echo "The planted fault '$3' was not found: $printed"
    faults=1
  fi
}
planted 01_stale "do not stand in" 's/^-( +)/-\1stale /'
planted 01_two_lines "does not change exactly one line" 's/^( +)(\w.*)$/+\1\2/'
planted 01_no_culprit "the first lines are not" '/^Culprit/s/:.*/:/'
planted 01_no_slip "the first lines are not" '1s/.*//'
planted 01_elsewhere "is not production code" 's|^(---) a/.*|\1 a/tests/op_catalogue.cpp|; s|^(\+\+\+) b/.*|\1 b/tests/op_catalogue.cpp|'
planted No_number "is not NN_short_name" ''
planted 01_empty "cut off" d
rm -rf "$work/mutants" && mkdir "$work/mutants"
if scripts/mutate --check --mutants "$work/mutants"; then
  echo "A folder without patches passed."
  faults=1
fi
((faults == 0))
