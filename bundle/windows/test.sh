#!/usr/bin/env bash
# Runs the built monomi.exe and its installer under Wine, beside a Linux demo DVR, and says what was seen, a line a story.
# Usage: bundle/windows/test.sh [TARGET_FOLDER] [STORY...]   (after bundle/windows/build.sh and a build for Linux)
set -euo pipefail

cd "$(dirname "$0")/../.."
here=bundle/windows
target=$(realpath "${1:-target}")
shift || true
cache=$(realpath "$target/windows")
seen=$cache/seen
linux=$(ls -t "$target"/{release,debug}/monomi 2>/dev/null | head -n 1 || true)

missing() { echo "SKIPPED: Monomi under Wine: $1"; exit 0; }
[ -x /usr/lib/wine/wine64 ] || missing "Wine is not here (Debian's package wine64)"
[ -s "$cache/monomi-setup.exe" ] || missing "monomi-setup.exe is not built (make windows)"
[ -n "$linux" ] || missing "there is no demo DVR for Linux (cargo build)"
command -v Xvfb >/dev/null || missing "Xvfb is not here (Debian's package xvfb)"

# shellcheck source=bundle/windows/wine.sh
. $here/wine.sh
installed='C:\Monomi物見' # NSIS takes no spaces in /D from a shell of Unix
folder=$WINEPREFIX/drive_c/Monomi物見
user=$WINEPREFIX/drive_c/users/$(id -un)
run_key='HKCU\Software\Microsoft\Windows\CurrentVersion\Run'
notifier='HKCU\Software\Classes\AppUserModelId\Monomi.Monomi'
profile=$user/AppData/Roaming/monomi/config
monomi() { wine "$installed\\monomi.com" "$@"; }
program() { wine "$installed\\monomi.exe" "$@"; }
own() { monomi --profile "C:\\profiles\\$1" "${@:2}"; } # NAME ARGUMENTS...: in a profile of the story's own
start() { exec /usr/lib/wine/wine64 "$installed\\monomi.exe" "$@"; } # with & behind it, so that $! is the program

# Seconds that a busy computer may take for anything that has no time of its own.
PATIENCE=300

passed=0 failed=0 skipped=0
began=() # what was started and has to end with this script
end_all() { for pid in "${began[@]}"; do kill "$pid" 2>/dev/null || true; done; }
trap 'end_all; wineserver --kill 2>/dev/null || true' EXIT

