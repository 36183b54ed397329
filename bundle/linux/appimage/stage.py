#!/usr/bin/env python3
"""Lays out the folder of the AppImage: the program, the plug-ins that it uses, the libraries that these need, and the licences.

Usage: bundle/linux/appimage/stage.py PROGRAM FFMPEG APPDIR   (FFMPEG: the folder with the libraries that ffmpeg.sh has built)

The libraries are those of the Debian packages on this computer. libraries.txt says where each belongs and under which licence it is.
"""

import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
SYSTEM = pathlib.Path("/usr/lib/x86_64-linux-gnu")


def lines(file, kind):
    """The lines of this kind: a list of names and the rest."""
    for line in file.read_text().splitlines():
        fields = line.split(None, 2)
        if fields and fields[0] == kind:
            yield fields[1].split(","), fields[2] if len(fields) > 2 else ""


def ours(kind):
    return lines(HERE / "libraries.txt", kind)


def plugins():
    """The names of the plug-ins: those of the Windows build, with what stands here for those of Windows."""
    instead = {name: rest.split()[0].split(",") for names, rest in ours("instead") for name in names}
    found = {}
    for names, _ in lines(ROOT / "bundle/windows/gstreamer.txt", "plugin"):
        for name in names:
            found.update(dict.fromkeys(instead.get(name, [name])))
    return list(found)


def place_of(name):
    """Kind and licence of a library."""
    for kind in ["system", "libc", "newer", "library"]:
        for patterns, licence in ours(kind):
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
                return kind, licence
    sys.exit(f"{name} has no line with its place and licence in {HERE.name}/libraries.txt")


def needs(file):
    dump = subprocess.run(["objdump", "-p", file], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^\s+NEEDED\s+(\S+)", dump, re.MULTILINE)


def find(name, ffmpeg):
    for folder in [ffmpeg, SYSTEM, SYSTEM / "pulseaudio", pathlib.Path("/lib/x86_64-linux-gnu"), pathlib.Path("/lib64")]:
        if (folder / name).exists():
            return folder / name
    sys.exit(f"{name} is not on this computer")


def closure(files, opened, ffmpeg):
    """Every library that these files need, by name; not what the drivers of a graphics card bring."""
    found, todo = {}, list(opened)
    for file in files:
        todo += needs(file)
    while todo:
        name = todo.pop()
        if name in found or place_of(name)[0] == "system":
            continue
        found[name] = find(name, ffmpeg)
        todo += needs(found[name])
    return found


def of_system(file, ffmpeg):
    """The libraries that this file needs, itself or by others, and that are the system's."""
    every = {name for each in [file, *closure([file], [], ffmpeg).values()] for name in needs(each)}
    return sorted(name for name in every if place_of(name)[0] == "system")


def put(file, to, mode=0o644):
    """A copy without debugging symbols, and without a path of its own to libraries: those of the program hold for all."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, to)
    to.chmod(0o755)
    if not to.name.startswith(("ld-linux", "libc.so")):
        subprocess.run(["strip", "--strip-unneeded", to], check=True)
        subprocess.run(["patchelf", "--remove-rpath", to], check=True)
    to.chmod(mode)


def package_of(file):
    """The package of a file of the system, with its version, and the name of its source."""
    for path in {file, file.resolve(), pathlib.Path(str(file).removeprefix("/usr"))}:
        found = subprocess.run(["dpkg-query", "--search", path], capture_output=True, text=True).stdout
        if found:
            package = found.split(":")[0]
            shown = "${source:Package} ${source:Version}"
            source = subprocess.run(["dpkg-query", "--show", f"--showformat={shown}", package], check=True, capture_output=True, text=True)
            return package, source.stdout
    sys.exit(f"no package has {file}")


def main(program, ffmpeg, appdir):
    shutil.rmtree(appdir, ignore_errors=True)
    chosen = {name: SYSTEM / f"gstreamer-1.0/libgst{name}.so" for name in plugins()}
    opened = [name for names, _ in ours("opened") for name in names]
    libraries = closure([program, *chosen.values()], opened, ffmpeg)

    put(program, appdir / "usr/bin/monomi", 0o755)
    subprocess.run(["patchelf", "--force-rpath", "--set-rpath", "$ORIGIN/../lib", appdir / "usr/bin/monomi"], check=True)
    for name, file in chosen.items():
        needed = of_system(file, ffmpeg)
        where = appdir / "usr/lib/gstreamer-where" / name if needed else appdir / "usr/lib/gstreamer-1.0"
        put(file, where / file.name)
        if needed:
            (where / "needs").write_text("".join(f"{library}\n" for library in needed))
    shutil.copytree("/usr/share/X11/xkb", appdir / "usr/share/X11/xkb", symlinks=False)
    (appdir / "usr/lib/gio").mkdir()
    rows, packages = [], {"xkb-data": "xkeyboard-config"}
    for name, file in sorted(libraries.items()):
        kind, licence = place_of(name)
        real = file.resolve().name
        if kind == "libc":
            put(file, appdir / "usr/libc" / name, 0o755)
        elif kind == "newer":
            # By the real name the start compares which one is newer.
            put(file, appdir / "usr/newer" / name / real)
            if real != name:
                (appdir / "usr/newer" / name / name).symlink_to(real)
        else:
            put(file, appdir / "usr/lib" / name)
        if file.parent == ffmpeg:
            source = "built for this AppImage, without what is not LGPL"
        else:
            package, source = package_of(file)
            packages[package] = source
        rows.append(f"{name}: {licence} ({source})")
    for name, file in sorted(chosen.items()):
        package, source = package_of(file)
        packages[package] = source
        rows.append(f"gstreamer-1.0/{file.name}: LGPL-2.1-or-later ({source})")

    licences = appdir / "usr/share/doc/monomi/licences"
    (licences / "packages").mkdir(parents=True)
    for package in packages:
        shutil.copyfile(f"/usr/share/doc/{package}/copyright", licences / "packages" / f"{package}.txt")
    for name in ["LGPL-2.1", "LGPL-2", "GPL-3"]:
        shutil.copyfile(f"/usr/share/common-licenses/{name}", licences / f"{name}.txt")
    for file in [ROOT / "LICENSE-MIT", ROOT / "LICENSE-APACHE", ROOT / "assets/licences.txt", *(ROOT / "assets/fonts").glob("*OFL*.txt")]:
        shutil.copyfile(file, licences / file.name)
    text = [
        "Monomi: MIT OR Apache-2.0, at your choice. The crates that it is made of: licences.txt.", "",
        "These libraries are those of Debian, without their symbols; in brackets is the source package that they were built from, whose source",
        "Debian has. Each can be replaced: --appimage-extract unpacks the AppImage, and squashfs-root/AppRun runs what was unpacked.",
        "The runtime at the head of the AppImage is bundle/linux/appimage/runtime.c of Monomi's sources, linked with squashfuse",
        "(BSD-2-Clause), libfuse 3 (LGPL-2.1), zlib, zstd (BSD-3-Clause), xz, lz4 (BSD-2-Clause) and the GNU C Library (LGPL-2.1-or-later).", "",
        *rows,
    ]  # fmt: skip
    (licences / "THIRD-PARTY.txt").write_text("\n".join(text) + "\n")
    size = sum(file.stat().st_size for file in appdir.rglob("*") if file.is_file() and not file.is_symlink())
    print(f"{len(chosen)} plug-ins and {len(libraries)} libraries; {size / 1e6:.1f} MB unpacked")


main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:4]))
