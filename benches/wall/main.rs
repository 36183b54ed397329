//! `cargo bench --bench wall`: Monomi's window beside what people tile instead of it, one after the other on the same RTSP server
//! and the same X server, in one run; figures as Markdown.
//!
//! `cargo bench --bench wall -- PART...` runs some parts only: peers, tiles, first, demo, idle, start, health, long.
//! `MONOMI_BENCH=long` adds the long part: 30 minutes, or as many seconds as `MONOMI_BENCH_SECONDS` says.
//! `MONOMI_BENCH_CLIP` names the real footage where opencv-doc is not installed (`make bench` fetches it), `MONOMI_BENCH_SHOTS`
//! a folder for screenshots, `MONOMI_BENCH_BINARY` another build of Monomi.

mod clip;
mod health;
mod mark;
mod peer;
mod process;
mod profile;
mod screen;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clip::Clip;
use peer::Peer;
use process::{Times, Tree};
use screen::{Screen, Strip};
use server::Server;

pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How long each program is measured.
const WINDOW: Duration = Duration::from_secs(12);

/// From the moment every picture moves.
const SETTLE: Duration = Duration::from_secs(3);

/// A program that does not show all pictures by then is measured as it is.
const PATIENCE: Duration = Duration::from_secs(40);

/// Where the bench's server has a channel.
const PATH: &str = "/{ch}";

/// How often the screen is looked at.
const LOOK: Duration = Duration::from_millis(4);

fn main() -> Outcome<()> {
    let parts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let long = std::env::var("MONOMI_BENCH").is_ok_and(|value| value == "long");
    let wanted = |part: &str| match parts.is_empty() {
        true => part != "long" || long,
        false => parts.iter().any(|wanted| wanted == part),
    };
    println!("{}\n", machine());
    let screen = Screen::start()?;
    if ["peers", "first", "long"].into_iter().any(wanted) {
        let clip = Clip::encode(704, 480, 15, 1_000)?;
        println!("16 × {}, in 1920×1080, {} s each\n", clip.describe(), WINDOW.as_secs());
        let server = Server::start(clip, 16)?;
        if wanted("peers") {
            peers(&screen, &server)?;
        }
        if wanted("first") {
            first_pictures(&screen, &server)?;
        }
        if wanted("long") {
            long_run(&screen, &server)?;
        }
    }
    if wanted("tiles") {
        tiles(&screen)?;
    }
    if wanted("demo") {
        demo(&screen)?;
    }
    if wanted("idle") {
        idle(&screen)?;
    }
    if wanted("start") {
        start(&screen)?;
    }
    if wanted("health") {
        health::health(&screen)?;
    }
    Ok(())
}

/// What was measured of one program.
struct Figures {
    /// Percent of a core: everything, and the rasteriser's threads of it.
    cpu: f64,
    rasteriser: f64,
    /// The X server, which is nobody's but works for the program.
    x_server: f64,
    /// In MiB.
    memory: f64,
    threads: usize,
    /// Pictures that move, of all.
    moving: usize,
    shown: u64,
    sent: u64,
    /// From the server's sending to the screen, sorted.
    delays: Vec<Duration>,
    by_thread: Vec<(String, f64)>,
}

impl Figures {
    fn delay(&self, part: f64) -> Option<Duration> {
        self.delays
            .get(((self.delays.len() as f64 * part) as usize).min(self.delays.len().checked_sub(1)?))
            .copied()
    }

    fn shown_percent(&self) -> Option<f64> {
        (self.sent > 0).then(|| 100.0 * self.shown as f64 / self.sent as f64)
    }
}