# Each story runs in a shell of its own, which ends what it began.
story() {
    local name=$1 status=0
    set +e # a shell in a condition would not stop at its first failure
    (
        set -e
        began=()
        trap end_all EXIT
        "$name"
    ) >"$seen/$name.txt" 2>&1
    status=$?
    set -e
    if [ $status -eq 0 ] && tail -n 1 "$seen/$name.txt" | grep -q '^SKIPPED'; then
        skipped=$((skipped + 1))
        tail -n 1 "$seen/$name.txt" | sed "s/^SKIPPED/SKIPPED: $name/"
    elif [ $status -eq 0 ]; then
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

screen() { # one X server for all windows, with a number that is free
    rm -f "$seen/display" # that of an earlier run would be read before the new one is there
    Xvfb -displayfd 3 -screen 0 1280x800x24 3>"$seen/display" >/dev/null 2>&1 &
    began+=($!)
    until_true 60 test -s "$seen/display"
    DISPLAY=:$(cat "$seen/display")
    export DISPLAY
}

dvr() { # PORT CHANNELS [OPTIONS]: a demo DVR of Linux, at $address
    local port=$1 channels=$2
    shift 2
    "$linux" demo-dvr --listen "$address:$port" --channels "$channels" "$@" >"$seen/dvr-$port.txt" 2>&1 &
    began+=($!)
    until_true 60 bash -c "exec 3<>/dev/tcp/$address/$port" 2>/dev/null
}

address=127.0.0.1

installs_in_silence() {
    rm -rf "$folder"
    wine "$cache/monomi-setup.exe" /S "/D=$installed"
    demand "no program was installed" test -s "$folder/monomi.exe"
    demand "no shortcut in the start menu" test -s "$user/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Monomi.lnk"
    demand "the system does not know that it is installed" wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Monomi' /v DisplayVersion
    demand "licences are missing" grep -q avcodec "$folder/licences/THIRD-PARTY.txt"
    demand "licences of crates are missing" grep -q '^tokio ' "$folder/licences/LICENCES.txt"
    demand "notifications have no name" wine reg query "$notifier" /v DisplayName
    echo "$(du --summarize --apparent-size --block-size=1000000 "$folder" | cut -f 1) MB in a folder with a Japanese name, $(find "$folder" -name '*.dll' | wc -l) libraries"
}

starts_with_the_session() { # as the installer is asked to, and as the settings say
    demand "nobody asked for it" bash -c '! "$@"' - /usr/lib/wine/wine64 reg query "$run_key" /v Monomi
    wine "$cache/monomi-setup.exe" /S /AUTOSTART=1 "/D=$installed"
    demand "the session does not start it" wine reg query "$run_key" /v Monomi
    wine reg query "$run_key" /v Monomi | tr -d '\r' | tee "$seen/run.txt"
    demand "it starts something else" grep -q 'monomi\.exe"$' "$seen/run.txt"
    monomi settings set start-at-login false
    demand "the settings do not stop that" bash -c '! "$@"' - /usr/lib/wine/wine64 reg query "$run_key" /v Monomi
    monomi settings set start-at-login true
    echo "the Run key has it by /AUTOSTART=1 and by the settings, and has it no more where they say so"
}

says_its_version() {
    local said
    said=$(monomi -V | tr -d '\r')
    demand "it said '$said'" test "$said" = "monomi $(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | head -n 1)"
    if monomi device remove nothing; then echo "a failure ends with 0"; exit 1; fi
    echo "$(monomi --version | tr -d '\r' | paste --serial --delimiters=';'), by monomi.com, with the program's exit code"
}

# EVENTS FILE: how many channels of the last "stats" are live, and how many frames they have.
live() { grep '"event":"stats"' "$1" | tail -n 1 | grep -o '"state":"live"' | wc -l; }
frames() { grep '"event":"stats"' "$1" | tail -n 1 | grep -o '"frames":[0-9]*' | cut -d : -f 2 | awk '{ sum += $1 } END { print sum + 0 }'; }
seconds() { tail -n 1 "$1" | grep -o '"t":[0-9]*' | cut -d : -f 2; } # EVENTS: how long it watched
figure() { grep '"event":"stats"' "$2" | sed -n "$3" | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }

shows() { [ "$(live "$1")" -ge "$2" ] && [ "$(frames "$1")" -ge "$3" ]; } # EVENTS FRAMES: so many live channels and frames

# FILE CHANNELS FRAMES ARGUMENTS...: watches until so many channels are live with so many frames in all, as long as that takes on this computer.
watch_until() {
    local file=$1 channels=$2 wanted=$3 process status=0
    shift 3
    : >"$file"
    start "$@" >"$file" &
    process=$!
    until_true $PATIENCE eval 'shows "$file" "$channels" "$wanted" || ! kill -0 $process 2>/dev/null' || status=1
    kill $process 2>/dev/null || status=1
    wait $process 2>/dev/null || true
    demand "$(live "$file") of $channels channels were live, with $(frames "$file") of $wanted frames" test $status -eq 0
}

watches_its_demo() {
    watch_until "$seen/demo.json" 16 2000 watch --demo --stream sub --json
    echo "16 channels live, $(frames "$seen/demo.json") frames in $(seconds "$seen/demo.json") s, encoded by openh264enc"
}

leaves_no_folder_of_a_demo() { # its profile is thrown away with it, and that of one that was killed with the next one
    monomi watch --demo --duration 5 --json >"$seen/short-demo.json"
    demand "a folder of a demo stays" test -z "$(find "$user" -type d -path '*Temp/monomi-demo-*' | tee "$seen/left.txt")"
    echo "nothing of a demo that ended, or was killed before, is in the folder of temporary files"
}

keeps_a_device_and_its_password() {
    dvr 18555 4 --user admin --password geheim
    printf geheim | monomi device add --site 大阪 --name 正面玄関 --host 127.0.0.1 --port 18555 --main-path '/ch{ch}/main' \
        --sub-path '/ch{ch}/sub' --channels 4 --user admin --password-stdin
    demand "the profile is not in %APPDATA%" grep -q 正面玄関 "$profile/devices.toml"
    demand "the password is not in the Credential Manager" grep -q keyring "$profile/secrets.toml"
    demand "the password stands in a file" bash -c '! grep -r geheim "$1"' - "$profile"
    wineserver --kill --wait || true
    monomi device list --json | tee "$seen/list.json"
    demand "the device is gone after a restart of Windows" grep -q 正面玄関 "$seen/list.json"
    watch_until "$seen/sign-in.json" 4 100 watch --json
    monomi device remove 正面玄関
    echo "added, Windows restarted, still there, and signed in with the password of the Credential Manager"
}

shows_sixteen_tiles() {
    desktop
    dvr 18554 16
    monomi device add --site 東京 --name 本社 --host 127.0.0.1 --port 18554 --main-path '/ch{ch}/main' --sub-path '/ch{ch}/sub' --channels 16
    monomi settings set language ja
    for take in 1 2; do
        program --renderer software --screenshot "$(windows_path "$seen/window-ja-$take.png")"
        demand "there is no picture" test -s "$seen/window-ja-$take.png"
    done
    monomi settings set language en
    program --renderer software --screenshot "$(windows_path "$seen/window-en.png")"
    demand "the pictures do not move" bash -c '! cmp --silent "$1" "$2"' - "$seen/window-ja-1.png" "$seen/window-ja-2.png"
    demand "the language did not change" bash -c '! cmp --silent "$1" "$2"' - "$seen/window-ja-1.png" "$seen/window-en.png"
    monomi device remove 本社
    echo "pictures to look at: $seen/window-ja-1.png, window-ja-2.png, window-en.png"
}

tool() { # NAME: builds a program of this folder for Windows
    (
        # shellcheck source=bundle/windows/env.sh
        . $here/env.sh
        x86_64-w64-mingw32-gcc -Os -s -o "$cache/$1.exe" "$here/$1.c"
    )
}

# Wine begins its desktop with the first window, and a program whose desktop takes longer than ten seconds then never has a window, whatever it
# tries. So a story with windows begins the desktop before, with a program that asks for one until it has it.
desktop() {
    tool desktop
    demand "Wine has no desktop" until_true $PATIENCE holds_a_desktop
}
holds_a_desktop() {
    /usr/lib/wine/wine64 "$cache/desktop.exe" >"$seen/desktop.txt" &
    local holder=$!
    began+=($holder)
    until_true 30 eval "[ -s '$seen/desktop.txt' ] || ! kill -0 $holder 2>/dev/null" && [ -s "$seen/desktop.txt" ]
}

said() { grep -c "^$1" "$seen/relayed.txt" || true; } # WORD: how often the relay passed it on

ends_cleanly() { # Ctrl+C in a terminal, and the user who logs off, of `watch` and of a window: a relay before the recorder counts the TEARDOWNs
    tool terminal
    dvr 18556 4
    python3 $here/relay.py 18557 18556 >"$seen/relayed.txt" &
    began+=($!)
    own ends device add --name relay --host 127.0.0.1 --port 18557 --main-path '/ch{ch}/main' --channels 4
    for how in ctrl-c log-off log-off-of-a-window; do
        local process played torn
        played=$(said PLAY) torn=$(said TEARDOWN)
        desktop
        case $how in
            ctrl-c)
                rm -f "$seen/keys"
                mkfifo "$seen/keys"
                exec 9<>"$seen/keys"
                /usr/lib/wine/wine64 "$cache/terminal.exe" "$installed\\monomi.com" --profile 'C:\profiles\ends' watch --json <"$seen/keys" >"$seen/ends.json" &
                ;;
            log-off) start --profile 'C:\profiles\ends' watch --json >"$seen/ends.json" & ;;
            *) start --profile 'C:\profiles\ends' --renderer software & ;;
        esac
        process=$!
        began+=($process)
        demand "four streams do not play ($how)" until_true $PATIENCE eval "[ \$(said PLAY) -ge $((played + 4)) ]"
        case $how in
            ctrl-c) echo >&9 ;;
            *) timeout 120 /usr/lib/wine/wine64 wineboot --end-session || true ;;
        esac
        demand "it does not end by $how" until_true 60 eval "! kill -0 $process 2>/dev/null"
        [ $how != ctrl-c ] || demand "it does not end with 0" wait $process
        demand "by $how not every stream had its TEARDOWN" until_true 20 eval "[ \$(said TEARDOWN) -eq $((torn + 4)) ]"
    done
    own ends device remove relay
    echo "Ctrl+C in a terminal, a log-off, and one with a window: four TEARDOWNs each"
}

