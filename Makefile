# make run    a window with live pictures, from a fresh machine
# make test   formatting, lints, documentation and all tests
# The others: make help

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
export PATH := $(HOME)/.cargo/bin:$(PATH)

prepare := bundle/linux/prepare.sh
target := $(or $(CARGO_TARGET_DIR),target)
shots := $(abspath $(target)/screenshots)
footage := $(target)/footage/vtest.avi

.PHONY: help run test natlab endurance bench screenshots fuzz licences deb appimage packages-test macos-check windows windows-check windows-test clean

help: ## This list.
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: ## Install what is missing, build, open the window on the built-in demo DVR.
	@$(prepare) build run
	cargo build --release --locked
	if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then exec $(target)/release/monomi --demo; fi
	echo "There is no display here: the same window runs under Xvfb until its 16 tiles are live."
	$(prepare) headless
	mkdir -p $(shots)
	xvfb-run --auto-servernum --server-args="-screen 0 1280x800x24" \
		$(target)/release/monomi --demo --screenshot "$(shots)/demo.png"
	echo "Screenshot: $(shots)/demo.png"

test: ## Install what tests need, then formatting, lints, documentation and all tests.
	@$(prepare) build run headless test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	mkdir -p $(target)
	bundle/windows/check.sh $(target) 2>&1 | tee $(target)/windows-check.log
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --locked --workspace --no-deps --lib --document-private-items
	bundle/linux/footage.sh $(footage)
	if [ -s $(footage) ]; then export MONOMI_BENCH_CLIP="$$(realpath $(footage))"; fi
	# Tests of a network wait for real time more than they work: three of them share two processors.
	export RUST_TEST_THREADS="$$(( (3 * $$(nproc) + 1) / 2 ))"
	status=0
	cargo test --locked --workspace --no-fail-fast 2>&1 | tee $(target)/test.log || status=$$?
	grep -hE '^ *SKIPPED' $(target)/windows-check.log $(target)/test.log | sort -u || true
	grep -E '^test .* FAILED$$' $(target)/test.log || true
	grep -E '^test result:' $(target)/test.log
	exit $$status

natlab: ## The long cases of the network laboratory (root), and their table of measured figures.
	@$(prepare) build run headless test
	cargo test --locked --test it -- natlab:: --skip natlab::endurance --skip natlab::server --include-ignored --nocapture --test-threads=3

endurance: ## A quarter of an hour against flapping servers (root): descriptors, threads and memory of the real process; a standstill; sixty simulated days.
	@$(prepare) build run headless test
	cargo test --locked --test it -- natlab::endurance --ignored --nocapture
	cargo test --locked --test it -- guardian:: --ignored --nocapture
	cargo test --locked --lib -- sixty_days --ignored --nocapture

bench: ## Measure against the peers and the limits.
	@$(prepare) build run headless test
	bundle/linux/footage.sh $(footage)
	if [ -s $(footage) ]; then export MONOMI_BENCH_CLIP="$$(realpath $(footage))"; fi
	cargo bench --locked

screenshots: ## The main screens in both languages and both themes, as PNG files, and the pictures of the handbook.
	@$(prepare) build run headless test
	mkdir -p $(shots)
	export MONOMI_SCREENS="$(shots)" MONOMI_PICTURES="$(shots)" MONOMI_HANDBOOK="$(abspath docs/images/handbook)"
	cargo test --locked --test it -- --ignored window::screens window::outages window::restore window::finder window::csv window::report window_settings::pictures window::handbook
	echo "Screenshots: $(shots)"

fuzz: ## A short run of every fuzz target (needs a nightly toolchain and cargo-fuzz).
	@if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
		echo "SKIPPED: fuzzing needs a nightly toolchain and cargo-fuzz (rustup toolchain install nightly && cargo install cargo-fuzz)"
		exit 0
	fi
	for name in $$(cargo +nightly fuzz list); do
		mkdir -p "fuzz/corpus/$$name"
		cargo +nightly fuzz run "$$name" "fuzz/corpus/$$name" "fuzz/seeds/$$name" -- -max_total_time=$${SECONDS_EACH:-30}
	done

licences: ## Write assets/licences.txt anew, after a change of Cargo.lock.
	@$(prepare) build
	bundle/licences.py

deb: ## Build a Debian package.
	@$(prepare) build run package
	cargo build --release --locked
	bundle/linux/deb.sh $(target)

appimage: ## Build an AppImage: one file with its own GStreamer, for any recent desktop.
	@$(prepare) build run appimage
	cargo build --release --locked
	bundle/linux/appimage.sh $(target)

packages-test: ## Try the Debian package and the AppImage in bare systems: install, run under Xvfb, remove (root).
	@$(prepare) build run headless roots
	bundle/linux/try.sh $(target)

macos-check: ## Type-check the workspace for macOS, as far as that goes; nothing is linked.
	@$(prepare) build windows
	mkdir -p $(target)/windows
	bundle/windows/toolchain.sh $(target)/windows
	bundle/macos/check.sh $(target)

windows: ## Cross-build monomi.exe and its installer monomi-setup.exe.
	@$(prepare) build windows
	bundle/windows/build.sh $(target)

windows-check: ## Fetch the toolchain for Windows if it is not here, then lint and type-check for it.
	@$(prepare) build windows
	mkdir -p $(target)/windows
	bundle/windows/toolchain.sh $(target)/windows
	bundle/windows/gstreamer.sh $(target)/windows
	bundle/windows/check.sh $(target)

windows-test: ## Install, run and uninstall what `make windows` built, under Wine; then tests of the workspace as programs of Windows.
	@$(prepare) build run headless wine
	cargo build --locked
	status=0
	bundle/windows/test.sh $(target) || status=$$?
	bundle/windows/cargo-test.sh $(target) || status=$$?
	exit $$status

clean: ## Remove everything that was built.
	cargo clean
