//! A device with two addresses: the second carries what the first does not, and pictures go back without a gap.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use device::{DeviceId, Road, StreamId};
use monomi::bridge::{Command, TileState};

use super::rig::{EngineRig, edit_of};
use crate::fake_dvr::{FakeDvr, Script};

/// Behind which the recorder stands at home, and behind which from outside.
const HOME: [u8; 4] = [127, 0, 0, 2];
const OUTSIDE: [u8; 4] = [127, 0, 0, 3];

struct Scene {
    rig: EngineRig,
    home: Option<FakeDvr>,
    outside: FakeDvr,
    at_home: SocketAddr,
    device: DeviceId,
    stream: StreamId,
}

impl Scene {
    /// The device plays from its preferred address.
    fn new() -> Self {
        let home = FakeDvr::start_on(SocketAddr::from((HOME, 0)), Script::default());
        let outside = FakeDvr::start_on(SocketAddr::from((OUTSIDE, 0)), Script::default());
        let rig = EngineRig::new();
        let mut edit = edit_of(&home, None);
        edit.device.roads.others = vec![Road {
            name: "Outside".to_owned(),
            host: outside.address().ip().to_string().parse().expect("a host"),
            port: outside.address().port(),
        }];
        let device = edit.device.id;
        rig.send(Command::SaveDevice(Box::new(edit)));
        rig.until("the device", |state| state.registry.device(device).map(|_| ()));
        let stream = rig.show(device);
        rig.until_state(stream, "live");
        let at_home = home.address();
        assert!(outside.seen().is_empty(), "one that is not needed is not asked");
        Self {
            rig,
            home: Some(home),
            outside,
            at_home,
            device,
            stream,
        }
    }

    /// Waits until pictures come by this road; the longest time in which no new one came.
    fn until_by(&self, road: usize, patience: Duration) -> Duration {
        let (begin, mut longest) = (Instant::now(), Duration::ZERO);
        let mut last = (Instant::now(), None);
        loop {
            let state = self.rig.state();
            let status = state.streams.get(&self.stream).expect("it is wanted");
            if status.last_picture != last.1 {
                last = (Instant::now(), status.last_picture);
            }
            longest = longest.max(last.0.elapsed());
            let view = state.roads.get(&self.device).expect("it has two addresses");
            if view.taken == road && !view.returns && status.state == TileState::Live {
                return longest;
            }
            assert!(begin.elapsed() < patience, "{:?}, {view:?}", status.state);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn stop_home(&mut self) {
        // Streams under way end with their DVR.
        drop(self.home.take());
    }

    fn start_home(&mut self) {
        self.home = Some(FakeDvr::start_on(self.at_home, Script::default()));
    }
}

#[test]
fn the_other_address_carries_a_dead_one_and_a_pin_moves_the_stream_without_a_gap() {
    let mut scene = Scene::new();
    scene.stop_home();
    scene.until_by(1, Duration::from_secs(40));
    assert_eq!(scene.outside.seen().len(), 1, "one connect was enough");
    scene.start_home();
    scene.rig.send(Command::PinRoad(scene.device, Some(0)));
    let gap = scene.until_by(0, Duration::from_secs(40));
    assert!(
        gap < Duration::from_secs(3),
        "no picture for {gap:?}: it would have looked late"
    );
    assert_eq!(scene.home.as_ref().map(|home| home.seen().len()), Some(1));
    let state = scene.rig.state();
    assert_eq!(
        state
            .registry
            .device(scene.device)
            .and_then(|device| device.roads.pinned),
        Some(0)
    );
}

#[test]
#[ignore = "takes some two minutes"]
fn the_preferred_address_is_taken_back_by_itself_once_it_answers_for_a_while() {
    let mut scene = Scene::new();
    scene.stop_home();
    let carried = scene.until_by(1, Duration::from_secs(40));
    scene.start_home();
    let from = Instant::now();
    let gap = scene.until_by(0, Duration::from_secs(180));
    let connects = scene.home.as_ref().map_or(0, |home| home.seen().len());
    println!(
        "carried after {carried:?}; back after {:?} with {connects} connects, no picture for {gap:?} at most",
        from.elapsed()
    );
    assert!(gap < Duration::from_secs(3), "no picture for {gap:?}");
    // Two looks, or three, and the stream.
    assert!((3..=5).contains(&connects), "{connects}");
    assert_eq!(scene.outside.seen().len(), 1);
}