survives_kills_in_mid_save() {
    local begin wait round process acknowledged=0
    begin=$(date +%s%N)
    own kills device add --site kill --name k0 --host 192.0.2.1 --main-path /live >/dev/null
    wait=$((($(date +%s%N) - begin) / 1000000))
    : >"$seen/acknowledged.txt"
    for round in $(seq 50); do
        start --profile 'C:\profiles\kills' device add --site kill --name "k$round." --host 192.0.2.1 --main-path /live >/dev/null 2>&1 &
        process=$!
        sleep "$(awk -v "most=$wait" -v "seed=$RANDOM$round" 'BEGIN { srand(seed); printf "%.3f", most * (0.8 + 0.4 * rand()) / 1000 }')"
        kill -KILL $process 2>/dev/null || true
        # The next kill comes sooner after one that came too late, and later after one that came in time: so that they come about the end of a save.
        if wait $process; then
            echo "k$round." >>"$seen/acknowledged.txt"
            wait=$((wait * 4 / 5))
        else
            wait=$((wait * 5 / 4))
        fi
    done
    acknowledged=$(wc -l <"$seen/acknowledged.txt")
    demand "$acknowledged of 50 were acknowledged: the kills came too early or too late" test $acknowledged -ge 5 -a $acknowledged -le 45
    own kills device list --json >"$seen/after-kills.json"
    while read -r name; do
        demand "$name was acknowledged and is lost" grep -q "\"$name\"" "$seen/after-kills.json"
    done <"$seen/acknowledged.txt"
    demand "a file is damaged" bash -c '! ls "$1" | grep recovered' - "$WINEPREFIX/drive_c/profiles/kills"
    echo "50 kills: $acknowledged devices were acknowledged before, all are there, and no file is damaged"
}

