#!/usr/bin/env bash
# Packs the folder that was laid out as monomi-setup.exe. Usage: bundle/windows/installer.sh CACHE VERSION
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=$1
stage=$cache/stage/Monomi

# The uninstaller takes away what was installed, by name, and nothing else.
(
    cd "$stage"
    find . -type f -printf '%P\n' | sort | sed 's|/|\\|g; s|.*|Delete "$INSTDIR\\&"|'
    find . -mindepth 1 -type d -printf '%d %P\n' | sort --reverse --numeric-sort | sed 's|^[0-9]* ||; s|/|\\|g; s|.*|RMDir "$INSTDIR\\&"|'
) >"$cache/uninstall.nsh"
export NSISDIR=$cache/root/usr/share/nsis
"$cache/root/usr/bin/makensis" -V2 -INPUTCHARSET UTF8 "-DVERSION=$2" "-DSTAGE=$stage" "-DUNINSTALL=$cache/uninstall.nsh" \
    "-DSIZE=$(du --summarize --block-size=1024 "$stage" | cut -f 1)" "-DICON=$here/../../assets/icons/monomi.ico" \
    "-DOUT=$cache/monomi-setup.exe" "$here/installer.nsi"
