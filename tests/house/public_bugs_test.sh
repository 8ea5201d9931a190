#!/usr/bin/env bash
# docs/public-bugs.md is true: each test that it names is in the sources, and each test that is named after a
# thread is in it. Both are checked on pages with planted faults, too. And no script has ctest try a test again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every test as folder.Suite.Name, also where the line is broken.
for folder in tests/*/; do
  find "$folder" -name '*.cpp' -exec cat {} + | tr -s '\n ' '  ' |
    grep -oE '\bTEST(_F|_P)?\( ?[A-Za-z0-9]+, ?[A-Za-z0-9_]+ ?\)' |
    sed -E "s|^TEST(_F\|_P)?\( ?([A-Za-z0-9]+), ?([A-Za-z0-9_]+) ?\)|$(basename "$folder").\2.\3|" || true
done | sort -u >"$work/tests"
sed -nE 's/^ *add_test\(NAME (house\.[a-z_]+).*/\1/p' tests/CMakeLists.txt >>"$work/tests"
grep -E '\.([A-Za-z]+_)+[0-9]+_[A-Za-z]+$|\.[a-z]+_[A-Za-z]+$' "$work/tests" | grep -v '^house' >"$work/threads"
folders=$(ls -d tests/*/ | xargs -n 1 basename | paste -sd '|')

faults_of() {  # faults_of PAGE: a line for each
  # `properties.Catalogue/Threads.x` is TEST_P(Threads, x).
  grep -oE "\`($folders)\.[A-Za-z0-9_./]+\`" "$1" | tr -d '`' | sed -E 's|\.[A-Za-z0-9]+/|.|' | sort -u >"$work/named"
  sed 's/$/ is named, but is no test/' <(grep -vxFf "$work/tests" "$work/named" || true)
  sed 's/$/ is a test that is not named/' <(grep -vxFf "$work/named" "$work/threads" || true)
}

page=docs/public-bugs.md
faults=$(faults_of "$page" | sed "s|^|$page: |")
again=$(grep -rnE -e '--repeat|gtest_repeat|until-pass|"repeat"' .ci scripts CMakePresets.json tests/CMakeLists.txt |
  sed 's/$/ (a test is never tried again)/' || true)

# The planted faults, on a page without any of its own.
if [[ -z $faults ]]; then
  sed 's/keras_22876_OnePixel/keras_22876_TwoPixel/g' "$page" >"$work/misspelt"
  grep -v 'dlib#2059' "$page" >"$work/short"
  (($(faults_of "$work/misspelt" | grep -c "is named, but is no test") == 2)) || faults+=$'\nA planted name was not found.'
  (($(faults_of "$work/short" | grep -c "dlib_2059.* is a test that is not named") == 2)) ||
    faults+=$'\nA planted gap was not found.'
fi

if [[ -n $faults$again ]]; then
  echo "$faults"
  echo "$again"
  exit 1
fi
echo "$(wc -l <"$work/threads") tests named after threads, among $(wc -l <"$work/tests")."
