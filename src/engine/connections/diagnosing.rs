//! The attempt that a person diagnoses: that of the wall, where the device is on screen and shows nothing, as by *Retry now*; else one of its
//! own, as of a Test. It has the governor's permit like any other.

use std::sync::Arc;
use std::time::Instant;

use super::links::{LinkRecord, Purpose};
use super::{Connections, ConnectionsEffect, TestProgress};
use device::{Device, DeviceEdit, DeviceId, PasswordEdit, StreamId};
use reconnect::{Input, LinkId, LinkView, Rank, Stage};
use trace::Note;

/// What is diagnosed.
pub(super) struct Diagnosed {
    device: DeviceId,
    /// The link whose attempts are told, once it is known which one the governor dials.
    link: Option<LinkId>,
    /// It was made for this, and goes with it.
    own: bool,
}

/// Whose attempt is awaited.
pub(in crate::engine) struct Diagnosable {
    pub stream: StreamId,
    /// It was under way before, and has come so far.
    pub under_way: Option<Stage>,
}

impl Connections {
    /// Diagnoses a registered device, at this stream of it where one is named.
    pub(in crate::engine) fn diagnose(
        &mut self,
        device: &Device,
        stream: StreamId,
        is_named: bool,
        now: Instant,
    ) -> Diagnosable {
        self.end_diagnosis(now);
        if let Some(found) = self.diagnose_wall(device.id, stream, is_named, now) {
            return found;
        }
        // The quality that is on screen, where one is.
        let shown = |link: &LinkRecord| link.is_shown() && link.stream.channel == stream.channel;
        let shown = self.links.which(shown).first().copied();
        let stream = shown
            .and_then(|link| self.links.get(link))
            .map_or(stream, |link| link.stream);
        let link = LinkId(self.fresh_id());
        let purpose = Purpose::Test(Arc::new(device.clone()));
        self.links
            .insert(link, LinkRecord::new(purpose, stream, device.id, Rank::Selected));
        self.diagnosed = Some(Diagnosed {
            device: device.id,
            link: Some(link),
            own: true,
        });
        self.want_sign_in(device.id, &device.user, PasswordEdit::Keep, now);
        let (device, rank) = (device.id, Rank::Selected);
        self.machine.handle(Input::Want { link, device, rank }, now);
        self.machine.handle(Input::RetryNow(device), now);
        self.changed();
        Diagnosable {
            stream,
            under_way: None,
        }
    }

    /// Diagnoses a device as it is drafted.
    pub(in crate::engine) fn diagnose_draft(&mut self, edit: &DeviceEdit, stream: StreamId, now: Instant) {
        self.end_diagnosis(now);
        let (link, _slot) = self.begin_test(edit, stream, now);
        let device = self.links.get(link).map_or(edit.device.id, |link| link.device);
        self.diagnosed = Some(Diagnosed {
            device,
            link: Some(link),
            own: true,
        });
    }

    /// What is on screen of the device and shows nothing is tried, which costs what *Retry now* costs.
    fn diagnose_wall(
        &mut self,
        device: DeviceId,
        stream: StreamId,
        is_named: bool,
        now: Instant,
    ) -> Option<Diagnosable> {
        let fails = |link: &LinkRecord| {
            let plays = link.run.as_ref().is_some_and(|run| run.playing.is_some());
            link.is_shown() && link.device == device && !plays
        };
        let failing = self.links.which(fails);
        let named = self.links.of_stream(stream).filter(|link| failing.contains(link));
        let of_channel = |link: &LinkId| {
            let link = self.links.get(*link);
            link.is_some_and(|link| link.stream.channel == stream.channel)
        };
        let link = named.or_else(|| failing.iter().copied().find(of_channel));
        let link = match is_named {
            true => link?,
            false => link.or_else(|| failing.first().copied())?,
        };
        let record = self.links.get(link)?;
        let (stream, under_way) = (record.stream, record.run.as_ref().map(|run| run.stage().0));
        self.diagnosed = Some(Diagnosed {
            device,
            link: under_way.map(|_| link),
            own: false,
        });
        if under_way.is_none() {
            // Of the links of the device it is the first.
            let rank = Rank::Selected;
            self.machine.handle(Input::Want { link, device, rank }, now);
            self.retry_now(device, now);
        }
        Some(Diagnosable { stream, under_way })
    }

