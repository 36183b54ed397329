//! A password that is not there: nothing is dialled, nothing is held up, and no timer asks.

use device::DeviceId;
use reconnect::{FailureKind, HeldBy, Input, LinkId, LinkView, SignIn, SiteState};

use super::rig::{Answer, Rig, address};

fn says(rig: &mut Rig, device: u64, state: SignIn) {
    rig.tell(Input::SignIn {
        device: DeviceId(device),
        state,
    });
}

fn unreadable() -> SignIn {
    SignIn::Unreadable {
        detail: "the keyring is locked".to_owned(),
    }
}

#[test]
fn devices_that_wait_for_their_password_hold_up_nobody() {
    let mut rig = Rig::new(1, |_, _, _| Answer::Plays);
    for device in 1..=30 {
        rig.device(device, 1, Some(&address(device)), 1);
        if device <= 20 {
            says(&mut rig, device, SignIn::Asking);
        }
        rig.want(device, device);
    }
    rig.run(30.0);
    assert_eq!(rig.playing.len(), 10, "those whose password is there play");
    assert!(rig.dials.iter().all(|dial| dial.device > 20));
    assert_eq!(
        rig.machine.link(LinkId(1)),
        Some(LinkView::Waiting {
            until: None,
            held_by: HeldBy::Password,
            failure: None
        })
    );
    assert_eq!(rig.state(1), SiteState::Up, "to be asked for a password is no failure");
    for device in 1..=20 {
        says(&mut rig, device, SignIn::Ready);
    }
    rig.run(45.0);
    assert_eq!(rig.playing.len(), 30);
}

#[test]
fn a_password_that_cannot_be_read_is_waited_for_in_silence() {
    let mut rig = Rig::new(2, |_, _, _| Answer::Plays);
    for device in 1..=8 {
        rig.device(device, 1, Some(&address(device)), 1);
        says(&mut rig, device, SignIn::Asking);
        rig.want(device, device);
        says(&mut rig, device, unreadable());
    }
    rig.run(3_600.0);
    rig.tell(Input::Woke);
    for device in 1..=8 {
        rig.tell(Input::RetryNow(DeviceId(device)));
    }
    rig.run(86_400.0);
    assert_eq!(rig.dials.len(), 0);
    assert_eq!(rig.state(1), SiteState::Partial);
    let Some(LinkView::Stopped { failure, until: None }) = rig.machine.link(LinkId(3)) else {
        panic!("{:?}", rig.machine.link(LinkId(3)));
    };
    assert_eq!(
        (failure.kind, failure.detail.as_str()),
        (FailureKind::PasswordStore, "the keyring is locked")
    );
    // The store was asked once more, another device was edited, a third is not wanted any more.
    says(&mut rig, 1, SignIn::Ready);
    rig.device(2, 1, Some(&address(2)), 2);
    for device in 3..=8 {
        rig.unwant(device);
    }
    rig.run(86_410.0);
    assert_eq!(rig.playing.keys().copied().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(rig.state(1), SiteState::Up);
    rig.want(9, 3);
    rig.run(86_420.0);
    assert_eq!(
        rig.state(1),
        SiteState::Partial,
        "wanted again, it still cannot be read"
    );
}

#[test]
fn a_stream_that_plays_goes_on_while_the_store_is_asked() {
    let mut rig = Rig::new(3, |_, _, _| Answer::Plays);
    rig.sites(1, 1);
    rig.run(5.0);
    says(&mut rig, 1, SignIn::Asking);
    says(&mut rig, 1, unreadable());
    rig.run(60.0);
    assert!(matches!(rig.machine.link(LinkId(1)), Some(LinkView::Playing(_))));
    assert_eq!(rig.aborted, 0);
}

#[test]
fn a_dead_site_is_probed_at_a_device_whose_password_is_there() {
    let mut rig = Rig::new(4, |_, _, _| super::rig::TIMEOUT);
    rig.sites(3, 1);
    rig.run(60.0);
    says(&mut rig, 1, SignIn::Asking);
    says(&mut rig, 2, unreadable());
    let before = rig.dials.len();
    rig.run(400.0);
    assert!(rig.dials.len() > before);
    assert!(rig.dials[before..].iter().all(|dial| dial.device == 3));
}
