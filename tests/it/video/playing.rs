//! One stream, one slot: sizes, order, hiding, ending.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use monomi::bridge::{FrameSlot, SlotCounts};
use monomi::video::{DecoderChoice, Excess, Player, PlayerConfig, PlayerEvent, TrackCaps, VideoError};

use super::source::{H264, H265, JPEG, MPEG4, PATIENCE, Rgb, Watched, encode, installed};

const SIZE: (usize, usize) = (320, 240);

/// Shades that are told apart easily.
fn shades(count: u8) -> Vec<Rgb> {
    (0..count).map(|i| [i * 10 + 5; 3]).collect()
}

#[test]
fn every_picture_comes_out_without_waiting_for_the_next_one() {
    for elements in [H264, H265, JPEG, MPEG4] {
        if installed(elements) {
            let rtp = encode(&shades(5), SIZE, "", elements);
            let watched = Watched::new(&rtp.caps);
            watched.play(&rtp.pictures);
            assert_eq!(watched.slot.counts().published, 5, "{elements}");
        }
    }
}

#[test]
fn the_first_picture_is_told_with_the_size_of_the_stream_and_its_codec() {
    let rtp = encode(&shades(2), SIZE, "", H264);
    let watched = Watched::with(&rtp.caps, Some((100, 50)), true);
    watched.play(&rtp.pictures);
    watched.wait_for("the first event", |_, events| events.len() >= 2);
    assert_eq!(
        watched.events()[..2],
        [
            PlayerEvent::FirstPicture {
                width: 320,
                height: 240,
                codec: "H.264"
            },
            PlayerEvent::Picture { frames: 1 }
        ]
    );
    assert_eq!(watched.slot.source(), Some((320, 240)));
    assert_eq!(watched.player.codec(), "H.264");
}

#[test]
fn pictures_take_the_size_of_their_tile_and_are_never_enlarged() {
    let rtp = encode(&shades(8), SIZE, "", H264);
    let watched = Watched::new(&rtp.caps);
    // What is asked for, what is delivered.
    let steps = [
        (None, (320, 240)),
        (Some((160, 90)), (160, 90)),
        // Within the tolerance: a window edge that trembles costs nothing.
        (Some((161, 91)), (160, 90)),
        (Some((200, 120)), (200, 120)),
        (Some((1920, 1080)), (320, 240)),
        (Some((1, 1)), (1, 1)),
        (Some((319, 7)), (319, 7)),
        (None, (320, 240)),
    ];
    for ((asked, expected), packets) in steps.into_iter().zip(&rtp.pictures) {
        let (width, height) = asked.unwrap_or_default();
        watched.slot.set_target(width, height);
        watched.play(std::slice::from_ref(packets));
        let frame = watched.slot.take().unwrap();
        assert_eq!((frame.width, frame.height), expected, "asked for {asked:?}");
        assert_eq!(frame.data.len() as u32, frame.width * frame.height * 4);
    }
}

#[test]
fn the_newest_picture_wins() {
    let colours = shades(20);
    let rtp = encode(&colours, SIZE, "", H264);
    let watched = Watched::new(&rtp.caps);
    rtp.pictures.iter().for_each(|packets| watched.push(packets));
    watched.wait_for("all pictures", |slot, _| slot.counts().published == 20);
    assert_eq!(
        watched.slot.counts(),
        SlotCounts {
            published: 20,
            replaced: 19,
            lost: 0
        }
    );
    let frame = watched.frame_of(colours[19]);
    assert_eq!(frame.number, 20);
    assert!(watched.slot.take().is_none());
}

#[test]
fn a_picture_that_was_taken_is_not_painted_over() {
    let colours = shades(8);
    let rtp = encode(&colours, SIZE, "", H264);
    let watched = Watched::new(&rtp.caps);
    watched.play(&rtp.pictures[..1]);
    let first = watched.slot.take().unwrap();
    let bytes = first.data.to_vec();
    watched.play(&rtp.pictures[1..]);
    assert_eq!(first.data[..], bytes[..]);
}

