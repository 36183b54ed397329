//! Passwords in a keyring that waits for its user, is locked, or has lost them.

use std::sync::Arc;
use std::time::Duration;

use device::{Device, DeviceEdit, DeviceId, Password, PasswordEdit, StreamId};
use monomi::bridge::{Command, EngineState, NoticeKind, TileState, WantedStream};
use monomi::video::SoundOutput;
use reconnect::{FailureKind, HeldBy, Rank, SiteState};
use wall::Listen;

use super::fake_keyring::{FakeKeyring, Mood};
use super::rig::{EngineRig, PATIENCE, edit_of, main_of, with_sign_in};
use crate::fake_dvr::{Ending, FakeDvr, Script};
use crate::watch::{Watch, monomi};

/// Registers `count` entries of one recorder, whose passwords are in the keyring, and starts the engine.
fn rig_with(keyring: &FakeKeyring, dvr: &FakeDvr, count: u64) -> (EngineRig, Vec<StreamId>) {
    let mut rig = EngineRig::idle(SoundOutput::default(), Some(keyring.clone()));
    let profile = rig.profile();
    let streams = (1..=count).map(|number| {
        let mut edit = edit_of(dvr, Some("secret"));
        edit.device.name = format!("Entry {number}");
        edit.device.id = DeviceId(number);
        profile.save_device(edit).expect("a saved device");
        main_of(DeviceId(number))
    });
    let streams = streams.collect();
    rig.start();
    (rig, streams)
}

fn show(rig: &EngineRig, streams: &[StreamId]) {
    let wanted = streams.iter().map(|stream| WantedStream {
        stream: *stream,
        rank: Rank::Visible,
        decode: true,
        listen: Listen::No,
    });
    rig.send(Command::Show(wanted.collect()));
}

/// How many of the streams say that the password cannot be read.
fn unreadable(state: &EngineState) -> usize {
    let failures = state.streams.values().filter_map(|status| status.state.failure());
    failures
        .filter(|failure| failure.kind == FailureKind::PasswordStore)
        .count()
}

fn until_unreadable(rig: &EngineRig, count: usize) {
    rig.until("the failures", |state| (unreadable(state) == count).then_some(()));
}

/// The loop does not wait for the keyring: a camera that dies meanwhile is not shown as live, and edits go on.
#[test]
fn a_keyring_that_waits_for_its_user_keeps_no_dead_camera_live_and_holds_up_no_edit() {
    let keyring = FakeKeyring::default();
    let dvr = FakeDvr::start(Script {
        ending: Ending::Freeze(Duration::from_secs(4)),
        ..Script::default()
    });
    let mut rig = EngineRig::idle(SoundOutput::default(), Some(keyring.clone()));
    rig.start();
    let device = rig.add(&dvr, None);
    let stream = rig.show(device.id);
    rig.until_state(stream, "live");
    keyring.set(Mood::Waiting);
    let mut second = edit_of(&dvr, Some("secret"));
    second.device.name = "Second".to_owned();
    let id = second.device.id;
    rig.send(Command::SaveDevice(Box::new(second)));
    rig.until("the keyring's dialog", |_| keyring.keeps_waiting().then_some(()));
    // Two edits of which the later one must stay.
    rig.send(Command::SetEnabled(vec![id], false));
    rig.send(Command::SetEnabled(vec![id], true));
    rig.send(Command::MoveDevice { device: id, index: 0 });
    let names = |devices: &[Device]| devices.iter().map(|device| device.name.clone()).collect::<Vec<_>>();
    rig.until("the edits", |state| {
        (names(&state.registry.devices) == ["Second", "Fake"] && state.registry.devices[0].enabled).then_some(())
    });
    rig.until("the edits on disk", |_| {
        let devices = rig.profile().load_registry().value.devices;
        (names(&devices) == ["Second", "Fake"] && devices[0].enabled).then_some(())
    });
    rig.until_state(stream, "late");
    rig.until_state(stream, "offline");
    assert!(keyring.keeps_waiting() && keyring.held() == 0);
    keyring.set(Mood::Open);
    rig.until("the password", |_| (keyring.held() == 1).then_some(()));
}

#[test]
fn what_was_entered_last_is_written_before_the_engine_is_gone() {
    let keyring = FakeKeyring::default();
    let dvr = FakeDvr::start(with_sign_in());
    let mut rig = EngineRig::idle(SoundOutput::default(), Some(keyring.clone()));
    rig.start();
    let edit = edit_of(&dvr, Some("secret"));
    let id = edit.device.id;
    rig.send(Command::SaveDevice(Box::new(edit)));
    rig.send(Command::SetEnabled(vec![id], false));
    rig.stop();
    let devices = rig.profile().load_registry().value.devices;
    assert!(devices.len() == 1 && !devices[0].enabled, "{devices:?}");
    assert_eq!(keyring.held(), 1);
}

