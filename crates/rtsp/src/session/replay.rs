//! Recorded pictures in a session: the newest order wins, and every seek stays on this connection. What plays is paused before another
//! time is asked, so that each packet is known to be of the time before or of the time after.

use std::time::Instant;

use super::{PendingRequest, Session, Step, ask::RequestPurpose};
use crate::{
    Event, Message, ReplayAnswer, ReplayEvent, ReplayOrder, ReplayRefusal, ReplayStart, ReplayWay, SessionErrorKind,
    url,
};

/// A session of recorded pictures.
pub(super) struct Replaying {
    pub way: ReplayWay,
    /// Not asked yet.
    wanted: Option<ReplayOrder>,
    /// As PLAY said last, or says now.
    pub current: ReplayOrder,
    /// The recorder sends, as far as is known.
    plays: bool,
    /// What comes is of a time that is not wanted any more.
    drops: bool,
    /// It does not know PAUSE.
    cannot_pause: bool,
    ended: bool,
}

impl Replaying {
    pub fn new(replay: &crate::Replay) -> Self {
        Self {
            way: replay.way,
            wanted: None,
            current: replay.order.clone(),
            plays: false,
            drops: false,
            cannot_pause: false,
            ended: false,
        }
    }

    /// Whether packets are thrown away that come now.
    pub fn drops(&self) -> bool {
        self.drops
    }
}

impl Session {
    /// Asks for other recorded pictures, in a session of recorded pictures. Of several orders that wait the newest goes out.
    pub fn replay(&mut self, order: ReplayOrder, now: Instant) {
        self.now = self.now.max(now);
        let Some(replay) = &mut self.replay else { return };
        // A time that was asked for and did not go out yet is kept by an order that only says how.
        let from = match (&order.from, &replay.wanted) {
            (None, Some(ReplayOrder { from: Some(from), .. })) => Some(from.clone()),
            _ => order.from.clone(),
        };
        replay.wanted = Some(ReplayOrder { from, ..order });
    }

    pub(super) fn is_replay(&self) -> bool {
        self.replay.is_some()
    }

    /// The order with which PLAY goes out for the first time, or after everything was set up again.
    pub(super) fn begin_replay(&mut self) {
        let Some(replay) = &mut self.replay else { return };
        if let Some(wanted) = replay
            .wanted
            .take_if(|wanted| !matches!(wanted.from, Some(ReplayStart::Path(_))))
        {
            // Whoever only says how, before anything plays, means the time that was asked for.
            let from = wanted.from.clone().or_else(|| replay.current.from.take());
            replay.current = ReplayOrder { from, ..wanted };
        }
        (replay.drops, replay.ended) = (false, false);
        self.tell_begin();
        self.send(RequestPurpose::Replay);
    }

    /// Sends what is wanted, where nothing is under way; whether there was anything.
    pub(super) fn drive_replay(&mut self) -> bool {
        let Some(replay) = &self.replay else { return false };
        let Some(wanted) = &replay.wanted else { return false };
        if let Some(PendingRequest {
            cseq,
            purpose: RequestPurpose::Keepalive(_),
            ..
        }) = &self.pending
        {
            // A person waits: its reply is not waited for.
            self.abandoned = Some(*cseq);
            self.pending = None;
        }
        if self.pending.is_some() {
            return false;
        }
        let is_pause = wanted.paused && wanted.from.is_none();
        let by_path = matches!(wanted.from, Some(ReplayStart::Path(_)));
        if by_path {
            self.mark_replay(|replay| replay.drops = true);
            self.send(RequestPurpose::ReplayTeardown);
        } else if is_pause && (replay.cannot_pause || !replay.plays) {
            self.mark_replay(|replay| replay.wanted = None);
            self.emit(Event::Replay(ReplayEvent::Paused));
        } else if replay.plays && !replay.cannot_pause {
            self.mark_replay(|replay| replay.drops = !is_pause);
            self.send(RequestPurpose::Pause);
        } else {
            self.mark_replay(|replay| {
                replay.drops = replay.plays;
                replay.ended = false;
                if let Some(wanted) = replay.wanted.take() {
                    replay.current = wanted;
                }
            });
            if !self.replay.as_ref().is_some_and(Replaying::drops) {
                self.tell_begin();
            }
            self.send(RequestPurpose::Replay);
        }
        true
    }

