//! Any bytes as RTP packets of one track: no panic, what is held stays bounded, and work grows with the bytes alone.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use rtp::{Depacketizer, Format, TrackParameters};

/// Two pictures of the largest size with their spare room, and as much that waits for its turn.
const MOST_HELD: usize = 6 * (4 << 20);

// The first byte chooses the format and the parameters. Then come packets: two bytes of length, one of time in milliseconds.
fuzz_target!(|input: &[u8]| {
    let Some((&choice, mut rest)) = input.split_first() else { return };
    let format = [Format::H264, Format::H265, Format::Jpeg, Format::Mpeg4][usize::from(choice % 4)];
    let interleaved: &[(&str, &str)] = match choice >> 4 & 3 {
        1 => &[("sprop-interleaving-depth", "3"), ("sprop-depack-buf-nalus", "3")],
        2 => &[("sprop-max-don-diff", "2")],
        _ => &[],
    };
    let fmtp: Vec<(String, String)> =
        interleaved.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut now = Instant::now();
    let parameters = TrackParameters { format, payload_type: 96, fmtp: &fmtp, dimensions: None };
    let mut track = Depacketizer::new(&parameters, now);
    track = match choice >> 2 & 3 {
        1 => track.lossy(),
        2 => track.alone(),
        _ => track,
    };
    let (mut sent, mut packets) = (0, 0);
    while let [l0, l1, pause, more @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1])).min(more.len());
        let (packet, after) = more.split_at(length);
        rest = after;
        now += Duration::from_millis(u64::from(*pause));
        track.poll(now);
        track.push(packet, now);
        (sent, packets) = (sent + length as u64, packets + 1);
        // Headers of a JPEG file, or parameter sets, may be written once a packet.
        assert!(track.work() <= 8 * sent + 8 * 1024 * packets, "{} for {sent} bytes", track.work());
        assert!(track.buffered() <= MOST_HELD);
        while choice & 0x40 == 0
            && let Some(unit) = track.next_unit()
        {
            assert!(!unit.data.is_empty() && unit.front <= unit.data.len());
        }
    }
    track.restart(now);
    assert!(track.next_unit().is_none() && track.deadline().is_none());
});