#[test]
fn eight_devices_that_wait_for_the_keyring_starve_none_without_a_password() {
    let keyring = FakeKeyring::default();
    let locked = FakeDvr::start(with_sign_in());
    let (rig, mut streams) = rig_with(&keyring, &locked, 8);
    keyring.set(Mood::Waiting);
    let open = FakeDvr::start(Script::default());
    let free = rig.add(&open, None);
    streams.push(main_of(free.id));
    show(&rig, &streams);
    rig.until_state(main_of(free.id), "live");
    let state = rig.until("eight that wait", |state| {
        let waits = |stream: &&StreamId| {
            matches!(
                state.streams.get(*stream).map(|status| &status.state),
                Some(TileState::Waiting {
                    held_by: HeldBy::Password,
                    ..
                })
            )
        };
        (streams.iter().filter(waits).count() == 8).then_some(state.totals)
    });
    assert_eq!((state.half_open, state.failed, keyring.questions()), (0, 0, 1));
    assert!(
        locked.seen().is_empty(),
        "nothing is dialled before the password is there"
    );
    keyring.set(Mood::Open);
    for stream in &streams {
        rig.until_state(*stream, "live");
    }
    assert_eq!(keyring.questions(), 8, "one for each device, not for each attempt");
}

#[test]
fn a_locked_keyring_is_asked_once_for_thirty_devices_until_somebody_asks_again() {
    let keyring = FakeKeyring::default();
    let dvr = FakeDvr::start(with_sign_in());
    let (rig, streams) = rig_with(&keyring, &dvr, 30);
    keyring.set(Mood::Locked);
    show(&rig, &streams);
    until_unreadable(&rig, 30);
    // Pages that are turned ask nobody anew.
    show(&rig, &streams[..5]);
    rig.until("five", |state| (state.streams.len() == 5).then_some(()));
    show(&rig, &streams);
    until_unreadable(&rig, 30);
    let state = rig.state();
    assert_eq!(keyring.questions(), 1);
    assert_eq!((state.totals.attempts, state.totals.failed), (0, 0));
    assert_ne!(state.sites[0].state, SiteState::Up);

    // A person asks once more, and dismisses the dialog again.
    rig.send(Command::RetryNow(DeviceId(7)));
    rig.until("a question", |_| (keyring.questions() == 2).then_some(()));
    until_unreadable(&rig, 30);
    // Then it is unlocked: one device is asked for by hand, the others follow by themselves.
    keyring.set(Mood::Open);
    rig.send(Command::RetryNow(DeviceId(7)));
    until_unreadable(&rig, 0);
    rig.until("the others' questions", |_| {
        (keyring.questions() >= 3 + 29).then_some(())
    });
    rig.until_state(streams[6], "live");
    assert_eq!(keyring.questions(), 3 + 29);
}

#[test]
fn a_keyring_that_is_unlocked_after_everybody_gave_up_is_asked_again_by_itself() {
    let keyring = FakeKeyring::default();
    let dvr = FakeDvr::start(with_sign_in());
    let (rig, streams) = rig_with(&keyring, &dvr, 4);
    keyring.set(Mood::Locked);
    show(&rig, &streams);
    until_unreadable(&rig, 4);
    keyring.open_late();
    for stream in &streams {
        rig.until_state(*stream, "live");
    }
    assert_eq!(keyring.questions(), 1 + 4);
}

/// The key of the encrypted file is lost; the program as scripts use it.
#[test]
fn watch_says_that_a_password_cannot_be_read_and_dials_nothing() {
    let dvr = FakeDvr::start(with_sign_in());
    let rig = EngineRig::idle(SoundOutput::default(), None);
    rig.profile()
        .save_device(edit_of(&dvr, Some("secret")))
        .expect("a device");
    std::fs::remove_file(rig.folder.path().join("secrets.key")).expect("the key");
    let watch = Watch::start(monomi(rig.folder.path()));
    let told = watch.until(PATIENCE, |log| {
        let said = log
            .of("state")
            .any(|line| line.text("cause").starts_with("password-store"));
        said && log.of("stats").count() >= 2
    });
    told.unwrap_or_else(|log| panic!("{}", log.tail(20)));
    let log = watch.log();
    assert_eq!(log.attempts(), 0);
    let stats = log.of("stats").last().expect("the figures");
    assert_eq!(stats.fields["failed"], 0);
    assert_ne!(stats.fields["sites"][0]["state"], "up");
    assert!(dvr.seen().is_empty());
}

