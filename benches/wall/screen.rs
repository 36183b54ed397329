//! The X server that everything is painted on, and what can be seen there: its frame buffer is a file that is read directly, so
//! that looking costs the programs nothing.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConfigureWindowAux, ConnectionExt as _, MapState};

use crate::{Outcome, mark};

pub const WIDTH: usize = 1920;
pub const HEIGHT: usize = 1080;

pub struct Screen {
    pub server: Child,
    /// Such as `:1`.
    pub name: String,
    _folder: TempDir,
    buffer: File,
    /// Where the pixels begin in the file, and the bytes of a row.
    origin: u64,
    stride: usize,
}

/// Where a tile's numbers are on screen.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    /// Row-major, from 0.
    pub place: usize,
    y: usize,
    left: usize,
    width: usize,
}

impl Screen {
    pub fn start() -> Outcome<Self> {
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            TempDir::new_in(memory)?
        } else {
            TempDir::new()?
        };
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                &format!("{WIDTH}x{HEIGHT}x24"),
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .arg("-fbdir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("Xvfb: {error}"))?;
        let mut number = String::new();
        BufReader::new(server.stdout.take().ok_or("no pipe")?).read_line(&mut number)?;
        let buffer = File::open(folder.path().join("Xvfb_screen0"))?;
        // The header of an XWD file: 25 numbers of 32 bits, the highest byte first.
        let mut head = [0; 100];
        buffer.read_exact_at(&mut head, 0)?;
        let field = |index: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| head[index * 4 + byte]));
        let (header, stride, colours) = (field(0), field(12), field(19));
        Ok(Self {
            server,
            name: format!(":{}", number.trim()),
            _folder: folder,
            buffer,
            origin: u64::from(header) + u64::from(colours) * 12,
            stride: stride as usize,
        })
    }

    /// All pixels, four bytes each (blue, green, red, nothing).
    pub fn pixels(&self) -> Outcome<Vec<u8>> {
        let mut pixels = vec![0; self.stride * HEIGHT];
        self.buffer.read_exact_at(&mut pixels, self.origin)?;
        Ok(pixels)
    }

    /// Saves what is on screen as a PNG, for a person to look at.
    pub fn save(&self, path: &std::path::Path) -> Outcome<()> {
        let mut pixels = self.pixels()?;
        for pixel in pixels.chunks_exact_mut(4) {
            pixel.swap(0, 2);
            pixel[3] = 255;
        }
        let mut encoder = png::Encoder::new(File::create(path)?, WIDTH as u32, HEIGHT as u32);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&pixels)?;
        Ok(())
    }

    /// Whether something with text or pictures was painted in the middle of the screen: more than a few colours.
    pub fn is_painted(&self) -> Outcome<bool> {
        let mut colours = std::collections::BTreeSet::new();
        let mut row = vec![0; self.stride];
        for y in (8..HEIGHT).step_by(HEIGHT / 60) {
            self.buffer
                .read_exact_at(&mut row, self.origin + (y * self.stride) as u64)?;
            colours.extend(row.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]));
        }
        Ok(colours.len() > 8)
    }

    /// Makes the largest top-level window fill the screen: there is no window manager that would.
    pub fn maximise(&self) -> Outcome<bool> {
        let (connection, screen) = x11rb::connect(Some(&self.name))?;
        let root = connection.setup().roots[screen].root;
        let mut largest = None;
        for window in connection.query_tree(root)?.reply()?.children {
            let Ok(geometry) = connection.get_geometry(window)?.reply() else {
                continue;
            };
            let Ok(attributes) = connection.get_window_attributes(window)?.reply() else {
                continue;
            };
            let area = u32::from(geometry.width) * u32::from(geometry.height);
            if attributes.map_state == MapState::VIEWABLE
                && area > 200 * 200
                && largest.is_none_or(|(most, _)| area > most)
            {
                largest = Some((area, window));
            }
        }
        let Some((_, window)) = largest else { return Ok(false) };
        let whole = ConfigureWindowAux::new()
            .x(0)
            .y(0)
            .width(WIDTH as u32)
            .height(HEIGHT as u32);
        connection.configure_window(window, &whole)?;
        connection.flush()?;
        Ok(true)
    }

    /// Finds the numbers in a grid of `side` × `side` pictures; places without one are missing.
    pub fn find(&self, side: usize) -> Outcome<Vec<Strip>> {
        let pixels = self.pixels()?;
        let (cell_width, cell_height) = (WIDTH / side, HEIGHT / side);
        let mut strips = Vec::new();
        for place in 0..side * side {
            let (column, row) = (place % side, place / side);
            let mut hits = Vec::new();
            for y in (row * cell_height..(row + 1) * cell_height).step_by(2) {
                let line = &pixels[y * self.stride..(y + 1) * self.stride];
                let from = column * cell_width;
                // A picture is centred in its cell, give or take a frame.
                for width in (cell_width / 2..=cell_width).rev() {
                    let middle = from + (cell_width - width) / 2;
                    let lefts = middle.saturating_sub(4).max(from)..=middle + 4;
                    hits.extend(
                        lefts
                            .filter(|&left| left + width <= WIDTH && mark::read(line, left, width).is_some())
                            .map(|left| (y, width, left)),
                    );
                }
            }
            hits.sort_unstable();
            let Some(&(y, ..)) = hits.get(hits.len() / 2) else {
                continue;
            };
            let mut edges: Vec<(usize, usize)> = hits
                .iter()
                .filter(|hit| hit.0 == y)
                .map(|&(_, width, left)| (width, left))
                .collect();
            edges.sort_unstable();
            let (width, left) = edges[edges.len() / 2];
            strips.push(Strip { place, y, left, width });
        }
        Ok(strips)
    }

    /// The number that is on screen just now.
    pub fn read(&self, strip: Strip) -> Option<u16> {
        let mut pixels = [0; WIDTH * 4];
        let pixels = &mut pixels[..strip.width * 4];
        let at = self.origin + (strip.y * self.stride + strip.left * 4) as u64;
        self.buffer.read_exact_at(pixels, at).ok()?;
        mark::read(pixels, 0, strip.width)
    }

    /// Waits until nothing is left on screen of the program that ended.
    pub fn settle(&self) -> Outcome<()> {
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.is_painted()? && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
