//! The policies in the simulated world of the laws: 64 cameras behind one router drop together and come back; then thirty and
//! three hundred sites, all at once or one after another.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reconnect::{FailureKind, Limits, Machine};

use crate::peers::{PEERS, Peer};
use crate::world::{Client, Dialled, End, Event, Path, World, seconds};

const CAMERAS: usize = 64;
const RUNS: u64 = 100;
/// Runs with so many sites, which are long.
fn runs(sites: usize) -> u64 {
    if sites > 100 { 4 } else { 20 }
}
const DROP: f64 = 120.0;
/// How long a router remembers a connect that nobody answered.
const ENTRY: Duration = Duration::from_secs(120);

/// What one outage cost.
struct Figures {
    first_minute: f64,
    per_minute: f64,
    whole_outage: f64,
    syns_per_minute: f64,
    entries: f64,
    first_picture: f64,
    all_live: f64,
}

pub fn print() {
    println!("Simulated: {CAMERAS} cameras behind one router drop together; mean of {RUNS} outages of 5 to 15 min.");
    println!("Peers dial with the kernel's SYNs until 5 s, Monomi until 1.7 s.");
    for (path, name) in [(Path::BlackHole, "Black hole"), (Path::Rst, "RST")] {
        println!("\n### {name}\n");
        println!(
            "| policy | attempts, first minute | attempts/min, steady | attempts/min, whole outage | SYNs/min, steady | NAT entries in SYN_SENT | site back → first picture, mean / p95 | → all live, mean / max |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        for (name, policy) in PEERS {
            row(
                name,
                (0..RUNS)
                    .map(|seed| outage(Peer::new(policy, seed), Some(5.0), path, seed))
                    .collect(),
            );
        }
        let ours = |seed| Machine::new(seed, Limits::default(), Instant::now());
        row(
            "**Monomi**",
            (0..RUNS).map(|seed| outage(ours(seed), None, path, seed)).collect(),
        );
    }
    for sites in [30, 300] {
        print_many(sites, Fall::AtOnce);
        print_many(sites, Fall::OneByOne);
    }
}

/// How the sites fall.
#[derive(Clone, Copy)]
enum Fall {
    AtOnce,
    /// One each 12 s, all but the last.
    OneByOne,
}

/// What many dead sites cost at the computer's own router.
struct ManyFigures {
    /// The most in any minute from the first fall on, and the mean of the last ten minutes before anything returns.
    attempts: f64,
    syns: f64,
    steady_syns: f64,
    /// How long a site waits that returns: the first of all, or one alone.
    returns: f64,
}

fn print_many(sites: usize, fall: Fall) {
    let how = match fall {
        Fall::AtOnce => "fall at once, all return",
        Fall::OneByOne => "fall one after another but for one, one returns",
    };
    for (path, name) in [(Path::BlackHole, "Black hole"), (Path::Rst, "RST")] {
        println!("\n### {sites} sites of 2 cameras {how}: {name}\n");
        println!(
            "| policy | attempts in any minute | SYNs in any minute | SYNs/min, steady | first picture there, mean |"
        );
        println!("|---|---|---|---|---|");
        for (name, policy) in PEERS {
            let run = |seed| many(Peer::new(policy, seed), Some(5.0), path, (sites, fall), seed);
            many_row(name, &(0..runs(sites)).map(run).collect::<Vec<_>>());
        }
        let ours = |seed| Machine::new(seed, Limits::default(), Instant::now());
        let run = |seed| many(ours(seed), None, path, (sites, fall), seed);
        many_row("**Monomi**", &(0..runs(sites)).map(run).collect::<Vec<_>>());
    }
}

fn many<C: Client>(client: C, deadline: Option<f64>, path: Path, what: (usize, Fall), seed: u64) -> ManyFigures {
    let (sites, fall) = what;
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut world = World::new(client, Instant::now(), &vec![vec![1; 2]; sites]);
    if let Some(deadline) = deadline {
        world.deadline = seconds(deadline);
    }
    world.start();
    world.run_while(seconds(600.0), |world| world.live() < 2 * sites);
    assert_eq!(world.live(), 2 * sites);
    let fell = world.now.as_secs_f64() + 60.0;
    world.run(fell);
    let last = match fall {
        Fall::AtOnce => sites,
        Fall::OneByOne => sites - 1,
    };
    for site in 0..last {
        world.happen(Event::Site(site, path));
        if matches!(fall, Fall::OneByOne) {
            world.run(world.now.as_secs_f64() + 12.0);
        }
    }
    let back = world.now.as_secs_f64() + 1_200.0 + chance.f64() * 120.0;
    world.run(back);
    let returned = match fall {
        Fall::AtOnce => 0..sites,
        Fall::OneByOne => {
            let alone = chance.usize(..sites - 1);
            alone..alone + 1
        }
    };
    for site in returned.clone() {
        world.happen(Event::Site(site, Path::Up));
    }
    let dark = |world: &World<C>| {
        !returned
            .clone()
            .any(|site| world.is_live(2 * site) || world.is_live(2 * site + 1))
    };
    world.run_while(seconds(back + 3_600.0), dark);
    let dead = |dial: &&Dialled| dial.at >= seconds(fell) && dial.at < seconds(back);
    let syns = |dial: &Dialled| {
        let again = (1..dial.syns).map(|nth| dial.at + (dial.last_syn - dial.at) * nth / (dial.syns - 1).max(1));
        std::iter::once(dial.at).chain(again).collect::<Vec<_>>()
    };
    let failed: Vec<&Dialled> = world
        .dials
        .iter()
        .filter(dead)
        .filter(|dial| dial.failed_at().is_some())
        .collect();
    let sent: Vec<Duration> = failed.iter().flat_map(|dial| syns(dial)).collect();
    let steady = sent.iter().filter(|at| **at >= seconds(back - 600.0)).count();
    ManyFigures {
        attempts: most_in_a_minute(failed.iter().map(|dial| dial.at).collect()),
        syns: most_in_a_minute(sent),
        steady_syns: steady as f64 / 10.0,
        returns: world.now.as_secs_f64() - back,
    }
}