descriptors() { ls "/proc/$1/fd" | wc -l; } # PROCESS: Wine counts no handles; what it opens for them is seen from outside
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; } # PROCESS: KiB

stays_flat_for_ten_minutes() { # 16 streams of a recorder, and beside them the demo, which also makes and serves what it watches
    local -A process rss open
    dvr 18561 16
    own flat device add --name flat --host 127.0.0.1 --port 18561 --main-path '/ch{ch}/main' --sub-path '/ch{ch}/sub' --channels 16
    start --profile 'C:\profiles\flat' watch --stream sub --json >"$seen/long-recorder.json" &
    process[recorder]=$!
    start watch --demo --stream sub --json >"$seen/long-demo.json" &
    process[demo]=$!
    began+=("${process[@]}")
    for what in recorder demo; do demand "16 channels of the $what are not live" until_true $PATIENCE shows "$seen/long-$what.json" 16 1000; done
    sleep 60 # what is made once has been made
    for what in recorder demo; do rss[$what]=$(resident "${process[$what]}") open[$what]=$(descriptors "${process[$what]}"); done
    sleep 600
    for what in recorder demo; do
        demand "$(live "$seen/long-$what.json") channels of the $what are live" test "$(live "$seen/long-$what.json")" -eq 16
        local more=$(($(resident "${process[$what]}") - rss[$what])) opened=$(($(descriptors "${process[$what]}") - open[$what]))
        echo "$what: ${rss[$what]} KiB and ${open[$what]} descriptors; ten minutes later $more KiB and $opened more"
        demand "the $what grows" test $more -lt 20000 -a $opened -lt 20
    done
    paste --serial --delimiters=';' <(tail -n 2 "$seen/stays_flat_for_ten_minutes.txt")
}