fn peers(screen: &Screen, server: &Server) -> Outcome<()> {
    let profile = profile::wall(server.address, 4, PATH)?;
    println!(
        "| | CPU, % of a core | of it rasteriser | X server besides | memory (PSS), MiB | threads | frames shown | delay: median, 95 % |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut all = Vec::new();
    for peer in [Peer::Monomi, Peer::Compositor, Peer::Mpv, Peer::Ffplay, Peer::Decode] {
        let name = peer.name(16);
        match measure(screen, server, peer, 4, profile.path()) {
            Ok(figures) => {
                println!("{}", row(&name, &figures));
                if peer.paints() && figures.moving < 16 {
                    println!(
                        "| ({name}: only {} of 16 pictures moved) | | | | | | | |",
                        figures.moving
                    );
                }
                all.push((peer, figures));
            }
            Err(error) => println!("| {name} | not measured: {error} | | | | | | |"),
        }
    }
    let of = |wanted: Peer| all.iter().find(|(peer, _)| *peer == wanted).map(|(_, figures)| figures);
    let Some(monomi) = of(Peer::Monomi) else { return Ok(()) };
    let rivals = || {
        all.iter()
            .filter(|(peer, _)| peer.paints() && *peer != Peer::Monomi)
            .map(|(_, figures)| figures)
    };
    let least = |figure: fn(&Figures) -> f64| rivals().map(figure).min_by(f64::total_cmp);
    println!("\n| | ratio |\n|---|---|");
    if let Some(best) = least(|figures| figures.cpu) {
        println!("| CPU against the best peer | {:.2} |", monomi.cpu / best);
    }
    if let Some(best) = least(|figures| figures.cpu + figures.x_server) {
        println!(
            "| the same with the X server's on both sides | {:.2} |",
            (monomi.cpu + monomi.x_server) / best
        );
    }
    if let Some(limit) = of(Peer::Decode) {
        let own = monomi.cpu - monomi.rasteriser;
        println!(
            "| CPU without the rasteriser's threads against receive-and-decode | {:.2} |",
            own / limit.cpu
        );
    }
    if let Some(best) = least(|figures| figures.memory) {
        println!("| memory against the leanest peer | {:.2} |", monomi.memory / best);
    }
    let best_delay = rivals().filter_map(|figures| figures.delay(0.5)).min();
    if let (Some(own), Some(best)) = (monomi.delay(0.5), best_delay) {
        println!(
            "| median delay against the best peer | {:.2} |",
            own.as_secs_f64() / best.as_secs_f64()
        );
    }
    println!("\nMonomi's threads, % of a core: {}\n", threads_of(monomi));
    Ok(())
}

fn row(name: &str, figures: &Figures) -> String {
    let shown = figures
        .shown_percent()
        .map_or_else(|| "–".to_owned(), |percent| format!("{percent:.1} %"));
    let delay = match (figures.delay(0.5), figures.delay(0.95)) {
        (Some(median), Some(most)) => format!("{} ms, {} ms", median.as_millis(), most.as_millis()),
        _ => "–".to_owned(),
    };
    format!(
        "| {name} | {:.1} | {:.1} | {:.1} | {:.0} | {} | {shown} | {delay} |",
        figures.cpu, figures.rasteriser, figures.x_server, figures.memory, figures.threads
    )
}

fn threads_of(figures: &Figures) -> String {
    let threads = figures.by_thread.iter().take(6);
    threads
        .map(|(name, cpu)| format!("{name} {cpu:.1}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Starts `peer` on a wall of `side` × `side`, waits until everything moves, and measures it.
fn measure(screen: &Screen, server: &Server, peer: Peer, side: usize, profile: &Path) -> Outcome<Figures> {
    if let Some(missing) = peer.missing() {
        return Err(missing.into());
    }
    screen.settle()?;
    let mut tree = Tree::start(peer.commands(screen, server, side, profile))?;
    let strips = if peer.paints() {
        find_all(screen, &mut tree, peer, side)?
    } else {
        Vec::new()
    };
    std::thread::sleep(SETTLE + if peer.paints() { Duration::ZERO } else { SETTLE });
    if let Ok(folder) = std::env::var("MONOMI_BENCH_SHOTS") {
        screen.save(&Path::new(&folder).join(format!("{peer:?}-{side}.png")))?;
    }
    let ended = tree.ended();
    if ended > 0 {
        return Err(format!("{ended} of its processes ended").into());
    }
    Ok(observe(screen, server, &tree, &strips, WINDOW))
}

fn find_all(screen: &Screen, tree: &mut Tree, peer: Peer, side: usize) -> Outcome<Vec<Strip>> {
    let begin = Instant::now();
    loop {
        if peer == Peer::Monomi {
            screen.maximise()?;
        }
        std::thread::sleep(Duration::from_millis(700));
        let strips = screen.find(side)?;
        if strips.len() == side * side || begin.elapsed() > PATIENCE || tree.ended() > 0 {
            return Ok(strips);
        }
    }
}

/// Looks at the screen and at the program for some time.
fn observe(screen: &Screen, server: &Server, tree: &Tree, strips: &[Strip], window: Duration) -> Figures {
    let length = server.clip().units.len() as u64;
    let mut last: Vec<Option<(u16, Instant)>> = vec![None; strips.len()];
    let (mut shown, mut sent, mut delays) = (0, 0, Vec::new());
    let mut moving = vec![false; strips.len()];
    let (begin, before, x_before) = (Instant::now(), tree.times(), Times::of(screen.server.id()));
    while begin.elapsed() < window {
        for (index, strip) in strips.iter().enumerate() {
            let Some(number) = screen.read(*strip) else { continue };
            let now = Instant::now();
            match last[index] {
                Some((was, _)) if was == number => continue,
                Some((was, _)) => {
                    moving[index] = true;
                    shown += 1;
                    sent += (u64::from(number) + length - u64::from(was)) % length;
                    delays.extend(server.age(strip.place, number, now));
                }
                None => {}
            }
            last[index] = Some((number, now));
        }
        std::thread::sleep(LOOK);
    }
    let (time, after) = (begin.elapsed(), tree.times());
    let x_server = process::percent(Times::of(screen.server.id()) - x_before, time);
    // A picture that stands still missed what came meanwhile.
    for stood in last.iter().map(|last| last.map_or(time, |(_, at)| at.elapsed())) {
        if stood > Duration::from_secs(1) {
            sent += (stood.as_secs_f64() * f64::from(server.clip().fps)) as u64;
        }
    }
    delays.sort_unstable();
    let (cpu, rasteriser) = after.since(&before, time);
    Figures {
        cpu,
        rasteriser,
        x_server,
        memory: tree.memory(),
        threads: tree.threads(),
        moving: moving.into_iter().filter(|moving| *moving).count(),
        shown,
        sent,
        delays,
        by_thread: after.by_thread(&before, time),
    }
}

/// How long after its first key frame was sent each picture is on screen.
fn first_pictures(screen: &Screen, server: &Server) -> Outcome<()> {
    let profile = profile::wall(server.address, 4, PATH)?;
    println!("| first picture after the first key frame | median | slowest | pictures |\n|---|---|---|---|");
    for peer in [Peer::Monomi, Peer::Mpv] {
        let name = peer.name(16);
        let mut delays = Vec::new();
        let strips = {
            screen.settle()?;
            let mut tree = Tree::start(peer.commands(screen, server, 4, profile.path()))?;
            find_all(screen, &mut tree, peer, 4)?
        };
        screen.settle()?;
        server.forget_first_keys();
        let _tree = Tree::start(peer.commands(screen, server, 4, profile.path()))?;
        let (begin, mut waiting, mut filled) = (Instant::now(), strips, 0);
        while !waiting.is_empty() && begin.elapsed() < PATIENCE {
            if peer == Peer::Monomi && filled < 20 && begin.elapsed() >= filled * Duration::from_millis(150) {
                filled += 1;
                screen.maximise()?;
            }
            waiting.retain(|strip| {
                if screen.read(*strip).is_none() {
                    return true;
                }
                delays.extend(server.first_key(strip.place).map(|sent| sent.elapsed()));
                false
            });
            std::thread::sleep(LOOK);
        }
        delays.sort_unstable();
        match (delays.get(delays.len() / 2), delays.last()) {
            (Some(median), Some(most)) => {
                println!(
                    "| {name} | {} ms | {} ms | {} of 16 |",
                    median.as_millis(),
                    most.as_millis(),
                    delays.len()
                );
            }
            _ => println!("| {name} | no picture came | | |"),
        }
    }
    println!();
    Ok(())
}

/// The cost of one tile at 64 tiles and at 16.
fn tiles(screen: &Screen) -> Outcome<()> {
    let clip = Clip::encode(352, 240, 10, 256)?;
    println!("Tiles of {}\n", clip.describe());
    println!(
        "| Monomi | CPU, % of a core | of it rasteriser | a tile | X server besides | memory (PSS), MiB | frames shown | delay, median |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut by_tile = Vec::new();
    for side in [4, 8] {
        let server = Server::start(Arc::clone(&clip), side * side)?;
        let profile = profile::wall(server.address, side, PATH)?;
        let figures = measure(screen, &server, Peer::Monomi, side, profile.path())?;
        let count = side * side;
        let a_tile = figures.cpu / count as f64;
        println!(
            "| {count} tiles ({} move) | {:.1} | {:.1} | {a_tile:.2} | {:.1} | {:.0} | {} | {} |",
            figures.moving,
            figures.cpu,
            figures.rasteriser,
            figures.x_server,
            figures.memory,
            figures
                .shown_percent()
                .map_or_else(|| "–".to_owned(), |percent| format!("{percent:.1} %")),
            figures
                .delay(0.5)
                .map_or_else(|| "–".to_owned(), |delay| format!("{} ms", delay.as_millis())),
        );
        by_tile.push(a_tile);
    }
    println!("\nA tile at 64 against a tile at 16: {:.2}\n", by_tile[1] / by_tile[0]);
    Ok(())
}

/// 16 tiles of the demo DVR's sub streams.
fn demo(screen: &Screen) -> Outcome<()> {
    let address = free_address()?;
    let mut dvr = peer::monomi(screen);
    dvr.args(["demo-dvr", "--channels", "16", "--listen", &address.to_string()]);
    let _dvr = Tree::start(vec![dvr])?;
    let profile = profile::wall(address, 4, "/ch{ch}/sub")?;
    let figures = alone(screen, profile.path(), Duration::from_secs(15))?;
    println!(
        "16 tiles of the demo DVR's sub streams: {:.1} % of a core, of it rasteriser {:.1}, {:.0} MiB; {}\n",
        figures.cpu,
        figures.rasteriser,
        figures.memory,
        threads_of(&figures)
    );
    Ok(())
}

/// A wall of 16 tiles whose recorder refuses every connection.
fn idle(screen: &Screen) -> Outcome<()> {
    let profile = profile::wall(free_address()?, 4, PATH)?;
    let figures = alone(screen, profile.path(), Duration::from_secs(10))?;
    println!(
        "Idle wall, 16 tiles offline: {:.2} % of a core, of it rasteriser {:.2}, {:.0} MiB; {}\n",
        figures.cpu,
        figures.rasteriser,
        figures.memory,
        threads_of(&figures)
    );
    Ok(())
}

/// Monomi on `profile`, measured after `settle` without looking for pictures.
fn alone(screen: &Screen, profile: &Path, settle: Duration) -> Outcome<Figures> {
    screen.settle()?;
    let server = Server::start(Arc::new(Clip::empty()), 0)?;
    let tree = Tree::start(Peer::Monomi.commands(screen, &server, 4, profile))?;
    let begin = Instant::now();
    while begin.elapsed() < settle {
        screen.maximise()?;
        std::thread::sleep(Duration::from_millis(500));
    }
    if let Ok(folder) = std::env::var("MONOMI_BENCH_SHOTS") {
        screen.save(&Path::new(&folder).join(format!("alone-{}.png", settle.as_secs())))?;
    }
    Ok(observe(screen, &server, &tree, &[], WINDOW))
}

/// From the start of the program to its first painted frame, with 1,000 registered recorders.
fn start(screen: &Screen) -> Outcome<()> {
    let profile = profile::many(free_address()?, 1_000)?;
    let server = Server::start(Arc::new(Clip::empty()), 0)?;
    let mut times = Vec::new();
    for _ in 0..5 {
        screen.settle()?;
        let begin = Instant::now();
        let _tree = Tree::start(Peer::Monomi.commands(screen, &server, 4, profile.path()))?;
        while !screen.is_painted()? && begin.elapsed() < PATIENCE {
            std::thread::sleep(LOOK);
        }
        times.push(begin.elapsed().as_millis());
    }
    let warm = times[1..].iter().min().copied().unwrap_or_default();
    println!("First painted frame with 1,000 registered devices: {times:?} ms; the best warm one {warm} ms\n");
    Ok(())
}

/// Whether memory, handles and delay stay as they are.
fn long_run(screen: &Screen, server: &Server) -> Outcome<()> {
    let seconds = std::env::var("MONOMI_BENCH_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_800);
    let profile = profile::wall(server.address, 4, PATH)?;
    screen.settle()?;
    let mut tree = Tree::start(Peer::Monomi.commands(screen, server, 4, profile.path()))?;
    let strips = find_all(screen, &mut tree, Peer::Monomi, 4)?;
    println!("| after | memory (PSS), MiB | handles | threads | frames shown | delay: median, 95 % | CPU |");
    println!("|---|---|---|---|---|---|---|");
    let begin = Instant::now();
    let mut next = Duration::from_secs(60);
    while next <= Duration::from_secs(seconds) {
        std::thread::sleep(next.saturating_sub(begin.elapsed() + WINDOW));
        let figures = observe(screen, server, &tree, &strips, WINDOW);
        println!(
            "| {} s | {:.1} | {} | {} | {:.1} % | {} ms, {} ms | {:.1} |",
            begin.elapsed().as_secs(),
            figures.memory,
            tree.handles(),
            figures.threads,
            figures.shown_percent().unwrap_or_default(),
            figures.delay(0.5).unwrap_or_default().as_millis(),
            figures.delay(0.95).unwrap_or_default().as_millis(),
            figures.cpu
        );
        next += Duration::from_secs(if seconds > 600 { 120 } else { 60 });
    }
    println!();
    Ok(())
}

/// An address where nobody listens.
fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?");
    let gpu = if Path::new("/dev/dri").exists() {
        "a GPU"
    } else {
        "no GPU"
    };
    format!(
        "Monomi {}, {cores} cores ({model}), {gpu}, load {load} at the start",
        env!("CARGO_PKG_VERSION")
    )
}