fn most_in_a_minute(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let mut from = 0;
    let mut most = 0;
    for (index, at) in times.iter().enumerate() {
        while times[from] + Duration::from_secs(60) <= *at {
            from += 1;
        }
        most = most.max(index + 1 - from);
    }
    most as f64
}

fn many_row(name: &str, runs: &[ManyFigures]) {
    let most = |of: fn(&ManyFigures) -> f64| runs.iter().map(of).fold(0.0, f64::max);
    let mean = |of: fn(&ManyFigures) -> f64| runs.iter().map(of).sum::<f64>() / runs.len() as f64;
    println!(
        "| {name} | {:.0} | {:.0} | {:.1} | {:.1} s |",
        most(|run| run.attempts),
        most(|run| run.syns),
        mean(|run| run.steady_syns),
        mean(|run| run.returns),
    );
}

fn outage<C: Client>(client: C, deadline: Option<f64>, path: Path, seed: u64) -> Figures {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut world = World::new(client, Instant::now(), &[vec![1; CAMERAS]]);
    if let Some(deadline) = deadline {
        world.deadline = seconds(deadline);
    }
    world.start();
    world.run(DROP);
    assert_eq!(world.live(), CAMERAS);
    world.happen(Event::Site(0, path));
    let back = DROP + 300.0 + chance.f64() * 600.0;
    world.run(back);
    world.happen(Event::Site(0, Path::Up));
    let limit = seconds(back + 1200.0);
    world.run_while(limit, |world| world.live() == 0);
    let first_picture = world.now.as_secs_f64() - back;
    world.run_while(limit, |world| world.live() < CAMERAS);
    let all_live = world.now.as_secs_f64() - back;

    // A stall shows after 10 s: the first minute is the worse of the one after the drop and the one after it shows.
    let begun = |from: f64| count(&world.dials, from, from + 60.0);
    let steady = (DROP + 130.0, back);
    let minutes = (steady.1 - steady.0) / 60.0;
    let within: Vec<&Dialled> = dials(&world.dials, steady.0, steady.1).collect();
    let syns: u32 = within.iter().map(|dial| dial.syns).sum();
    Figures {
        first_minute: begun(DROP).max(begun(DROP + 10.0)),
        per_minute: within.len() as f64 / minutes,
        whole_outage: count(&world.dials, DROP, back) / ((back - DROP) / 60.0),
        syns_per_minute: f64::from(syns) / minutes,
        entries: entries(&world.dials, steady),
        first_picture,
        all_live,
    }
}

fn dials(dials: &[Dialled], from: f64, to: f64) -> impl Iterator<Item = &Dialled> {
    dials
        .iter()
        .filter(move |dial| dial.at >= seconds(from) && dial.at < seconds(to))
}

fn count(all: &[Dialled], from: f64, to: f64) -> f64 {
    dials(all, from, to).count() as f64
}

/// The most entries for unanswered connects that the router held at once.
fn entries(all: &[Dialled], (from, to): (f64, f64)) -> f64 {
    // An RST ends an entry.
    let open =
        |dial: &&Dialled| dial.connected.is_none() && !matches!(dial.end, Some((_, End::Failed(FailureKind::Refused))));
    let open: Vec<&Dialled> = all.iter().filter(open).collect();
    let mut most = 0;
    let mut at = from;
    while at < to {
        let now = seconds(at);
        let held = open
            .iter()
            .filter(|dial| dial.at <= now && dial.last_syn + ENTRY >= now);
        most = most.max(held.map(|dial| (dial.device, dial.port)).collect::<BTreeSet<_>>().len());
        at += 10.0;
    }
    most as f64
}

fn row(name: &str, runs: Vec<Figures>) {
    let mean = |of: fn(&Figures) -> f64| runs.iter().map(of).sum::<f64>() / runs.len() as f64;
    let sorted = |of: fn(&Figures) -> f64| {
        let mut all: Vec<f64> = runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (first, all) = (sorted(|run| run.first_picture), sorted(|run| run.all_live));
    let p95 = first[first.len() * 95 / 100];
    println!(
        "| {name} | {:.2} | {:.3} | {:.3} | {:.3} | {:.2} | {:.1} s / {p95:.1} s | {:.1} s / {:.1} s |",
        mean(|run| run.first_minute),
        mean(|run| run.per_minute),
        mean(|run| run.whole_outage),
        mean(|run| run.syns_per_minute),
        mean(|run| run.entries),
        mean(|run| run.first_picture),
        mean(|run| run.all_live),
        all[all.len() - 1],
    );
}
