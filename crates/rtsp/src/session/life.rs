//! Signs of life of a session that plays: keepalive requests, and receiver reports on the connection of the session.

use std::time::{Duration, Instant};

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{Session, ask::RequestPurpose};
use crate::{Habits, Lesson, LowerTransport, Reports, SessionOutput, Sign, Track, keepalive::Keepalive};

/// What keeps a session alive, and what its end teaches.
pub(super) struct Life {
    pub keepalive: Keepalive,
    reports: Option<Reports>,
}

impl Life {
    pub fn new(habits: &Habits, seed: u64, now: Instant) -> Self {
        let keepalive = Keepalive::new(&habits.recorder.keepalive, now);
        let reports = keepalive.sends_reports().then(|| Reports::new(seed));
        Self { keepalive, reports }
    }

    /// These tracks play from now on.
    pub fn begin<'a>(&mut self, tracks: impl Iterator<Item = &'a Track>, now: Instant) {
        if let Some(reports) = &mut self.reports {
            let rates: Vec<u32> = tracks.map(|track| track.clock_rate).collect();
            reports.begin(&rates, self.keepalive.timeout(), now);
        }
    }

    pub fn on_rtp(&mut self, track: usize, packet: &[u8], now: Instant) {
        self.keepalive.on_media(now);
        if let Some(reports) = &mut self.reports {
            reports.on_rtp(track, packet, now);
        }
    }

    pub fn on_rtcp(&mut self, track: usize, packet: &[u8], now: Instant) {
        if let Some(reports) = &mut self.reports {
            reports.on_rtcp(track, packet, now);
        }
    }

    /// How long a keepalive waits for its reply.
    pub fn patience(&self) -> Duration {
        self.keepalive.patience()
    }

    /// When something is due.
    pub fn deadline(&self, waits_for_reply: bool) -> Option<(Instant, &'static str)> {
        let keepalive = (!waits_for_reply).then(|| (self.keepalive.deadline(), "next keepalive"));
        let reports = self.reports.as_ref().and_then(Reports::deadline);
        let reports = reports.map(|at| (at, "next receiver reports"));
        let silent = self.keepalive.silent_at().map(|at| (at, "media may have ended"));
        [keepalive, reports, silent]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }
}

impl Session {
    /// Sends the signs of life that are due; whether there were any.
    pub(super) fn live(&mut self) -> bool {
        let keepalive = self.life.keepalive.poll(self.pending.is_some(), self.now);
        if let Some(sign) = keepalive {
            // PLAY would end a pause.
            let sign = if sign == Sign::Play && self.is_replay() {
                Sign::Options
            } else {
                sign
            };
            self.send(RequestPurpose::Keepalive(sign));
        }
        let reports = self.life.reports.as_mut().map(|reports| reports.poll(self.now));
        let reports = reports.unwrap_or_default();
        let any = keepalive.is_some() || !reports.is_empty();
        if !reports.is_empty() {
            self.life.keepalive.reported(self.now);
        }
        for (track, report) in reports {
            let set_up = self.tracks.iter().enumerate();
            let mut set_up = set_up.filter_map(|(index, planned)| Some((index, planned.channels?)));
            match set_up.nth(track) {
                Some((_, channels)) if self.carriage.now == LowerTransport::Interleaved => {
                    self.output
                        .push_back(SessionOutput::Send(interleaved(channels.rtcp, &report)));
                }
                Some((index, _)) => self.report_by_datagram(index, report),
                None => {}
            }
        }
        self.tell_lessons() || any
    }

    /// The device ended the session: what that teaches is said before the end.
    pub(super) fn died(&mut self) {
        if !self.sound.is_being_set_up() && !self.carriage.is_moving() {
            self.life.keepalive.ended(self.now);
            self.tell_lessons();
        }
    }

    fn tell_lessons(&mut self) -> bool {
        let mut any = false;
        while let Some(lesson) = self.life.keepalive.next_lesson() {
            // A pause looks like an end, and teaches nothing of live pictures.
            if self.is_replay() {
                continue;
            }
            self.emit(crate::Event::Learnt(Lesson::Keepalive(lesson)));
            any = true;
        }
        any
    }
}

/// A packet as it goes on the connection of the session (RFC 2326 §10.12).
fn interleaved(channel: u8, packet: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(4 + packet.len());
    out.put_slice(&[b'$', channel]);
    out.put_u16(u16::try_from(packet.len()).unwrap_or_default());
    out.put_slice(packet);
    out.freeze()
}
