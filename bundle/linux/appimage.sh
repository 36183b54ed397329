#!/usr/bin/env bash
# Packs target/release/monomi as an AppImage, one file for any recent desktop, and prints its path.
# Usage: bundle/linux/appimage.sh [TARGET_FOLDER]
#
# The official runtime comes from no package, so that the head of the file is our own (appimage/runtime.c), with squashfuse and
# libfuse out of Debian. It does the same: mounts, or unpacks where there is no FUSE, and knows the same options.
set -euo pipefail

cd "$(dirname "$0")/../.."
target=${1:-target}
here=bundle/linux
work=$target/appimage
version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | head -n 1)
package=$work/monomi-$version-x86_64.AppImage
appdir=$work/AppDir

if [ "$(uname -m)" != x86_64 ]; then
    echo "SKIPPED: the AppImage is made for x86_64 only, here is $(uname -m)"
    exit 0
fi
mkdir -p "$work"
$here/appimage/ffmpeg.sh "$work/ffmpeg"
$here/appimage/stage.py "$target/release/monomi" "$work/ffmpeg/lib" "$appdir"

share=$appdir/usr/share
install -D -m 644 $here/monomi.desktop "$share/applications/monomi.desktop"
mkdir -p "$share/metainfo"
date=$(git log -1 --format=%cs 2>/dev/null || date +%F)
sed "s/@VERSION@/$version/; s/@DATE@/$date/" $here/monomi.metainfo.xml >"$share/metainfo/app.monomi.monomi.metainfo.xml"
install -D -m 644 assets/icons/monomi.svg "$share/icons/hicolor/scalable/apps/monomi.svg"
install -D -m 644 assets/icons/monomi-256.png "$share/icons/hicolor/256x256/apps/monomi.png"
# What an AppImage has at its top.
install -m 644 $here/monomi.desktop "$appdir/monomi.desktop"
sed -i "/^\[Desktop Action/i X-AppImage-Version=$version\n" "$appdir/monomi.desktop"
install -m 644 assets/icons/monomi-256.png "$appdir/monomi.png"
ln -sf monomi.png "$appdir/.DirIcon"

cc=(gcc -O2 -Wall -Wextra -static -s)
"${cc[@]}" -o "$appdir/AppRun" $here/appimage/apprun.c
fuse=(-D_FILE_OFFSET_BITS=64 -I/usr/include/squashfuse -I/usr/include/fuse3)
# libfuse can load modules; none is loaded here, so that the linker's word about dlopen concerns nobody.
"${cc[@]}" "${fuse[@]}" -o "$work/runtime" $here/appimage/runtime.c -lsquashfuse_ll -lsquashfuse -lfuse3 \
    -lzstd -llzma -llz4 -llzo2 -lz -lpthread -ldl 2> >(grep -v -e fuse_get_module -e "'dlopen' in statically linked" >&2)
# The mark of an AppImage of type 2, in bytes of the head that ELF leaves free.
printf 'AI\x02' | dd of="$work/runtime" bs=1 seek=8 conv=notrunc status=none

rm -f "$work/files" "$work"/*.AppImage
mksquashfs "$appdir" "$work/files" -root-owned -noappend -comp zstd -Xcompression-level 19 -b 256K -quiet -no-progress
cat "$work/runtime" "$work/files" >"$package"
chmod 755 "$package"
rm "$work/files"
"$package" --version >&2
package=$(realpath "$package")
echo "AppImage: $package ($(($(stat --format=%s "$package") / 1000000)) MB)"
echo "Run it as it is; nothing is installed."