sleeps_and_wakes() { # stopped, as a computer's sleep stops it
    local process before
    dvr 18562 4
    own sleep device add --name sleep --host 127.0.0.1 --port 18562 --main-path '/ch{ch}/main' --channels 4
    start --profile 'C:\profiles\sleep' watch --json >"$seen/sleep.json" &
    process=$!
    began+=($process)
    demand "four channels are not live" until_true $PATIENCE shows "$seen/sleep.json" 4 40
    kill -STOP $process
    sleep 20 # the sleep
    before=$(wc -l <"$seen/sleep.json")
    kill -CONT $process
    demand "no pictures since it woke" until_true $PATIENCE eval 'tail -n "+$((before + 2))" "$seen/sleep.json" >"$seen/awake.json"; shows "$seen/awake.json" 4 1'
    demand "it did not notice" grep -q 'the machine slept' -r "$WINEPREFIX/drive_c/profiles/sleep"
    echo "after 20 s of sleep, which the log has, four channels are live again"
}

last_site() { grep '"event":"site"' "$1" | tail -n 1 | grep -q "\"state\":\"$2\""; } # EVENTS STATE

hears_that_the_network_is_gone() { # in a network of its own, whose cable is pulled
    local space=monomi-wine process before
    if ! ip netns add $space; then echo "SKIPPED: only root can make a network"; return 0; fi
    trap "end_all; wineserver --kill || true; ip netns delete $space" EXIT
    ip link add monomi-wine0 type veth peer name monomi-wine1 netns $space
    ip address add 10.213.77.1/24 dev monomi-wine0
    ip link set monomi-wine0 up
    ip -netns $space link set lo up
    ip -netns $space address add 10.213.77.2/24 dev monomi-wine1
    ip -netns $space link set monomi-wine1 up
    address=10.213.77.1
    dvr 18563 4
    own network device add --name network --host 10.213.77.1 --port 18563 --main-path '/ch{ch}/main' --channels 4
    wineserver --kill --wait || true # what asks for the interfaces begins anew, in this network
    ip netns exec $space /usr/lib/wine/wine64 "$installed\\monomi.exe" --profile 'C:\profiles\network' watch --json >"$seen/network.json" &
    process=$!
    began+=($process)
    demand "four channels are not live" until_true $PATIENCE shows "$seen/network.json" 4 40
    ip -netns $space link set monomi-wine1 down
    demand "it did not hear that the network is gone" until_true 60 last_site "$seen/network.json" no-network
    ip -netns $space link set monomi-wine1 up
    demand "it did not hear that the network is back" until_true 60 eval '! last_site "$seen/network.json" no-network'
    before=$(wc -l <"$seen/network.json")
    demand "no pictures since the network is back" until_true $PATIENCE eval 'tail -n "+$((before + 2))" "$seen/network.json" >"$seen/back.json"; shows "$seen/back.json" 4 1'
    echo "no-network when its cable was pulled, and four channels live when it was back"
}

