#!/usr/bin/env bash
# Runs tests of the workspace under Wine: the pure crates and what touches network, disk and video, built for Windows; and the tests of
# streams, whose scripted recorders are built for this computer and serve monomi.exe.
# Usage: bundle/windows/cargo-test.sh [TARGET_FOLDER] [PART...]   (after bundle/windows/build.sh)
set -euo pipefail

cd "$(dirname "$0")/../.."
here=bundle/windows
target=$(realpath "${1:-target}")
cache=$(realpath "$target/windows")
shift || true

missing() { echo "SKIPPED: tests for Windows under Wine: $1"; exit 0; }
[ -x /usr/lib/wine/wine64 ] || missing "Wine is not here (Debian's package wine64)"
[ -s "$cache/stage/Monomi/monomi.exe" ] || missing "monomi.exe is not built (make windows)"

export MONOMI_WINDOWS=$cache
(
    # shellcheck source=bundle/windows/wine.sh
    . $here/wine.sh
    prefix
)

# The profile is that of the program, so that what it was built of need not be built again; what is tested itself is built fast instead.
for_windows() {
    (
        # shellcheck source=bundle/windows/env.sh
        . $here/env.sh
        export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$PWD/$here/runner.sh
        cargo test --release --locked --no-fail-fast --config profile.release.package.monomi.opt-level=0 \
            --config profile.release.package.monomi.codegen-units=64 "$@"
    )
}
crates() { for_windows --workspace --exclude monomi --lib --tests; }
library() { for_windows --lib -- net:: store:: video:: desktop:: demo::; }
streams() {
    rm -rf "$cache"/wine-in-*
    MONOMI_UNDER_TEST=$PWD/$here/program.sh MONOMI_NETWORK=$(readlink /proc/self/ns/net) cargo test --locked --test it -- stream::
}

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(crates library streams)
status=0
for part in "${parts[@]}"; do
    echo "== $part"
    "$part" || status=1
done
exit $status
