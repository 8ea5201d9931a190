#!/usr/bin/env bash
# The commit that a build is told: in a checkout made for this, clean, changed and amended, in another project's
# repository and in none. Without git there is nothing to ask, and the test is skipped (status 77).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
script=$PWD/cmake/write_commit.cmake

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0

expect() {  # expect COMMIT WHEN: what the script writes for $work/project
  cmake -DROOT="$work/project" -DSOURCES=core,CMakeLists.txt -DFILE="$work/commit.cpp" -P "$script"
  local written
  written=$(sed -n 's/^const char\* const built_from_commit = "\(.*\)";$/\1/p' "$work/commit.cpp")
  if [[ $written != "$1" ]]; then
    echo "$2: '$written', not '$1'"
    faults=$((faults + 1))
  fi
}

mkdir -p "$work/project/core"
echo "a" >"$work/project/core/a.cpp"
echo "b" >"$work/project/CMakeLists.txt"
echo "c" >"$work/project/README.md"
expect unknown "without a repository"

if ! command -v git >/dev/null; then
  ((faults == 0)) || exit 1
  echo "SKIPPED: there is no git here (package git)."
  exit 77
fi

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git() { command git -C "$work/project" -c user.name=test -c user.email=test@localhost "$@"; }
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
git init -q
expect unknown "before the first commit"
git add .
git commit -qm "first"
head=$(git rev-parse HEAD)
expect "$head" "as committed"

touch -d "2001-01-01" "$work/commit.cpp"
expect "$head" "as committed, again"
if [[ $work/commit.cpp -nt $work/project/README.md ]]; then
  echo "the file was written though nothing changed, so every build would compile it"
  faults=$((faults + 1))
fi

GIT_DIR=$work/elsewhere expect "$head" "in a hook of another repository"
echo "changed" >"$work/project/README.md"
expect "$head" "with a change outside of the sources"
echo "new" >"$work/project/core/new.cpp"
expect "$head-dirty" "with a source that git does not know"
rm "$work/project/core/new.cpp"
echo "changed" >"$work/project/core/a.cpp"
expect "$head-dirty" "with a changed source"
git add core
expect "$head-dirty" "with a change that is staged"
git commit -qm "second"
expect "$(git rev-parse HEAD)" "with the change committed"

mv "$work/project/.git" "$work/.git"
command git -C "$work" rev-parse HEAD >/dev/null
expect unknown "inside the repository of another project"

((faults == 0))
