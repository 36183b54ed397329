#!/usr/bin/env bash
# Tries what `make deb` and `make appimage` built in bare systems: install, run under Xvfb as an ordinary user, remove; then nothing may
# be left over. Says SKIPPED and why where that cannot be done. Root, and the archive of Debian's packages.
# Usage: bundle/linux/try.sh [TARGET_FOLDER]      SUITES="bookworm trixie" (the releases; "bullseye:appimage": of an
# older one the AppImage alone, whose C library is then its own), KEEP=1 (the bare system stays)
set -euo pipefail

cd "$(dirname "$0")/../.."
target=$(realpath "${1:-target}")
roots=$target/roots
read -ra suites <<<"${SUITES:-bookworm trixie}"
deb=$(ls -t "$target"/debian/monomi_*.deb 2>/dev/null | head -n 1 || true)
appimage=$(ls -t "$target"/appimage/monomi-*.AppImage 2>/dev/null | head -n 1 || true)
root=$roots/now
faults=0

say() { printf '%s\n' "$*"; }
skip() { say "SKIPPED: $*"; }
fault() {
    say "FAILED: $*"
    faults=$((faults + 1))
}

# The first archive of packages that this system uses.
archive() {
    cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
        awk '/^URIs:/ { print $2; exit } /^deb / { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }'
}

# A bare system of this release, as a file that is made once.
bare() {
    local suite=$1 file=$roots/$1.tar
    [ ! -s "$file" ] || return 0
    say "making a bare $suite"
    mkdir -p "$roots"
    mmdebstrap --quiet --variant=minbase --mode=root "$suite" "$roots/$suite-part.tar" "$(archive)" && mv "$roots/$suite-part.tar" "$file"
}

unpack() {
    rm -rf "$root"
    mkdir -p "$root"
    tar --extract --file "$roots/$1.tar" --directory "$root" --exclude='./dev/*'
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    chroot "$root" useradd --create-home guard
    mkdir -p "$root/tmp/.X11-unix"
}

# Runs a command in the bare system, with mounts and processes of its own, which end with it.
inside() {
    unshare --mount --pid --fork bash -eu -c '
        root=$1; shift
        mount --make-rprivate /
        mount -t proc proc "$root/proc"
        # Devices of its own: what root does in there must not reach those of this system.
        mount -t tmpfs -o mode=755 dev "$root/dev"
        for device in "null 3" "zero 5" "full 7" "random 8" "urandom 9"; do
            mknod -m 666 "$root/dev/${device% *}" c 1 "${device#* }"
        done
        [ ! -e /dev/fuse ] || mknod -m 666 "$root/dev/fuse" c 10 229
        ln -s /proc/self/fd "$root/dev/fd"
        mkdir "$root/dev/shm" && chmod 1777 "$root/dev/shm"
        mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
        exec chroot "$root" "$@"' inside "$root" "$@"
}
as_guard() {
    inside runuser --user guard -- env --chdir=/home/guard --ignore-environment HOME=/home/guard PATH=/usr/local/bin:/usr/bin:/bin \
        LANG=C.UTF-8 DISPLAY=":$display" XDG_RUNTIME_DIR=/nowhere "$@"
}

# Every file of the system but those that installing anything touches.
files() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./var/lib/dpkg -o -path ./var/lib/apt \
        -o -path ./var/cache -o -path ./var/log -o -path ./tmp/.X11-unix \) -prune -o -print | sort)
}

# The picture of 16 live tiles is far larger than that of a window without them.
picture() {
    local what=$1 file=$2 size
    size=$(stat --format=%s "$file" 2>/dev/null || echo 0)
    if [ "$size" -gt 50000 ]; then
        say "  $what: a picture of $((size / 1000)) kB"
        cp "$file" "$roots/$what.png"
    else
        fault "$what: no picture of live tiles ($size bytes)"
    fi
    rm -f "$file"
}

left_over() {
    local what=$1 before=$2
    # Caches that belong to other packages are made anew by their triggers.
    if diff "$before" <(files) | grep '^>' | grep -vE '/(ld\.so\.cache|fontconfig|mime|ldconfig|aux-cache|__pycache__|\.cache)' >"$roots/left"; then
        fault "$what: left over: $(head -n 5 "$roots/left" | tr '\n' ' ')"
    else
        say "  $what: nothing left over"
    fi
}

