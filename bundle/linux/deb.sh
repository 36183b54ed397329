#!/usr/bin/env bash
# Packs target/release/monomi as a Debian package and prints its path.
# Usage: bundle/linux/deb.sh [TARGET_FOLDER]
set -euo pipefail

cd "$(dirname "$0")/../.."
target=${1:-target}
here=bundle/linux
version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | head -n 1)
arch=$(dpkg --print-architecture)
stage=$target/debian/monomi
package=$target/debian/monomi_${version}_$arch.deb

rm -rf "$target/debian"
install -D -m 755 "$target/release/monomi" "$stage/usr/bin/monomi"
strip --strip-unneeded "$stage/usr/bin/monomi"
install -D -m 644 $here/monomi.desktop "$stage/usr/share/applications/monomi.desktop"
install -D -m 644 assets/icons/monomi.svg "$stage/usr/share/icons/hicolor/scalable/apps/monomi.svg"
for size in 48 128 256 512; do
    install -D -m 644 assets/icons/monomi-$size.png "$stage/usr/share/icons/hicolor/${size}x$size/apps/monomi.png"
done
mkdir -p "$stage/usr/share/metainfo" "$stage/usr/share/doc/monomi" "$stage/DEBIAN"
date=$(git log -1 --format=%cs 2>/dev/null || date +%F)
sed "s/@VERSION@/$version/; s/@DATE@/$date/" $here/monomi.metainfo.xml >"$stage/usr/share/metainfo/app.monomi.monomi.metainfo.xml"
install -m 644 assets/licences.txt "$stage/usr/share/doc/monomi/licences.txt"
gzip --best --no-name --stdout CHANGELOG.md >"$stage/usr/share/doc/monomi/changelog.gz"
cat LICENSE-MIT - assets/fonts/*OFL*.txt >"$stage/usr/share/doc/monomi/copyright" <<'END'

Or, at your choice, the Apache License 2.0: /usr/share/common-licenses/Apache-2.0

The bundled font is under the following licence.

END

desktop-file-validate $here/monomi.desktop
appstreamcli validate --no-net "$stage/usr/share/metainfo/app.monomi.monomi.metainfo.xml"

# What the program is linked against, and what it opens while it runs (the "run" lines of packages.txt).
mkdir -p "$target/debian/debian"
printf 'Source: monomi\n\nPackage: monomi\nArchitecture: any\n' >"$target/debian/debian/control"
linked=$(cd "$target/debian" && dpkg-shlibdeps -O monomi/usr/bin/monomi 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
opened=$(awk '$1 == "run" { printf ", %s", $2 }' $here/packages.txt)
cat >"$stage/DEBIAN/control" <<END
Package: monomi
Version: $version
Architecture: $arch
Maintainer: Monomi contributors <contributors@monomi.invalid>
Section: video
Priority: optional
Installed-Size: $(du --summarize --block-size=1024 "$stage/usr" | cut -f 1)
Depends: $linked$opened
Recommends: mesa-vulkan-drivers
Suggests: gnome-keyring
Description: live pictures of many DVRs and NVRs in one window
 Monomi shows recorders and cameras in a grid over RTSP. When a site drops, it
 probes it calmly and never floods the routers on the way.
 .
 Settings, registry and passwords stay in the user's own folder; removing or
 purging the package leaves them there.
END
dpkg-deb --root-owner-group --build "$stage" "$package" >&2
package=$(realpath "$package")
echo "Package: $package"
echo "Install it with: apt-get install $package"