uninstalls_and_keeps_the_profile() {
    local kept="$user/AppData/Local/monomi/cache"
    mkdir -p "$kept"
    echo handbook >"$kept/monomi-handbook-ja.html"
    wine "$installed\\uninstall.exe" /S
    # It goes on in a copy of itself, so that its own file can be removed.
    demand "files stay" until_true 20 test ! -e "$folder"
    demand "the profile is gone" test -s "$profile/devices.toml"
    demand "the shortcut stays" test ! -e "$user/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Monomi.lnk"
    if wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Monomi'; then echo "Windows still knows it"; exit 1; fi
    demand "the session starts it still" bash -c '! "$@"' - /usr/lib/wine/wine64 reg query "$run_key" /v Monomi
    demand "the name of its notifications stays" bash -c '! "$@"' - /usr/lib/wine/wine64 reg query "$notifier"
    demand "the handbook and the list of plug-ins stay" until_true 20 test ! -e "$user/AppData/Local/monomi"
    echo "nothing stays but the profile"
}

window_of() { # ARGUMENTS...: opens a window beside this script; $window is its number on the screen, $process that of the program
    start "$@" &
    process=$!
    began+=($process)
    until_true $PATIENCE eval 'window=$(xdotool search --onlyvisible --name Monomi | head -n 1); [ -n "$window" ]'
}
menu_bar() { # FILE: what the upper left of the window shows, where nothing moves
    local X Y WIDTH HEIGHT SCREEN WINDOW
    eval "$(xdotool getwindowgeometry --shell "$window")"
    ffmpeg -nostdin -loglevel error -y -f x11grab -video_size 400x24 -i "$DISPLAY+$((X > 0 ? X : 0)),$((Y > 0 ? Y : 0))" -frames:v 1 "$1"
}
colours() { ffmpeg -nostdin -loglevel error -i "$1" -f rawvideo -pix_fmt rgb24 - | od -An -v -w3 -tx1 | sort -u | wc -l; } # FILE
has_a_menu() { # FILE: takes a picture, in which letters have many shades
    menu_bar "$1"
    [ "$(colours "$1")" -gt 10 ]
}
looks_anew() { # FILE FORMER
    has_a_menu "$1" && ! cmp --silent "$1" "$2"
}

changes_its_language_while_it_runs() {
    local window process
    desktop
    own language settings set language en
    window_of --profile 'C:\profiles\language' --renderer software
    demand "the menu was not painted" until_true $PATIENCE has_a_menu "$seen/menu-en.png"
    own language settings set language ja
    demand "the menu stays as it was" until_true $PATIENCE looks_anew "$seen/menu-ja.png" "$seen/menu-en.png"
    own language settings set language en
    echo "the menu of a running window changed: $seen/menu-en.png, menu-ja.png"
}

paints_without_a_graphics_card() { # whatever is asked for: the next painter takes over where one does not start
    local window process renderer
    desktop
    for renderer in auto wgpu glow; do
        window_of --profile "C:\\profiles\\paints-$renderer" --renderer $renderer
        demand "the menu was not painted with $renderer" until_true $PATIENCE has_a_menu "$seen/menu-$renderer.png"
        kill -KILL $process
        wait $process || true
        demand "the window stays" until_true 60 eval '! xdotool search --onlyvisible --name Monomi'
    done
    echo "a window with auto, wgpu and glow: $seen/menu-auto.png, menu-wgpu.png, menu-glow.png"
}

