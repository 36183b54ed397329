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
    /// How often it hung up at SETUP since its media came last. Two ends are for each of two transports, in turn: [`Self::doubts`].
    /// Not kept on disk, for it may only have been starting.
    pub ends_at_setup: u8,
    /// The longest that it took for a reply lately.
    pub longest_reply: Option<Duration>,
}

impl RecorderHabits {
    /// It hung up so often when it was asked for the usual transport that another one is to be asked for first.
    #[must_use]
    pub fn doubts(&self) -> bool {
        self.ends_at_setup / 2 % 2 == 1
    }
}

/// What holds for one stream of a recorder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamHabits {
    /// The longest that it took lately from PLAY to its first picture.
    pub first_picture: Option<Duration>,
    /// Its own pace: the time from one picture to the next.
    pub picture_interval: Option<Duration>,
    /// The longest silence between its pictures that ended by itself lately.
    pub longest_pause: Option<Duration>,
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
    /// It hung up when it was asked to set up the picture. `known`: [`RecorderHabits::ends_at_setup`] when the session began; of
    /// sessions that ran side by side one counts.
    EndAtSetup { known: u8 },
    /// The slowest reply took so long.
    Reply(Took),
    /// The first picture took so long.
    FirstPicture(Took),
    /// From one picture to the next it takes so long.
    PictureInterval(Duration),
    /// It was silent for so long in the middle of its pictures, and then went on; no time at all: it did not go on.
    Pause(Took),
}

/// How long something took in one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    pub time: Duration,
    /// What was known of it when the session began. Of several sessions that began with the same, the first one alone can make it
    /// less: they ran side by side.
    pub known: Option<Duration>,
}

/// What is quicker needs no memory: everybody is waited for so long.
pub const QUICK: Duration = Duration::from_secs(5);

/// Longer ones are not remembered: whoever wrote them down was wrong.
pub const LONGEST_HABIT: Duration = Duration::from_secs(10 * 60);

impl Habits {
    /// Takes a lesson in; whether anything is known now that was not known before.
    pub fn learn(&mut self, lesson: &Lesson) -> bool {
        let before = self.clone();
        match lesson {
            Lesson::Keepalive(lesson) => self.recorder.keepalive.learn(lesson),
            Lesson::Transport(transport) => {
                (self.recorder.transport, self.recorder.ends_at_setup) = (Some(*transport), 0);
            }
            Lesson::EndAtSetup { known } if *known == self.recorder.ends_at_setup => {
                self.recorder.ends_at_setup = known.wrapping_add(1);
            }
            Lesson::EndAtSetup { .. } => {}
            Lesson::Reply(took) => took.is_taken_into(&mut self.recorder.longest_reply),
            Lesson::FirstPicture(took) => took.is_taken_into(&mut self.stream.first_picture),
            Lesson::Pause(took) => took.is_taken_into(&mut self.stream.longest_pause),
            Lesson::PictureInterval(interval) => follow(&mut self.stream.picture_interval, *interval),
        }
        *self != before
    }
}

