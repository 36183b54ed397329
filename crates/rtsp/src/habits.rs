//! What earlier sessions with a recorder taught, and what one session teaches.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{KeepaliveHabits, KeepaliveLesson};
use device::{Device, DeviceId, Registry, StreamId, StreamKind};

/// What is known of a recorder and one of its streams before a session begins. The default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    pub recorder: RecorderHabits,
    pub stream: StreamHabits,
}

/// What holds for all streams of a recorder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecorderHabits {
    /// How its sessions are kept alive.
    pub keepalive: KeepaliveHabits,
    /// How its media reached this computer last.
    pub transport: Option<LowerTransport>,
    /// The longest that it was seen to take for a reply.
    pub longest_reply: Option<Duration>,
}

/// What holds for one stream of a recorder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamHabits {
    /// The longest that it was seen to take from PLAY to its first picture.
    pub first_picture: Option<Duration>,
    /// Its own pace: the time from one picture to the next.
    pub picture_interval: Option<Duration>,
}

/// How media is carried (RFC 2326 §12.39).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LowerTransport {
    /// On the connection of the session itself (RFC 2326 §10.12).
    Interleaved,
    /// As datagrams to this computer.
    Udp,
    /// As datagrams to a group.
    Multicast,
}

/// One thing that a session taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// What it takes for a sign of life.
    Keepalive(KeepaliveLesson),
    /// Media came by this transport.
    Transport(LowerTransport),
    /// A reply took so long.
    Reply(Duration),
    /// The first picture took so long.
    FirstPicture(Duration),
    /// From one picture to the next it takes so long.
    PictureInterval(Duration),
}

/// Longer ones are not remembered: whoever wrote them down was wrong.
pub const LONGEST_HABIT: Duration = Duration::from_secs(10 * 60);

impl Habits {
    /// Takes a lesson in; whether anything is known now that was not known before.
    pub fn learn(&mut self, lesson: &Lesson) -> bool {
        let before = self.clone();
        match lesson {
            Lesson::Keepalive(lesson) => self.recorder.keepalive.learn(lesson),
            Lesson::Transport(transport) => self.recorder.transport = Some(*transport),
            Lesson::Reply(took) => grow(&mut self.recorder.longest_reply, *took),
            Lesson::FirstPicture(took) => grow(&mut self.stream.first_picture, *took),
            Lesson::PictureInterval(interval) => follow(&mut self.stream.picture_interval, *interval),
        }
        *self != before
    }
}

/// The longest counts. Less than a tenth of a second more is no news.
fn grow(known: &mut Option<Duration>, seen: Duration) {
    let seen = seen.min(LONGEST_HABIT);
    if known.is_none_or(|known| seen > known + NO_NEWS) {
        *known = Some(seen);
    }
}

/// The last one counts. A fifth more or less is no news.
fn follow(known: &mut Option<Duration>, seen: Duration) {
    let seen = seen.min(LONGEST_HABIT);
    if known.is_none_or(|known| seen.abs_diff(known) > NO_NEWS.max(known / 5)) {
        *known = Some(seen);
    }
}

const NO_NEWS: Duration = Duration::from_millis(100);

/// The habits of all devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HabitBook(BTreeMap<DeviceId, DeviceHabits>);

/// What is known of one device, as long as it is at the same origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceHabits {
    /// Where it was when this was learnt, see [`origin_of`].
    pub origin: String,
    pub recorder: RecorderHabits,
    pub streams: BTreeMap<(u16, StreamKind), StreamHabits>,
}

impl HabitBook {
    /// What is known of a stream of this device. Nothing, where the device is somewhere else now.
    #[must_use]
    pub fn of(&self, device: &Device, stream: StreamId) -> Habits {
        let known = self.0.get(&device.id).filter(|known| known.origin == origin_of(device));
        known.map_or_else(Habits::default, |known| Habits {
            recorder: known.recorder.clone(),
            stream: known.streams.get(&key(stream)).cloned().unwrap_or_default(),
        })
    }

    /// Takes in what a stream of this device taught; whether that was news.
    pub fn learn(&mut self, device: &Device, stream: StreamId, lesson: &Lesson) -> bool {
        let mut habits = self.of(device, stream);
        if !habits.learn(lesson) {
            return false;
        }
        let known = self.0.entry(device.id).or_default();
        let origin = origin_of(device);
        if known.origin != origin {
            *known = DeviceHabits {
                origin,
                ..DeviceHabits::default()
            };
        }
        known.recorder = habits.recorder;
        if habits.stream != StreamHabits::default() {
            known.streams.insert(key(stream), habits.stream);
        }
        true
    }

    /// Forgets devices that are not registered or are somewhere else now; whether there were any.
    pub fn forget_strangers(&mut self, registry: &Registry) -> bool {
        let before = self.0.len();
        self.0.retain(|id, known| {
            let device = registry.device(*id);
            device.is_some_and(|device| known.origin == origin_of(device))
        });
        self.0.len() != before
    }

