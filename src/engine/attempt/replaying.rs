//! What a pump of recorded pictures does beside that of live ones.

use bytes::Bytes;

use super::super::clock;
use super::playback::Valve;
use super::pump::Pump;
use super::report::{AttemptEvent, AttemptReport};

impl Pump {
    /// Recorded pictures are played, as the valve lets them through.
    pub(super) fn play_back(&mut self, valve: Valve) {
        self.valve = Some(valve);
    }

    /// Takes the newest order of a playback.
    pub(super) fn obey_playback(&mut self) {
        let Some(valve) = &mut self.valve else { return };
        for news in valve.obey(&mut self.session, &mut self.arrived, clock::now()) {
            self.tell(AttemptEvent::Replay(news));
        }
        self.play_arrived();
    }

    pub(super) async fn on_replay(&mut self, event: rtsp::ReplayEvent) {
        if let Some(news) = self.valve.as_mut().and_then(|valve| valve.on_event(event)) {
            let event = AttemptEvent::Replay(news);
            self.report.send(AttemptReport { run: self.run, event }).await.ok();
        }
    }

    /// A packet of the picture: the valve holds back what is recorded.
    pub(super) fn on_picture(&mut self, packet: Bytes) {
        let Some(valve) = &mut self.valve else {
            self.arrived.push(packet);
            return;
        };
        for news in valve.take(packet, &mut self.arrived, clock::now()) {
            self.tell(AttemptEvent::Replay(news));
        }
    }

    /// Lets the recorder wait where nothing is to pass; whether it is told so now.
    pub(super) fn minds_recorder(&mut self) -> bool {
        let valve = self.valve.as_mut();
        valve.is_some_and(|valve| valve.mind(&mut self.session, clock::now()))
    }
}
