//! A device with which no connection can be spoken until something is changed: it is asked once, and again only for a reason.

use device::DeviceId;
use reconnect::{FailureKind, Hint, Input, LinkId, LinkView, SiteState, Stage, TlsObstacle};

use super::rig::{Answer, Rig, address};

const UNSPOKEN: Answer = Answer::Fails(
    FailureKind::TlsUnspoken {
        obstacle: TlsObstacle::OldVersion,
    },
    Stage::Tls,
    0.1,
);

/// Device 1, with 16 links, cannot be spoken with; device 2 plays.
fn rig() -> Rig {
    let mut rig = Rig::new(1, |device, _, _| if device == 1 { UNSPOKEN } else { Answer::Plays });
    rig.device(1, 1, Some(&address(1)), 1);
    rig.device(2, 1, Some(&address(2)), 1);
    rig.want(100, 2);
    for link in 1..=16 {
        rig.want(link, 1);
    }
    rig
}

fn asked(rig: &Rig) -> usize {
    rig.dials.iter().filter(|dial| dial.device == 1).count()
}

#[test]
fn it_is_asked_once_and_its_site_has_no_outage() {
    let mut rig = rig();
    rig.run(7.0 * 86_400.0);
    assert_eq!(asked(&rig), 1);
    assert!(rig.playing.contains_key(&100));
    assert_eq!(rig.state(1), SiteState::Partial);
    for link in 1..=16 {
        let view = rig.machine.link(LinkId(link));
        assert!(
            matches!(&view, Some(LinkView::Stopped { failure, until: None }) if failure.kind.name() == "tls"),
            "{view:?}"
        );
    }
}

#[test]
fn a_person_an_edit_and_its_own_hello_are_reasons_to_ask_again() {
    let mut rig = rig();
    rig.run(600.0);
    rig.tell(Input::RetryNow(DeviceId(1)));
    rig.run(1_200.0);
    assert_eq!(asked(&rig), 2, "a person asked");
    rig.device(1, 1, Some(&address(1)), 2);
    rig.run(1_800.0);
    assert_eq!(asked(&rig), 3, "it was edited");
    rig.tell(Input::Hint(Hint::Device(DeviceId(1))));
    rig.run(2_400.0);
    assert_eq!(asked(&rig), 4, "it said that it has started");
    // One that says so all the time is not believed each time.
    for second in 0..3_600 {
        rig.tell(Input::Hint(Hint::Address(address(1).parse().unwrap())));
        rig.run(2_401.0 + f64::from(second));
    }
    assert!(asked(&rig) <= 4 + 60, "{}", asked(&rig));
}

const HANGS_UP: Answer = Answer::Fails(FailureKind::TlsHungUp, Stage::Tls, 0.1);

/// When device 1 was asked.
fn asked_at(rig: &Rig) -> Vec<f64> {
    rig.dials
        .iter()
        .filter(|dial| dial.device == 1)
        .map(|dial| dial.at)
        .collect()
}

#[test]
fn a_device_that_hangs_up_on_tls_three_times_in_a_row_is_looked_at_each_five_to_sixty_minutes() {
    let mut rig = Rig::new(1, |device, _, _| if device == 1 { HANGS_UP } else { Answer::Plays });
    rig.device(1, 1, Some(&address(1)), 1);
    rig.device(2, 1, Some(&address(2)), 1);
    rig.want(100, 2);
    for link in 1..=16 {
        rig.want(link, 1);
    }
    rig.run(60.0);
    let first = asked_at(&rig);
    assert_eq!(first.len(), 3, "{first:?}");
    for link in 1..=16 {
        let view = rig.machine.link(LinkId(link));
        let named = FailureKind::TlsUnspoken {
            obstacle: TlsObstacle::HangsUp,
        };
        assert!(
            matches!(&view, Some(LinkView::Stopped { failure, until: Some(_) }) if failure.kind == named),
            "{view:?}"
        );
    }
    rig.run(86_400.0);
    let waits: Vec<f64> = asked_at(&rig)[2..].windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.len() > 20, "{waits:?}");
    let (least, most) = (300.0, 3_600.0 * 1.2 + 5.0);
    assert!(waits.iter().all(|wait| (least..most).contains(wait)), "{waits:?}");
    assert!(waits[4..].iter().all(|wait| *wait >= 3_600.0), "{waits:?}");
    assert!(rig.playing.contains_key(&100));
    // A person is heard at once, and so is an edit.
    let before = asked(&rig);
    rig.tell(Input::RetryNow(DeviceId(1)));
    rig.run(86_410.0);
    assert_eq!(asked(&rig), before + 1, "a person asked");
    rig.device(1, 1, Some(&address(1)), 2);
    rig.run(86_600.0);
    assert_eq!(asked(&rig), before + 4, "edited, it is tried as for the first time");
    rig.tell(Input::Hint(Hint::Device(DeviceId(1))));
    rig.run(86_700.0);
    assert_eq!(asked(&rig), before + 5, "it said that it has started");
}

#[test]
fn a_recorder_that_hangs_up_while_it_starts_plays_as_soon_as_it_can() {
    // Refused, hung up twice, refused, hung up twice, and then it is there.
    let answers = [false, true, true, false, true, true];
    let mut rig = Rig::new(1, move |_, attempt, _| match answers.get(attempt - 1) {
        Some(true) => HANGS_UP,
        Some(false) => Answer::Fails(FailureKind::Refused, Stage::Connect, 0.1),
        None => Answer::Plays,
    });
    rig.device(1, 1, Some(&address(1)), 1);
    rig.want(1, 1);
    rig.run(300.0);
    assert!(rig.playing.contains_key(&1), "{:?}", asked_at(&rig));
}
