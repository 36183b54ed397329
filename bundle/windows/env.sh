# Sourced with the folder of the toolchain in $cache: what cargo needs to build for Windows.
tools=$cache/root/usr
export PATH=$tools/bin:$PATH LD_LIBRARY_PATH=$tools/lib/x86_64-linux-gnu
export RUSTC=$tools/bin/rustc RUSTC_BOOTSTRAP=1 # std is built from its sources, which stable cargo does not offer
export CARGO_TARGET_DIR=$cache/build CARGO_BUILD_TARGET=x86_64-pc-windows-gnu CARGO_UNSTABLE_BUILD_STD=std,panic_unwind
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
export CARGO_PROFILE_RELEASE_DEBUG=false
export CARGO_PROFILE_RELEASE_LTO=false # std is built here, too: as one unit each change would take a quarter of an hour
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar
export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_LIBDIR=$cache/pc
