//! A laboratory with many sites of one recorder each, all behind the PC's one router, and what may be spent on them.
//!
//! Attempts and SYN packets are counted at the router, in any sliding minute, by the kernel's time of each packet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::lab::Lab;
use super::story::Story;
use super::syns::Syns;
use crate::watch::{Log, Watch};

/// For anything that the machine does by itself, such as getting live.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Failed attempts and SYN packets of the whole process in any minute, whatever happens.
pub const MOST_ATTEMPTS: usize = 30;
pub const MOST_SYNS: usize = 60;
/// Seconds of pictures after which the loss of a stream is no failed attempt.
const PROVED: f64 = 6.0;
/// The place of the laboratory whose sites die, and the one whose sites stay.
const MORTAL: usize = 0;
const HEALTHY: usize = 1;
/// Sites that can die, where a case does not say otherwise.
pub const MANY: u32 = 30;

/// How sites die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Everything to and from them vanishes.
    BlackHole,
    /// Their servers end; their hosts answer with RST.
    Rst,
}

/// Sites that can die, `s0` and so on, and after them sites that stay healthy.
pub struct Sites {
    story: Story,
    mortal: u32,
    healthy: u32,
}

impl Sites {
    pub fn build(mortal: u32, healthy: u32) -> Self {
        // Two cores decode 300 pictures a second, not 1,500.
        let fps = if mortal > 100 { 1 } else { 5 };
        let places = [mortal, healthy];
        Self {
            story: Story::of_sites(if healthy > 0 { &places } else { &places[..1] }, fps),
            mortal,
            healthy,
        }
    }

    pub fn watch(&self) -> Watch {
        self.story.watch()
    }

    /// A watch whose sites all play, and have played long enough that their loss is no failed attempt.
    pub fn watch_all_live(&self) -> Watch {
        let watch = self.watch();
        self.until_live(&watch, 0..self.mortal + self.healthy, PATIENCE);
        let last = watch.log().lines.last().map_or(0.0, |line| line.t);
        let proved = watch.until(PATIENCE, |log| {
            log.lines.last().is_some_and(|line| line.t > last + PROVED)
        });
        assert!(proved.is_ok(), "the program says nothing any more");
        watch
    }

    /// All of those that can die, at the same moment.
    pub fn die(&self, death: Death) {
        let mut lab = self.story.lab();
        match death {
            Death::BlackHole => lab.kill_devices(MORTAL, 0..self.mortal, true),
            Death::Rst => lab.stop_server(MORTAL),
        }
    }

    /// All that died, at the same moment.
    pub fn come_back(&self, death: Death) {
        let mut lab = self.story.lab();
        match death {
            Death::BlackHole => lab.kill_devices(MORTAL, 0..self.mortal, false),
            Death::Rst => lab.start_server(MORTAL),
        }
    }

    /// One of them, in a black hole.
    pub fn die_alone(&self, site: u32) {
        self.story.lab().kill_device(MORTAL, site, true);
    }

    /// One of those that died, while the others stay dead.
    pub fn come_back_alone(&self, site: u32, death: Death) {
        let mut lab = self.story.lab();
        match death {
            Death::BlackHole => lab.kill_device(MORTAL, site, false),
            Death::Rst => {
                for other in (0..self.mortal).filter(|other| *other != site) {
                    lab.refuse_device(MORTAL, other, true);
                }
                lab.start_server(MORTAL);
            }
        }
    }

    /// SYN packets to sites that can die, so far.
    pub fn syns(&self) -> Syns {
        let network = Lab::address(MORTAL, 0).octets()[1];
        self.story.lab().syns().to(|address| address.octets()[1] == network)
    }

    /// SYN packets to the healthy ones, so far.
    pub fn syns_to_healthy(&self) -> Syns {
        let network = Lab::address(HEALTHY, 0).octets()[1];
        self.story.lab().syns().to(|address| address.octets()[1] == network)
    }

