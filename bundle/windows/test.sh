#!/usr/bin/env bash
# Runs the built monomi.exe and its installer under Wine, beside a Linux demo DVR, and says what was seen, a line a story.
# Usage: bundle/windows/test.sh [TARGET_FOLDER] [STORY...]   (after bundle/windows/build.sh and a build for Linux)
set -euo pipefail

cd "$(dirname "$0")/../.."
target=$(realpath "${1:-target}")
shift || true
cache=$target/windows
seen=$cache/seen
linux=$(ls -t "$target"/{release,debug}/monomi 2>/dev/null | head -n 1)

missing() { echo "SKIPPED: Monomi under Wine: $1"; exit 0; }
[ -x /usr/lib/wine/wine64 ] || missing "Wine is not here (Debian's package wine64)"
[ -s "$cache/monomi-setup.exe" ] || missing "monomi-setup.exe is not built (make windows)"
[ -n "$linux" ] || missing "there is no demo DVR for Linux (cargo build)"
command -v Xvfb >/dev/null || missing "Xvfb is not here (Debian's package xvfb)"

export WINEPREFIX=$cache/wine WINEARCH=win64 WINEDEBUG=-all LIBGL_ALWAYS_SOFTWARE=1
wine() { /usr/lib/wine/wine64 "$@"; }
wineserver() { /usr/lib/wine/wineserver64 "$@"; }
windows_path() { printf 'Z:%s' "${1//\//\\}"; }
installed='C:\Monomi 物見'
folder="$WINEPREFIX/drive_c/Monomi 物見"
profile="$WINEPREFIX/drive_c/users/$(id -un)/AppData/Roaming/monomi/config"
monomi() { wine "$installed\\monomi.com" "$@"; }

passed=0 failed=0 skipped=0
began=() # what was started and has to end with this script
trap 'for pid in "${began[@]}"; do kill "$pid" 2>/dev/null || true; done; wineserver -k 2>/dev/null || true' EXIT

story() {
    local name=$1
    shift
    if ("$@") >"$seen/$name.txt" 2>&1; then
        passed=$((passed + 1))
        echo "passed: $name: $(tail -n 1 "$seen/$name.txt")"
    else
        failed=$((failed + 1))
        echo "FAILED: $name: see $seen/$name.txt: $(tail -n 1 "$seen/$name.txt")"
    fi
}

demand() { # TEXT COMMAND...: the command succeeds, or the story fails with this text
    local text=$1
    shift
    "$@" || { echo "$text"; exit 1; }
}

until_true() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

prefix() {
    if [ ! -d "$WINEPREFIX" ]; then
        wine wineboot --init >/dev/null 2>&1 || true
        # Wine 8 lacks this library of Windows 10, and Rust's std asks it for random numbers. For Wine alone, never installed.
        printf '%s\n' '#include <windows.h>' 'BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);' \
            'BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) { return SystemFunction036(bytes, (ULONG)count); }' >"$cache/prng.c"
        "$cache/root/usr/bin/x86_64-w64-mingw32-gcc" -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$cache/prng.c" -ladvapi32
        wineserver --wait
    fi
}

screen() { # one X server for all windows
    Xvfb :87 -screen 0 1280x800x24 >/dev/null 2>&1 &
    began+=($!)
    export DISPLAY=:87
    until_true 10 test -S /tmp/.X11-unix/X87
}

dvr() { # PORT CHANNELS [OPTIONS]: a demo DVR of Linux
    local port=$1 channels=$2
    shift 2
    "$linux" demo-dvr --listen "127.0.0.1:$port" --channels "$channels" "$@" >"$seen/dvr-$port.txt" 2>&1 &
    began+=($!)
    until_true 20 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" 2>/dev/null
}

installs_in_silence() {
    rm -rf "$folder"
    wine "$cache/monomi-setup.exe" /S "/D=$installed"
    demand "no program was installed" test -s "$folder/monomi.exe"
    demand "no shortcut in the start menu" test -s "$WINEPREFIX/drive_c/users/$(id -un)/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Monomi.lnk"
    demand "the system does not know that it is installed" wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Monomi' /v DisplayVersion
    demand "licences are missing" grep -q avcodec "$folder/licences/THIRD-PARTY.txt"
    echo "$(du --summarize --apparent-size --block-size=1000000 "$folder" | cut -f 1) MB in a folder with a Japanese name, $(find "$folder" -name '*.dll' | wc -l) libraries"
}