impl Took {
    /// A longer time counts at once. A shorter one makes the known one less by a quarter of the difference, so that what came once
    /// is forgotten after some sessions, and what comes now and then is not.
    fn is_taken_into(self, known: &mut Option<Duration>) {
        let seen = self.time.min(LONGEST_HABIT);
        let before = known.unwrap_or_default();
        if seen > before + NO_NEWS {
            *known = Some(seen).filter(|seen| *seen >= QUICK).or(*known);
        } else if seen + NO_NEWS < before && *known == self.known {
            let less = before - (before - seen) / 4;
            *known = Some(less).filter(|less| *less >= QUICK);
        }
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

    /// Takes over what a draft taught for the device that was registered at its origin; whether that is news. What the device
    /// taught itself counts more.
    pub fn adopt(&mut self, device: &Device, draft: &DeviceHabits) -> bool {
        let origin = origin_of(device);
        let known = self.0.get(&device.id).is_some_and(|known| known.origin == origin);
        let adopts = !known && draft.origin == origin;
        if adopts {
            self.0.insert(device.id, draft.clone());
        }
        adopts
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
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Of a session that began when nothing was known.
    fn took(time: Duration) -> Took {
        Took { time, known: None }
    }

    /// Sessions one after the other, each of which knows what the one before left.
    fn after(known: Option<Duration>, sessions: &[Duration]) -> Option<Duration> {
        let mut habits = Habits::default();
        habits.recorder.longest_reply = known;
        for time in sessions {
            let known = habits.recorder.longest_reply;
            habits.learn(&Lesson::Reply(Took { time: *time, known }));
        }
        habits.recorder.longest_reply
    }

    #[test]
    fn a_minute_that_a_reply_took_once_is_forgotten_after_some_sessions() {
        let hiccup = Some(60 * SECOND);
        assert_eq!(after(hiccup, &[SECOND / 10; 3]).map(|known| known.as_secs()), Some(25));
        assert_eq!(after(hiccup, &[SECOND / 10; 9]), None);
        assert_eq!(after(hiccup, &[13 * SECOND; 40]).map(|known| known.as_secs()), Some(13));
    }

    #[test]
    fn sessions_that_ran_side_by_side_make_it_less_once() {
        let mut habits = Habits::default();
        habits.learn(&Lesson::Reply(took(13 * SECOND)));
        let known = habits.recorder.longest_reply;
        let quick = Lesson::Reply(Took { time: SECOND, known });
        assert!(habits.learn(&quick));
        assert_eq!(habits.recorder.longest_reply, Some(10 * SECOND));
        for _ in 0..15 {
            assert!(!habits.learn(&quick));
        }
        // The one of sixteen channels that is slow is not forgotten because of the others.
        assert!(habits.learn(&Lesson::Reply(Took {
            time: 13 * SECOND,
            known
        })));
        assert_eq!(habits.recorder.longest_reply, known);
    }

    proptest! {
        #[test]
        fn what_is_remembered_goes_towards_what_the_last_sessions_took(
            earlier in proptest::collection::vec(0_u64..700_000, 0..20),
            last in proptest::collection::vec(0_u64..30_000, 40..60),
        ) {
            let millis = |times: &[u64]| times.iter().map(|time| Duration::from_millis(*time)).collect::<Vec<_>>();
            let (earlier, last) = (millis(&earlier), millis(&last));
            let before = after(None, &earlier);
            prop_assert!(before <= earlier.iter().max().copied(), "nothing is longer than what was seen");
            prop_assert!(before.is_none_or(|known| (QUICK..=LONGEST_HABIT).contains(&known)));
            let newest = earlier.last().copied().unwrap_or_default().min(LONGEST_HABIT);
            prop_assert!(newest < QUICK || before.unwrap_or_default() + NO_NEWS >= newest, "the newest is known");
            let known = after(before, &last).unwrap_or_default();
            let slowest = last.iter().max().copied().unwrap_or_default();
            prop_assert!(known <= slowest.max(QUICK) + 2 * NO_NEWS, "{known:?} after {slowest:?}");
        }
    }

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
        assert!(book.learn(&device, stream(&device, 1), &Lesson::Reply(took(13 * SECOND))));
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
        assert!(habits.learn(&Lesson::Reply(took(13 * SECOND))));
        for reply in [SECOND, 13 * SECOND, 13 * SECOND + NO_NEWS] {
            assert!(!habits.learn(&Lesson::Reply(took(reply))));
        }
        assert!(!Habits::default().learn(&Lesson::Reply(took(QUICK - NO_NEWS))));
        assert!(habits.learn(&Lesson::PictureInterval(5 * SECOND)));
        assert!(!habits.learn(&Lesson::PictureInterval(6 * SECOND)));
        assert!(habits.learn(&Lesson::PictureInterval(15 * SECOND)));
        assert!(habits.learn(&Lesson::FirstPicture(took(Duration::MAX))));
        assert_eq!(habits.stream.first_picture, Some(LONGEST_HABIT));
    }

    #[test]
    fn a_device_that_moved_or_is_gone_is_forgotten() {
        let device = sample::device(7, "DVR", 4);
        let mut book = HabitBook::default();
        book.learn(&device, stream(&device, 1), &Lesson::Reply(took(13 * SECOND)));
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
        assert!(taught.learn(&stranger, stream(&stranger, 1), &Lesson::FirstPicture(took(9 * SECOND))));
        assert_eq!(
            taught.of(&stranger, stream(&stranger, 1)).recorder,
            RecorderHabits::default()
        );
        assert!(book.forget_strangers(&registry(None)));
    }
}
