//! From an event to its picture.

use crate::bridge::{Command, PlaybackWish};
use crate::ui::act::Act;
use archive::{SignedDuration, Timestamp};
use device::ChannelId;
use events::{EventRecord, Subject};

/// So long before an event its recording begins.
const BEFORE: SignedDuration = SignedDuration::from_secs(5);

/// The channel of which the recording of an event is played: its own, or the first of several.
pub(super) fn channel(event: &EventRecord) -> Option<ChannelId> {
    match event.subject {
        Subject::Channel(channel) => Some(channel),
        Subject::Channels(device) => {
            let number = *event.channels.iter().next()?;
            Some(ChannelId { device, number })
        }
        _ => None,
    }
}

/// Brings its tile to the screen.
pub(super) fn tile(event: &EventRecord) -> Option<Act> {
    channel(event).map(|channel| Act::Put(None, vec![channel]))
}

/// Plays what was recorded then, in the tile of the channel.
pub(super) fn play(event: &EventRecord) -> Option<Act> {
    let began = Timestamp::from_millisecond(i64::try_from(event.since.0).ok()?).ok()?;
    let wish = PlaybackWish::Open(Some(began.checked_sub(BEFORE).ok()?));
    Some(Act::Send(Command::Playback(channel(event)?, wish)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::DeviceId;
    use events::{EventId, Occurrence, WallTime};

    #[test]
    fn the_recording_of_an_event_begins_some_seconds_before_it() {
        let gate = ChannelId {
            device: DeviceId(1),
            number: 3,
        };
        let at = WallTime(1_795_856_400_000);
        let of = |subject| EventRecord::new(EventId(1), subject, Occurrence::Motion, at);
        let Some(Act::Send(Command::Playback(channel, PlaybackWish::Open(Some(from))))) =
            play(&of(Subject::Channel(gate)))
        else {
            panic!("it is played")
        };
        assert_eq!((channel, from.as_second()), (gate, 1_795_856_395));
        assert!(play(&of(Subject::Device(DeviceId(1)))).is_none());
    }
}
