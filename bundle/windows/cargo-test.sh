#!/usr/bin/env bash
# Builds tests of the workspace for Windows and runs them under Wine: the pure crates, what touches network, disk and video, and streams as a
# scripted recorder serves them. Usage: bundle/windows/cargo-test.sh [TARGET_FOLDER] [PART...]   (after bundle/windows/build.sh)
set -euo pipefail

cd "$(dirname "$0")/../.."
here=bundle/windows
cache=$(realpath "${1:-target}/windows")
shift || true

missing() { echo "SKIPPED: tests for Windows under Wine: $1"; exit 0; }
[ -x /usr/lib/wine/wine64 ] || missing "Wine is not here (Debian's package wine64)"
[ -d "$cache/stage/Monomi" ] || missing "monomi.exe is not built (make windows)"

(
    # shellcheck source=bundle/windows/wine.sh
    . $here/wine.sh
    prefix
)
# shellcheck source=bundle/windows/env.sh
. $here/env.sh
export MONOMI_WINDOWS=$cache CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$PWD/$here/runner.sh

# The profile is that of the program, so that what it was built of need not be built again.
crates() { cargo test --release --locked --workspace --exclude monomi --lib --tests --no-fail-fast; }
library() { cargo test --release --locked --lib --no-fail-fast -- net:: store:: video::; }
streams() { cargo test --release --locked --test it --no-fail-fast -- stream::; }

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(crates library streams)
status=0
for part in "${parts[@]}"; do
    echo "== $part"
    "$part" || status=1
done
exit $status
