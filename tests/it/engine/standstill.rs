//! A decoder that stands still is mended alone: the connection stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use events::{EventQuery, LogStart};

use super::rig::{EngineRig, with_sign_in};
use crate::fake_dvr::FakeDvr;

#[test]
#[ignore = "a decoder counts as standing still after 20 s"]
fn a_decoder_that_stands_still_is_built_anew_without_a_connect_and_that_is_said() {
    let dvr = FakeDvr::start(with_sign_in());
    let rig = EngineRig::new();
    let device = rig.add(&dvr, Some("secret"));
    let (hangs, hung) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (wanted, happened) = (Arc::clone(&hangs), Arc::clone(&hung));
    rig.handle().set_picture_waker(Arc::new(move || {
        // The thread of the first decoder never comes back.
        if wanted.swap(false, Ordering::AcqRel) {
            happened.store(true, Ordering::Release);
            loop {
                std::thread::park();
            }
        }
    }));
    let stream = rig.show(device.id);
    rig.until_state(stream, "live");
    let frames = |state: &monomi::bridge::EngineState| state.streams.get(&stream).map(|status| status.info.frames);
    hangs.store(true, Ordering::Release);
    rig.until("that it hangs", |_| hung.load(Ordering::Acquire).then_some(()));
    let before = rig.until("frames", frames);
    rig.within(Duration::from_secs(120), "pictures of another decoder", |state| {
        frames(state).filter(|now| *now > before + 5)
    });
    rig.until_state(stream, "live");
    assert_eq!(dvr.seen().len(), 1, "no new connection");
    let found = rig.until("the event", |_| {
        let mut log = rig.profile().read_event_log().ok()??;
        let page = log.page(&EventQuery::default(), LogStart::Newest, 100).ok()?;
        page.events
            .into_iter()
            .find(|event| event.what.word() == "decoder-restarted")
    });
    assert!(found.detail.as_str().contains("stood still"), "{found:?}");
    assert_eq!(found.count, 1);
}