    /// Nobody diagnoses any more.
    pub(in crate::engine) fn end_diagnosis(&mut self, now: Instant) {
        if let Some(Diagnosed {
            link: Some(link),
            own: true,
            ..
        }) = self.diagnosed.take()
        {
            self.unwant(link, now);
        }
    }

    /// The password of a device is there now: what a person asks for need not wait for a timer.
    pub(super) fn diagnosis_has_password(&mut self, device: DeviceId, now: Instant) {
        if self.diagnosed.as_ref().is_some_and(|it| it.own && it.device == device) {
            self.machine.handle(Input::RetryNow(device), now);
        }
    }

    /// What the machine plans for the attempt that is awaited. `None`: it is not wanted any more.
    pub(in crate::engine) fn diagnosis_view(&self) -> Option<LinkView> {
        let diagnosed = self.diagnosed.as_ref()?;
        let link = match diagnosed.link {
            Some(link) => link,
            None => self
                .links
                .which(|link| link.device == diagnosed.device && link.is_shown())
                .first()
                .copied()?,
        };
        self.machine.link(link)
    }

    /// The link whose attempt is told is gone.
    pub(in crate::engine) fn diagnosis_is_lost(&self) -> bool {
        let link = self.diagnosed.as_ref().and_then(|diagnosed| diagnosed.link);
        link.is_some_and(|link| self.links.get(link).is_none())
    }

    pub(in crate::engine) fn is_diagnosing(&self) -> bool {
        self.diagnosed.is_some()
    }

    /// The picture that came without an attempt: its codec and its size in pixels.
    pub(in crate::engine) fn diagnosis_picture(&self) -> Option<(String, u32, u32)> {
        let device = self.diagnosed.as_ref()?.device;
        let shows = |link: &LinkRecord| link.device == device && link.slot.source().is_some();
        let link = self.links.get(*self.links.which(shows).first()?)?;
        let (width, height) = link.slot.source()?;
        Some((link.codec().to_owned(), width, height))
    }

    /// An attempt of this link begins; whether it is the one that is diagnosed, and which stream that is.
    pub(super) fn is_recorded(&mut self, link: LinkId) -> bool {
        // What is hidden shows no picture.
        let Some(record) = self.links.get(link).filter(|link| link.is_shown() || !link.is_stream()) else {
            return false;
        };
        let Some(diagnosed) = self.diagnosed.as_mut().filter(|it| it.device == record.device) else {
            return false;
        };
        let is_it = *diagnosed.link.get_or_insert(link) == link;
        if is_it {
            self.effects
                .push_back(ConnectionsEffect::Diagnosis(Traced::Stream(record.stream)));
        }
        is_it
    }

    /// Tells what became of the attempt that is diagnosed.
    pub(super) fn trace(&mut self, link: LinkId, note: impl FnOnce() -> Note) {
        if self.diagnosed.as_ref().is_some_and(|it| it.link == Some(link)) {
            self.effects
                .push_back(ConnectionsEffect::Diagnosis(Traced::Note(note())));
        }
    }

    /// The same, of what a Test is told.
    pub(super) fn trace_progress(&mut self, link: LinkId, progress: &TestProgress) {
        let size = || self.links.get(link).and_then(|link| link.slot.source());
        let note = match progress {
            TestProgress::Reached(stage) => Note::Reached(*stage),
            TestProgress::NotAsked(_) => Note::NotAsked,
            TestProgress::Passed { codec } => {
                let (width, height) = size().unwrap_or_default();
                let codec = codec.clone();
                Note::Picture { codec, width, height }
            }
            TestProgress::Failed(failure) => Note::Failed(failure.clone()),
        };
        self.trace(link, || note);
    }
}

/// What is told of the attempt that is diagnosed.
pub(in crate::engine) enum Traced {
    /// It is of this stream.
    Stream(StreamId),
    Note(Note),
}
