#!/usr/bin/env bash
# Runs the built monomi.exe under Wine as if it were a program of this computer: what the tests of streams start as MONOMI_UNDER_TEST.
# In another network than that of MONOMI_NETWORK it has a Windows of its own, because the service of Wine that tells of interfaces tells of
# those of the network that it was begun in.
set -euo pipefail

network=$(readlink /proc/self/ns/net)
if [ "$network" != "${MONOMI_NETWORK:-$network}" ]; then
    export MONOMI_WINE=$MONOMI_WINDOWS/wine-in-${network//[^0-9]/}
    [ -d "$MONOMI_WINE" ] || cp --archive --link "$MONOMI_WINDOWS/wine" "$MONOMI_WINE"
fi
exec "$(dirname "$0")/runner.sh" "$MONOMI_WINDOWS/stage/Monomi/monomi.exe" "$@"