#[test]
fn a_hidden_stream_is_not_decoded_and_goes_on_with_the_next_key_frame() {
    // A key frame every ten pictures; the colour marks the last one before each pause.
    let (plain, mark): (Rgb, Rgb) = ([30; 3], [200; 3]);
    let colours: Vec<Rgb> = (0..40).map(|i| if i == 19 || i == 39 { mark } else { plain }).collect();
    let rtp = encode(&colours, SIZE, "", H264);
    let push = |watched: &Watched, range: std::ops::Range<usize>| {
        rtp.pictures[range].iter().for_each(|packets| watched.push(packets));
    };
    let watched = Watched::with(&rtp.caps, None, false);
    push(&watched, 0..5);
    watched.player.set_decode(true);
    push(&watched, 5..20);
    assert_eq!(
        watched.frame_of(mark).number,
        10,
        "the pictures 5 to 9 lack their key frame"
    );

    watched.player.set_decode(false);
    push(&watched, 20..25);
    watched.player.set_decode(true);
    push(&watched, 25..40);
    assert_eq!(
        watched.frame_of(mark).number,
        20,
        "the pictures 25 to 29 lack their key frame"
    );
    assert_eq!(watched.slot.counts().lost, 0, "what was not wanted is not lost");
}

#[test]
fn a_stream_may_change_its_size_and_change_it_back() {
    let small = encode(&shades(12), SIZE, "", H264);
    let large = encode(&shades(12), (640, 360), "", H264);
    let watched = Watched::with(
        &TrackCaps {
            fmtp: Vec::new(),
            ..small.caps.clone()
        },
        None,
        true,
    );
    let resized = |events: &[PlayerEvent], (width, height)| {
        let new = PlayerEvent::Resized {
            width: width as u32,
            height: height as u32,
        };
        events.iter().filter(|event| **event == new).count()
    };
    watched.play(&small.pictures);
    // Each size has two key frames: parameter sets that the decoder has, and others.
    for time in 1..=2 {
        watched.play(&large.pictures);
        watched.wait_for("the new size", |_, events| resized(events, (640, 360)) == time);
        watched.play(&small.pictures);
        watched.wait_for("the old size", |_, events| resized(events, SIZE) == time);
    }
}

#[test]
fn jpeg_pictures_larger_than_2040_pixels_are_shown() {
    let rtp = encode(&shades(2), (2560, 1920), "", JPEG);
    assert_eq!(rtp.caps.extra.len(), 1, "x-dimensions");
    let watched = Watched::with(&rtp.caps, Some((320, 240)), true);
    watched.play(&rtp.pictures);
    assert_eq!(watched.slot.source(), Some((2560, 1920)));
}

#[test]
fn interlaced_pictures_of_old_recorders_are_shown() {
    let elements = "x264enc tune=zerolatency speed-preset=ultrafast interlaced=true ! rtph264pay pt=96";
    let rtp = encode(&shades(4), (704, 480), ",interlace-mode=interleaved", elements);
    let watched = Watched::with(&rtp.caps, Some((352, 240)), true);
    watched.play(&rtp.pictures);
    assert_eq!(watched.slot.source(), Some((704, 480)));
}

#[test]
fn lost_packets_are_counted() {
    let rtp = encode(&shades(3), SIZE, "", H264);
    let watched = Watched::new(&rtp.caps);
    watched.push(&rtp.pictures[0]);
    watched.push(&rtp.pictures[2]);
    assert_eq!(watched.slot.counts().lost as usize, rtp.pictures[1].len());
}

