//! Many sites die, for minutes (`make natlab`): limits, targets and measured figures.

use std::time::{Duration, Instant};

use super::long::PROVEN;
use super::sites::{Death, MANY, MOST_ATTEMPTS, MOST_SYNS, Sites, in_both_ways, never_stutters};
use super::skipped;
use super::syns::Syns;
use super::table::{Row, print};
use crate::watch::Watch;

/// The budget of the whole process once a minute has passed: limit and target of attempts and of SYN packets in any minute.
#[derive(Clone, Copy)]
struct Budget {
    attempts: (usize, usize),
    syns: (usize, usize),
}

const OF_THE_PROCESS: Budget = Budget {
    attempts: (MOST_ATTEMPTS, 12),
    syns: (MOST_SYNS, 24),
};
/// What one canary may spend while everything fails: as much as one dead site.
const OF_ONE_CANARY: Budget = Budget {
    attempts: (6, 2),
    syns: (12, 4),
};
/// Until all sites that come back at once play again: limit and target.
const BACK_OF_30: (f64, f64) = (60.0, 30.0);
const BACK_OF_300: (f64, f64) = (120.0, 60.0);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// What an outage cost while it went on.
struct Cost {
    whole: Syns,
    /// From a minute after the first attempt.
    steady: Syns,
    /// The most NAT entries in SYN_SENT, at any time and once it was steady for two minutes: a router holds one that long.
    entries: (usize, usize),
}

impl Cost {
    /// Of what came since `before` was read, at the moment `begin`.
    fn since(sites: &Sites, before: &Syns, begin: Instant) -> Self {
        let whole = sites.syns().since(before);
        let now = Instant::now();
        let first = whole.first().expect("a dead site is looked at");
        println!("attempts at {:.0?} s", whole.attempts().seconds_after_the_first());
        Self {
            steady: whole.between(first + seconds(60), now),
            entries: (
                sites.most_nat_entries(begin, now),
                sites.most_nat_entries(first + seconds(180), now),
            ),
            whole,
        }
    }

    /// All sites die and stay dead for so long.
    fn of_outage(sites: &Sites, death: Death, length: Duration) -> Self {
        let before = sites.syns();
        let begin = Instant::now();
        sites.die(death);
        std::thread::sleep(length);
        Self::since(sites, &before, begin)
    }

    fn rows(&self, steady: Budget) -> Vec<Row> {
        let row = |what: &str, (limit, target): (usize, usize), figure: usize| {
            Row::new(what, limit as f64, target as f64, "", figure as f64)
        };
        let whole = OF_THE_PROCESS;
        // Attempts at as many addresses leave twice as many entries, for an entry lives for two minutes.
        let entries = |budget: Budget| (2 * budget.attempts.0, 2 * budget.attempts.1);
        vec![
            row(
                "failed attempts in any minute",
                whole.attempts,
                self.whole.attempts().most_in_a_minute(),
            ),
            row("SYN packets in any minute", whole.syns, self.whole.most_in_a_minute()),
            row(
                "failed attempts in any minute, steady",
                steady.attempts,
                self.steady.attempts().most_in_a_minute(),
            ),
            row(
                "SYN packets in any minute, steady",
                steady.syns,
                self.steady.most_in_a_minute(),
            ),
            row("NAT entries in SYN_SENT", entries(whole), self.entries.0),
            row("NAT entries in SYN_SENT, steady", entries(steady), self.entries.1),
        ]
    }
}

/// How soon all play again that come back at once.
fn recovery(sites: &Sites, watch: &Watch, death: Death, (limit, target): (f64, f64)) -> [Row; 2] {
    sites.come_back(death);
    let (first, all) = sites.recovery(watch, seconds(240));
    [
        Row::new("all back → first picture", 36.0, 15.0, " s", first),
        Row::new("all back → all live", limit, target, " s", all),
    ]
}

fn all_die(count: u32, death: Death, back: (f64, f64)) {
    let sites = Sites::build(count, 0);
    let watch = sites.watch_all_live();
    std::thread::sleep(PROVEN);
    let mut rows = Cost::of_outage(&sites, death, seconds(250)).rows(OF_ONE_CANARY);
    rows.extend(recovery(&sites, &watch, death, back));
    print(&format!("{count} sites die at once for 250 s, {death:?}"), &rows);
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn all_of_30_sites_die_for_minutes() {
    if !skipped("natlab: 30 sites") {
        in_both_ways(|death| all_die(30, death, BACK_OF_30));
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn all_of_300_sites_vanish_for_minutes() {
    if !skipped("natlab: 300 sites") {
        all_die(300, Death::BlackHole, BACK_OF_300);
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn all_of_300_sites_refuse_for_minutes() {
    if !skipped("natlab: 300 sites") {
        all_die(300, Death::Rst, BACK_OF_300);
    }
}

fn start_with_all_dead(count: u32, death: Death, back: (f64, f64)) {
    let sites = Sites::build(count, 0);
    sites.die(death);
    let (before, begin) = (sites.syns(), Instant::now());
    let watch = sites.watch();
    std::thread::sleep(seconds(200));
    let mut rows = Cost::since(&sites, &before, begin).rows(OF_THE_PROCESS);
    rows.extend(recovery(&sites, &watch, death, back));
    print(&format!("Start with {count} dead sites, 200 s, {death:?}"), &rows);
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn a_start_with_30_dead_sites_for_minutes() {
    if !skipped("natlab: start with 30 dead sites") {
        in_both_ways(|death| start_with_all_dead(30, death, BACK_OF_30));
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn a_start_with_300_dead_sites_for_minutes() {
    if !skipped("natlab: start with 300 dead sites") {
        start_with_all_dead(300, Death::BlackHole, BACK_OF_300);
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn thirty_of_31_sites_die_for_minutes() {
    if skipped("natlab: 30 of 31 sites") {
        return;
    }
    in_both_ways(|death| {
        let sites = Sites::build(MANY, 1);
        let watch = sites.watch_all_live();
        std::thread::sleep(PROVEN);
        let down = Instant::now();
        let mut rows = Cost::of_outage(&sites, death, seconds(250)).rows(OF_THE_PROCESS);
        // Thirty sites share twelve attempts a minute: each has its turn within 150 s.
        let wait = one_comes_back(&sites, &watch, death, seconds(300));
        rows.push(Row::new("one of them back → its picture", 186.0, 75.0, " s", wait));
        never_stutters(&watch.log().between(down, Instant::now()), MANY);
        print(&format!("30 of 31 sites die for 250 s, {death:?}"), &rows);
    });
}

#[test]
#[ignore = "takes a quarter of an hour: make natlab"]
fn one_of_30_dead_sites_comes_back() {
    if skipped("natlab: one of 30 dead sites comes back") {
        return;
    }
    in_both_ways(|death| {
        let sites = Sites::build(MANY, 0);
        let watch = sites.watch_all_live();
        std::thread::sleep(PROVEN);
        sites.die(death);
        std::thread::sleep(seconds(130));
        // Thirty sites share one canary with two looks a minute: each has its turn within 15 minutes.
        let wait = one_comes_back(&sites, &watch, death, seconds(960));
        let row = Row::new("one of them back → its picture", 936.0, 450.0, " s", wait);
        print(&format!("All of 30 sites dead, one comes back, {death:?}"), &[row]);
    });
}

/// Seconds until a site plays again that comes back while the others stay dead.
fn one_comes_back(sites: &Sites, watch: &Watch, death: Death, patience: Duration) -> f64 {
    let alone = MANY / 2;
    sites.come_back_alone(alone, death);
    sites.until_live(watch, alone..alone + 1, patience).as_secs_f64()
}
