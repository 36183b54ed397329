#!/usr/bin/env bash
# Installs what is missing for the given purposes (those of packages.txt) and asks for nothing when all is there.
# Usage: bundle/linux/prepare.sh PURPOSE...
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
wanted_rust=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$here/../../Cargo.toml")

say() { printf 'monomi: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root, and sudo is not here. As root: $*"
    fi
}

# The packages of these purposes that are not installed, one a line.
missing() {
    local purposes=" $* " purpose name _why
    while read -r purpose name _why; do
        case "$purpose" in '' | '#'*) continue ;; esac
        [[ $purposes == *" $purpose "* ]] || continue
        [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done <"$here/packages.txt"
}

# Waits for another apt to end, instead of failing.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@" </dev/null >&2
}

apt_install() {
    say "installing: $*"
    apt_get update
    apt_get install -y --no-install-recommends "$@"
}

rust_version() { rustc --version 2>/dev/null | awk '{ print $2 }'; }
new_enough() { [ -n "$1" ] && printf '%s\n%s\n' "$wanted_rust" "$1" | sort --version-sort --check=quiet; }

# rustc and cargo, new enough. Debian 12 carries them beside its old rustc under the names rustc-web and cargo-web.
rust() {
    new_enough "$(rust_version)" && command -v cargo >/dev/null && return
    if command -v rustup >/dev/null; then
        fail "Rust $wanted_rust or newer is needed, here is '$(rust_version)'. Run: rustup toolchain install stable && rustup default stable"
    fi
    command -v apt-get >/dev/null || fail "Rust $wanted_rust or newer is needed (https://www.rust-lang.org/tools/install)"
    apt_get update
    local offered
    offered=$(apt-cache policy rustc-web | awk '/Candidate:/ { print $2 }')
    if ! new_enough "${offered%%+*}"; then
        fail "Rust $wanted_rust or newer is needed and this system offers '${offered:-none}'." \
            "Install it with rustup (https://www.rust-lang.org/tools/install) and run this again."
    fi
    local packages=(rustc-web cargo-web)
    [[ " $* " != *" test "* ]] || packages+=(rustfmt-web rust-web-clippy)
    apt_install "${packages[@]}"
    new_enough "$(rust_version)" ||
        fail "an older rustc stands before the new one in PATH: $(command -v rustc). Remove it, or put /usr/bin first."
}

main() {
    if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
        mapfile -t packages < <(missing "$@")
        [ ${#packages[@]} -eq 0 ] || apt_install "${packages[@]}"
    else
        say "not a Debian system: the libraries named in bundle/linux/packages.txt must be there already"
    fi
    if [[ " $* " == *" build "* ]]; then rust "$@"; fi
}

main "$@"