#[test]
fn passwords_that_a_keyring_has_lost_are_asked_for_once_each() {
    let keyring = FakeKeyring::default();
    let dvr = FakeDvr::start(with_sign_in());
    let (rig, streams) = rig_with(&keyring, &dvr, 30);
    keyring.set(Mood::Emptied);
    show(&rig, &streams);
    until_unreadable(&rig, 30);
    show(&rig, &[]);
    rig.until("none", |state| state.streams.is_empty().then_some(()));
    show(&rig, &streams);
    until_unreadable(&rig, 30);
    let state = rig.state();
    assert_eq!(keyring.questions(), 30);
    assert_eq!((state.totals.attempts, state.totals.failed), (0, 0));
    assert_ne!(state.sites[0].state, SiteState::Up);

    // Who enters one password again has that device back, and no other is asked for.
    keyring.set(Mood::Open);
    let registry = Arc::clone(&state.registry);
    let device = registry.device(DeviceId(3)).expect("the device").clone();
    let site = registry.site(device.site).expect("its site").clone();
    let password = PasswordEdit::Set(Password::new("secret"));
    rig.send(Command::SaveDevice(Box::new(DeviceEdit {
        site,
        device,
        password,
        before: None,
    })));
    rig.until_state(streams[2], "live");
}

#[test]
fn the_password_of_a_device_that_a_killed_program_had_removed_is_cleared_by_the_next_one() {
    let keyring = FakeKeyring::default();
    let dvr = FakeDvr::start(with_sign_in());
    let (mut rig, _) = rig_with(&keyring, &dvr, 2);
    rig.send(Command::RemoveDevices(vec![DeviceId(1)]));
    let removed = |rig: &EngineRig| rig.profile().secrets().removed();
    rig.until("the note", |_| (removed(&rig) == [DeviceId(1)]).then_some(()));
    rig.send(Command::UndoRemove);
    rig.until("its end", |_| removed(&rig).is_empty().then_some(()));
    rig.stop();
    // What a program leaves that is killed right after a removal.
    let profile = rig.profile();
    profile.secrets().mark_removed(&[DeviceId(1)]).expect("a note");
    profile
        .update_registry(|registry| registry.remove(DeviceId(1)))
        .expect("a removal");
    assert_eq!(keyring.held(), 2);
    rig.start();
    rig.until("the password to go", |_| (keyring.held() == 1).then_some(()));
    rig.until("its record to go", |_| {
        let secrets = rig.profile().secrets();
        (secrets.has(DeviceId(2)) && !secrets.has(DeviceId(1))).then_some(())
    });
}

#[test]
fn an_edit_of_several_devices_is_undone_with_its_passwords() {
    let keyring = FakeKeyring::default();
    let dvr = FakeDvr::start(with_sign_in());
    let (rig, streams) = rig_with(&keyring, &dvr, 3);
    show(&rig, &streams);
    rig.until_state(streams[0], "live");
    let before = Arc::clone(&rig.state().registry);
    let password = |id| rig.profile().secrets().get(DeviceId(id)).expect("an answer");
    let edits: Vec<DeviceEdit> = before.devices[..2]
        .iter()
        .map(|device| DeviceEdit {
            site: before.site(device.site).expect("its site").clone(),
            device: Device {
                transport: device::MediaTransport::Tcp,
                ..device.clone()
            },
            password: PasswordEdit::Set(Password::new("another")),
            before: Some(Box::new(device.clone())),
        })
        .collect();
    rig.send(Command::SaveDevices(edits));
    rig.until("the edit", |state| {
        let edited = |notice: &&monomi::bridge::Notice| matches!(&notice.kind, NoticeKind::DevicesEdited { names } if names.len() == 2);
        state.notices.iter().find(edited).map(|_| ())
    });
    rig.until("the new passwords", |_| {
        let is_new = |id| password(id).is_some_and(|password| password.expose() == "another");
        (is_new(1) && is_new(2)).then_some(())
    });
    rig.send(Command::UndoEdit);
    rig.until("the devices as they were", |state| {
        let same = |(was, is): (&Device, &Device)| {
            let revision = is.password_revision;
            *is == Device {
                password_revision: revision,
                ..was.clone()
            }
        };
        (state.notices.is_empty() && before.devices.iter().zip(&state.registry.devices).all(same)).then_some(())
    });
    rig.until("the former passwords", |_| {
        let is_old = |id| password(id).is_some_and(|password| password.expose() == "secret");
        (is_old(1) && is_old(2) && is_old(3)).then_some(())
    });
    for stream in streams {
        rig.until_state(stream, "live");
    }
}