says_its_version() {
    local said
    said=$(monomi --version | tr -d '\r')
    demand "it said '$said'" test "$said" = "monomi $(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | head -n 1)"
    monomi device remove nothing && demand "a failure ends with 0" false
    echo "$said, by monomi.com, with the program's exit code"
}

watches_its_demo() {
    monomi watch --demo --duration 20 --json >"$seen/demo.json"
    local frames
    frames=$(grep '"event":"stats"' "$seen/demo.json" | tail -n 1 | grep -o '"frames":[0-9]*' | cut -d : -f 2 | awk '{ sum += $1 } END { print sum + 0 }')
    local live
    live=$(grep '"event":"state"' "$seen/demo.json" | grep '"state":"live"' | grep -o '"channel":[0-9]*' | sort -u | wc -l)
    demand "$live channels were live, $frames frames" test "$live" -ge 16 -a "$frames" -gt 500
    echo "$live channels live, $frames frames in 20 s, encoded by openh264enc and decoded"
}

keeps_a_device_and_its_password() {
    echo -n geheim | monomi device add --site 大阪 --name 正面玄関 --host 127.0.0.1 --port 18555 --main-path '/ch{ch}/main' \
        --sub-path '/ch{ch}/sub' --channels 4 --user admin --password-stdin
    demand "the profile is not in %APPDATA%" grep -q 正面玄関 "$profile/devices.toml"
    demand "the password stands in a file" bash -c '! grep -r geheim "$1"' - "$profile"
    wineserver --wait
    monomi device list --json | tee "$seen/list.json"
    demand "the device is gone after a restart of Windows" grep -q 正面玄関 "$seen/list.json"
    monomi watch --duration 12 --json >"$seen/sign-in.json"
    demand "the password was not found again" grep -q '"state":"live"' "$seen/sign-in.json"
    demand "the password is not in the Credential Manager" grep -q keyring "$profile/secrets.toml"
    echo "added with a password, Windows restarted, still there, and signed in with the password of the Credential Manager"
}

shows_sixteen_tiles() {
    monomi device add --site 東京 --name 本社 --url rtsp://127.0.0.1:18554/ch1/main
    monomi device remove 本社
    monomi device add --site 東京 --name 本社 --host 127.0.0.1 --port 18554 --main-path '/ch{ch}/main' --sub-path '/ch{ch}/sub' --channels 16
    for lang in ja en; do
        wine "$installed\\monomi.exe" --renderer software --lang $lang --screenshot "$(windows_path "$seen/window-$lang.png")"
        demand "there is no picture in $lang" test -s "$seen/window-$lang.png"
    done
    echo "pictures: $seen/window-ja.png, $seen/window-en.png"
}

ends_cleanly() { # HOW: Ctrl+C, or the user who logs off; the recorder counts the TEARDOWNs
    echo "not yet"
    exit 1
}

survives_kills_in_mid_save() {
    local saved=0 kept round pid
    monomi settings set internal-networks 10.0.0.0/8
    for round in $(seq 50); do
        (
            for number in $(seq 40); do
                monomi device add --site kill --name "k$round-$number" --host 192.0.2.1 >/dev/null 2>&1 && echo "k$round-$number" >>"$seen/acknowledged.txt"
            done
        ) &
        pid=$!
        sleep "0.$((RANDOM % 900 + 100))"
        pkill -KILL -P "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
        wineserver -k -w
    done
    monomi device list --json >"$seen/after-kills.json"
    while read -r name; do grep -q "\"$name\"" "$seen/after-kills.json" || { echo "$name was acknowledged and is lost"; exit 1; }; done <"$seen/acknowledged.txt"
    echo "50 kills, all $(wc -l <"$seen/acknowledged.txt") acknowledged devices are there"
}

uninstalls_and_keeps_the_profile() {
    wine "$installed\\uninstall.exe" /S "_?=$installed"
    rm -f "$folder/uninstall.exe"
    rmdir "$folder" 2>/dev/null || true
    demand "files stay: $(ls "$folder" 2>/dev/null)" test ! -e "$folder"
    demand "the profile is gone" test -s "$profile/devices.toml"
    demand "the system still knows it" bash -c "! /usr/lib/wine/wine64 reg query 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Monomi'"
    echo "nothing stays but the profile"
}

mkdir -p "$seen"
