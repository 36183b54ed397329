use std::time::{Duration, Instant};

use super::*;
use crate::{Site, SiteId};

/// A Monday, at midnight UTC.
const MONDAY: i64 = 1_764_547_200;

/// Local time is UTC.
fn at(unix: i64) -> LocalMoment {
    let minutes = unix.div_euclid(60);
    LocalMoment {
        unix,
        // 1970 began on a Thursday.
        weekday: u8::try_from((minutes.div_euclid(1_440) + 3).rem_euclid(7)).unwrap(),
        minute: u16::try_from(minutes.rem_euclid(1_440)).unwrap(),
    }
}

fn plan(texts: &[&str]) -> WorkPlan {
    WorkPlan::of(texts.iter().map(|text| PlannedWork::read(text)).collect())
}

#[test]
fn a_plan_is_read_as_it_was_written_and_what_is_strange_is_kept() {
    for text in [
        "2025-12-01T00:00:00Z/2025-12-01T05:30:00Z",
        "weekly sat,sun 22:00-07:00",
        "done 2025-12-01T00:00:00Z/2025-12-02T00:00:00Z",
    ] {
        let work = PlannedWork::read(text);
        assert!(!matches!(work, PlannedWork::Unknown(_)), "{text}");
        assert_eq!(work.to_string(), text);
    }
    for text in [
        "",
        "monthly 3",
        "weekly sat 07:00-07:00",
        "weekly noday 07:00-08:00",
        "2025-12-01T00:00:00Z/2025-11-01T00:00:00Z",
        "2025-12-01T00:00:00Z/2027-12-01T00:00:00Z",
        "2025-12-01T24:00:00Z/2025-12-02T00:00:00Z",
        "9999999999999999-01-01T00:00:00Z/2025-12-02T00:00:00Z",
    ] {
        let work = PlannedWork::read(text);
        assert_eq!(work, PlannedWork::Unknown(text.to_owned()));
        assert_eq!(work.to_string(), text, "it is written back as it was");
        assert_eq!(WorkPlan::of(vec![work]).current(at(MONDAY)), None);
    }
}

#[test]
fn a_night_of_each_week_passes_midnight_and_a_time_of_once_is_once() {
    let nights = plan(&["weekly sun 22:00-02:00"]);
    for (hour, until) in [
        (-3, None),
        (-2, Some(2)),
        (0, Some(2)),
        (1, Some(2)),
        (2, None),
        (22, None),
        (166, Some(170)),
    ] {
        let span = nights.current(at(MONDAY + hour * 3_600 + 7));
        assert_eq!(span.map(|span| (span.to - MONDAY) / 3_600), until, "{hour} h");
    }
    let night = nights.current(at(MONDAY)).unwrap();
    assert_eq!((night.from, night.to), (MONDAY - 7_200, MONDAY + 7_200));
    let once = WorkPlan::default().with_work_for(120, at(MONDAY)).unwrap();
    assert!(once.current(at(MONDAY + 7_199)).is_some());
    assert_eq!(once.current(at(MONDAY + 7_200)), None);
    assert_eq!(once.current(at(MONDAY - 1)), None);
}

#[test]
fn what_is_done_is_done_until_its_end_and_new_work_counts_at_once() {
    let plan = plan(&["weekly mon 00:00-12:00"])
        .with_work_for(600, at(MONDAY))
        .unwrap();
    let done = plan.done(at(MONDAY + 3_600));
    assert_eq!(done.current(at(MONDAY + 3_600)), None);
    assert_eq!(done.current(at(MONDAY + 9 * 3_600)), None);
    let again = done.with_work_for(30, at(MONDAY + 7_200)).unwrap();
    assert_eq!(
        again.current(at(MONDAY + 7_200)).map(|span| span.to),
        Some(MONDAY + 7_200 + 1_800)
    );
    let next_week = MONDAY + 7 * 86_400;
    assert!(done.current(at(next_week)).is_some());
}

