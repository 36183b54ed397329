#!/usr/bin/env bash
# Lints and type-checks the workspace for Windows, where the toolchain is there. Usage: bundle/windows/check.sh [TARGET_FOLDER]
set -euo pipefail

cd "$(dirname "$0")/../.."
cache=${1:-target}/windows
here=bundle/windows
for part in toolchain gstreamer; do
    if ! cmp --silent $here/packages.txt "$cache/$part.done"; then
        echo "SKIPPED: lints and types for Windows: its toolchain is not here (make windows-check fetches it)"
        exit 0
    fi
done
cache=$(cd "$cache" && pwd -P)
# shellcheck source=bundle/windows/env.sh
. $here/env.sh
exec cargo clippy --locked --workspace --lib --bins --tests -- -D warnings
