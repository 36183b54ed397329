//! What sources report, as rows of the log.

use std::time::{Duration, Instant};

use device::{ChannelId, DeviceId};
use events::{
    Aggregator, Category, Circumstances, End, EventId, EventRecord, Happening, LocalTime, Moment, Occurrence, Severity,
    Subject, Unwatched, WallTime,
};
use std::collections::BTreeMap;

struct Log {
    begin: Instant,
    millis: u64,
    /// How far the wall clock was set back.
    back: u64,
    aggregator: Aggregator,
    last: u64,
    rows: BTreeMap<EventId, EventRecord>,
}

impl Log {
    fn new() -> Self {
        Self {
            begin: Instant::now(),
            millis: 0,
            back: 0,
            aggregator: Aggregator::default(),
            last: 0,
            rows: BTreeMap::new(),
        }
    }

    fn now(&self) -> Moment {
        Moment {
            steady: self.begin + Duration::from_millis(self.millis),
            wall: WallTime(1_000_000_000 + self.millis - self.back),
            local: LocalTime::default(),
        }
    }

    fn take(&mut self, happening: Happening) -> bool {
        let now = self.now();
        let last = &mut self.last;
        let around = |_: &Happening| {
            *last += 1;
            Circumstances {
                id: EventId(*last),
                name: String::new(),
                site: None,
                parent: None,
            }
        };
        self.aggregator.take(happening, around, now)
    }

    fn after(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            self.millis += 1_000;
            let now = self.now();
            let last = &mut self.last;
            self.aggregator.tick(now, || {
                *last += 1;
                EventId(*last)
            });
        }
        self
    }

    fn keep(&mut self) {
        for row in self.aggregator.changes() {
            self.rows.insert(row.id, row);
        }
    }

    fn rows(&mut self) -> Vec<EventRecord> {
        self.keep();
        self.rows.values().cloned().collect()
    }
}

fn camera(number: u16) -> Subject {
    Subject::Channel(ChannelId {
        device: DeviceId(7),
        number,
    })
}

fn motion() -> Happening {
    Happening::new(camera(3), Occurrence::Motion).begins()
}

#[test]
fn a_state_that_is_repeated_is_one_row_that_ends_when_its_end_is_said() {
    let mut log = Log::new();
    for _ in 0..20 {
        log.take(Happening::new(camera(1), Occurrence::VideoLoss).begins());
        log.after(10);
    }
    let rows = log.rows();
    assert_eq!((rows.len(), rows[0].count, rows[0].end), (1, 1, End::Lasts));
    log.take(Happening::new(camera(1), Occurrence::VideoLoss).ends());
    let end = log.now().wall;
    assert_eq!(log.rows()[0].end, End::At(end));
    log.take(Happening::new(camera(1), Occurrence::VideoLoss).ends());
    assert_eq!(log.aggregator.waiting(), 0, "a second end is no news");
}

#[test]
fn what_never_says_its_end_ends_when_it_was_heard_of_last() {
    let mut log = Log::new();
    log.take(motion());
    log.after(20).take(motion());
    let heard = log.now().wall;
    log.after(29);
    assert!(log.rows()[0].lasts());
    log.after(1);
    assert_eq!(log.rows()[0].end, End::At(heard));
    log.take(motion().ends());
    assert_eq!(log.rows().len(), 1);
}

#[test]
fn what_comes_back_soon_counts_on_its_row_and_what_comes_back_later_is_another() {
    let mut log = Log::new();
    for _ in 0..3 {
        log.take(motion());
        log.after(5).take(motion().ends());
        log.after(5);
    }
    let rows = log.rows();
    assert_eq!((rows.len(), rows[0].count), (1, 3));
    log.after(120).take(motion());
    assert_eq!(log.rows().len(), 2);
}

#[test]
fn what_flaps_is_said_to_and_has_longer_to_come_back_but_no_row_is_without_an_end() {
    let mut log = Log::new();
    let input = || Happening::new(camera(1), Occurrence::Input).begins();
    for _ in 0..4 {
        log.take(input());
        log.after(1).take(input().ends());
        log.after(1);
    }
    assert!(log.rows()[0].flaps());
    for _ in 0..40 {
        log.take(input());
        log.after(1).take(input().ends());
        log.after(179);
    }
    let rows = log.rows();
    assert_eq!(rows.len(), 2, "an hour each");
    assert!(rows.iter().map(|row| row.count).sum::<u32>() == 44);
    let mut log = Log::new();
    for _ in 0..3_600 {
        log.take(Happening::new(camera(1), Occurrence::Person));
        log.after(1);
    }
    let rows = log.rows();
    assert_eq!((rows.len(), rows[0].flaps()), (4, false), "a quarter of an hour each");
}

#[test]
fn of_a_device_that_is_not_heard_nobody_knows_when_it_ended() {
    let mut log = Log::new();
    log.take(Happening::new(camera(1), Occurrence::VideoLoss).begins());
    log.take(Happening::new(Subject::Device(DeviceId(8)), Occurrence::VideoLoss).begins());
    let heard = log.now().wall;
    log.after(5).aggregator.lost(DeviceId(7));
    let rows = log.rows();
    assert_eq!(rows[0].end, End::Unknown(heard, Unwatched::NotWatched));
    assert!(rows[1].lasts());
}

#[test]
fn what_a_person_does_is_a_row_each_time() {
    let mut log = Log::new();
    for name in ["a → b", "b → c", "c → d"] {
        log.take(
            Happening::new(Subject::Device(DeviceId(1)), Occurrence::DeviceEdited)
                .detail(name)
                .by("yamada"),
        );
    }
    let rows = log.rows();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.who.is_some() && !row.lasts()));
}

#[test]
fn two_thousand_a_second_for_a_minute_are_all_kept_and_more_are_counted() {
    let mut log = Log::new();
    let mut number = 0_u32;
    let mut report = |log: &mut Log| {
        number += 1;
        let name = format!("kind {}", number % 20_000);
        log.take(Happening::own(
            Subject::Device(DeviceId(u64::from(number % 50))),
            &name,
            Category::Device,
            Severity::Info,
        ))
    };
    for _ in 0..600 {
        for _ in 0..200 {
            assert!(report(&mut log));
        }
        log.millis += 100;
        log.keep();
    }
    assert_eq!(log.rows().iter().map(|row| row.count).sum::<u32>(), 120_000);
    let refused = (0..100_000).filter(|_| !report(&mut log)).count();
    assert!(refused > 90_000);
    log.after(1);
    let rows = log.rows();
    let told = rows.iter().find(|row| row.what == Occurrence::TooMany.into()).unwrap();
    assert_eq!(told.count as usize, refused);
}

#[test]
fn a_clock_that_is_set_back_makes_no_end_before_its_begin() {
    let mut log = Log::new();
    log.take(motion());
    log.back = 500_000_000;
    log.after(10).take(motion().ends());
    let row = log.rows().remove(0);
    assert_eq!(row.end, End::At(row.since));
}