#[test]
fn what_cannot_be_shown_is_said_by_name() {
    monomi::video::init().unwrap();
    let refused = |media: &str, encoding_name: &str| {
        let caps = TrackCaps {
            media: media.into(),
            encoding_name: encoding_name.into(),
            ..TrackCaps::default()
        };
        let config = PlayerConfig {
            caps,
            threads: 1,
            decoder: DecoderChoice::Auto,
            decode: true,
            lossy: false,
        };
        match Player::new(config, Arc::new(FrameSlot::default()), Arc::new(|| ()), |_| ()) {
            Err(VideoError::Unsupported { codec, .. }) => codec,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{encoding_name} was taken"),
        }
    };
    assert_eq!(refused("video", "X-SVAC"), "X-SVAC");
    assert_eq!(refused("audio", "PCMU"), "PCMU");
}

#[test]
fn a_dropped_player_leaves_nothing_behind() {
    let rtp = encode(&shades(10), SIZE, "", H264);
    let slots: Vec<Arc<FrameSlot>> = (0..20)
        .map(|_| {
            let watched = Watched::new(&rtp.caps);
            rtp.pictures.iter().for_each(|packets| watched.push(packets));
            Arc::clone(&watched.slot)
        })
        .collect();
    // The pipeline's threads hold the slot: when they are gone it is ours alone.
    let deadline = Instant::now() + PATIENCE;
    while slots.iter().any(|slot| Arc::strong_count(slot) > 1) {
        assert!(Instant::now() < deadline, "a pipeline is still alive");
        std::thread::yield_now();
    }
    let counts: Vec<SlotCounts> = slots.iter().map(|slot| slot.counts()).collect();
    assert!(counts.iter().all(|count| count.published <= 10));
}

/// What the key frame of VP8 or VP9 in these packets says of its size becomes 16383×16383 or 16384×16384.
fn enlarge(packets: &mut [Bytes]) {
    let mut first = packets[0].to_vec();
    let find = |code: [u8; 3]| first.windows(3).position(|bytes| bytes == code);
    match (find([0x9d, 0x01, 0x2a]), find([0x49, 0x83, 0x42])) {
        (Some(at), _) => first[at + 3..at + 7].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]),
        (None, Some(at)) => {
            // Width and height less one, 16 bits each, from the middle of a byte on.
            first[at + 3] = first[at + 3] & 0xf0 | 3;
            first[at + 4..at + 7].copy_from_slice(&[0xff, 0xf3, 0xff]);
            first[at + 7] |= 0xf0;
        }
        (None, None) => panic!("no key frame"),
    }
    packets[0] = first.into();
}

#[test]
fn pictures_that_only_their_own_header_calls_huge_never_reach_the_decoder() {
    let vp8 = "vp8enc deadline=1 keyframe-max-dist=3 ! rtpvp8pay pt=96";
    let vp9 = "vp9enc deadline=1 keyframe-max-dist=3 ! rtpvp9pay pt=96";
    for elements in [vp8, vp9] {
        if !installed(elements) {
            continue;
        }
        let mut rtp = encode(&shades(9), SIZE, "", elements);
        let watched = Watched::new(&rtp.caps);
        watched.play(&rtp.pictures[..3]);
        enlarge(&mut rtp.pictures[3]);
        rtp.pictures[3..6].iter().for_each(|packets| watched.push(packets));
        watched.wait_for("the refusal", |_, _| watched.player.too_large().is_some());
        let refused = watched.player.too_large().unwrap();
        assert!(refused.width >= 16_383 && refused.height >= 16_383, "{refused:?}");
        assert_eq!(refused.excess, Excess::Alone);
        watched.play(&rtp.pictures[6..7]);
        assert_eq!(watched.slot.counts().published, 4, "{elements}");
        assert_eq!(watched.player.too_large(), None);
        let failed =
            |event: &PlayerEvent| !matches!(event, PlayerEvent::FirstPicture { .. } | PlayerEvent::Picture { .. });
        assert!(!watched.events().iter().any(failed), "{:?}", watched.events());
    }
}
