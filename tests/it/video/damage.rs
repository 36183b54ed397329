//! What a broken or hostile device sends ends no player.

use bytes::Bytes;
use monomi::video::{PlayerEvent, SoundPlayer, TrackCaps};
use proptest::prelude::*;

use super::sound::ear;
use super::source::{H264, H265, JPEG, Rgb, Watched, encode, installed};

const BEFORE: Rgb = [60; 3];
const AFTER: Rgb = [200, 60, 60];

fn no_error(events: &[PlayerEvent]) -> bool {
    !events
        .iter()
        .any(|event| matches!(event, PlayerEvent::DecodeError { .. } | PlayerEvent::Unsupported { .. }))
}

/// A small generator: the same damage at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn a_damaged_stream_is_shown_again_once_it_is_whole() {
    for elements in [H264, H265, JPEG] {
        if !installed(elements) {
            continue;
        }
        // A key frame every ten pictures: what follows the damage begins with one.
        let colours: Vec<Rgb> = (0..32).map(|i| if i < 30 { BEFORE } else { AFTER }).collect();
        let range = if elements == JPEG { ",colorimetry=1:4:0:0" } else { "" };
        let rtp = encode(&colours, (320, 240), range, elements);
        let watched = Watched::new(&rtp.caps);
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for packet in rtp.pictures[..30].iter().flatten() {
            let mut bytes = packet.to_vec();
            match dice.roll() % 4 {
                0 => continue,
                1 => {
                    for _ in 0..8 {
                        let at = 12 + dice.roll() as usize % (bytes.len() - 12).max(1);
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte = dice.roll() as u8;
                        }
                    }
                }
                2 => bytes.truncate(12 + dice.roll() as usize % (bytes.len() - 12).max(1)),
                _ => {}
            }
            watched.player.push(Bytes::from(bytes));
        }
        rtp.pictures[30..].iter().for_each(|packets| watched.push(packets));
        watched.frame_of(AFTER);
        assert!(no_error(&watched.events()), "{elements}: {:?}", watched.events());
    }
}

/// Some hundred bytes can claim a picture of gigabytes, and a program that finds no memory ends.
#[test]
fn a_picture_that_no_camera_makes_is_not_decoded() {
    let mut rtp = encode(&[AFTER; 2], (64, 64), "", JPEG);
    rtp.caps.extra = vec![("x-dimensions".into(), "16000,16000".into())];
    let watched = Watched::new(&rtp.caps);
    for packet in rtp.pictures.iter().flatten() {
        let mut bytes = packet.to_vec();
        // RFC 2435, section 3.1.5: a side of 0 is stated elsewhere.
        bytes[18..20].fill(0);
        watched.player.push(Bytes::from(bytes));
    }
    let refused = |watched: &Watched| {
        watched.wait_for("the refusal", |_, _| watched.player.too_large().is_some());
        assert_eq!((watched.events(), watched.slot.counts().published), (Vec::new(), 0));
        watched.player.too_large().map(|size| (size.width, size.height))
    };
    assert_eq!(refused(&watched), Some((16_000, 16_000)));

    let mut rtp = encode(
        &[AFTER; 2],
        (64, 64),
        "",
        "x264enc tune=zerolatency ! rtph264pay config-interval=0 pt=96",
    );
    // 1000 × 1000 macroblocks, with a level that does not allow them.
    rtp.caps.fmtp = vec![
        ("packetization-mode".into(), "1".into()),
        ("sprop-parameter-sets".into(), "Z0IAKNoAPoAH0ZA=,aM44gA==".into()),
    ];
    let watched = Watched::new(&rtp.caps);
    let own_sets = |packet: &Bytes| matches!(packet[12] & 0x1f, 7 | 8 | 24);
    let packets = rtp.pictures.iter().flatten().filter(|packet| !own_sets(packet));
    packets.for_each(|packet| watched.player.push(packet.clone()));
    assert_eq!(refused(&watched), Some((16_000, 16_000)));
}

