//! One recorder that is registered more than once, or tested beside: what its entries share.

use device::DeviceId;
use reconnect::{FailureKind, Input, Network, SiteState, Stage};

use super::rig::{Answer, REFUSED, Rig, TIMEOUT, address};

/// Entries of one recorder, dealt to this many sites, beside a camera of its own in site 1.
fn recorder(rig: &mut Rig, entries: u64, sites: u64) {
    for id in 1..=entries {
        rig.entry(id, 1 + id % sites, Some(&address(1)), 77, 1);
        rig.want(id, id);
    }
    rig.device(100, 1, Some(&address(100)), 1);
    rig.want(100, 100);
}

#[test]
fn entries_of_one_recorder_are_dialled_one_after_another() {
    for sites in [1, 3] {
        let mut rig = Rig::new(1, |_, _, _| Answer::PlaysLate(2.0));
        recorder(&mut rig, 6, sites);
        rig.run(40.0);
        assert_eq!(rig.playing.len(), 7);
        let own: Vec<f64> = rig.dials.iter().filter(|d| d.device != 100).map(|d| d.at).collect();
        assert!(
            own.windows(2).all(|pair| pair[1] - pair[0] >= 2.0),
            "{sites} sites: {own:?}"
        );
    }
}

#[test]
fn more_entries_and_tests_buy_no_attempts() {
    for answer in [
        REFUSED,
        TIMEOUT,
        Answer::Fails(FailureKind::Auth, Stage::Describe, 0.1),
        Answer::Hangs,
    ] {
        let mut rig = Rig::new(
            1,
            move |device, _, _| if device == 100 { Answer::Plays } else { answer },
        );
        recorder(&mut rig, 3, 1);
        // Each Test is a new revision of an entry that belongs to no device.
        for turn in 1..=300 {
            rig.entry(50 + turn % 2, 1, Some(&address(1)), 77, turn);
            rig.want(1000 + turn, 50 + turn % 2);
            rig.tell(Input::RetryNow(DeviceId(50 + turn % 2)));
            rig.run(turn as f64 * 0.2);
            rig.unwant(1000 + turn);
            rig.tell(Input::DeviceRemoved(DeviceId(50 + turn % 2)));
        }
        let burst = rig.most_within(10.0, |dial| dial.device != 100);
        assert!(burst <= 5, "{answer:?}: {burst} in 10 s");
    }
}

/// While one entry is under way it may be edited, moved to another recorder or removed: nobody waits for ever.
#[test]
fn an_entry_that_goes_lets_the_others_go_on() {
    for change in 0..4 {
        let mut rig = Rig::new(change, |device, _, at| match device {
            1..=3 if at < 1.0 => Answer::Hangs,
            _ => Answer::Plays,
        });
        recorder(&mut rig, 3, 2);
        let first = loop {
            let dial = rig.run_to_next_dial();
            if dial.device != 100 {
                break dial.device;
            }
        };
        rig.run(2.0);
        match change {
            0 => rig.entry(first, 1 + first % 2, Some(&address(1)), 77, 2),
            1 => rig.entry(first, 1 + first % 2, Some(&address(2)), 78, 2),
            2 => rig.tell(Input::DeviceRemoved(DeviceId(first))),
            _ => rig.unwant(first),
        }
        rig.run(90.0);
        let entries = rig.playing.keys().filter(|link| **link != 100).count();
        assert_eq!(entries, if change < 2 { 3 } else { 2 }, "change {change}");
    }
}

/// The engine knows that these words were refused: what is not sent is no attempt that failed, and slows nobody.
#[test]
fn a_sign_in_that_is_not_tried_costs_nothing() {
    let known = Answer::Fails(FailureKind::Auth, Stage::Resolve, 0.0);
    let mut rig = Rig::new(1, move |device, _, _| match device {
        1 => Answer::Fails(FailureKind::Auth, Stage::Describe, 0.1),
        2..=40 => known,
        _ => Answer::Plays,
    });
    recorder(&mut rig, 40, 1);
    rig.run(15.0);
    assert_eq!(rig.machine.totals().failed, 1);
    assert!(rig.playing.contains_key(&100));
    rig.run(3600.0);
    assert_eq!(rig.dials.len(), 41, "each entry once, and never again");
}

#[test]
fn a_redirect_that_leads_nowhere_counts_as_a_failure_too() {
    let mut rig = Rig::new(1, |_, nth, _| if nth % 2 == 1 { Answer::Redirects } else { REFUSED });
    rig.sites(64, 1);
    rig.run(1000.0);
    // At first nobody knows better: each may be sent aside once. From then on what fails costs both.
    let later = rig.most_within(60.0, |dial| dial.at > 60.0);
    assert!(later <= 13, "{later} in a minute");
}

/// A name may turn out to be this machine: then it needs no network.
#[test]
fn a_name_that_is_this_machine_is_tried_without_a_network() {
    let mut rig = Rig::new(
        1,
        |_, nth, at| if at < 20.0 || nth == 1 { REFUSED } else { Answer::Plays },
    );
    rig.device(1, 1, None, 1);
    rig.want(1, 1);
    let dial = rig.run_to_next_dial();
    rig.tell(rig.refusal_from(dial, "127.0.0.1"));
    rig.tell(Input::Network(Network::Down));
    rig.run(200.0);
    assert_eq!(rig.playing.len(), 1);
    assert_eq!(rig.state(1), SiteState::Up);
}
