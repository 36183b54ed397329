//! Questions that are no streams, such as what a device is: whoever answers them is there, and nothing that is held against its
//! streams ends by that.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use device::{DeviceId, SiteId};
use reconnect::{Failure, FailureKind, Input, Limits, LinkId, LinkView, Machine, Output, Rank, Stage};

const STREAM: LinkId = LinkId(1);
const DEVICE: DeviceId = DeviceId(7);

fn failure(kind: FailureKind) -> Failure {
    Failure {
        kind,
        stage: Stage::Connect,
        detail: String::new(),
    }
}

/// A device whose stream, where one is wanted, is refused each time and whose questions are answered: one `every` so many seconds. Returns the dials of each
/// link, in milliseconds since the start.
fn dials(stream: bool, every: Option<u64>, seconds: u64) -> (Machine, BTreeMap<LinkId, Vec<u64>>) {
    let start = Instant::now();
    let mut machine = Machine::new(5, Limits::default(), start);
    let register = |id: DeviceId, recorder: u64| Input::Device {
        id,
        site: SiteId(1),
        address: None,
        recorder,
        revision: 1,
    };
    machine.handle(register(DEVICE, 1), start);
    let rank = Rank::Visible;
    let want = |link: LinkId| Input::Want {
        link,
        device: DEVICE,
        rank,
    };
    if stream {
        machine.handle(want(STREAM), start);
    }
    let mut dials: BTreeMap<LinkId, Vec<u64>> = BTreeMap::new();
    let mut answers: Vec<(u64, Input)> = Vec::new();
    for ms in 0..seconds * 1_000 {
        let now = start + Duration::from_millis(ms);
        if every.is_some_and(|every| ms % (every * 1_000) == 500) {
            machine.handle(want(LinkId(1_000 + ms)), now);
        }
        while let Some(at) = answers.iter().position(|(at, _)| *at <= ms) {
            let (_, input) = answers.remove(at);
            machine.handle(input, now);
        }
        loop {
            match machine.poll(now) {
                Output::Dial(dial) => {
                    dials.entry(dial.link).or_default().push(ms);
                    let attempt = dial.attempt;
                    if dial.link == STREAM {
                        let refused = Input::Failed {
                            attempt,
                            address: None,
                            failure: failure(FailureKind::Refused),
                        };
                        answers.push((ms + 20, refused));
                    } else {
                        answers.push((ms + 30, Input::Answered { attempt }));
                        answers.push((ms + 30, Input::Unwant(dial.link)));
                    }
                }
                Output::Sleep { .. } => break,
                Output::Abort(_) | Output::SiteChanged(_) | Output::Road(_) => {}
            }
        }
    }
    (machine, dials)
}

#[test]
fn an_answered_question_ends_no_backoff_of_a_stream() {
    let (_, alone) = dials(true, None, 1_200);
    let (machine, beside) = dials(true, Some(120), 1_200);
    let (alone, beside) = (alone[&STREAM].len(), beside[&STREAM].len());
    assert!(alone > 10, "{alone}");
    assert!(
        beside <= alone + 4,
        "{alone} dials alone, {beside} beside ten questions"
    );
    assert_eq!(machine.totals().half_open, 0);
}

#[test]
fn no_recorder_is_asked_more_than_five_times_in_ten_seconds() {
    let (machine, dials) = dials(false, Some(1), 60);
    let mut times: Vec<u64> = dials.into_values().flatten().collect();
    times.sort_unstable();
    assert!(times.len() > 20, "{}", times.len());
    for window in times.windows(6) {
        assert!(window[5] - window[0] >= 10_000, "{window:?}");
    }
    let totals = machine.totals();
    assert!(totals.attempts > totals.failed, "{totals:?}");
}

#[test]
fn a_sign_in_that_is_refused_in_an_answer_stops_the_streams_too() {
    let (mut machine, _) = dials(true, None, 10);
    let now = Instant::now() + Duration::from_secs(3_600);
    let refused = Input::SignInRefused {
        device: DEVICE,
        failure: failure(FailureKind::Auth),
    };
    machine.handle(refused, now);
    let mut dialled = 0;
    for minute in 0..60 * 24 {
        loop {
            match machine.poll(now + Duration::from_secs(60 * minute)) {
                Output::Dial(_) => dialled += 1,
                Output::Sleep { .. } => break,
                Output::Abort(_) | Output::SiteChanged(_) | Output::Road(_) => {}
            }
        }
    }
    assert_eq!(dialled, 0);
    let Some(LinkView::Stopped { failure, .. }) = machine.link(STREAM) else {
        panic!("{:?}", machine.link(STREAM));
    };
    assert_eq!(failure.kind, FailureKind::Auth);
}