    /// The most entries in SYN_SENT that the router held for them at any reading.
    pub fn most_nat_entries(&self, from: Instant, to: Instant) -> usize {
        self.story.gauge.between(from, to).most_nat_entries(MORTAL)
    }

    /// Waits until these sites play; the time it took.
    pub fn until_live(&self, watch: &Watch, sites: std::ops::Range<u32>, limit: Duration) -> Duration {
        let all = sites.len();
        watch
            .until(limit, |log| live(log, &sites) == all)
            .unwrap_or_else(|log| {
                panic!(
                    "{} of {all} sites live after {limit:?}; the last lines:\n{}",
                    live(&log, &sites),
                    log.tail(40)
                )
            })
    }

    /// Seconds from now until the first and until all sites that died play again.
    pub fn recovery(&self, watch: &Watch, patience: Duration) -> (f64, f64) {
        let begin = Instant::now();
        let dead = 0..self.mortal;
        let first = watch.until(patience, |log| live(log, &dead) > 0);
        assert!(first.is_ok(), "nothing came back\n{}", watch.log().tail(40));
        let first = begin.elapsed().as_secs_f64();
        self.until_live(watch, dead, patience);
        (first, begin.elapsed().as_secs_f64())
    }
}

/// How many of these sites play.
fn live(log: &Log, sites: &std::ops::Range<u32>) -> usize {
    let mut last: BTreeMap<&str, bool> = BTreeMap::new();
    for line in log.of("state") {
        last.insert(line.text("device"), line.text("state") == "live");
    }
    let plays = |site: &u32| last.get(device(*site).as_str()).copied().unwrap_or(false);
    sites.clone().filter(plays).count()
}

fn device(site: u32) -> String {
    Story::device(site as usize, 0)
}

/// Says what an outage cost, and holds it against the hard limits.
///
/// # Panics
/// If it cost more than the limits allow, or if nothing was tried at all.
pub fn judge(what: &str, syns: &Syns, attempts: usize, packets: usize) {
    let dials = syns.attempts();
    println!(
        "{what}: {} attempts and {} SYN, in the worst minute {} and {}",
        dials.count(),
        syns.count(),
        dials.most_in_a_minute(),
        syns.most_in_a_minute()
    );
    assert!(dials.count() > 0, "{what}: a dead site is looked at");
    assert!(
        dials.most_in_a_minute() <= attempts && syns.most_in_a_minute() <= packets,
        "{what}: {} attempts and {} SYN in a minute, where {attempts} and {packets} are allowed; after the first, at {:?} s",
        dials.most_in_a_minute(),
        syns.most_in_a_minute(),
        syns.seconds_after_the_first()
    );
}

/// Both ways to die, in two laboratories at the same time.
pub fn in_both_ways(case: impl Fn(Death) + Sync) {
    let case = &case;
    std::thread::scope(|scope| {
        let both = [Death::BlackHole, Death::Rst].map(|death| scope.spawn(move || case(death)));
        for one in both {
            if let Err(panic) = one.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// The site's stream stays live, and every reading of its figures has more pictures than the one before.
pub fn never_stutters(log: &Log, site: u32) {
    let own = device(site);
    let changes: Vec<&str> = log
        .of("state")
        .filter(|line| line.text("device") == own)
        .map(|line| line.text("state"))
        .collect();
    assert!(changes.is_empty(), "the healthy stream did not stay live: {changes:?}");
    let frames: Vec<u64> = log
        .of("stats")
        .filter_map(|line| {
            let channels = line.fields["channels"].as_array()?;
            let channel = channels.iter().find(|channel| channel["device"] == own.as_str())?;
            channel["frames"].as_u64()
        })
        .collect();
    assert!(frames.len() >= 2, "{} readings of its figures", frames.len());
    assert!(
        frames.windows(2).all(|two| two[0] < two[1]),
        "pictures stopped: {frames:?}"
    );
}