    pub fn iter(&self) -> impl Iterator<Item = (DeviceId, &DeviceHabits)> {
        self.0.iter().map(|(id, known)| (*id, known))
    }

    #[must_use]
    pub fn get(&self, device: DeviceId) -> Option<&DeviceHabits> {
        self.0.get(&device)
    }
}

impl FromIterator<(DeviceId, DeviceHabits)> for HabitBook {
    fn from_iter<I: IntoIterator<Item = (DeviceId, DeviceHabits)>>(devices: I) -> Self {
        Self(devices.into_iter().collect())
    }
}

/// Carrier, host and port of a device as one word (RFC 6454 §4); no user, no path.
#[must_use]
pub fn origin_of(device: &Device) -> String {
    let scheme = match device.carrier {
        device::Carrier::Rtsp => "rtsp",
        device::Carrier::Rtsps => "rtsps",
    };
    format!("{scheme}://{}", device.host.with_port(device.port))
}

fn key(stream: StreamId) -> (u16, StreamKind) {
    (stream.channel.number, stream.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::ChannelId;
    use device::sample;

    const SECOND: Duration = Duration::from_secs(1);

    fn stream(device: &Device, number: u16) -> StreamId {
        let channel = ChannelId {
            device: device.id,
            number,
        };
        StreamId {
            channel,
            kind: StreamKind::Main,
        }
    }

    #[test]
    fn what_one_stream_learns_of_the_recorder_all_know_and_what_of_itself_it_alone() {
        let device = sample::device(7, "DVR", 4);
        let mut book = HabitBook::default();
        assert!(book.learn(&device, stream(&device, 1), &Lesson::Reply(13 * SECOND)));
        assert!(book.learn(&device, stream(&device, 1), &Lesson::PictureInterval(15 * SECOND)));
        assert!(book.learn(&device, stream(&device, 2), &Lesson::Transport(LowerTransport::Udp)));
        let (first, second) = (
            book.of(&device, stream(&device, 1)),
            book.of(&device, stream(&device, 2)),
        );
        assert_eq!(first.recorder, second.recorder);
        assert_eq!(first.recorder.longest_reply, Some(13 * SECOND));
        assert_eq!(first.recorder.transport, Some(LowerTransport::Udp));
        assert_eq!(first.stream.picture_interval, Some(15 * SECOND));
        assert_eq!(second.stream, StreamHabits::default());
    }

    #[test]
    fn what_is_known_already_is_no_news() {
        let mut habits = Habits::default();
        assert!(habits.learn(&Lesson::Reply(13 * SECOND)));
        for reply in [SECOND, 13 * SECOND, 13 * SECOND + NO_NEWS] {
            assert!(!habits.learn(&Lesson::Reply(reply)));
        }
        assert!(habits.learn(&Lesson::PictureInterval(5 * SECOND)));
        assert!(!habits.learn(&Lesson::PictureInterval(6 * SECOND)));
        assert!(habits.learn(&Lesson::PictureInterval(15 * SECOND)));
        assert!(habits.learn(&Lesson::FirstPicture(Duration::MAX)));
        assert_eq!(habits.stream.first_picture, Some(LONGEST_HABIT));
    }

    #[test]
    fn a_device_that_moved_or_is_gone_is_forgotten() {
        let device = sample::device(7, "DVR", 4);
        let mut book = HabitBook::default();
        book.learn(&device, stream(&device, 1), &Lesson::Reply(13 * SECOND));
        let moved = |change: &dyn Fn(&mut Device)| {
            let mut device = device.clone();
            change(&mut device);
            device
        };
        let registry =
            |device: Option<&Device>| sample::registry(device.into_iter().cloned().collect::<Vec<_>>().as_slice());
        assert!(!book.clone().forget_strangers(&registry(Some(&moved(&|device| {
            "new name".clone_into(&mut device.name);
        })))));
        for stranger in [
            moved(&|device| device.port += 1),
            moved(&|device| device.host = "192.0.2.77".parse().unwrap()),
            moved(&|device| device.carrier = device::Carrier::Rtsps),
        ] {
            assert_eq!(book.of(&stranger, stream(&stranger, 1)), Habits::default());
            let mut book = book.clone();
            assert!(book.forget_strangers(&registry(Some(&stranger))));
            assert_eq!(book, HabitBook::default());
        }
        let mut taught = book.clone();
        let stranger = moved(&|device| device.port += 1);
        assert!(taught.learn(&stranger, stream(&stranger, 1), &Lesson::FirstPicture(SECOND)));
        assert_eq!(
            taught.of(&stranger, stream(&stranger, 1)).recorder,
            RecorderHabits::default()
        );
        assert!(book.forget_strangers(&registry(None)));
    }
}
