#!/usr/bin/env bash
# Builds FFmpeg's libraries out of Debian's source of the same version, with only the decoders that Monomi uses and nothing that is
# not under the LGPL: 8 MB instead of the 200 MB that Debian's own bring with them. The names and versions of the libraries stay, so that
# Debian's plug-in of GStreamer (gstreamer1.0-libav) finds in them what it was built with.
# Usage: bundle/linux/appimage/ffmpeg.sh FOLDER   (the libraries lie in FOLDER/lib)
set -euo pipefail

folder=$1
decoders=h264,hevc,mjpeg,mpeg4,vp8,vp9,aac,aac_latm
parsers=h264,hevc,mjpeg,mpeg4video,vp8,vp9,aac,aac_latm
version=$(dpkg-query --show --showformat='${source:Version}' libavcodec59)
mark="$version $decoders $parsers"

if [ "$(cat "$folder/lib/mark" 2>/dev/null)" = "$mark" ]; then exit 0; fi

# A list of sources of our own, made of the binary packages' one, so that the system's stays as it is.
rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/parts" "$folder/cache/archives/partial" "$folder/lib"
folder=$(realpath "$folder")
for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -e "$file" ] || sed 's/^Types: .*/Types: deb-src/' "$file" >"$folder/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -e "$file" ] || sed -n 's/^deb /deb-src /p' "$file" >"$folder/parts/$(basename "$file" .list).list"
done
apt_get() {
    apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$folder/parts" \
        -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" "$@" >&2
}
apt_get update
cd "$folder"
apt_get source --download-only "ffmpeg=$version"
dpkg-source --extract --no-check ffmpeg_*.dsc source >&2
cd source
./configure --prefix=/usr --enable-shared --disable-static --enable-pic --disable-programs --disable-doc --disable-debug \
    --disable-autodetect --disable-everything --disable-network --disable-avdevice --disable-postproc \
    --enable-decoder=$decoders --enable-parser=$parsers >"$folder/configure.log"
grep -q '^License: LGPL version 2.1 or later' "$folder/configure.log"
make --jobs="$(nproc)" >"$folder/make.log"
for library in libav*/lib*.so libsw*/lib*.so; do
    cp "$library" "$folder/lib/$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')"
done
echo "$mark" >"$folder/lib/mark"
