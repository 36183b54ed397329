#!/usr/bin/env python3
"""Lays out what is installed on Windows: the program, the plug-ins that it uses, the libraries that these need, and the licences.

Usage: bundle/windows/stage.py CACHE EXE STAGE   (after bundle/windows/gstreamer.sh CACHE)
"""

import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def lines(kind):
    """The lines of gstreamer.txt of this kind: a list of names and the rest."""
    for line in (HERE / "gstreamer.txt").read_text().splitlines():
        fields = line.split(None, 2)
        if fields and fields[0] == kind:
            yield fields[1].split(","), fields[2]


def needs(file):
    """The names of the libraries that a program or library asks for."""
    dump = subprocess.run(["x86_64-w64-mingw32-objdump", "-p", file], check=True, capture_output=True, text=True).stdout
    return [name.lower() for name in re.findall(r"DLL Name: (\S+)", dump)]


def closure(gst, roots):
    """The libraries of GStreamer that these files need, and what those need."""
    here = {file.name.lower(): file for file in (gst / "bin").glob("*.dll")}
    found, todo = set(), list(roots)
    while todo:
        wanted = {here[name] for name in needs(todo.pop()) if name in here}
        todo += wanted - found
        found |= wanted
    return found


def licence_of(library):
    for patterns, rest in lines("library"):
        if any(fnmatch.fnmatch(library.stem.lower(), pattern) for pattern in patterns):
            return rest
    sys.exit(f"{library.name} has no line with its licence in {HERE.name}/gstreamer.txt")


def main(cache, exe, stage):
    gst = cache / "gst"
    shutil.rmtree(stage, ignore_errors=True)
    (stage / "lib/gstreamer-1.0").mkdir(parents=True)
    plugins = [gst / f"lib/gstreamer-1.0/gst{name}.dll" for names, _ in lines("plugin") for name in names]
    libraries = closure(gst, [exe, *plugins])
    shutil.copy(exe, stage / "monomi.exe")
    for library in libraries:
        shutil.copy(library, stage)
    for plugin in plugins:
        shutil.copy(plugin, stage / "lib/gstreamer-1.0")
    licences = stage / "licences"
    licences.mkdir()
    for name in ["LICENSE-MIT", "LICENSE-APACHE"]:
        shutil.copy(ROOT / name, licences / f"{name}.txt")
    # What is in monomi.exe, with the texts of all licences: the same that Help → About shows.
    shutil.copy(ROOT / "assets/licences.txt", licences / "LICENCES.txt")
    shutil.copy(ROOT / "assets/icons/monomi-64.png", stage / "monomi.png")  # of notifications
    for font in (ROOT / "assets/fonts").glob("*OFL*.txt"):
        shutil.copy(font, licences)
    version = re.search(r"gstreamer-libs +(\S+)", (HERE / "packages.txt").read_text())[1]
    text = [
        "Monomi: MIT OR Apache-2.0, at your choice.", "",
        f"These libraries are those of GStreamer {version} for Windows, unchanged; each can be replaced by another build.",
        "Their sources: https://gstreamer.freedesktop.org/src/ and the projects that are named.", "",
        *sorted(f"{library.name}: {re.sub(' {2,}', ', ', licence_of(library))}" for library in libraries),
        *sorted(f"lib/gstreamer-1.0/{plugin.name}: LGPL-2.1-or-later, GStreamer" for plugin in plugins),
        "", "What is in monomi.exe, and the texts of all licences: LICENCES.txt",
    ]  # fmt: skip
    (licences / "THIRD-PARTY.txt").write_text("\r\n".join(text) + "\r\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in [*libraries, *plugins])
    print(f"{len(plugins)} plug-ins and {len(libraries)} libraries of GStreamer: {size / 1e6:.1f} MB")


main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:4]))
