#!/usr/bin/env bash
# Uses trous as strangers do: a program outside the tree is built against the installed library, after its prefix was
# moved, with find_package and with pkg-config, and with the sources inside, with add_subdirectory. Each is run.
set -euo pipefail

usage="usage: tests/consumer/run.sh [--cxx COMPILER] [--cxx-flags FLAGS]

Installs build/release, which it brings up to date, and a shared library, which it builds, into
temporary folders, and builds and runs tests/consumer/main.cpp with each.

  --cxx COMPILER      what compiles the shared library (without the option, c++); clang++
                      takes half as long as g++
  --cxx-flags FLAGS   how it is compiled (without the option, -O0: this is about symbols,
                      not speed)"

compiler=c++
flags=-O0
while (($#)); do
  case $1 in
    --help)
      echo "$usage"
      exit ;;
    --cxx | --cxx-flags)
      if (($# < 2)); then
        echo "tests/consumer/run.sh: $1 needs a value." >&2
        exit 2
      fi
      if [[ $1 == --cxx ]]; then compiler=$2; else flags=$2; fi
      shift 2 ;;
    *)
      echo "tests/consumer/run.sh: unknown option '$1'." >&2
      echo "$usage" >&2
      exit 2 ;;
  esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
doing="installing what is missing"
work=$(mktemp -d)
trap 'status=$?; rm -rf "$work"; ((status == 0)) || echo "tests/consumer/run.sh: FAILED ($doing)." >&2
      exit $status' EXIT
scripts/install-dependencies build consumers

fail() {
  echo "tests/consumer/run.sh: $*" >&2
  exit 1
}

# What a command prints matters only where it fails.
quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

run_program() {  # run_program PROGRAM: trous with a network of its own
  "$1" inspect thin --quiet >"$work/printed" || fail "$1 failed."
  [[ $(<"$work/printed") == "20 parameters, "* ]] || fail "$1 printed '$(<"$work/printed")'."
}

run_consumer() {  # run_consumer PROGRAM: it passes, and tells of the build that it is linked to
  "$1" >"$work/printed" || { cat "$work/printed" >&2; fail "$1 failed."; }
  local first
  first=$(head -n 1 "$work/printed")
  [[ $first =~ ^"trous $version (commit $commit, Release, "[^\ ]+\ [0-9.]+\)$ ]] ||
    fail "$1 is linked to '$first', not to $version, commit $commit, Release."
  echo "passed: $doing. $first"
}

# Installs a build, moves the prefix away, and looks at what is there.
install_moved() {  # install_moved BUILD PREFIX
  quietly cmake --install "$1" --prefix "$work/first"
  mv "$work/first" "$2"
  ! grep -rlE "$work/first|$root" "$2/lib/cmake" "$2/lib/pkgconfig" "$2/include" ||
    fail "these files name the place they were installed to or built in."
  [[ -z $(find "$2/include" -type l) ]] || fail "a header is a link."
  local headers
  headers=$(cd "$2/include/trous" && find . -type f | sort)
  [[ $headers == "$( (for header in $(printf '%s/*.h ' $folders) check/vectors/*.h program/*.h trous.h; do
    echo "./$header"; done) | sort)" ]] || fail "the installed headers are not the public ones: $headers"
  ! grep -rnE '#include <(Eigen|nlohmann|tbb|hwy|CLI|png|jpeglib|zlib|sha2)' "$2/include" || fail "a header shows a private library."
  [[ $("$2/bin/trous" --version) == "trous $version "* ]] || fail "$2/bin/trous does not run."
  [[ -s $2/share/doc/trous/LICENSE && -s $2/share/doc/trous/README.md ]] || fail "the licence is not installed."
  look_up_names "$2"
}

# Pages, examples and headers that the installed documents name are installed too.
look_up_names() {  # look_up_names PREFIX
  local documents=$1/share/doc/trous name
  while read -r name; do
    [[ -e $documents/$name || -e $1/include/trous/$name ]] || fail "the installed documents name $name, which is not there."
  done < <(grep -rhoE '(docs|examples|core|autograd|check|check/vectors|ops|layers|data|train)/[a-z_-]+\.(md|h)|examples/[a-z_]+\.cpp|\b[A-Z]+\.md' \
    "$documents" --include='*.md' | sort -u)
}

