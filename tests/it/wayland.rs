//! The real window on a real Wayland compositor, where no X server can be reached: Weston as a window of an X server without a screen,
//! whose keyboard is Weston's. (Without any screen Weston 10 has no seat, and its shell crashes at the first window.)

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::skipped::skip;
use crate::watch::BINARY;
use crate::xvfb::{Display, HEIGHT, PATIENCE, Running, WIDTH};
use crate::xvfb_input::{F9, F11, Hand, coloured};

const SOCKET: &str = "wayland-of-a-test";

/// A key that shows nothing after this time was pressed before anybody listened.
const AGAIN: Duration = Duration::from_secs(15);

/// A compositor of the test's own.
struct Compositor {
    weston: Child,
    runtime: tempfile::TempDir,
}

impl Compositor {
    /// `on`: the X server that shows it.
    fn start(on: &Display) -> Option<Self> {
        let runtime = tempfile::tempdir().expect("a folder");
        let mut weston = Command::new("weston");
        weston
            .args([
                "--backend=x11-backend.so",
                "--use-pixman",
                "--no-config",
                "--idle-time=0",
            ])
            .args([format!("--width={WIDTH}"), format!("--height={HEIGHT}")])
            .arg(format!("--socket={SOCKET}"))
            .env("XDG_RUNTIME_DIR", runtime.path())
            .env_remove("WAYLAND_DISPLAY")
            .env("DISPLAY", &on.name);
        let started = weston
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let weston = match started {
            Ok(weston) => weston,
            Err(error) => {
                skip("the window under Wayland", &format!("weston: {error}"));
                return None;
            }
        };
        let mut compositor = Self { weston, runtime };
        let begin = Instant::now();
        while !compositor.runtime.path().join(SOCKET).exists() {
            let ended = compositor.weston.try_wait().expect("its state");
            assert!(ended.is_none(), "weston ended: {ended:?}");
            assert!(begin.elapsed() < PATIENCE, "weston does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(compositor)
    }

    fn monomi(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env("WAYLAND_DISPLAY", SOCKET)
            .env_remove("DISPLAY")
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Compositor {
    fn drop(&mut self) {
        let _ = self.weston.kill();
        let _ = self.weston.wait();
    }
}

#[test]
fn a_screenshot_of_a_wayland_window_shows_16_live_tiles() {
    let Some(display) = Display::start() else { return };
    let Some(compositor) = Compositor::start(&display) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.png");
    let arguments = ["--demo", "--screenshot", file.to_str().unwrap()];
    let status = compositor.monomi(&arguments).status().expect("the binary");
    assert!(status.success(), "{status}");
    let picture = std::io::BufReader::new(std::fs::File::open(&file).expect("the screenshot"));
    let mut reader = png::Decoder::new(picture).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    let vivid = |rgba: &&[u8]| rgba[..3].iter().max().unwrap() - rgba[..3].iter().min().unwrap() > 60;
    let (count, all) = (
        pixels.chunks(info.color_type.samples()).filter(vivid).count(),
        info.width as usize * info.height as usize,
    );
    assert!(
        count > all / 3,
        "{count} of {all} pixels are coloured: no wall of pictures"
    );
}

/// How many pixels are clearly coloured, in three parts of the screen.
#[derive(Debug)]
struct Coloured {
    tree: usize,
    wall: usize,
    top: usize,
}

#[test]
fn a_wayland_window_hears_keys_fills_the_screen_and_ends_by_a_signal() {
    let Some(display) = Display::start() else { return };
    if display.grab().is_none() {
        return;
    }
    let Some(compositor) = Compositor::start(&display) else {
        return;
    };
    let hand = Hand::at(&display);
    let mut monomi = Running(
        compositor
            .monomi(&["--demo", "--lang", "ja"])
            .spawn()
            .expect("the binary"),
    );
    // Left of the wall is the tree; above it are Weston's panel, the bar of the window and the menu.
    let coloured = || {
        let screen = display.grab().expect("the screen");
        Coloured {
            tree: coloured(&screen, 0..240, 120..HEIGHT - 60),
            wall: coloured(&screen, 260..WIDTH, 120..HEIGHT - 60),
            top: coloured(&screen, 0..WIDTH, 24..56),
        }
    };
    // Where the compositor gave the keyboard to the window late, a key was pressed in vain: it is pressed again after a while.
    let mut awaited = |what: &str, again: &dyn Fn(), is: &dyn Fn(&Coloured) -> bool| {
        let mut last = None;
        let begin = Instant::now();
        let mut pressed = begin;
        while !is(last.insert(coloured())) {
            if pressed.elapsed() > AGAIN {
                pressed = Instant::now();
                again();
            }
            let ended = monomi.0.try_wait().expect("its state");
            assert!(ended.is_none(), "the window closed by itself: {what}");
            assert!(
                begin.elapsed() < PATIENCE,
                "not after {PATIENCE:?}: {what}; coloured are {last:?}"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        eprintln!("{what}: {last:?}");
    };
    awaited("pictures on the wall and a tree beside it", &|| {}, &|of| {
        of.wall > 200_000 && of.tree < 20_000
    });
    let weston = hand.windows()[0];
    for (key, what, is) in [
        (
            F9,
            "F9 gives the tree's room to the wall, and none above the menu",
            (|of| of.tree > 50_000 && of.top < 10_000) as fn(&Coloured) -> bool,
        ),
        (F11, "F11 fills the screen", |of| of.top > 10_000),
        (F11, "F11 gives the rest of the screen back", |of| of.top < 10_000),
    ] {
        let press = || hand.press(weston, &[key]);
        press();
        awaited(what, &press, &is);
    }
    let sent = Command::new("kill")
        .args(["-s", "TERM", &monomi.0.id().to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()));
    let asked = Instant::now();
    let ended = loop {
        if let Some(ended) = monomi.0.try_wait().expect("its state") {
            break ended;
        }
        assert!(asked.elapsed() < PATIENCE, "SIGTERM did not end the window");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "{ended}");
}