try_deb() {
    local suite=$1 what=deb-$1 before=$roots/before
    unpack "$suite"
    cp "$deb" "$root/monomi.deb"
    inside apt-get -qq update
    files >"$before"
    local begin=$SECONDS
    if ! inside env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install /monomi.deb >"$roots/$what.log" 2>&1; then
        fault "$what: it does not install ($roots/$what.log)"
        return
    fi
    say "  $what: installed in $((SECONDS - begin)) s"
    as_guard monomi --version
    as_guard monomi --demo --lang ja --screenshot /home/guard/shot.png || fault "$what: it ended with an error"
    picture "$what" "$root/home/guard/shot.png"
    inside env DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge --autoremove monomi >>"$roots/$what.log" 2>&1 || fault "$what: it is not removed"
    left_over "$what" "$before"
}

try_appimage() {
    local suite=$1 what=appimage-$1 before=$roots/before
    unpack "$suite"
    cp "$appimage" "$root/home/guard/monomi.AppImage"
    files >"$before"
    as_guard ./monomi.AppImage --version
    as_guard ./monomi.AppImage --demo --lang ja --screenshot /home/guard/shot.png || fault "$what: it ended with an error"
    picture "$what" "$root/home/guard/shot.png"
    left_over "$what" "$before"
    # The same with FUSE, which mounts instead of unpacking; nothing may stay mounted.
    if ! inside sh -c 'apt-get -qq update && apt-get -qq -y --no-install-recommends install fuse3' >"$roots/$what.log" 2>&1; then
        skip "$what with FUSE: fuse3 is not to be had there"
        return
    fi
    # Installed systems have it, and fusermount3 unmounts nothing without it.
    ln -s /proc/self/mounts "$root/etc/mtab"
    files >"$before"
    # shellcheck disable=SC2016
    if as_guard sh -c './monomi.AppImage --demo --screenshot shot.png & while kill -0 $! 2>/dev/null; do
            ! grep -q "fuse.squashfuse" /proc/mounts || seen=1; sleep 0.1; done
            wait $! && [ "$seen" ] && sleep 2 && ! grep "fuse.squashfuse" /proc/mounts'; then
        picture "$what-fuse" "$root/home/guard/shot.png"
    else
        fault "$what: it was not mounted, or still is"
    fi
    left_over "$what-fuse" "$before"
}

[ "$(id -u)" -eq 0 ] || { skip "packages in bare systems: this needs root"; exit 0; }
unshare --mount --pid --fork true 2>/dev/null || { skip "packages in bare systems: no namespaces of their own here"; exit 0; }
for tool in mmdebstrap Xvfb; do
    command -v $tool >/dev/null || { skip "packages in bare systems: $tool is not installed"; exit 0; }
done
[ -n "$deb" ] || skip "the Debian package: build it with make deb"
[ -n "$appimage" ] || skip "the AppImage: build it with make appimage"

mkdir -p "$roots" /tmp/.X11-unix
exec 8>"$roots/display"
Xvfb -displayfd 8 -screen 0 1280x800x24 -nolisten tcp >"$roots/xvfb.log" 2>&1 &
server=$!
trap 'kill $server; [ -n "${KEEP:-}" ] || rm -rf "$root"' EXIT
until [ -s "$roots/display" ]; do sleep 0.1; done
display=$(cat "$roots/display")

for entry in "${suites[@]}"; do
    suite=${entry%%:*}
    say "$suite:"
    if ! bare "$suite" 2>"$roots/$suite.log"; then
        skip "$suite: no bare system of it can be made: $(grep -m 1 '^E:' "$roots/$suite.log" || tail -n 1 "$roots/$suite.log")"
        continue
    fi
    [ -z "$appimage" ] || try_appimage "$suite"
    [ -z "$deb" ] || [ "$entry" != "$suite" ] || try_deb "$suite"
done
[ $faults -eq 0 ] || exit 1
