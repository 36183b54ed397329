#!/usr/bin/env bash
# Unpacks GStreamer for Windows, and makes what a linker and pkg-config ask for.
# Usage: bundle/windows/gstreamer.sh CACHE
#
# The wheels hold DLLs alone. GNU ld links against a DLL under the name of a library, and the Rust bindings need no header.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$1"
cache=$(cd "$1" && pwd -P)
list=$here/packages.txt
stamp=$cache/gstreamer.done

say() { printf 'monomi: %s\n' "$*" >&2; }

cmp --silent "$list" "$stamp" && exit 0
say "fetching GStreamer for Windows (100 MB)"
rm -rf "$cache/wheels" "$cache/unpacked" "$cache/gst" "$cache/link" "$cache/pc" "$stamp"
mkdir -p "$cache/wheels" "$cache/gst/bin" "$cache/gst/lib/gstreamer-1.0" "$cache/link" "$cache/pc"
awk '$1 == "wheel" { print $2 "==" $3 " --hash=sha256:" $4 }' "$list" >"$cache/wheels/requirements.txt"
python3 -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes --only-binary=:all: --platform win_amd64 \
    --python-version 3.11 --dest "$cache/wheels" --requirement "$cache/wheels/requirements.txt" >&2
for wheel in "$cache"/wheels/*.whl; do python3 -m zipfile --extract "$wheel" "$cache/unpacked"; done
find "$cache/unpacked" -path '*/bin/*.dll' -exec cp -t "$cache/gst/bin" {} \;
find "$cache/unpacked" -path '*/lib/gstreamer-1.0/*.dll' -exec cp -t "$cache/gst/lib/gstreamer-1.0" {} \;

version=$(awk '$2 == "gstreamer-libs" { print $3 }' "$list")
# LIBRARY DLL VERSION: a name for the linker and one for pkg-config.
library() {
    ln -s "$cache/gst/bin/$2" "$cache/link/lib$1.dll"
    printf 'Name: %s\nDescription: %s\nVersion: %s\nLibs: -L%s -l%s\nCflags:\n' "$1" "$1" "$3" "$cache/link" "$1" >"$cache/pc/${4:-$1}.pc"
}
for name in glib gobject gio gmodule; do library $name-2.0 $name-2.0-0.dll 2.82.0; done
library gstreamer-1.0 gstreamer-1.0-0.dll "$version"
for name in app audio base net pbutils rtp rtsp rtspserver sdp tag video; do
    pc=gstreamer-$name-1.0
    [ $name != rtspserver ] || pc=gstreamer-rtsp-server-1.0
    library gst$name-1.0 gst$name-1.0-0.dll "$version" $pc
done
rm -r "$cache/wheels"
cp "$list" "$stamp"
