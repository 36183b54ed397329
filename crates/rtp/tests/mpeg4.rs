//! MPEG-4 Visual (RFC 6416) and what recorders do to it.

use std::time::{Duration, Instant};

use rtp::{AccessUnit, Condition, Depacketizer, Format, Key, Sync, TrackParameters};

/// Sequence, object and layer header of 320×240, as libavcodec writes them.
const CONFIG: [u8; 30] = [
    0, 0, 1, 0xb0, 1, 0, 0, 1, 0xb5, 0x89, 0x13, 0, 0, 1, 0, 0, 0, 1, 0x20, 0, 0xc4, 0x8d, 0x88, 0, 0x7d, 0x0a, 0x04,
    0x1e, 0x14, 0x43,
];
const GROUP: [u8; 7] = [0, 0, 1, 0xb3, 0, 0x10, 7];

/// How a recorder sends its pictures.
#[derive(Clone, Copy)]
struct Habit {
    markers: Option<bool>,
    size: usize,
    config_in_band: bool,
    numbers: fn(picture: u16, packet: u16, all: u16) -> u16,
    time: fn(picture: u32) -> u32,
}

const USUAL: Habit = Habit {
    markers: None,
    size: 200,
    config_in_band: true,
    numbers: |_, _, all| all,
    time: |picture| picture * 6_000,
};

fn picture(number: usize, config: bool) -> Vec<u8> {
    let key = number.is_multiple_of(10);
    let mut bytes = Vec::new();
    if key && config {
        bytes.extend(CONFIG);
    }
    if key {
        bytes.extend(GROUP);
    }
    bytes.extend([0, 0, 1, 0xb6, if key { 0x10 } else { 0x50 }]);
    bytes.extend((0..300 + number * 7 % 400).map(|at| (at % 250) as u8 + 1));
    bytes
}

struct Played {
    units: Vec<AccessUnit>,
    track: Depacketizer,
}

fn described() -> Vec<(String, String)> {
    let digits = CONFIG.iter().map(|byte| format!("{byte:02X}")).collect();
    vec![("config".to_owned(), digits)]
}

fn play(habit: Habit, fmtp: &[(String, String)], loses: impl Fn(usize, usize) -> bool) -> Played {
    let mut now = Instant::now();
    let parameters = TrackParameters {
        format: Format::Mpeg4,
        payload_type: 96,
        fmtp,
        dimensions: None,
    };
    let mut track = Depacketizer::new(&parameters, now);
    let (mut units, mut all) = (Vec::new(), 0);
    for number in 0..100 {
        let bytes = picture(number, habit.config_in_band);
        let count = bytes.chunks(habit.size).count();
        for (index, chunk) in bytes.chunks(habit.size).enumerate() {
            let marker = habit.markers.unwrap_or(index + 1 == count);
            let sequence = (habit.numbers)(number as u16, index as u16, all);
            let mut packet = vec![0x80, if marker { 0x80 | 96 } else { 96 }];
            packet.extend(sequence.to_be_bytes());
            packet.extend((habit.time)(number as u32).to_be_bytes());
            packet.extend([9; 4]);
            packet.extend(chunk);
            all += 1;
            if !loses(number, index) {
                track.push(&packet, now);
            }
        }
        units.extend(std::iter::from_fn(|| track.next_unit()));
        for _ in 0..6 {
            now += Duration::from_millis(11);
            track.poll(now);
        }
        units.extend(std::iter::from_fn(|| track.next_unit()));
    }
    now += Duration::from_secs(1);
    track.poll(now);
    units.extend(std::iter::from_fn(|| track.next_unit()));
    Played { units, track }
}

#[test]
fn pictures_are_whole_whatever_stands_in_the_headers_of_packets() {
    let habits = [
        USUAL,
        Habit {
            markers: Some(false),
            ..USUAL
        },
        Habit {
            markers: Some(true),
            ..USUAL
        },
        Habit {
            numbers: |_, packet, _| packet,
            ..USUAL
        },
        Habit {
            numbers: |_, _, _| 7,
            ..USUAL
        },
        Habit {
            numbers: |picture, _, all| all + 2 * picture,
            ..USUAL
        },
        Habit {
            time: |_| 4_711,
            ..USUAL
        },
        Habit {
            time: |picture| 0_u32.wrapping_sub(picture * 6_000),
            ..USUAL
        },
        // Start codes straddle the borders of packets.
        Habit { size: 3, ..USUAL },
        Habit {
            size: 3,
            markers: Some(false),
            ..USUAL
        },
    ];
    for (index, habit) in habits.into_iter().enumerate() {
        let Played { units, track } = play(habit, &[], |_, _| false);
        assert_eq!(units.len(), 100, "habit {index}");
        for (number, unit) in units.iter().enumerate() {
            assert_eq!(unit.data, picture(number, true), "habit {index}, picture {number}");
            assert_eq!(unit.condition, Condition::Whole, "habit {index}, picture {number}");
            assert_eq!(unit.key, number.is_multiple_of(10).then_some(Key::RandomAccess));
        }
        assert_eq!((track.counts().lost, track.sync()), (0, Sync::Synced), "habit {index}");
        assert_eq!(
            track.picture_format().map(|format| (format.width, format.height)),
            Some((320, 240))
        );
    }
}

#[test]
fn what_the_description_says_stands_before_key_frames_that_lack_it() {
    let habit = Habit {
        config_in_band: false,
        ..USUAL
    };
    let played = play(habit, &described(), |_, _| false);
    for (number, unit) in played.units.iter().enumerate() {
        let own = picture(number, false);
        let expected = if number.is_multiple_of(10) {
            [&CONFIG[..], &own].concat()
        } else {
            own
        };
        assert_eq!(unit.data, expected, "picture {number}");
    }
}

#[test]
fn after_a_loss_pictures_are_not_whole_up_to_the_next_key_frame_and_then_they_are() {
    // So small that the numbers have been right for long.
    let small = Habit { size: 40, ..USUAL };
    let played = play(small, &[], |picture, packet| picture == 72 && packet == 1);
    let whole = |unit: &AccessUnit| unit.condition == Condition::Whole;
    assert!(played.units[..72].iter().all(whole) && played.units[80..].iter().all(whole));
    assert!(!played.units[72..80].iter().any(whole));
    assert_eq!((played.units.len(), played.track.counts().lost), (100, 1));
}
