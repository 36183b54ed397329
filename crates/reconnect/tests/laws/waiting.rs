//! Recorders that accept a connection and then take their time, or never answer: the wait costs no packet and holds up nobody else.

use reconnect::{Input, SiteState};

use super::rig::{Answer, Rig, address};

/// What the machine counts as failed in the last minute at site 1.
fn failed_lately(rig: &Rig) -> u32 {
    rig.machine.site(device::SiteId(1)).unwrap().failed_last_minute
}

#[test]
fn a_device_that_takes_its_time_holds_up_no_other_of_its_site() {
    for seed in 0..20 {
        let mut rig = Rig::new(seed, |device, _, _| match device {
            1..=3 => Answer::PlaysWaiting(80.0),
            _ => Answer::Plays,
        });
        rig.sites(12, 1);
        rig.run(30.0);
        let quick = rig.playing.keys().filter(|device| **device > 3).count();
        assert_eq!(quick, 9, "seed {seed}");
        rig.run(110.0);
        assert_eq!(
            (rig.playing.len(), rig.dials.len()),
            (12, 12),
            "seed {seed}: one connect each"
        );
        assert_eq!(rig.machine.totals().failed, 0, "seed {seed}");
        assert_eq!(rig.state(1), SiteState::Up, "seed {seed}");
    }
}

#[test]
fn eight_hung_recorders_leave_the_process_to_the_others() {
    for seed in 0..10 {
        let mut rig = Rig::new(seed, |device, _, at| match device {
            1..=8 => Answer::FailsWaiting(90.0),
            9 if at < 60.0 => Answer::FailsWaiting(20.0),
            _ => Answer::Plays,
        });
        rig.sites(24, 24);
        rig.run(40.0);
        let quick = rig.playing.keys().filter(|device| **device > 9).count();
        assert_eq!(quick, 15, "seed {seed}");
        rig.run(180.0);
        assert!(rig.playing.contains_key(&9), "seed {seed}: what is well again is seen");
    }
}

#[test]
fn a_hung_recorder_is_asked_no_more_often_because_it_is_waited_for_longer() {
    for (seed, patience) in [(1, 10.0), (2, 30.0), (3, 90.0)] {
        let mut rig = Rig::new(seed, move |_, _, _| Answer::FailsWaiting(patience));
        rig.device(1, 1, Some(&address(1)), 1);
        for link in 1..=16 {
            rig.want(link, 1);
        }
        rig.run(3600.0);
        let most = rig.most_within(60.0, |_| true);
        assert!(most <= 8, "patience {patience}: {most} connects in a minute");
        let steady = rig.dialled(1800.0, 3600.0);
        assert!(steady <= 70, "patience {patience}: {steady} connects in half an hour");
    }
}

#[test]
fn a_wait_is_billed_once_and_what_plays_after_it_has_failed_nothing() {
    let mut rig = Rig::new(1, |_, nth, _| match nth {
        1 => Answer::FailsWaiting(10.0),
        _ => Answer::PlaysWaiting(25.0),
    });
    rig.device(1, 1, Some(&address(1)), 1);
    rig.want(1, 1);
    rig.run(4.0);
    assert_eq!(failed_lately(&rig), 0);
    rig.run(6.0);
    assert_eq!(failed_lately(&rig), 1, "billed while it waits");
    rig.run(11.0);
    assert_eq!(
        (failed_lately(&rig), rig.machine.totals().failed),
        (1, 1),
        "and not again when it has failed"
    );
    rig.run(60.0);
    assert_eq!((rig.playing.len(), rig.dials.len()), (1, 2));
    assert_eq!(rig.machine.totals().failed, 1);
    rig.run(200.0);
    assert_eq!(failed_lately(&rig), 0);
}

#[test]
fn the_channels_of_a_slow_recorder_wait_side_by_side() {
    let mut rig = Rig::new(1, |_, _, _| Answer::PlaysWaiting(25.0));
    rig.device(1, 1, Some(&address(1)), 1);
    for link in 1..=4 {
        rig.want(link, 1);
    }
    rig.run(75.0);
    assert_eq!((rig.playing.len(), rig.dials.len()), (4, 4));
}

#[test]
fn a_canary_that_waits_lets_another_device_look() {
    for seed in 0..10 {
        let mut rig = Rig::new(seed, |device, nth, at| match device {
            _ if (60.0..120.0).contains(&at) => super::rig::TIMEOUT,
            _ if at < 60.0 || nth == 1 => Answer::Plays,
            1 | 2 => Answer::PlaysWaiting(85.0),
            _ => Answer::Plays,
        });
        rig.sites(6, 1);
        rig.run(60.0);
        rig.fall_silent();
        rig.run(185.0);
        let quick = rig.playing.keys().filter(|device| **device > 2).count();
        assert_eq!(quick, 4, "seed {seed}: {:?}", rig.playing.keys());
    }
}

#[test]
fn what_is_not_wanted_any_more_while_it_waits_is_given_up_and_leaves_nothing() {
    let mut rig = Rig::new(1, |_, _, _| Answer::PlaysWaiting(60.0));
    rig.device(1, 1, Some(&address(1)), 1);
    rig.want(1, 1);
    rig.run(8.0);
    rig.unwant(1);
    rig.run(9.0);
    assert_eq!((rig.aborted, failed_lately(&rig)), (1, 1), "billed once");
    rig.want(2, 1);
    rig.run(100.0);
    assert_eq!((rig.playing.len(), rig.dials.len()), (1, 2));
    // What is told of an attempt that is gone is no matter.
    let attempt = rig.dials[0].attempt;
    rig.tell(Input::Waits { attempt });
    assert_eq!(rig.playing.len(), 1);
}
