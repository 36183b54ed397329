//! The programs that people tile instead, each started as cheaply as it can be on a machine without a GPU.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::screen::{HEIGHT, Screen, WIDTH};
use crate::server::Server;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Monomi,
    Mpv,
    Ffplay,
    Compositor,
    /// Receives and decodes, shows nothing: the limit.
    Decode,
}

/// Where a picture goes on screen.
struct Cell {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Peer {
    pub fn name(self, tiles: usize) -> String {
        match self {
            Self::Monomi => "Monomi".to_owned(),
            Self::Mpv => format!("mpv × {tiles}"),
            Self::Ffplay => format!("ffplay × {tiles}"),
            Self::Compositor => "gst-launch-1.0, compositor".to_owned(),
            Self::Decode => "gst-launch-1.0, receive and decode only".to_owned(),
        }
    }

    pub fn paints(self) -> bool {
        self != Self::Decode
    }

    /// What it lacks on this machine, in words.
    pub fn missing(self) -> Option<String> {
        let sink = || {
            Command::new("gst-inspect-1.0")
                .args(["--exists", "ximagesink"])
                .status()
        };
        let lacks = self == Self::Compositor && !sink().is_ok_and(|status| status.success());
        lacks.then(|| "ximagesink is missing (gstreamer1.0-x)".to_owned())
    }

    /// What to start. `profile`: Monomi's, with a wall of these tiles.
    pub fn commands(self, screen: &Screen, server: &Server, side: usize, profile: &Path) -> Vec<Command> {
        let cells = (0..side * side).map(|place| {
            let (width, height) = (WIDTH / side, HEIGHT / side);
            Cell {
                x: place % side * width,
                y: place / side * height,
                width,
                height,
            }
        });
        let urls = cells.enumerate().map(|(place, cell)| (server.url(place + 1), cell));
        match self {
            Self::Monomi => {
                let mut monomi = monomi(screen);
                monomi
                    .arg("--profile")
                    .arg(profile)
                    .args(["--lang", "en", "--fullscreen"]);
                vec![monomi]
            }
            Self::Mpv => urls.map(|(url, cell)| mpv(screen, &url, &cell)).collect(),
            Self::Ffplay => urls.map(|(url, cell)| ffplay(screen, &url, &cell)).collect(),
            Self::Compositor => vec![compositor(screen, server, urls.collect())],
            Self::Decode => {
                let mut launch = program("gst-launch-1.0", screen);
                launch.arg("-q");
                for (url, _) in urls {
                    launch.args(decoding(&url)).args(["!", "fakesink", "sync=false"]);
                }
                vec![launch]
            }
        }
    }
}

/// Monomi as it was built for this bench, or another build of it.
pub fn monomi(screen: &Screen) -> Command {
    program(
        std::env::var("MONOMI_BENCH_BINARY").unwrap_or_else(|_unset| env!("CARGO_BIN_EXE_monomi").to_owned()),
        screen,
    )
}

pub fn program(name: impl AsRef<OsStr>, screen: &Screen) -> Command {
    let mut command = Command::new(name);
    command
        .env("DISPLAY", &screen.name)
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn mpv(screen: &Screen, url: &str, cell: &Cell) -> Command {
    let mut mpv = program("mpv", screen);
    mpv.args([
        "--no-config",
        "--no-audio",
        "--profile=low-latency",
        "--untimed",
        "--rtsp-transport=tcp",
        "--vo=x11",
    ])
    .args([
        "--hwdec=no",
        "--vd-lavc-threads=1",
        "--no-border",
        "--no-osc",
        "--osd-level=0",
        "--no-keepaspect-window",
    ])
    .arg(format!(
        "--geometry={}x{}+{}+{}",
        cell.width, cell.height, cell.x, cell.y
    ))
    .arg(url);
    mpv
}

fn ffplay(screen: &Screen, url: &str, cell: &Cell) -> Command {
    let mut ffplay = program("ffplay", screen);
    ffplay
        .env("SDL_RENDER_DRIVER", "software")
        .args([
            "-v",
            "quiet",
            "-an",
            "-rtsp_transport",
            "tcp",
            "-fflags",
            "nobuffer",
            "-flags",
            "low_delay",
        ])
        .args(["-framedrop", "-sync", "ext", "-threads", "1", "-noborder"])
        .args(["-x", &cell.width.to_string(), "-y", &cell.height.to_string()])
        .args(["-left", &cell.x.to_string(), "-top", &cell.y.to_string()])
        .arg(url);
    ffplay
}

fn compositor(screen: &Screen, server: &Server, urls: Vec<(String, Cell)>) -> Command {
    let mut launch = program("gst-launch-1.0", screen);
    launch.args(["-q", "compositor", "name=c", "background=black"]);
    for (index, (_, cell)) in urls.iter().enumerate() {
        let pad = |name: &str, value: usize| format!("sink_{index}::{name}={value}");
        launch.args([
            pad("xpos", cell.x),
            pad("ypos", cell.y),
            pad("width", cell.width),
            pad("height", cell.height),
            format!("sink_{index}::sizing-policy=keep-aspect-ratio"),
        ]);
    }
    launch.arg("!");
    launch.arg(format!(
        "video/x-raw,width={WIDTH},height={HEIGHT},framerate={}/1",
        server.clip().fps
    ));
    launch.args(["!", "videoconvert", "!", "ximagesink", "sync=false"]);
    for (index, (url, _)) in urls.iter().enumerate() {
        launch
            .args(decoding(url))
            .args(["!", "queue", "max-size-buffers=2", "!", &format!("c.sink_{index}")]);
    }
    launch
}

fn decoding(url: &str) -> Vec<String> {
    let location = format!("location={url}");
    [
        "rtspsrc",
        "protocols=tcp",
        "latency=0",
        &location,
        "!",
        "rtph264depay",
        "!",
        "h264parse",
        "!",
    ]
    .into_iter()
    .chain(["avdec_h264", "max-threads=1"])
    .map(str::to_owned)
    .collect()
}