    /// The recorder took PLAY.
    pub(super) fn replay_answered(&mut self, message: &Message) {
        let Some(replay) = &mut self.replay else { return };
        replay.plays = true;
        let answer = ReplayAnswer::read(&message.head);
        if std::mem::take(&mut replay.drops) {
            self.tell_begin();
        }
        self.emit(Event::Replay(ReplayEvent::Answered(answer)));
        if self.step == Step::Play {
            self.begin_media();
        }
    }

    /// The recorder paused, or does not know how.
    pub(super) fn paused(&mut self, took: bool) {
        let Some(replay) = &mut self.replay else { return };
        replay.cannot_pause |= !took;
        replay.plays &= !took;
        // Where another time is asked, PLAY goes out next.
        if replay
            .wanted
            .take_if(|wanted| wanted.paused && wanted.from.is_none())
            .is_some()
        {
            replay.drops = false;
            self.emit(Event::Replay(ReplayEvent::Paused));
        }
    }

    /// The session is torn down, and the next path is asked for on the same connection.
    pub(super) fn replay_torn_down(&mut self) {
        let Some(replay) = &mut self.replay else { return };
        let Some(wanted) = replay.wanted.take() else { return };
        (replay.plays, replay.ended) = (false, false);
        if let Some(ReplayStart::Path(path)) = &wanted.from {
            self.request.target = url::clean_target(path);
        }
        replay.current = wanted;
        self.session = None;
        self.set_up_again = false;
        self.tracks.clear();
        self.base.clone_from(&self.request.target);
        self.aggregate.clone_from(&self.request.target);
        self.describe();
    }

    /// An order, or what comes before it, was refused; whether nothing is left to be done about it.
    pub(super) fn replay_refused(
        &mut self,
        purpose: RequestPurpose,
        status: u16,
        kind: SessionErrorKind,
        text: &str,
    ) -> bool {
        if !self.is_replay() {
            return false;
        }
        let is_named = matches!(status, 453 | 457 | 486 | 503 | 551);
        match purpose {
            RequestPurpose::Pause => self.paused(false),
            RequestPurpose::ReplayTeardown => self.replay_torn_down(),
            RequestPurpose::Replay if self.step == Step::Media => {
                self.mark_replay(|replay| (replay.plays, replay.drops) = (false, false));
                self.tell_refusal(status, text);
            }
            RequestPurpose::Replay | RequestPurpose::Describe => {
                self.tell_refusal(status, text);
                self.fail(kind, text);
            }
            RequestPurpose::Setup { .. } if is_named => {
                self.tell_refusal(status, text);
                self.fail(kind, text);
            }
            _ => return false,
        }
        true
    }

    /// A reply did not come in time.
    pub(super) fn replay_is_late(&mut self, purpose: RequestPurpose) -> bool {
        match purpose {
            RequestPurpose::Pause => self.paused(false),
            RequestPurpose::ReplayTeardown => self.replay_torn_down(),
            RequestPurpose::Replay => {
                // Its pictures may come all the same.
                let dropped = self
                    .replay
                    .as_mut()
                    .is_some_and(|replay| std::mem::take(&mut replay.drops));
                if dropped {
                    self.tell_begin();
                }
            }
            _ => return false,
        }
        true
    }

    /// The recording goes no further; whether that was news of a replay.
    pub(super) fn replay_ended(&mut self) -> bool {
        let Some(replay) = &mut self.replay else { return false };
        if !std::mem::replace(&mut replay.ended, true) {
            self.emit(Event::Replay(ReplayEvent::Ended));
        }
        true
    }

    /// A sender that says goodbye while it plays has come to the end of the recording.
    pub(super) fn heed_goodbye(&mut self, track: usize, packet: &[u8]) {
        let pausing = matches!(
            &self.pending,
            Some(PendingRequest {
                purpose: RequestPurpose::Pause,
                ..
            })
        );
        let plays = track == 0 && self.replay.as_ref().is_some_and(|replay| replay.plays);
        if plays && !pausing && crate::rtcp_items(packet).any(|item| matches!(item, crate::RtcpItem::Bye { .. })) {
            self.replay_ended();
        }
    }

    fn tell_begin(&mut self) {
        let tag = self.replay.as_ref().map_or(0, |replay| replay.current.tag);
        self.emit(Event::Replay(ReplayEvent::Begins { tag }));
    }

    fn tell_refusal(&mut self, status: u16, text: &str) {
        let detail = crate::refusal::detail(text);
        let why = ReplayRefusal::of(status);
        self.emit(Event::Replay(ReplayEvent::Refused { why, detail }));
    }

    fn mark_replay(&mut self, mark: impl FnOnce(&mut Replaying)) {
        if let Some(replay) = &mut self.replay {
            mark(replay);
        }
    }
}
