//! The program is killed and started again, as a service manager or an impatient guard does, with the same profile.

use std::time::{Duration, Instant};

use super::long::PROVEN;
use super::sites::{Death, MOST_ATTEMPTS, MOST_SYNS, Sites, in_both_ways, judge};
use super::skipped;
use super::story::Story;
use super::table::{Row, print};
use crate::watch::Watch;

const PATIENCE: Duration = Duration::from_secs(120);
const RESTARTS: usize = 25;
/// What one dead site may cost in any minute.
const OF_ONE_SITE: (usize, usize) = (12, 24);

/// Starts and kills it so many times, at different moments of its work: right after it said that it attempts something,
/// in the middle of the attempt, after it, or some time after the start if there was no attempt.
fn killed_again_and_again(sites: &Sites, times: usize) -> Duration {
    let begin = Instant::now();
    for (_, moment) in (0..times).zip([0, 50, 200, 500].into_iter().cycle()) {
        let watch = sites.watch();
        let runs = watch.until(PATIENCE, |log| !log.lines.is_empty());
        assert!(runs.is_ok(), "the program says nothing");
        let _ = watch.until(Duration::from_millis(700), |log| log.attempts() > 0);
        std::thread::sleep(Duration::from_millis(moment));
        // By SIGKILL.
        drop(watch);
    }
    begin.elapsed()
}

fn restarts_against_dead_sites(count: u32, limits: (usize, usize)) {
    in_both_ways(|death| {
        let sites = Sites::build(count, 0);
        drop(sites.watch_all_live());
        let before = sites.syns();
        sites.die(death);
        let took = killed_again_and_again(&sites, RESTARTS);
        judge(
            &format!("{count} dead sites, {death:?}, {RESTARTS} restarts in {took:.0?}"),
            &sites.syns().since(&before),
            limits.0,
            limits.1,
        );
        let watch = sites.watch();
        sites.come_back(death);
        let back = sites.until_live(&watch, 0..count, PATIENCE);
        println!("{count} sites, {death:?}: all live {back:.1?} after they came back");
    });
}

#[test]
fn a_program_that_is_restarted_25_times_spends_no_more_on_a_dead_site() {
    if !skipped("natlab: 25 restarts, one dead site") {
        restarts_against_dead_sites(1, OF_ONE_SITE);
    }
}

#[test]
fn a_program_that_is_restarted_25_times_spends_no_more_on_thirty_dead_sites() {
    if !skipped("natlab: 25 restarts, 30 dead sites") {
        restarts_against_dead_sites(30, (MOST_ATTEMPTS, MOST_SYNS));
    }
}

/// Until all streams play, and what was attempted: the times are the program's own, from its start.
fn start_of(story: &Story, streams: usize) -> (Watch, f64) {
    let watch = story.watch();
    watch.until_live("s0", streams, PATIENCE);
    let log = watch.log();
    let last = log.of("state").filter(|line| line.text("state") == "live").last();
    let live = last.expect("a stream that plays").t;
    (watch, live)
}

#[test]
fn a_healthy_site_is_not_punished_for_restarts() {
    if skipped("natlab: restarts, healthy site") {
        return;
    }
    let story = Story::build(&[16]);
    let (watch, first) = start_of(&story, 16);
    drop(watch);
    for number in 1..=3 {
        let before = story.lab().syns();
        let (watch, again) = start_of(&story, 16);
        let attempts = story.lab().syns().since(&before).attempts().count();
        println!("healthy site of 16: live after {first:.1} s, after restart {number} after {again:.1} s");
        assert_eq!(attempts, 16, "one attempt a stream");
        assert!(
            watch.log().lines.iter().all(|line| !line.is_failure()),
            "{}",
            watch.log().tail(40)
        );
        // Twice as long is a busy machine; a budget that was spent would hold it up for a minute.
        assert!(
            again < 2.0 * first + 10.0,
            "{again} s where the first start took {first} s"
        );
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn restarts_for_two_minutes_beside_one_that_runs_through() {
    if skipped("natlab: restarts for minutes") {
        return;
    }
    for (count, (attempts, packets)) in [(1, OF_ONE_SITE), (30, (MOST_ATTEMPTS, MOST_SYNS))] {
        in_both_ways(|death| {
            let (restarted, through) = std::thread::scope(|scope| {
                let restarted = scope.spawn(|| measure(count, death, true));
                let through = measure(count, death, false);
                (restarted.join().expect("a laboratory"), through)
            });
            let row = |what: &str, limit: usize, figure: usize| Row::new(what, limit as f64, None, "", figure as f64);
            print(
                &format!("{count} dead sites, {death:?}: restarts for two minutes, and a program that runs through"),
                &[
                    row("restarted: attempts in any minute", attempts, restarted.0),
                    row("restarted: SYN packets in any minute", packets, restarted.1),
                    row("ran through: attempts in any minute", attempts, through.0),
                    row("ran through: SYN packets in any minute", packets, through.1),
                ],
            );
        });
    }
}

/// The attempts and SYN packets of the worst minute.
fn measure(count: u32, death: Death, restarted: bool) -> (usize, usize) {
    let sites = Sites::build(count, 0);
    let watch = sites.watch_all_live();
    std::thread::sleep(PROVEN);
    let before = sites.syns();
    sites.die(death);
    let length = Duration::from_secs(125);
    if restarted {
        drop(watch);
        let begin = Instant::now();
        while begin.elapsed() < length {
            killed_again_and_again(&sites, 1);
        }
    } else {
        std::thread::sleep(length);
    }
    let syns = sites.syns().since(&before);
    (syns.attempts().most_in_a_minute(), syns.most_in_a_minute())
}
