//! Datagrams, of which some never come: no picture that misses something is taken for whole.

mod packetiser;

use std::time::{Duration, Instant};

use packetiser::{Packetiser, picture};
use rtp::{Condition, Depacketizer, Format, Sync, TrackParameters};

const FRAME: Duration = Duration::from_millis(66);

/// What becomes of 20 pictures, an IDR picture each ten, of `bytes` each; `comes`: which packet of which picture does.
struct Story {
    conditions: Vec<Condition>,
    lost: u64,
    sync: Sync,
}

fn play(lossy: bool, bytes: usize, mut comes: impl FnMut(usize, usize, usize) -> bool) -> Story {
    let mut now = Instant::now();
    let parameters = TrackParameters {
        format: Format::H264,
        payload_type: 96,
        fmtp: &[],
        dimensions: None,
    };
    let mut track = Depacketizer::new(&parameters, now);
    if lossy {
        track = track.lossy();
    }
    let mut sender = Packetiser::new(Format::H264);
    let mut conditions = Vec::new();
    for number in 0..20 {
        let packets = sender.fragments(&picture(number % 10 == 0, 1, bytes, number as u8), 300);
        for (index, packet) in packets.iter().enumerate() {
            if comes(number, index, packets.len()) {
                track.push(packet, now);
            }
        }
        now += FRAME;
        track.poll(now);
        conditions.extend(std::iter::from_fn(|| track.next_unit()).map(|unit| unit.condition));
    }
    Story {
        conditions,
        lost: track.counts().lost,
        sync: track.sync(),
    }
}

#[test]
fn where_nothing_is_lost_all_is_whole() {
    let story = play(true, 900, |_, _, _| true);
    assert_eq!(story.conditions, [Condition::Whole; 20]);
    assert_eq!((story.lost, story.sync), (0, Sync::Synced));
}

#[test]
fn after_a_picture_of_one_packet_that_never_came_the_others_are_smeared_up_to_the_key_frame() {
    let missing = |number, _, _| number != 4;
    let story = play(true, 100, missing);
    let expected = [
        vec![Condition::Whole; 4],
        vec![Condition::Smeared; 5],
        vec![Condition::Whole; 10],
    ]
    .concat();
    assert_eq!((story.conditions, story.lost), (expected, 1));
    let ordered = play(false, 100, missing);
    assert_eq!(ordered.lost, 0, "on a connection so short a gap is not believed");
}

#[test]
fn a_packet_lost_at_any_place_of_a_picture_damages_it() {
    for gone in 0..4 {
        let story = play(true, 900, |number, index, _| number != 15 || index != gone);
        assert_eq!(story.lost, 1, "{gone}");
        let (before, after) = story.conditions.split_at(15);
        assert!(before.iter().all(|condition| *condition == Condition::Whole), "{gone}");
        assert!(
            after.iter().all(|condition| *condition != Condition::Whole),
            "{gone}: {after:?}"
        );
        assert!(matches!(story.sync, Sync::Smeared { .. }), "{gone}");
    }
}

#[test]
fn the_end_of_one_picture_and_the_beginning_of_the_next_are_missed() {
    let story = play(true, 900, |number, index, count| match number {
        13 => index + 1 < count,
        14 => index > 0,
        _ => true,
    });
    assert_eq!(story.lost, 2);
    assert!(
        story.conditions[13..]
            .iter()
            .all(|condition| *condition != Condition::Whole)
    );
}

#[test]
fn numbers_that_begin_anew_after_a_silence_hide_a_loss_and_those_without_one_do_not() {
    for (silence, sync_is_lost) in [(Duration::ZERO, false), (Duration::from_secs(3), true)] {
        let mut now = Instant::now();
        let parameters = TrackParameters {
            format: Format::H264,
            payload_type: 96,
            fmtp: &[],
            dimensions: None,
        };
        let mut track = Depacketizer::new(&parameters, now).lossy();
        let mut sender = Packetiser::new(Format::H264);
        for number in 0..10 {
            if number == 5 {
                sender.number = sender.number.wrapping_add(9_000);
                now += silence;
            }
            for packet in sender.fragments(&picture(number == 0, 1, 100, number as u8), 300) {
                track.push(&packet, now);
            }
            now += FRAME;
            track.poll(now);
            while track.next_unit().is_some() {}
        }
        assert_eq!(
            matches!(track.sync(), Sync::Smeared { .. }),
            sync_is_lost,
            "{silence:?}"
        );
    }
}
