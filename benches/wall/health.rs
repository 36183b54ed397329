//! What it costs the wall that 1,000 devices that no tile shows are asked now and then whether they are there.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use monomi::store::Profile;

use crate::clip::Clip;
use crate::peer::Peer;
use crate::process::Tree;
use crate::screen::Screen;
use crate::server::Server;
use crate::{Figures, Outcome, PATH, observe, profile};

const DEVICES: usize = 1_000;

/// A device is asked first when nobody has watched it for a minute.
const SETTLE: Duration = Duration::from_secs(75);

/// So long each is measured.
const WINDOW: Duration = Duration::from_secs(60);

/// So often, in turn; `MONOMI_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 3;

/// Answers who asks, at each address of loopback, and counts them.
fn answer() -> Outcome<(u16, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let port = listener.local_addr()?.port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::Builder::new().name("devices".to_owned()).spawn(move || {
        for mut socket in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
            let mut question = [0; 256];
            // One at a time: so they come.
            let _ = socket.set_read_timeout(Some(Duration::from_secs(2)));
            let _ = socket.read(&mut question);
            let _ = socket.write_all(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS\r\n\r\n");
        }
    })?;
    Ok((port, asked))
}

pub fn health(screen: &Screen) -> Outcome<()> {
    let server = Server::start(Clip::encode(352, 240, 10, 300)?, 16)?;
    let (port, asked) = answer()?;
    let rounds = std::env::var("MONOMI_BENCH_ROUNDS").ok();
    let rounds = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        // A minute is the shortest that can be set; one is asked each two seconds at most.
        for (index, minutes) in [(0, 0), (1, 1)] {
            let wall = profile::wall(server.address, 4, PATH)?;
            let others = (0..DEVICES).map(|number| {
                let [high, low] = u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
                Ipv4Addr::new(127, 1, high, low)
            });
            profile::beside(wall.path(), others, port)?;
            let profile = Profile::open(Some(wall.path().to_owned()))?;
            profile.update_settings(|settings| settings.checks.minutes = minutes)?;
            screen.settle()?;
            let before = asked.load(Ordering::Relaxed);
            let tree = Tree::start(Peer::Monomi.commands(screen, &server, 4, wall.path()))?;
            let begin = Instant::now();
            while begin.elapsed() < SETTLE {
                screen.maximise()?;
                std::thread::sleep(Duration::from_millis(500));
            }
            let figures = observe(screen, &server, &tree, &[], WINDOW);
            println!(
                "{DEVICES} devices, asked every {minutes} min (0: never): {:.2} % of a core, {:.1} MiB, {} asked",
                figures.cpu,
                figures.memory,
                asked.load(Ordering::Relaxed) - before
            );
            all[index].push(figures);
        }
    }
    let median = |figures: &[Figures], of: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = figures.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let ratio = |of| median(&all[1], of) / median(&all[0], of);
    println!(
        "\nWall with {DEVICES} devices that are asked against one where they are not, medians of {rounds}: CPU {:.3}, memory {:.3} (both ≤ 1.03)\n",
        ratio(|figures| figures.cpu),
        ratio(|figures| figures.memory)
    );
    Ok(())
}
