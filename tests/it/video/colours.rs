//! Pictures have the colours that went into the camera, whatever matrix and range it uses.

use super::source::{H264, H265, JPEG, Rgb, Watched, encode, installed, middle, near};

/// Colours that come out wrong when matrix or range is mistaken, plus black and white for the range.
const COLOURS: [Rgb; 7] = [
    [200, 40, 40],
    [40, 200, 40],
    [40, 40, 200],
    [255, 255, 255],
    [0, 0, 0],
    [128, 128, 128],
    [220, 200, 30],
];

fn colours_survive(raw: &str, elements: &str, size: (usize, usize), target: Option<(u32, u32)>) {
    if !installed(elements) {
        return;
    }
    let rtp = encode(&COLOURS, size, raw, elements);
    let watched = Watched::with(&rtp.caps, target, true);
    for (packets, colour) in rtp.pictures.iter().zip(COLOURS) {
        watched.play(std::slice::from_ref(packets));
        let seen = middle(&watched.slot.take().unwrap());
        assert!(
            near(seen, colour),
            "{elements} {raw}: {colour:?} went in, {seen:?} came out"
        );
    }
}

#[test]
fn h264_in_bt601_and_bt709_limited_and_full_range() {
    // range:matrix:transfer:primaries; ranges 1 full, 2 limited; matrices 3 BT.709, 4 BT.601.
    for colorimetry in ["2:4:16:4", "2:3:5:1", "1:4:16:4", "1:3:5:1"] {
        colours_survive(&format!(",colorimetry={colorimetry}"), H264, (320, 240), None);
        colours_survive(
            &format!(",colorimetry={colorimetry}"),
            H264,
            (320, 240),
            Some((160, 90)),
        );
    }
}

#[test]
fn h265_in_bt601_and_bt709() {
    for colorimetry in ["2:4:16:4", "2:3:5:1"] {
        colours_survive(&format!(",colorimetry={colorimetry}"), H265, (320, 240), None);
    }
}

#[test]
fn jpeg_has_the_full_range() {
    colours_survive(",colorimetry=1:4:0:0", JPEG, (320, 240), None);
    colours_survive(",colorimetry=1:4:0:0", JPEG, (320, 240), Some((200, 150)));
    colours_survive(",colorimetry=1:4:0:0", JPEG, (1280, 720), Some((480, 270)));
}
