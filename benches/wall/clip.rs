//! The clip that every peer is shown: encoded once, cut into access units, with a number burned into each picture.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::{Outcome, mark};

/// Real footage: the clip of Debian's opencv-doc (PETS2009, a campus watched from a roof).
const FOOTAGE: &str = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";

/// Names another place of the real footage.
const FOOTAGE_VARIABLE: &str = "MONOMI_BENCH_CLIP";

const SECONDS: usize = 20;

/// One H.264 stream that loops.
pub struct Clip {
    pub width: usize,
    pub height: usize,
    pub fps: u32,
    pub units: Vec<Unit>,
    /// Sequence and picture parameter sets, for the SDP.
    pub parameters: [Vec<u8>; 2],
    /// Whether the pictures were taken by a camera.
    pub real: bool,
}

/// The encoded picture with the number of its place in the clip.
pub struct Unit {
    /// NAL units without start codes.
    pub nals: Vec<Vec<u8>>,
    pub key: bool,
}

impl Clip {
    /// Encodes `width` × `height` at `fps`, a key frame every second.
    pub fn encode(width: usize, height: usize, fps: u32, kbit_s: u32) -> Outcome<Arc<Self>> {
        let footage = std::env::var(FOOTAGE_VARIABLE).unwrap_or_else(|_unset| FOOTAGE.to_owned());
        let real = Path::new(&footage).exists();
        let frames = SECONDS * fps as usize;
        let mut raw = raw_pictures(real.then_some(footage.as_str()), width, height, fps, frames)?;
        for (number, picture) in raw.chunks_exact_mut(width * height * 3 / 2).enumerate() {
            mark::burn(picture, width, height, number as u16);
        }
        let stream = encode(raw, width, height, fps, kbit_s)?;
        let units = access_units(&stream);
        let first = units.first().ok_or("the encoder gave nothing")?;
        let of_type = |kind: u8| first.nals.iter().find(|nal| nal[0] & 0x1f == kind).cloned();
        let parameters = [of_type(7).ok_or("no SPS")?, of_type(8).ok_or("no PPS")?];
        if units.len() != frames {
            return Err(format!("{} access units of {frames} pictures", units.len()).into());
        }
        Ok(Arc::new(Self {
            width,
            height,
            fps,
            units,
            parameters,
            real,
        }))
    }

    /// Nothing, for a server that nobody asks.
    pub fn empty() -> Self {
        Self {
            width: 0,
            height: 0,
            fps: 1,
            units: Vec::new(),
            parameters: [Vec::new(), Vec::new()],
            real: false,
        }
    }

    pub fn describe(&self) -> String {
        let bytes: usize = self.units.iter().flat_map(|unit| &unit.nals).map(Vec::len).sum();
        format!(
            "{}×{} at {} fps, H.264 main, {:.0} kbit/s, {}",
            self.width,
            self.height,
            self.fps,
            bytes as f64 * 8.0 / 1_000.0 / SECONDS as f64,
            if self.real {
                "real CCTV footage"
            } else {
                "synthetic pictures (opencv-doc's vtest.avi is missing)"
            }
        )
    }
}

fn raw_pictures(footage: Option<&str>, width: usize, height: usize, fps: u32, frames: usize) -> Outcome<Vec<u8>> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin"]);
    match footage {
        Some(path) => ffmpeg.args(["-i", path]),
        None => ffmpeg.args(["-f", "lavfi", "-i", "testsrc2=size=768x576:rate=30"]),
    };
    let filter = format!("fps={fps},scale={width}:{height}");
    ffmpeg.args([
        "-vf",
        &filter,
        "-frames:v",
        &frames.to_string(),
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-",
    ]);
    let output = ffmpeg
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("ffmpeg: {error}"))?;
    if output.stdout.len() != frames * width * height * 3 / 2 {
        return Err(format!("ffmpeg gave {} bytes", output.stdout.len()).into());
    }
    Ok(output.stdout)
}

fn encode(raw: Vec<u8>, width: usize, height: usize, fps: u32, kbit_s: u32) -> Outcome<Vec<u8>> {
    let (size, rate) = (format!("{width}x{height}"), format!("{kbit_s}k"));
    let options = format!("keyint={fps}:min-keyint={fps}:scenecut=0:bframes=0:aud=1:repeat-headers=1:threads=1");
    let mut ffmpeg = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "yuv420p",
            "-s",
            &size,
            "-r",
            &fps.to_string(),
            "-i",
            "-",
        ])
        .args([
            "-c:v",
            "libx264",
            "-profile:v",
            "main",
            "-preset",
            "veryfast",
            "-b:v",
            &rate,
            "-maxrate",
            &rate,
        ])
        .args(["-bufsize", &rate, "-x264-params", &options, "-f", "h264", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("ffmpeg: {error}"))?;
    let mut input = ffmpeg.stdin.take().ok_or("no pipe")?;
    let feeder = std::thread::Builder::new()
        .name("feed-encoder".into())
        .spawn(move || input.write_all(&raw))?;
    let output = ffmpeg.wait_with_output()?;
    feeder.join().map_err(|_panic| "the feeding thread failed")??;
    Ok(output.stdout)
}

/// Cuts an Annex B stream at its access unit delimiters, which are left out.
fn access_units(stream: &[u8]) -> Vec<Unit> {
    const DELIMITER: u8 = 9;
    let starts: Vec<usize> = stream
        .windows(3)
        .enumerate()
        .filter(|(_, w)| *w == [0, 0, 1])
        .map(|(at, _)| at)
        .collect();
    let mut units = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(stream.len());
        let mut nal = &stream[start + 3..end];
        while let Some((0, rest)) = nal.split_last() {
            nal = rest;
        }
        let Some(kind) = nal.first().map(|first| first & 0x1f) else {
            continue;
        };
        if kind == DELIMITER {
            units.push(Unit {
                nals: Vec::new(),
                key: false,
            });
        } else if let Some(unit) = units.last_mut() {
            unit.key |= kind == 5;
            unit.nals.push(nal.to_vec());
        }
    }
    units
}
