#!/bin/sh
# The library as others use it, in C and in C++, shared and static: installed, by pkg-config and by CMake's find_package;
# and fetched into another project's build.
#   install.sh BUILD_DIRECTORY
set -eu
build=$(realpath "$1")
source=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs a command and shows what it says only if it fails.
quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

quietly cmake --install "$build" --prefix "$work/installed"
mv "$work/installed" "$work/moved" # nothing may remember the first place
cp examples/embed.c tests/house/consumer/* "$work/"
PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name polytune.pc)")
export PKG_CONFIG_PATH
library_path=$(pkg-config --variable=libdir polytune)
cd "$work"

echo "== pkg-config"
case $(pkg-config --libs polytune) in
*sodium* | *curl*) echo "the libraries within are private, and listed"; exit 1 ;;
esac
case $(pkg-config --static --libs polytune) in
*-lpolytune*-lsodium*) ;;
*) echo "--static does not list the libraries within"; exit 1 ;;
esac
# shellcheck disable=SC2046 # flags are meant to be split
cc -std=c11 -Wall -Wextra -Werror -o shared embed.c $(pkg-config --cflags --libs polytune) -pthread
LD_LIBRARY_PATH="$library_path" ./shared >out_shared
# Only ours static: a static libcurl needs more than most machines have.
# shellcheck disable=SC2046
cc -std=c11 -Wall -Wextra -Werror -o static embed.c $(pkg-config --cflags polytune) "$library_path/libpolytune.a" \
    $(pkg-config --libs $(pkg-config --print-requires-private polytune | cut -d' ' -f1)) -pthread
./static >out_static
cmp out_shared out_static
grep -q "larger: 41" out_shared
# shellcheck disable=SC2046
c++ -std=c++17 -Wall -Wextra -Werror -o cxx consumer.cpp $(pkg-config --cflags --libs polytune)
LD_LIBRARY_PATH="$library_path" ./cxx
"$work/moved/bin/polytune" --version
grep -q "TH \"polytune-party\" 1" "$work/moved/share/man/man1/polytune-party.1"
for file in bash-completion/completions/polytune zsh/site-functions/_polytune fish/vendor_completions.d/polytune.fish; do
    grep -q roster "$work/moved/share/$file"
done

# consumer NAME OPTIONS..: configures, builds and runs the project.
consumer() {
    echo "== CMake: $1"
    out="$work/$1"
    shift
    quietly cmake -S . -B "$out" -DCMAKE_BUILD_TYPE=Debug "$@"
    quietly cmake --build "$out" --parallel 2
    for program in c_polytune c_static; do
        "$out/$program" | cmp - out_shared
    done
    for program in cxx_polytune cxx_static; do
        "$out/$program"
    done
}
consumer package -DPOLYTUNE_FROM=package -DCMAKE_PREFIX_PATH="$work/moved"

echo "== CMake: where the command of the build tree is on the PATH, too"
PATH="$build/bin:$work/moved/bin:$PATH" quietly cmake -S . -B "$work/on-path" -DPOLYTUNE_FROM=package
grep -q "^polytune_DIR:PATH=$work/moved/" "$work/on-path/CMakeCache.txt"

# What is not found, and why. refused TEXT OPTIONS..
refused() {
    text=$1
    shift
    if cmake -S . -B "$work/refused" -DPOLYTUNE_FROM=package -DCMAKE_PREFIX_PATH="$work/moved" "$@" >"$work/log" 2>&1 ||
        ! tr -s ' \n' ' ' <"$work/log" | grep -q "$text"; then
        echo "not refused with '$text':"
        cat "$work/log"
        exit 1
    fi
    rm -rf "$work/refused"
}
echo "== CMake: what is not found"
refused "there is no component shared: the only one is static" -DPOLYTUNE_COMPONENTS=shared
mkdir "$work/no-packages"
PKG_CONFIG_LIBDIR="$work/no-packages" PKG_CONFIG_PATH='' refused "the static library needs libsodium"
mv "$library_path/libpolytune.a" "$work/kept.a"
refused "the static library is not installed"
mv "$work/kept.a" "$library_path/libpolytune.a"

consumer fetched -DPOLYTUNE_FROM="$source" -DCMAKE_C_FLAGS_DEBUG=-O0 \
    -DCMAKE_C_COMPILER_LAUNCHER="$(sed -n 's/^CMAKE_C_COMPILER_LAUNCHER:.*=//p' "$build/CMakeCache.txt")"