find_package() {  # find_package PREFIX BUILD NAME...: what the library must not ask its users for is not to be found
  local prefix=$1 build=$2 hidden=()
  shift 2
  for name in "$@"; do hidden+=("-DCMAKE_DISABLE_FIND_PACKAGE_$name=ON"); done
  quietly cmake -G Ninja -S "$work/consumer" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" \
    "${hidden[@]}"
  quietly cmake --build "$build"
  run_consumer "$build/consumer"
  run_program "$build/consumer_program"
}

with_pkg_config() {  # with_pkg_config PREFIX PROGRAM OPTION...
  local prefix=$1 program=$2 answer
  shift 2
  answer=$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$@" --cflags --libs "trous-program = $version")
  # shellcheck disable=SC2086
  quietly g++ -std=c++20 "$work/consumer/main.cpp" -o "$program" $answer
  # shellcheck disable=SC2086
  quietly g++ -std=c++20 "$work/consumer/program.cpp" -o "$program-program" $answer
}

doing="building build/release"
cmake --preset release >/dev/null
quietly cmake --build --preset release --parallel "$(nproc)" --target trous trous_program trous_cli
folders=$(sed -n 's/^set(folders \(.*\))$/\1/p' CMakeLists.txt)  # of the library
version=$(sed -n 's/^project(trous VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
commit=unknown
if git rev-parse HEAD >/dev/null 2>&1; then
  commit=$(git rev-parse HEAD)
  [[ -z $(git status --porcelain -- $folders cli program cmake CMakeLists.txt) ]] || commit+=-dirty
fi
cp -r tests/consumer "$work/consumer"

doing="a static library, installed and moved"
install_moved build/release "$work/static"
# A program may compile Eigen with other flags: its functions and ours must not share a name.
names=$(nm -C --defined-only "$work/static/lib/libtrous.a" 2>/dev/null)
[[ $names == *trous::atrous_conv2d* && ! $names =~ [^A-Za-z_]Eigen:: ]] ||
  fail "libtrous.a does not define atrous_conv2d, or functions in the namespace Eigen."
doing="find_package, static"
find_package "$work/static" "$work/find-static" Eigen3 nlohmann_json CLI11 GTest
doing="pkg-config, static"
with_pkg_config "$work/static" "$work/pkg-static" --static
run_consumer "$work/pkg-static"
run_program "$work/pkg-static-program"

doing="FetchContent, configured only"
inside=(-G Ninja -S "$work/consumer" -DCMAKE_BUILD_TYPE=Release -DTROUS_SOURCE="$root")
quietly cmake "${inside[@]}" -B "$work/fetch" -DTROUS_FETCH=ON -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON
echo "passed: $doing."
doing="add_subdirectory, shared"
quietly cmake "${inside[@]}" -B "$work/inside" -DBUILD_SHARED_LIBS=ON -DTROUS_INSTALL=ON -DTROUS_CLI=ON \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS_RELEASE="$flags"
quietly cmake --build "$work/inside" --parallel "$(nproc)"
run_consumer "$work/inside/consumer"
run_program "$work/inside/consumer_program"

doing="a shared library, installed and moved"
install_moved "$work/inside" "$work/shared"
rm -r "$work/inside"
doing="find_package, shared"
find_package "$work/shared" "$work/find-shared" Eigen3 nlohmann_json CLI11 GTest TBB PNG ZLIB
doing="pkg-config, shared"
with_pkg_config "$work/shared" "$work/pkg-shared"
LD_LIBRARY_PATH=$work/shared/lib run_consumer "$work/pkg-shared"
LD_LIBRARY_PATH=$work/shared/lib run_program "$work/pkg-shared-program"
echo "tests/consumer/run.sh: all green, ${SECONDS} s."