/// Its I pictures are no IDR pictures: a decoder that is shown the stream later begins with one of them all the same.
#[test]
fn a_stream_with_open_groups_of_pictures_is_shown_from_the_next_one() {
    let open = "x264enc bframes=2 b-adapt=false key-int-max=10 option-string=open-gop=1:scenecut=0:rc-lookahead=0 \
                ! rtph264pay config-interval=-1 aggregate-mode=none pt=96";
    let colours: Vec<Rgb> = (0..40).map(|i| if i < 10 { BEFORE } else { AFTER }).collect();
    let rtp = encode(&colours, (320, 240), "", open);
    let is_idr = |packet: &Bytes| match packet[12] & 0x1f {
        28 => packet[13] & 0x1f == 5,
        kind => kind == 5,
    };
    let later = rtp.pictures[5..].iter().flatten();
    assert_eq!(
        later.filter(|packet| is_idr(packet)).count(),
        0,
        "the test's own stream"
    );
    let watched = Watched::with(&rtp.caps, None, false);
    rtp.pictures[..5].iter().for_each(|packets| watched.push(packets));
    watched.player.set_decode(true);
    rtp.pictures[5..].iter().for_each(|packets| watched.push(packets));
    watched.frame_of(AFTER);
}

#[test]
fn parameter_sets_that_are_nonsense_do_not_matter_when_the_stream_has_its_own() {
    let mut rtp = encode(
        &[AFTER; 2],
        (320, 240),
        "",
        "x264enc tune=zerolatency ! rtph264pay config-interval=-1 pt=96",
    );
    rtp.caps.fmtp = vec![
        ("sprop-parameter-sets".into(), "!!!,%%%,AAAA=,Z0I".into()),
        ("packetization-mode".into(), "77".into()),
        ("profile-level-id".into(), "zzzzzz".into()),
    ];
    let watched = Watched::new(&rtp.caps);
    rtp.pictures.iter().for_each(|packets| watched.push(packets));
    watched.frame_of(AFTER);
}

#[test]
fn parameter_sets_that_only_the_sdp_has_are_used() {
    for elements in [
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay config-interval=0 pt=96",
        "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 log-level=none option-string=repeat-headers=0 \
         ! h265parse ! video/x-h265,stream-format=hvc1 ! rtph265pay config-interval=0 pt=96",
    ] {
        if !installed(elements) {
            continue;
        }
        let colours: Vec<Rgb> = (0..20).map(|i| if i < 10 { BEFORE } else { AFTER }).collect();
        let rtp = encode(&colours, (320, 240), "", elements);
        assert!(
            rtp.caps.fmtp.iter().any(|(name, _)| name.starts_with("sprop")),
            "{:?}",
            rtp.caps
        );
        // Hidden at first: the parameters must still be there when the stream is shown.
        for shown_at_first in [true, false] {
            let watched = Watched::with(&rtp.caps, None, shown_at_first);
            rtp.pictures[..5].iter().for_each(|packets| watched.push(packets));
            watched.player.set_decode(true);
            rtp.pictures[5..].iter().for_each(|packets| watched.push(packets));
            watched.frame_of(AFTER);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Ends when the player does: what is tested is that nothing panics, hangs or aborts.
    #[test]
    fn garbage_never_panics(
        codec in prop::sample::select(vec!["H264", "H265", "JPEG", "MP4V-ES", "VP8"]),
        fmtp in prop::collection::vec((".*", ".*"), 0..4),
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..40),
        as_rtp in any::<bool>(),
    ) {
        let caps = TrackCaps { media: "video".into(), encoding_name: codec.into(), payload_type: 96, fmtp, ..TrackCaps::default() };
        let watched = Watched::new(&caps);
        for (number, mut packet) in packets.into_iter().enumerate() {
            if as_rtp && packet.len() >= 12 {
                packet[0] = 0x80 | packet[0] & 0x1f;
                packet[2..4].copy_from_slice(&(number as u16).to_be_bytes());
            }
            watched.player.push(Bytes::from(packet));
        }
    }

    /// The same for sound, whatever the SDP says of it.
    #[test]
    fn garbage_never_panics_as_sound(
        codec in prop::sample::select(vec!["PCMU", "PCMA", "MPEG4-GENERIC", "MP4A-LATM"]),
        clock_rate in any::<u32>(),
        fmtp in prop::collection::vec((prop::sample::select(vec!["config", "sizelength", "indexlength", "mode", "x"]), "[0-9a-fA-F]{0,12}"), 0..5),
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..40),
    ) {
        gstreamer::init().unwrap();
        let fmtp = fmtp.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let caps = TrackCaps { media: "audio".into(), encoding_name: codec.into(), payload_type: 97, clock_rate, fmtp, ..TrackCaps::default() };
        let sound = SoundPlayer::new(&caps, &ear().0, |_| ());
        for (number, mut packet) in packets.into_iter().enumerate() {
            if packet.len() >= 12 {
                packet[..2].copy_from_slice(&[0x80, 97]);
                packet[2..4].copy_from_slice(&(number as u16).to_be_bytes());
            }
            if let Ok(sound) = &sound {
                sound.push(Bytes::from(packet));
            }
        }
    }
}
