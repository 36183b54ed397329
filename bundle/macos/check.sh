#!/usr/bin/env bash
# Type-checks the workspace for macOS (Apple silicon) on a computer that is none: nothing is linked, nothing runs.
# Usage: bundle/macos/check.sh [TARGET_FOLDER]      (the compiler with the sources of std: bundle/windows/toolchain.sh TARGET/windows)
#
# std is built from its sources. C code (ring) is compiled by zig, which has Apple's C headers. GStreamer's bindings ask pkg-config for
# versions alone until something is linked, so that descriptions of libraries without libraries are enough.
set -euo pipefail

cd "$(dirname "$0")/../.."
tools=$(realpath -m "${1:-target}/windows/root/usr")
mkdir -p "${1:-target}/macos"
cache=$(realpath "${1:-target}/macos")
zig='ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54'

skip() {
    echo "SKIPPED: types for macOS: $*"
    exit 0
}
[ -x "$tools/bin/rustc" ] || skip "its compiler is not here (make macos-check fetches it)"
if [ ! -x "$cache/zig/ziglang/zig" ]; then
    python3 -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes --only-binary=:all: --dest "$cache/wheels" \
        --requirement <(echo "$zig") >&2 || skip "its C compiler is not to be had: ${zig%% *}"
    python3 -m zipfile --extract "$cache"/wheels/ziglang-*.whl "$cache/zig"
    chmod +x "$cache/zig/ziglang/zig"
    rm -r "$cache/wheels"
fi
mkdir -p "$cache/bin" "$cache/pc" "$cache/sdk"
for tool in cc ar; do
    # rustc's name of the system is not zig's, which is told by -target.
    cat >"$cache/bin/$tool" <<END
#!/bin/bash
arguments=()
for argument in "\$@"; do
    case \$argument in --target=* | -arch | arm64 | -mmacosx-version-min=* | -isysroot | $cache/sdk) ;; *) arguments+=("\$argument") ;; esac
done
exec "$cache/zig/ziglang/zig" $tool $([ $tool != cc ] || echo "-target aarch64-macos") "\${arguments[@]}"
END
    chmod +x "$cache/bin/$tool"
done
library() { printf 'Name: %s\nDescription: %s\nVersion: %s\nLibs:\nCflags:\n' "$1" "$1" "$2" >"$cache/pc/$1.pc"; }
for name in glib gobject gio gmodule; do library $name-2.0 2.74.0; done
for name in '' app- audio- base- net- pbutils- rtp- rtsp- rtsp-server- sdp- tag- video-; do library "gstreamer-${name}1.0" 1.22.0; done

export PATH=$tools/bin:$PATH LD_LIBRARY_PATH=$tools/lib/x86_64-linux-gnu
export RUSTC=$tools/bin/rustc RUSTC_BOOTSTRAP=1 # std is built from its sources, which stable cargo does not offer
export CARGO_TARGET_DIR=$cache/build CARGO_BUILD_TARGET=aarch64-apple-darwin CARGO_UNSTABLE_BUILD_STD=std,panic_unwind
export CC_aarch64_apple_darwin=$cache/bin/cc AR_aarch64_apple_darwin=$cache/bin/ar SDKROOT=$cache/sdk
export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_LIBDIR=$cache/pc
# The members that neither wait nor touch anything outside first: they need few crates of others.
members=()
for manifest in crates/*/Cargo.toml; do
    name=$(sed -n 's/^name *= *"\(.*\)"/\1/p' "$manifest" | head -n 1)
    [ "$name" = monomi-soft-window ] || members+=(--package "$name")
done
cargo check --locked "${members[@]}"
echo "Types for macOS: the members of the workspace but the program and soft-window are right for aarch64-apple-darwin."
cargo check --locked --workspace --lib --bins
echo "Types for macOS: all of the workspace is right for aarch64-apple-darwin. Nothing was linked, and nothing ran."