#[test]
fn a_plan_stays_small_and_takes_nothing_that_cannot_be() {
    let mut plan = WorkPlan::default();
    let mut moment = MONDAY;
    for _ in 0..500 {
        moment += 86_400;
        plan = plan.with_work_for(60, at(moment)).unwrap().done(at(moment + 60));
    }
    assert!(plan.iter().count() <= WorkPlan::MOST, "{plan:?}");
    // Many short works in one month.
    for _ in 0..100 {
        moment += 7_200;
        plan = plan.with_work_for(60, at(moment)).unwrap();
    }
    assert!(plan.iter().count() <= WorkPlan::MOST, "{plan:?}");
    assert_eq!(PlannedWork::once(5, 5), Err(PlannedWorkProblem::Empty));
    assert_eq!(PlannedWork::once(0, 32 * 86_400), Err(PlannedWorkProblem::TooLong));
    assert_eq!(
        PlannedWork::weekly(Days::default(), 0, 60),
        Err(PlannedWorkProblem::NoDay)
    );
    let past = PlannedWork::once(0, 60).unwrap();
    assert_eq!(plan.with(past, at(MONDAY)), Err(PlannedWorkProblem::Over));
}

/// A site, and what is told of it at these times of both clocks.
fn told(plan: WorkPlan, looks: &[(i64, u64)]) -> Vec<bool> {
    let begin = Instant::now();
    let mut site = Site::new(SiteId(1), "Shop".to_owned());
    site.about.work = plan;
    let (mut watch, mut works) = (WorkWatch::default(), false);
    let sites = [site];
    let look = |(wall, steady): &(i64, u64)| {
        let now = begin + Duration::from_secs(*steady);
        for (_, span) in watch.look(&sites, at(MONDAY + wall), now) {
            works = span.is_some();
        }
        works
    };
    looks.iter().map(look).collect()
}

#[test]
fn no_leap_of_the_clock_keeps_a_site_silent_for_longer_than_was_planned() {
    let two_hours = || WorkPlan::default().with_work_for(120, at(MONDAY)).unwrap();
    assert_eq!(
        told(two_hours(), &[(0, 0), (7_199, 7_199), (7_200, 7_200)]),
        [true, true, false]
    );
    // Set back by a day, by an hour each hour, and forward by a year.
    let back = [
        (0, 0),
        (-86_000, 400),
        (-80_000, 7_199),
        (-79_000, 7_200),
        (0, 86_400 + 7_200),
    ];
    assert_eq!(told(two_hours(), &back), [true, true, true, false, true]);
    let stands = [
        (0, 0),
        (60, 3_600),
        (60, 7_000),
        (60, 7_200),
        (60, 90_000),
        (7_200, 97_200),
    ];
    assert_eq!(told(two_hours(), &stands), [true, true, true, false, false, false]);
    assert_eq!(told(two_hours(), &[(0, 0), (31_000_000, 60)]), [true, false]);
    // A computer that slept through the end, by a clock that stood still meanwhile.
    assert_eq!(told(two_hours(), &[(0, 0), (10_000, 5)]), [true, false]);
    let weekly = || plan(&["weekly mon 00:00-01:00"]);
    let stands = [
        (0, 0),
        (1_800, 1_800),
        (1_800, 3_599),
        (1_800, 3_600),
        (3_600, 5_400),
        (7 * 86_400, 7 * 86_400),
    ];
    assert_eq!(told(weekly(), &stands), [true, true, true, false, false, true]);
}

#[test]
fn an_edit_and_an_end_by_a_person_count_at_once_and_a_site_that_is_gone_is_told() {
    let begin = Instant::now();
    let mut site = Site::new(SiteId(1), "Shop".to_owned());
    let mut watch = WorkWatch::default();
    assert_eq!(watch.look(&[site.clone()], at(MONDAY), begin), []);
    site.about.work = site.about.work.with_work_for(60, at(MONDAY)).unwrap();
    let first = WorkSpan {
        from: MONDAY,
        to: MONDAY + 3_600,
    };
    assert_eq!(
        watch.look(&[site.clone()], at(MONDAY), begin),
        [(SiteId(1), Some(first))]
    );
    assert_eq!(watch.look(&[site.clone()], at(MONDAY + 1), begin), []);
    let mut ended = site.clone();
    ended.about.work = ended.about.work.done(at(MONDAY + 2));
    assert_eq!(watch.look(&[ended], at(MONDAY + 2), begin), [(SiteId(1), None)]);
    watch.look(&[site], at(MONDAY + 3), begin);
    assert_eq!(watch.look(&[], at(MONDAY + 4), begin), [(SiteId(1), None)]);
}
