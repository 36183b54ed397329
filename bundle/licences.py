#!/usr/bin/env python3
"""Writes assets/licences.txt: what Monomi is made of, under which licences, and their texts.

Usage: bundle/licences.py   (after any change of Cargo.lock; `make licences`)

Listed is each crate that Cargo.lock has for the program on any system: what it is linked with and what builds it, without what
only tests use. tests/it/licences.rs makes the same list of Cargo.lock and compares. Where a crate offers a choice, Apache-2.0 is
taken, whose text stands here once; of each other licence the crate's own file is printed, for it names who must be named.
"""

import json
import pathlib
import re
import subprocess
import sys
import textwrap
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "assets/licences.txt"
# Files of a crate that hold a licence, and the words that tell which.
FILES = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|unlicen[cs]e)([-._].*)?$")
WORDS = {
    "MIT": "permission is hereby granted, free of charge",
    "BSD-3-Clause": "neither the name",
    "BSD-2-Clause": "redistributions of source code",
    "ISC": "permission to use, copy, modify, and",
    "Zlib": "altered source versions",
    "BSL-1.0": "boost software license",
    "MPL-2.0": "mozilla public license",
    "Unicode-3.0": "unicode license v3",
    "OFL-1.1": "sil open font license",
    "Ubuntu-font-1.0": "ubuntu font licence",
    "CC0-1.0": "cc0 1.0 universal",
    "0BSD": "permission to use, copy, modify, and",
    "Unlicense": "this is free and unencumbered software",
}
# The most characters in a line.
WIDTH = 110
# Of what is offered, the first of these is taken.
TASTE = ["Apache-2.0", "Unlicense", "0BSD", "MIT", "Zlib", "ISC", "BSD-2-Clause", "BSD-3-Clause"]
BY_OTHERS = """\
Fonts in the program: M PLUS 1 and BIZ UDPGothic, under the SIL Open Font License 1.1 (below).

Not in the program, and used by it through their shared libraries, which can be replaced:
GStreamer and its plug-ins, LGPL-2.1-or-later: https://gstreamer.freedesktop.org/src/
FFmpeg (libav), by GStreamer's plug-in for it, LGPL-2.1-or-later as it comes with Monomi for Windows and in the AppImage; a system's own may be under the GPL: https://ffmpeg.org/
openh264, for the demo recorder, BSD-2-Clause: https://www.openh264.org/
Which of their files come with Monomi, and what else does, is written beside them: on Windows in licences/THIRD-PARTY.txt, in the AppImage
(--appimage-extract unpacks it) in usr/share/doc/monomi/licences. The Debian package brings none of them.
"""


def used(lock):
    """The packages of Cargo.lock that the program needs, by name and version."""
    packages = {(package["name"], package["version"]): package for package in lock["package"]}
    versions = {}
    for name, version in packages:
        versions.setdefault(name, []).append(version)
    members = {}
    for manifest in [ROOT / "Cargo.toml", *sorted((ROOT / "crates").glob("*/Cargo.toml"))]:
        parsed = tomllib.loads(manifest.read_text())
        tables = [parsed, *parsed.get("target", {}).values()]
        kinds = [table.get(kind, {}) for table in tables for kind in ("dependencies", "build-dependencies")]
        members[parsed["package"]["name"]] = {
            value.get("package", name) if isinstance(value, dict) else name for kind in kinds for name, value in kind.items()
        }
    found, todo = set(), [("monomi", versions["monomi"][0])]
    while todo:
        name, version = todo.pop()
        for text in packages[name, version].get("dependencies", []):
            needed, *stated = text.split()
            if name in members and "source" not in packages[name, version] and needed not in members[name]:
                continue
            package = (needed, stated[0] if stated else versions[needed][0])
            if package not in found:
                found.add(package)
                todo.append(package)
    return sorted(package for package in found if "source" in packages[package])


def alternatives(expression):
    """The licences that must be kept, each as the list of those to choose from."""
    expression = re.sub(r"\s*/\s*", " OR ", expression)
    parts = re.split(r"\s+AND\s+", expression)
    return [re.split(r"\s+OR\s+", part.strip("() ")) for part in parts]


def taken(expression):
    for offered in alternatives(expression):
        yield next((each for each in TASTE if each in offered), offered[0])


def texts(folder):
    files = [file for file in sorted(folder.iterdir()) if FILES.match(file.name)]
    folders = [folder / "LICENSES", folder / "licenses", folder / "fonts"]
    files += [file for each in folders if each.is_dir() for file in sorted(each.iterdir()) if file.suffix in {"", ".txt"}]
    for file in files:
        if file.is_file() and file.suffix not in {".rs", ".html"}:
            yield file.name, clean(file.read_text(encoding="utf-8", errors="replace"))


def clean(text):
    lines = [line.expandtabs(4).rstrip() for line in text.replace("\f", "").replace("\ufeff", "").splitlines()]
    return "\n".join(part for line in lines for part in wrapped(line)).strip("\n")


def wrapped(line):
    """The window shows one line as one row."""
    if len(line) <= WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line.lstrip(), WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def main():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    command = ["cargo", "metadata", "--locked", "--format-version=1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    rows, shown, missing = [], {}, []
    for name, version in used(lock):
        package = packages[name, version]
        licence = package["license"] or "see its file"
        rows.append(f"{name} {version}: {licence}")
        own = list(texts(pathlib.Path(package["manifest_path"]).parent))
        for file, text in own:
            if re.match(r"(?i)notice", file):
                shown.setdefault(text, []).append(name)
        for each in taken(licence):
            if each.startswith("Apache-2.0") or each in {"Unlicense", "0BSD", "CC0-1.0"}:
                continue
            held = [text for _, text in own if WORDS[each] in re.sub(r"\s+", " ", text.lower())]
            if held:
                shown.setdefault(min(held, key=len), []).append(name)
            else:
                missing.append((name, each, package["authors"], package["repository"]))
    out = ["Monomi: MIT OR Apache-2.0, at your choice.", "", clean(BY_OTHERS), ""]
    out += [f"These {len(rows)} Rust crates are in the program for some system, or build it.", "", *rows, ""]
    head = "=" * 78

    def section(title, text):
        out.extend([head, title, head, "", text, ""])

    section("Apache License 2.0", clean((ROOT / "LICENSE-APACHE").read_text()))
    section("Monomi, MIT", clean((ROOT / "LICENSE-MIT").read_text()))
    for font in sorted((ROOT / "assets/fonts").glob("OFL*.txt")):
        section(f"The font {font.stem.removeprefix('OFL-')}", clean(font.read_text()))
    section("GNU Lesser General Public License 2.1", clean(pathlib.Path("/usr/share/common-licenses/LGPL-2.1").read_text()))
    for text, names in sorted(shown.items(), key=lambda item: item[1]):
        section(clean(", ".join(sorted(set(names)))), text)
    without = [f"{name}, {each}: {', '.join(authors) or 'its authors'}, {where}" for name, each, authors, where in missing]
    section("Crates that bring no text of the licence that they name", clean("\n".join(without)))
    OUT.write_text("\n".join(out).rstrip("\n") + "\n", encoding="utf-8")
    print(f"{OUT.relative_to(ROOT)}: {len(rows)} crates, {len(shown)} texts, {OUT.stat().st_size // 1024} KiB")
    for each in without:
        print(f"  without a text: {each}", file=sys.stderr)


main()
