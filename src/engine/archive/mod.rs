//! What recorders have recorded, asked over ONVIF: each search is a question of its device, for what somebody looks at. What is asked and
//! what is known of it stands in `archive`; how it is said, in `onvif`.

mod converse;
mod news;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

pub(super) use self::news::{ArchiveEvent, ArchiveNews};
use super::asking::ConversationEnd;
use super::connections::{GrantedQuestion, QuestionId};
use super::inbox::Inbox;
use crate::bridge::{PlaybackSearch, SearchTrouble};
use ::archive::{
    Answered, ArchiveAsker, ArchiveQuestion, RecordingKind, SignedDuration, Span, Stretch, Timeline, Timestamp,
};
use ::onvif::{Recordings, RecordingsPlan, StreamPlace};
use device::{ChannelId, Device, DeviceId, OnvifPlace, Registry};
use reconnect::{AttemptId, Failure, LinkView};

/// So many connections in a row that a device closes without an answer are enough.
const FRUITLESS: u8 = 3;

/// Recorders tell the end of what they still record with each file, which may last an hour. One that is older is an end.
const GOES_ON: SignedDuration = SignedDuration::from_hours(2);

/// What the connections have to do.
pub(super) enum ArchiveEffect {
    Changed,
    End(QuestionId),
    Again(QuestionId),
    Refused(QuestionId, Failure),
    Failed(QuestionId, AttemptId, Option<IpAddr>, Failure),
    /// Where the recordings of a channel are played, and the offset of the recorder's clock in seconds.
    Found(ChannelId, Option<StreamPlace>, Option<i64>),
}

#[derive(Default)]
pub(super) struct Archives {
    devices: BTreeMap<DeviceId, Archive>,
    effects: VecDeque<ArchiveEffect>,
}

/// The recordings of one device.
struct Archive {
    place: OnvifPlace,
    /// Of the device as it was when it was asked.
    contact: u64,
    channels: u16,
    asker: ArchiveAsker,
    timelines: BTreeMap<u16, Arc<Timeline>>,
    /// Why a channel is not asked any more.
    troubles: BTreeMap<u16, SearchTrouble>,
    asked: Option<Asked>,
}

/// The question under way.
struct Asked {
    what: ArchiveQuestion,
    /// `None`: it is not begun yet.
    question: Option<QuestionId>,
    recordings: Option<Box<Recordings>>,
    fruitless: u8,
    task: Option<AbortHandle>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Archive {
    /// What the asker knows of a channel is what is shown.
    fn show(&mut self, channel: u16) {
        if let Some(timeline) = self.asker.timeline(channel) {
            self.timelines.insert(channel, Arc::new(timeline.clone()));
        }
    }
}

impl Archives {
    /// Somebody looks at this stretch of a channel. A device without ONVIF is not asked.
    pub(super) fn look(&mut self, channel: ChannelId, device: &Device, visible: Stretch) {
        let Some(place) = &device.onvif else { return };
        // By ONVIF nobody but the registered device is asked.
        if device.unconfirmed {
            return;
        }
        let channels = u16::try_from(device.channel_ids().count()).unwrap_or(u16::MAX);
        let archive = self.devices.entry(device.id).or_insert_with(|| Archive {
            place: place.clone(),
            contact: device.contact_print(),
            channels,
            asker: ArchiveAsker::default(),
            timelines: BTreeMap::new(),
            troubles: BTreeMap::new(),
            asked: None,
        });
        archive.asker.want(channel.number, visible);
    }

    /// A person wants it to be asked once more.
    pub(super) fn retry(&mut self, channel: ChannelId) {
        if let Some(archive) = self.devices.get_mut(&channel.device) {
            archive.asker.retry(channel.number);
            archive.troubles.remove(&channel.number);
        }
    }

    /// A playback found out that there is nothing.
    pub(super) fn refute(&mut self, channel: ChannelId, stretch: Stretch) {
        let Some(archive) = self.devices.get_mut(&channel.device) else {
            return;
        };
        archive.asker.refute(channel.number, stretch);
        archive.show(channel.number);
        self.effects.push_back(ArchiveEffect::Changed);
    }

    /// Nobody looks at this channel any more.
    pub(super) fn leave(&mut self, channel: ChannelId) {
        let Some(archive) = self.devices.get_mut(&channel.device) else {
            return;
        };
        archive.asker.unwant(channel.number);
        if archive.asker.under_way().is_none() {
            self.drop_asked(channel.device);
        }
    }

