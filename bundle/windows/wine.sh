# Sourced with the folder of the toolchain in $cache: a Windows of its own under Wine ($MONOMI_WINE: another one), and what starts programs in it.
export WINEPREFIX=${MONOMI_WINE:-$cache/wine} WINEARCH=win64 WINEDEBUG=-all LIBGL_ALWAYS_SOFTWARE=1 LC_ALL=C.UTF-8
wine() { /usr/lib/wine/wine64 "$@"; }
wineserver() { /usr/lib/wine/wineserver64 "$@"; }
windows_path() { printf 'Z:%s' "${1//\//\\}"; }

# Makes the Windows where it is not there yet.
prefix() {
    local library=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
    [ -d "$WINEPREFIX" ] || wine wineboot --init >/dev/null 2>&1 || true
    if [ ! -e "$library" ]; then
        # Wine 8 lacks this library of Windows 10, and Rust's std asks it for random numbers. For Wine alone, never installed.
        printf '%s\n' '#include <windows.h>' 'BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);' \
            'BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) { return SystemFunction036(bytes, (ULONG)count); }' >"$cache/prng.c"
        (
            # shellcheck source=bundle/windows/env.sh
            . "$(dirname "${BASH_SOURCE[0]}")/env.sh"
            x86_64-w64-mingw32-gcc -shared -o "$library" "$cache/prng.c" -ladvapi32
        )
        wineserver --wait
    fi
}
