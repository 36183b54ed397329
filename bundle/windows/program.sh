#!/usr/bin/env bash
# Runs the built monomi.exe under Wine as if it were a program of this computer: what the tests of streams start as MONOMI_UNDER_TEST.
exec "$(dirname "$0")/runner.sh" "$MONOMI_WINDOWS/stage/Monomi/monomi.exe" "$@"