tells_the_time_of_its_place() { # the name of a dated copy has the time of the world, what is said of it that of the clock on the wall
    own clock device add --site S --name clock --host 192.0.2.1 --main-path /live
    TZ=Asia/Tokyo own clock backup list --json >"$seen/clock.json"
    demand "it is not nine hours later in Tokyo" python3 - "$seen/clock.json" <<'END'
import datetime, json, re, sys
copy = json.load(open(sys.argv[1]))[0]
world = datetime.datetime.strptime(copy["id"].rsplit("-", 1)[0], "%Y%m%d-%H%M%S")
local = (world + datetime.timedelta(hours=9)).strftime("%Y-%m-%d %H:%M")
print(copy["id"], copy["when"])
sys.exit(not copy["when"].startswith(local))
END
    echo "dated copies have the local time of Tokyo where Windows is set so"
}

# A folder of the user's, as the system tells them: NAME PATH
user_folder() { wine reg add 'HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders' /v "$1" /t REG_EXPAND_SZ /d "$2" /f; }

serves_a_user_with_a_japanese_name() {
    local home='C:\users\物見 太郎' kept
    dvr 18559 1
    mkdir -p "$WINEPREFIX/drive_c/users/物見 太郎/AppData/"{Roaming,Local} # as Windows makes them with the user
    user_folder AppData "$home\\AppData\\Roaming"
    user_folder 'Local AppData' "$home\\AppData\\Local"
    kept="$WINEPREFIX/drive_c/users/物見 太郎/AppData"
    monomi device add --site 大阪 --name 正面玄関 --host 127.0.0.1 --port 18559 --main-path '/ch{ch}/main' --channels 1 || true
    # In a shell of its own, so that the folders are those of before also where it shows nothing.
    (watch_until "$seen/japanese-user.json" 1 20 watch --json) || true
    user_folder AppData '%USERPROFILE%\AppData\Roaming'
    user_folder 'Local AppData' '%USERPROFILE%\AppData\Local'
    demand "no profile in the user's folder" grep -q 正面玄関 "$kept/Roaming/monomi/config/devices.toml"
    demand "the list of plug-ins is not in the user's folder" test -s "$kept/Local/monomi/cache/gstreamer.bin"
    demand "no picture" test "$(live "$seen/japanese-user.json")" -eq 1
    echo "profile, list of plug-ins and pictures with a space and Japanese in the user's name"
}

keeps_a_profile_in_a_long_path() {
    local part='とても長い名前のフォルダーです' path='C:\long' round
    for round in $(seq 16); do path="$path\\$part$round"; done
    monomi --profile "$path" device add --site S --name 長い --host 192.0.2.1 --main-path /live
    monomi --profile "$path" device list --json | tee "$seen/long-path.json"
    demand "the device is gone" grep -q 長い "$seen/long-path.json"
    echo "a profile whose path has ${#path} characters"
}

falls_back_from_a_decoder_that_is_not_there() {
    dvr 18560 4
    own decoder settings set decoder hardware
    own decoder device add --name decoder --host 127.0.0.1 --port 18560 --main-path '/ch{ch}/main' --channels 4
    watch_until "$seen/decoder.json" 4 100 --profile 'C:\profiles\decoder' watch --json
    echo "decoder 'hardware' where there is none: 4 channels live in software"
}

mkdir -p "$seen"
prefix
rm -rf "$WINEPREFIX/drive_c/profiles"
screen
all=(installs_in_silence starts_with_the_session says_its_version watches_its_demo leaves_no_folder_of_a_demo keeps_a_device_and_its_password shows_sixteen_tiles changes_its_language_while_it_runs
    paints_without_a_graphics_card tells_the_time_of_its_place serves_a_user_with_a_japanese_name keeps_a_profile_in_a_long_path falls_back_from_a_decoder_that_is_not_there
    ends_cleanly sleeps_and_wakes hears_that_the_network_is_gone survives_kills_in_mid_save stays_flat_for_ten_minutes uninstalls_and_keeps_the_profile)
stories=("$@")
[ ${#stories[@]} -gt 0 ] || stories=("${all[@]}")
for name in "${stories[@]}"; do story "$name"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
