#!/usr/bin/env bash
# Unpacks a compiler for Windows into a folder, beside whatever the system has: rustc with the sources of std, mingw, and the maker of installers.
# Usage: bundle/windows/toolchain.sh CACHE
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$1"
cache=$(cd "$1" && pwd -P)
list=$here/packages.txt
stamp=$cache/toolchain.done

say() { printf 'monomi: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
download() { apt-get -qq -o APT::Sandbox::User=root download "$@" >&2; }

cmp --silent "$list" "$stamp" && exit 0
command -v apt-get >/dev/null || fail "the compiler for Windows comes from the packages of Debian 12, and this is no Debian system"

mapfile -t wanted < <(awk '$1 == "deb" { print $2 "=" $3 }' "$list")
offered=()
for pin in "${wanted[@]}"; do
    name=${pin%%=*}
    version=$(apt-cache policy "$name" | awk '/Candidate:/ { print $2 }')
    case "${version:-(none)}" in
        '(none)') fail "$name is not offered here. Run 'apt-get update' as root; the packages are those of Debian 12 with its security archive." ;;
        "${pin#*=}") ;;
        # The security archive keeps one version of each package, so that a pinned one goes away.
        *) say "Debian offers $name $version instead of ${pin#*=}, which is taken" ;;
    esac
    offered+=("$name")
done
# What these need and this computer lacks, such as the LLVM of this rustc.
mapfile -t needed < <(apt-get install --simulate --no-install-recommends "${offered[@]}" 2>/dev/null | awk '$1 == "Inst" { print $2 }')

say "fetching the compiler for Windows (about 210 MB; 1.3 GB unpacked)"
rm -rf "$cache/debs" "$cache/root" "$stamp"
mkdir -p "$cache/debs"
(cd "$cache/debs" && download $(printf '%s\n' "${offered[@]}" "${needed[@]}" | sort -u))
for package in "$cache"/debs/*.deb; do dpkg-deb --extract "$package" "$cache/root"; done
# The name without "-posix" is one of Debian's alternatives, which only an installed package gets.
ln -s x86_64-w64-mingw32-gcc-posix "$cache/root/usr/bin/x86_64-w64-mingw32-gcc"
rm -r "$cache/debs" "$cache/root/usr/share/doc"
cp "$list" "$stamp"
