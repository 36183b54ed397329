#!/usr/bin/env bash
# Runs a program of Windows under Wine, with the libraries of GStreamer: what cargo calls for each test that it built.
# Usage: bundle/windows/runner.sh PROGRAM [ARGUMENTS...]   ($MONOMI_WINDOWS: the folder of the toolchain)
set -euo pipefail

cache=$MONOMI_WINDOWS
# shellcheck source=bundle/windows/wine.sh
. "$(dirname "$0")/wine.sh"
# What the compiler needs is nothing for Wine.
unset LD_LIBRARY_PATH
WINEPATH=$(windows_path "$cache/gst/bin")
GST_PLUGIN_SYSTEM_PATH_1_0=$(windows_path "$cache/stage/Monomi/lib/gstreamer-1.0")
GST_REGISTRY_1_0=$(windows_path "$cache/registry.bin")
export WINEPATH GST_PLUGIN_SYSTEM_PATH_1_0 GST_REGISTRY_1_0
program=$1
shift
exec /usr/lib/wine/wine64 "$program" "$@"
