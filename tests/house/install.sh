#!/bin/sh
# cmake --install into a fresh prefix, then a program outside the tree built with pkg-config alone, against the shared
# and the static library.
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >"$work/log" || { cat "$work/log"; exit 1; }
cp examples/embed.c "$work/"
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name polytune.pc)")
export PKG_CONFIG_PATH
library_path=$(pkg-config --variable=libdir polytune)

cd "$work"
# shellcheck disable=SC2046 # flags are meant to be split
cc -std=c11 -Wall -Wextra -Werror -o shared embed.c $(pkg-config --cflags --libs polytune) -pthread
LD_LIBRARY_PATH="$library_path" ./shared >out_shared

# shellcheck disable=SC2046
cc -std=c11 -Wall -Wextra -Werror -o static embed.c $(pkg-config --cflags polytune) "$library_path/libpolytune.a" \
    $(pkg-config --libs libsodium libcurl libmicrohttpd jansson) -pthread
./static >out_static

cmp out_shared out_static
grep -q "larger: 41" out_shared
"$work/prefix/bin/polytune" --version