    /// The devices of which something is to be asked now.
    pub(super) fn due(&mut self, wall: Timestamp) -> Vec<(DeviceId, OnvifPlace)> {
        let mut due = Vec::new();
        for (device, archive) in self.devices.iter_mut().filter(|(_, archive)| archive.asked.is_none()) {
            if let Some(what) = archive.asker.next(wall) {
                archive.asked = Some(Asked {
                    what,
                    question: None,
                    recordings: None,
                    fruitless: 0,
                    task: None,
                });
                due.push((*device, archive.place.clone()));
            }
        }
        due
    }

    /// The question was begun; `None`: it cannot be.
    pub(super) fn begun(&mut self, device: DeviceId, question: Option<QuestionId>) {
        let asked = self.devices.get_mut(&device).and_then(|archive| archive.asked.as_mut());
        match (asked, question) {
            (Some(asked), Some(question)) => asked.question = Some(question),
            _ => self.finish(device, Err(SearchTrouble::Gone)),
        }
    }

    pub(super) fn owns(&self, question: QuestionId) -> bool {
        self.device_of(question).is_some()
    }

    /// Converses with the permit that was granted.
    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>) {
        let Some(device) = self.device_of(granted.question) else {
            return;
        };
        let Some(archive) = self.devices.get_mut(&device) else {
            return;
        };
        let (channels, path) = (archive.channels, archive.place.path.clone());
        let Some(asked) = &mut archive.asked else { return };
        let what = asked.what;
        let recordings = asked.recordings.take().unwrap_or_else(|| {
            Box::new(Recordings::new(RecordingsPlan {
                path,
                credentials: granted.credentials.clone(),
                may_basic: granted.may_basic,
                seed: fastrand::u64(..),
                channel: what.channel,
                channels,
                from: what.stretch.from().as_second(),
                to: what.stretch.to().as_second(),
            }))
        });
        asked.task = Some(tokio::spawn(converse::run(granted, recordings, inbox)).abort_handle());
    }

    /// What a connection says; what the connections have to do comes out as an effect.
    pub(super) fn ended(
        &mut self,
        (question, attempt): (QuestionId, AttemptId),
        recordings: Box<Recordings>,
        end: ConversationEnd,
        wall: Timestamp,
    ) {
        let Some(device) = self.device_of(question) else {
            self.effects.push_back(ArchiveEffect::End(question));
            return;
        };
        let asked = self.devices.get_mut(&device).and_then(|archive| archive.asked.as_mut());
        let Some(asked) = asked else { return };
        asked.task = None;
        let trouble = |failure: &Failure| Err(SearchTrouble::Failed(failure.clone()));
        let (result, effect) = match end {
            ConversationEnd::Closed if asked.fruitless < FRUITLESS && recordings.result().failed.is_none() => {
                asked.fruitless += 1;
                asked.recordings = Some(recordings);
                self.effects.push_back(ArchiveEffect::Again(question));
                return;
            }
            ConversationEnd::Closed => (Err(SearchTrouble::Closes), ArchiveEffect::End(question)),
            ConversationEnd::Finished => return self.found(device, question, &recordings, wall),
            ConversationEnd::Refused(failure) => (trouble(&failure), ArchiveEffect::Refused(question, failure)),
            ConversationEnd::NotAsked(at) => (Err(SearchTrouble::NotAsked(at)), ArchiveEffect::End(question)),
            ConversationEnd::Broke(failure) => (trouble(&failure), ArchiveEffect::End(question)),
            ConversationEnd::Failed { address, failure } => (
                trouble(&failure),
                ArchiveEffect::Failed(question, attempt, address, failure),
            ),
        };
        self.finish(device, result);
        self.effects.push_back(effect);
    }

    /// The machine or the connections ended it.
    pub(super) fn lost(&mut self, question: QuestionId, failure: &Failure) {
        if let Some(device) = self.device_of(question) {
            self.finish(device, Err(SearchTrouble::Failed(failure.clone())));
        }
    }

    /// Questions for which no permit will come have failed.
    pub(super) fn judge(&mut self, view: impl Fn(QuestionId) -> Option<LinkView>) {
        let stopped = self.devices.iter().find_map(|(device, archive)| {
            let question = archive.asked.as_ref().filter(|asked| asked.task.is_none())?.question?;
            match view(question)? {
                LinkView::Stopped { failure, .. } => Some((*device, question, failure)),
                _ => None,
            }
        });
        if let Some((device, question, failure)) = stopped {
            self.finish(device, Err(SearchTrouble::Failed(failure)));
            self.effects.push_back(ArchiveEffect::End(question));
        }
    }

