//! The real window on a real X server without a screen: starts with `--demo`, and its 16 tiles move.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::skipped::skip;
use crate::watch::BINARY;

pub const WIDTH: usize = 1280;
pub const HEIGHT: usize = 800;
pub const PATIENCE: Duration = Duration::from_secs(90);

/// An X server of the test's own, on a display number that was free.
pub struct Display {
    server: Child,
    pub name: String,
}

impl Display {
    pub fn start() -> Option<Self> {
        let size = format!("{WIDTH}x{HEIGHT}x24");
        let arguments = ["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp", "-noreset"];
        let mut server = match Command::new("Xvfb")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
        {
            Ok(server) => server,
            Err(error) => {
                skip("the window under Xvfb", &format!("Xvfb: {error}"));
                return None;
            }
        };
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("its output"))
            .read_line(&mut number)
            .expect("a display number");
        Some(Self {
            server,
            name: format!(":{}", number.trim()),
        })
    }

    pub fn monomi(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null());
        command
    }

    /// The whole screen, three bytes a pixel.
    pub fn grab(&self) -> Option<Vec<u8>> {
        let size = format!("{WIDTH}x{HEIGHT}");
        let source = [
            "-v",
            "error",
            "-f",
            "x11grab",
            "-draw_mouse",
            "0",
            "-video_size",
            &size,
            "-i",
            &self.name,
        ];
        let sink = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
        match Command::new("ffmpeg")
            .args(source)
            .args(sink)
            .stdin(Stdio::null())
            .output()
        {
            Ok(output) => {
                assert_eq!(
                    output.stdout.len(),
                    WIDTH * HEIGHT * 3,
                    "{}",
                    String::from_utf8_lossy(&output.stderr)
                );
                Some(output.stdout)
            }
            Err(error) => {
                skip("the window under Xvfb", &format!("ffmpeg: {error}"));
                None
            }
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Ends what it holds, also when the test fails.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demo_fills_16_tiles_that_move_and_ends_by_a_signal() {
    let Some(display) = Display::start() else { return };
    let mut window = Running(display.monomi(&["--demo", "--lang", "ja"]).spawn().expect("the binary"));
    let begin = Instant::now();
    let mut pictures = Vec::new();
    let moving = loop {
        let Some(picture) = display.grab() else { return };
        pictures.push(picture);
        // Six pictures, a second apart: enough for every ball and every clock.
        let recent = &pictures[pictures.len().saturating_sub(6)..];
        let moving = moving_tiles(recent);
        if recent.len() == 6 && moving.iter().all(|moves| *moves) {
            break moving;
        }
        assert!(
            window.0.try_wait().expect("its state").is_none(),
            "the window closed by itself"
        );
        assert!(
            begin.elapsed() < PATIENCE,
            "tiles that move after {PATIENCE:?}: {moving:?}"
        );
        std::thread::sleep(Duration::from_secs(1));
    };
    println!("{} tiles moved, {:.0?} after the start", moving.len(), begin.elapsed());
    let sent = Command::new("kill")
        .args(["-s", "TERM", &window.0.id().to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()));
    let asked = Instant::now();
    while window.0.try_wait().expect("its state").is_none() {
        assert!(
            asked.elapsed() < Duration::from_secs(10),
            "SIGTERM did not end the window"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_screenshot_is_saved_once_all_tiles_are_live() {
    let Some(display) = Display::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.png");
    let status = display
        .monomi(&["--demo", "--screenshot", file.to_str().unwrap()])
        .status()
        .expect("the binary");
    assert!(status.success(), "{status}");
    let mut reader = png::Decoder::new(BufReader::new(std::fs::File::open(&file).expect("the screenshot")))
        .read_info()
        .expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    assert!(
        info.width >= 800 && info.height >= 500,
        "{}x{}",
        info.width,
        info.height
    );
    let mut colours: Vec<&[u8]> = pixels.chunks(info.color_type.samples()).collect();
    colours.sort_unstable();
    colours.dedup();
    assert!(colours.len() > 500, "{} colours are no 16 live pictures", colours.len());
}

#[test]
fn a_screenshot_that_cannot_be_saved_is_told() {
    let Some(display) = Display::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missing").join("demo.png");
    let ended = display
        .monomi(&["--demo", "--screenshot", file.to_str().unwrap()])
        .stderr(Stdio::piped())
        .output()
        .expect("the binary");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains(file.to_str().unwrap()), "{said}");
}

/// Which of the 4 × 4 tiles changed between every two neighbours of `pictures`.
///
/// The wall is where pictures change: from the first changed row to the end of the last tall band of changed rows (the clock of
/// the status bar is a low one).
fn moving_tiles(pictures: &[Vec<u8>]) -> [bool; 16] {
    let changes: Vec<Vec<bool>> = pictures.windows(2).map(|pair| changed(&pair[0], &pair[1])).collect();
    let any = |x: usize, y: usize| changes.iter().any(|change| change[y * WIDTH + x]);
    let rows: Vec<bool> = (0..HEIGHT).map(|y| (0..WIDTH).any(|x| any(x, y))).collect();
    let (Some(top), Some(bottom)) = (rows.iter().position(|row| *row), end_of_last_band(&rows, 60)) else {
        return [false; 16];
    };
    let columns: Vec<bool> = (0..WIDTH).map(|x| (top..bottom).any(|y| any(x, y))).collect();
    let (Some(left), Some(right)) = (
        columns.iter().position(|column| *column),
        columns.iter().rposition(|column| *column),
    ) else {
        return [false; 16];
    };
    std::array::from_fn(|tile| {
        let (column, row) = (tile % 4, tile / 4);
        let xs = left + (right - left) * column / 4..left + (right - left) * (column + 1) / 4;
        let ys = top + (bottom - top) * row / 4..top + (bottom - top) * (row + 1) / 4;
        // A ball that moves on and a second that passes change some hundred pixels; a lone clock in the header far fewer.
        changes.iter().all(|change| {
            ys.clone()
                .map(|y| xs.clone().filter(|x| change[y * WIDTH + x]).count())
                .sum::<usize>()
                > 400
        })
    })
}

fn changed(before: &[u8], after: &[u8]) -> Vec<bool> {
    before
        .chunks(3)
        .zip(after.chunks(3))
        .map(|(a, b)| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 40))
        .collect()
}

/// Where the last run of `true` that is at least `height` long ends.
fn end_of_last_band(rows: &[bool], height: usize) -> Option<usize> {
    let mut run = 0;
    let mut end = None;
    for (at, row) in rows.iter().enumerate() {
        run = if *row { run + 1 } else { 0 };
        if run >= height {
            end = Some(at + 1);
        }
    }
    end
}

/// The judge itself, on painted pictures: 16 tiles with a moving bar each, a clock below, and one tile that may stand still.
#[test]
fn a_frozen_tile_is_found() {
    let picture = |second: usize, frozen: Option<usize>| {
        let mut pixels = vec![20; WIDTH * HEIGHT * 3];
        let mut fill = |x: usize, y: usize, w: usize, h: usize| {
            for row in y..y + h {
                pixels[(row * WIDTH + x) * 3..(row * WIDTH + x + w) * 3].fill(220);
            }
        };
        for tile in 0..16 {
            let shift = if frozen == Some(tile) { 0 } else { second * 20 };
            fill(260 + tile % 4 * 256 + shift, 40 + tile / 4 * 184, 20, 160);
        }
        fill(1200 + second * 5, 785, 4, 10);
        pixels
    };
    let judged = |frozen| moving_tiles(&(0..6).map(|second| picture(second, frozen)).collect::<Vec<_>>());
    assert_eq!(judged(None), [true; 16]);
    let found = judged(Some(5));
    assert_eq!((found[5], found.iter().filter(|moves| **moves).count()), (false, 15));
    assert_eq!(
        moving_tiles(&[vec![0; WIDTH * HEIGHT * 3], vec![0; WIDTH * HEIGHT * 3]]),
        [false; 16]
    );
}
