//! Recorders whose redirects never end: half of them in a ring, the others to themselves.

use std::time::{Duration, Instant};

use super::lab::{LOOPING_PORT, Lab};
use super::skipped;
use super::story::Story;
use super::table::{Row, print};
use crate::watch::{Watch, add_device};

const DEVICES: u32 = 64;
const PATIENCE: Duration = Duration::from_secs(90);
/// As in any other outage of one site: SYN packets in its first minute, and in any later one.
const FIRST_MINUTE: usize = 24;
const STEADY: usize = 12;

fn watched() -> (Story, Watch) {
    let story = Story::without_devices(&[DEVICES]);
    story.lab().start_loops(0, DEVICES);
    for number in 0..DEVICES {
        let url = format!("rtsp://{}:{LOOPING_PORT}/live/1", Lab::address(0, number));
        add_device(story.profile(), "s0", &Story::device(0, number), &url);
    }
    let watch = story.watch();
    let tried = watch.until(PATIENCE, |log| log.attempts() > 0);
    assert!(tried.is_ok(), "nothing was tried");
    (story, watch)
}

#[test]
fn redirects_that_never_end_cost_no_more_than_an_outage() {
    if skipped("natlab: redirects that never end") {
        return;
    }
    let (story, watch) = watched();
    std::thread::sleep(Duration::from_secs(40));
    let syns = story.lab().syns();
    println!(
        "64 recorders redirect in loops for 40 s: {} SYN at {:?} s",
        syns.count(),
        syns.seconds_after_the_first()
    );
    assert!(
        syns.most_in_a_minute() <= FIRST_MINUTE,
        "{} SYN in a minute\n{}",
        syns.most_in_a_minute(),
        watch.log().tail(60)
    );
    assert!(
        watch
            .log()
            .of("outcome")
            .any(|line| line.text("cause").contains("redirect")),
        "a redirect that does not end is a failure\n{}",
        watch.log().tail(60)
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn redirects_that_never_end_for_minutes() {
    if skipped("natlab: redirects that never end, for minutes") {
        return;
    }
    let (story, _watch) = watched();
    let begin = Instant::now();
    std::thread::sleep(Duration::from_secs(360));
    let syns = story.lab().syns();
    let first = syns.first().expect("a SYN packet").min(begin);
    let row = |what: &str, limit: usize, target: Option<f64>, from: u64| {
        let from = first + Duration::from_secs(from);
        let most = syns.between(from, Instant::now()).most_in_a_minute();
        Row::new(what, limit as f64, target, "", most as f64)
    };
    print(
        "64 recorders redirect in loops for 360 s",
        &[
            row("SYN packets in any minute", FIRST_MINUTE, None, 0),
            row("SYN packets in any minute, after the first", STEADY, Some(4.0), 60),
            row("SYN packets in any minute, after three", STEADY, Some(4.0), 180),
        ],
    );
}
