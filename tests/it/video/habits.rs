//! What recorders do to RTP leaves every picture whole.

use bytes::Bytes;
use monomi::bridge::Frame;

use super::source::{MPEG4, Rgb, Watched, encode, installed, near};

const SIZE: (usize, usize) = (320, 240);

/// Every slice is another part of the picture from top to bottom.
const SLICED: &str = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=4000 \
                      option-string=slices=4:sliced-threads=0 ! rtph264pay pt=96 config-interval=-1 aggregate-mode=none mtu=60000";
const SLICED_H265: &str = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=4000 log-level=none \
                           option-string=open-gop=0:repeat-headers=1:slices=3 ! rtph265pay pt=96 config-interval=-1 \
                           aggregate-mode=none mtu=60000";

/// Colours in the middle of four parts, one above the other.
fn parts(frame: &Frame) -> Vec<Rgb> {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let pixel = |row: usize| {
        let at = (row * width + width / 2) * 4;
        [frame.data[at], frame.data[at + 1], frame.data[at + 2]]
    };
    (0..4).map(|part| pixel(height * (2 * part + 1) / 8)).collect()
}

#[test]
fn a_marker_on_every_slice_tears_no_picture() {
    for elements in [SLICED, SLICED_H265] {
        if !installed(elements) {
            continue;
        }
        // Each picture has another colour than the one before: what is torn has two.
        let colours: Vec<Rgb> = (0..30).map(|i| [if i % 2 == 0 { 40 } else { 200 }; 3]).collect();
        let rtp = encode(&colours, SIZE, "", elements);
        let slices = rtp.pictures[5].len();
        assert!(slices > 2, "the test's own stream: {slices} slices");
        let watched = Watched::new(&rtp.caps);
        for (number, packets) in rtp.pictures.iter().enumerate() {
            let marked: Vec<Bytes> = packets
                .iter()
                .map(|packet| {
                    let mut packet = packet.to_vec();
                    packet[1] |= 0x80;
                    packet.into()
                })
                .collect();
            watched.push(&marked);
            watched.wait_for("the next picture", |slot, _| slot.counts().published > number as u64);
            let frame = watched.slot.take().unwrap();
            let parts = parts(&frame);
            assert!(
                parts.iter().all(|part| near(*part, colours[number])),
                "picture {number} of {elements}: {parts:?}"
            );
        }
        assert_eq!(watched.slot.counts().published, 30, "{elements}");
        assert_eq!(watched.slot.counts().lost, 0);
    }
}

#[test]
fn mpeg_4_without_markers_or_after_a_loss_goes_on() {
    if !installed(MPEG4) {
        return;
    }
    let colours: Vec<Rgb> = (0..30).map(|i| [i * 8 + 8; 3]).collect();
    let rtp = encode(&colours, SIZE, "", MPEG4);
    let watched = Watched::new(&rtp.caps);
    for (number, packets) in rtp.pictures.iter().enumerate() {
        let unmarked = packets.iter().map(|packet| {
            let mut packet = packet.to_vec();
            packet[1] &= 0x7f;
            packet.into()
        });
        // One that others refer to is lost.
        if number != 4 {
            watched.push(&unmarked.collect::<Vec<_>>());
        }
    }
    watched.frame_of(colours[28]);
    watched.wait_for("all the others", |slot, _| slot.counts().published >= 28);
}

#[test]
fn a_stream_that_refreshes_little_by_little_is_shown_once_it_is_whole() {
    let refreshing = "x264enc speed-preset=ultrafast tune=zerolatency intra-refresh=true key-int-max=10 bitrate=4000 \
                      ! rtph264pay pt=96 config-interval=-1";
    if !installed(refreshing) {
        return;
    }
    let colours: Vec<Rgb> = (0..60).map(|_| [200, 60, 60]).collect();
    let rtp = encode(&colours, SIZE, "", refreshing);
    let watched = Watched::new(&rtp.caps);
    // The only IDR picture is missed.
    for packets in &rtp.pictures[3..] {
        watched.push(packets);
    }
    let frame = watched.frame_of([200, 60, 60]);
    assert!(
        parts(&frame).iter().all(|part| near(*part, [200, 60, 60])),
        "{:?}",
        parts(&frame)
    );
    // Without a wait for a key frame that never comes.
    watched.wait_for("the others", |slot, _| slot.counts().published > 30);
}
