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
