#!/usr/bin/env bash
# Builds monomi.exe and its installer on Debian 12, and prints where they are.
# Usage: bundle/windows/build.sh [TARGET_FOLDER]
set -euo pipefail

cd "$(dirname "$0")/../.."
mkdir -p "${1:-target}/windows"
cache=$(cd "${1:-target}/windows" && pwd -P)
here=bundle/windows
stage=$cache/stage/Monomi

$here/toolchain.sh "$cache"
$here/gstreamer.sh "$cache"
# shellcheck source=bundle/windows/env.sh
. $here/env.sh

version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | head -n 1)
x86_64-w64-mingw32-windres --include-dir=$here --include-dir=assets/icons "-DMONOMI_VERSION=\\\"$version\\\"" \
    "-DMONOMI_NUMBERS=${version//./,},0" $here/monomi.rc -o "$cache/resource.o"
cargo rustc --release --locked --bin monomi -- -C "link-arg=$cache/resource.o" -C strip=symbols
exe=$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/release/monomi.exe

$here/stage.py "$cache" "$exe" "$stage"
x86_64-w64-mingw32-gcc -Os -s -o "$stage/monomi.com.exe" $here/monomi-com.c
mv "$stage/monomi.com.exe" "$stage/monomi.com"
$here/installer.sh "$cache" "$version"

say() { printf '%s: %s (%s)\n' "$1" "$2" "$(du --apparent-size --human-readable "$2" | cut -f 1)"; }
say "Program" "$exe"
say "Folder to install" "$stage"
say "Installer" "$cache/monomi-setup.exe"
