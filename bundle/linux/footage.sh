#!/usr/bin/env bash
# Puts real CCTV footage at FILE, for tests and the bench: a clip out of Debian's opencv-doc, 8 MB of a package of 96 MB that is
# fetched once and not installed. Where it cannot be had it says so, and who needs it is skipped.
# Usage: bundle/linux/footage.sh FILE
set -euo pipefail

file=$1
clip=usr/share/doc/opencv-doc/examples/data/vtest.avi

say() { printf 'monomi: %s\n' "$*" >&2; }

fetch() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return
    say "fetching real footage: opencv-doc (96 MB, once)"
    (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download opencv-doc) >&2 || return
    dpkg-deb --fsys-tarfile "$folder"/opencv-doc_*.deb | tar --extract --to-stdout "./$clip" >"$file.part" || return
    mv "$file.part" "$file"
}

[ ! -s "$file" ] || exit 0
mkdir -p "$(dirname "$file")"
if [ -s "/$clip" ]; then
    ln -sf "/$clip" "$file"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder" "$file.part"' EXIT
fetch || say "there is no real footage: tests and measurements with it are skipped"