    /// A device that was changed is another one, perhaps.
    pub(super) fn set_registry(&mut self, registry: &Registry) {
        let is_same = |id: &DeviceId, archive: &Archive| {
            let device = registry.device(*id).filter(|device| device.enabled);
            device.is_some_and(|device| {
                device.onvif.as_ref() == Some(&archive.place) && device.contact_print() == archive.contact
            })
        };
        let gone: Vec<DeviceId> = self
            .devices
            .iter()
            .filter(|(id, archive)| !is_same(id, archive))
            .map(|(id, _)| *id)
            .collect();
        for device in gone {
            self.drop_asked(device);
            self.devices.remove(&device);
        }
    }

    pub(super) fn poll_effect(&mut self) -> Option<ArchiveEffect> {
        self.effects.pop_front()
    }

    /// What is known of the recordings of a channel.
    pub(super) fn timeline(&self, channel: ChannelId) -> Option<Arc<Timeline>> {
        self.devices
            .get(&channel.device)?
            .timelines
            .get(&channel.number)
            .cloned()
    }

    /// How far the search for them is.
    pub(super) fn search(&self, channel: ChannelId) -> PlaybackSearch {
        let Some(archive) = self.devices.get(&channel.device) else {
            return PlaybackSearch::NotAsked;
        };
        let is_asked = archive
            .asked
            .as_ref()
            .is_some_and(|asked| asked.what.channel == channel.number);
        match archive.troubles.get(&channel.number) {
            Some(trouble) => PlaybackSearch::Failed(trouble.clone()),
            None if is_asked => PlaybackSearch::Asking,
            None => PlaybackSearch::Known,
        }
    }

    fn device_of(&self, question: QuestionId) -> Option<DeviceId> {
        let of = |archive: &Archive| archive.asked.as_ref().and_then(|asked| asked.question) == Some(question);
        self.devices
            .iter()
            .find(|(_, archive)| of(archive))
            .map(|(device, _)| *device)
    }

    fn drop_asked(&mut self, device: DeviceId) {
        let asked = self.devices.get_mut(&device).and_then(|archive| archive.asked.take());
        let question = asked.and_then(|asked| asked.question);
        self.effects.extend(question.map(ArchiveEffect::End));
    }

    /// The conversation is done.
    fn found(&mut self, device: DeviceId, question: QuestionId, recordings: &Recordings, wall: Timestamp) {
        self.effects.push_back(ArchiveEffect::End(question));
        let found = recordings.result();
        if let Some(fault) = &found.failed {
            return self.finish(device, Err(SearchTrouble::Said(fault.clone())));
        }
        let offset = found.clock_offset.unwrap_or_default();
        let ours = |second: i64| Timestamp::from_second(second - offset).ok();
        let span = |(from, to): &(i64, i64)| {
            let stretch = Stretch::new(ours(*from)?, ours(*to)?)?;
            let kind = RecordingKind::Continuous;
            Some(Span { stretch, kind })
        };
        // Its oldest and its newest picture say nothing of what is between them.
        let spans: Vec<Span> = found.spans.iter().filter_map(span).filter(|_| !found.rough).collect();
        let archive = self.devices.get(&device);
        if let Some(asked) = archive.and_then(|archive| archive.asked.as_ref()) {
            let channel = ChannelId {
                device,
                number: asked.what.channel,
            };
            let told = ArchiveEffect::Found(channel, found.place.clone(), found.clock_offset);
            self.effects.push_back(told);
        }
        // What has had no newer picture for so long does not go on: nothing lies behind it.
        let goes_on = |until: &Timestamp| found.cut_off || wall.duration_since(*until) < GOES_ON;
        let known = found.known_until.and_then(ours).filter(goes_on);
        let until = known.unwrap_or(wall).min(wall);
        match found.rough {
            true => self.finish(device, Err(SearchTrouble::Rough)),
            false => self.finish(device, Ok((spans, Answered { until, at: wall }))),
        }
    }

    fn finish(&mut self, device: DeviceId, result: Result<(Vec<Span>, Answered), SearchTrouble>) {
        self.effects.push_back(ArchiveEffect::Changed);
        let Some(archive) = self.devices.get_mut(&device) else {
            return;
        };
        let Some(asked) = archive.asked.take() else { return };
        let ArchiveQuestion { number, channel, .. } = asked.what;
        match result {
            Ok((spans, answered)) => {
                if archive.asker.answered(number, answered, &spans) {
                    archive.show(channel);
                }
            }
            Err(trouble) => {
                if archive.asker.failed(number, "") {
                    archive.troubles.insert(channel, trouble);
                }
            }
        }
    }
}
