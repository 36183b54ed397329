//! A device that was found at another address by itself, and that nobody has confirmed.

use monomi::bridge::Command;

use super::rig::{EngineRig, edit_of};
use crate::fake_dvr::{Auth, FakeDvr, Script};

fn unconfirmed(auth: Auth) -> (EngineRig, FakeDvr, device::StreamId) {
    let dvr = FakeDvr::start(Script {
        auth,
        ..Script::default()
    });
    let rig = EngineRig::new();
    let mut edit = edit_of(&dvr, Some("secret"));
    edit.device.unconfirmed = true;
    let id = edit.device.id;
    rig.send(Command::SaveDevice(Box::new(edit)));
    rig.until("the device", |state| state.registry.device(id).map(|_| ()));
    let stream = rig.show(id);
    (rig, dvr, stream)
}

/// All that the device was given to sign in with.
fn given(dvr: &FakeDvr) -> Vec<String> {
    let seen = dvr.seen();
    let requests = seen.iter().flat_map(|connection| &connection.requests);
    requests
        .filter_map(|request| request.header("Authorization").map(str::to_owned))
        .collect()
}

#[test]
fn an_impostor_gets_no_password_in_the_clear_and_a_click_confirms_the_device() {
    let (rig, dvr, stream) = unconfirmed(Auth::Basic);
    rig.until_state(stream, "sign-in-failed");
    assert_eq!(given(&dvr), Vec::<String>::new());
    rig.send(Command::TakeMoved(stream.channel.device));
    rig.until_state(stream, "live");
    assert!(given(&dvr).iter().all(|sent| sent.starts_with("Basic ")));
    let device = rig.state().registry.device(stream.channel.device).cloned();
    assert!(!device.unwrap().unconfirmed);
}

#[test]
fn what_signs_in_by_digest_plays_before_anybody_confirms_it() {
    let (rig, dvr, stream) = unconfirmed(Auth::DigestAndBasic);
    rig.until_state(stream, "live");
    let given = given(&dvr);
    assert!(
        !given.is_empty() && given.iter().all(|sent| sent.starts_with("Digest ")),
        "{given:?}"
    );
}
