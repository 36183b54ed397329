//! What happened is kept over a restart.

use events::{Cause, End, EventId, Unwatched};
use monomi::bridge::{Command, EngineState};

use super::rig::EngineRig;
use crate::fake_dvr::{FakeDvr, Script};

fn lasting(state: &EngineState) -> Option<EventId> {
    let mut list = state.events.list.iter().map(|shown| &shown.event);
    list.find(|event| event.lasts()).map(|event| event.id)
}

#[test]
fn what_happened_is_kept_with_what_was_seen_and_an_end_that_nobody_saw_is_not_made_up() {
    let dvr = FakeDvr::start(Script::default());
    let mut stage = EngineRig::new();
    let mut settings = (*stage.state().settings).clone();
    settings.alerts.after = 5;
    stage.send(Command::SaveSettings(Box::new(settings)));
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    assert!(stage.state().events.list.is_empty());
    drop(dvr);
    let id = stage.until("the event", lasting);
    assert_eq!(stage.state().events.unseen, 1);
    stage.send(Command::SeeEvents(vec![id]));
    stage.until("seen", |state| (state.events.unseen == 0).then_some(()));
    stage.stop();
    stage.start();
    let event = stage.until("the list", |state| Some(state.events.list.first()?.event.clone()));
    assert!(
        event.seen && matches!(event.end, End::Unknown(_, Unwatched::ProgramEnded)),
        "{event:?}"
    );
    assert!(event.until().is_some_and(|until| until >= event.since));
    assert_eq!(event.name, "Fake");
    assert!(
        matches!(event.cause(), Some(Cause::BrokenOff | Cause::Refused)),
        "{event:?}"
    );
    for name in ["events.sqlite", "events.sqlite-wal"] {
        let bytes = std::fs::read(stage.folder.path().join(name)).expect("the log");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("://") && !text.contains("127.0.0.1"), "{name}");
    }
    // It fails still: that is the same event.
    stage.show(device.id);
    assert_eq!(stage.until("the event again", lasting), id);
}
