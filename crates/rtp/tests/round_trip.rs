//! Random units in all packetization modes come out as the access units that went in, and no bytes do harm.

mod packetiser;

use std::time::{Duration, Instant};

use packetiser::{Packetiser, fragmented_numbered, nal, picture, picture_h265, stream};
use proptest::prelude::*;
use rtp::{AccessUnit, Depacketizer, Format, MOST_READY, TrackParameters};

const LARGEST: usize = 4 << 20;

fn track(format: Format, fmtp: &[(String, String)]) -> (Depacketizer, Instant) {
    let now = Instant::now();
    let parameters = TrackParameters {
        format,
        payload_type: 96,
        fmtp,
        dimensions: Some((64, 48)),
    };
    (Depacketizer::new(&parameters, now), now)
}

/// Pushes packets 10 ms apart; all units, with the last one that silence ends.
fn play(track: &mut Depacketizer, mut now: Instant, packets: &[Vec<u8>]) -> Vec<AccessUnit> {
    let mut units = Vec::new();
    for packet in packets {
        now += Duration::from_millis(1);
        track.push(packet, now);
        units.extend(std::iter::from_fn(|| track.next_unit()));
    }
    track.poll(now + Duration::from_secs(2));
    units.extend(std::iter::from_fn(|| track.next_unit()));
    units
}

/// A unit in an aggregation packet.
fn sized(nal: &[u8]) -> Vec<u8> {
    [&(nal.len() as u16).to_be_bytes(), nal].concat()
}

/// How a picture's units are put into packets.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Single,
    Fragments,
    /// STAP-A, or AP.
    Aggregate,
    /// STAP-B.
    Numbered,
    Mtap16,
    Mtap24,
    /// FU-B and FU-A.
    NumberedFragments,
}

fn payloads(format: Format, nals: &[Vec<u8>], mode: Mode, size: usize) -> Vec<Vec<u8>> {
    let header = |kind: u8| match format {
        Format::H264 => vec![0x60 | kind],
        _ => vec![48 << 1, 1],
    };
    match mode {
        Mode::Single => nals.to_vec(),
        Mode::Fragments => nals
            .iter()
            .flat_map(|nal| packetiser::fragmented(format, nal, size))
            .collect(),
        Mode::Aggregate => {
            let mut payload = header(24);
            nals.iter().for_each(|nal| payload.extend(sized(nal)));
            vec![payload]
        }
        Mode::Numbered => {
            let mut payload = header(25);
            payload.extend([0, 7]);
            nals.iter().for_each(|nal| payload.extend(sized(nal)));
            vec![payload]
        }
        Mode::Mtap16 | Mode::Mtap24 => {
            let (kind, offset) = if matches!(mode, Mode::Mtap16) {
                (26, vec![0; 2])
            } else {
                (27, vec![0; 3])
            };
            let mut payload = header(kind);
            payload.extend([0, 7]);
            for (index, nal) in nals.iter().enumerate() {
                payload.extend((nal.len() as u16).to_be_bytes());
                payload.push(index as u8);
                payload.extend(&offset);
                payload.extend(nal);
            }
            vec![payload]
        }
        Mode::NumberedFragments => nals
            .iter()
            .flat_map(|nal| fragmented_numbered(format, nal, size, Some(7)))
            .collect(),
    }
}

fn modes_of_h264() -> impl Strategy<Value = Mode> {
    prop::sample::select(vec![
        Mode::Single,
        Mode::Fragments,
        Mode::Aggregate,
        Mode::Numbered,
        Mode::Mtap16,
        Mode::Mtap24,
        Mode::NumberedFragments,
    ])
}

/// Key or not, slices, bytes of a slice.
fn shapes() -> impl Strategy<Value = Vec<(bool, usize, usize)>> {
    prop::collection::vec((any::<bool>(), 1..4_usize, 1..1_500_usize), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn h264_comes_out_as_it_went_in(shapes in shapes(), modes in prop::collection::vec(modes_of_h264(), 12), size in 1..1_400_usize) {
        let mut sender = Packetiser::new(Format::H264);
        let (mut packets, mut sent) = (Vec::new(), Vec::new());
        for (index, (key, slices, length)) in shapes.into_iter().enumerate() {
            let nals = picture(key || index == 0, slices, length, index as u8);
            packets.extend(sender.payloads(&payloads(Format::H264, &nals, modes[index], size)));
            sent.push(stream(&nals));
        }
        let (mut track, now) = track(Format::H264, &[]);
        let units = play(&mut track, now, &packets);
        prop_assert_eq!(units.iter().map(|unit| unit.data.to_vec()).collect::<Vec<_>>(), sent);
    }

    #[test]
    fn h265_comes_out_as_it_went_in_with_and_without_decoding_order_numbers(
        shapes in shapes(),
        modes in prop::collection::vec(prop::sample::select(vec![Mode::Single, Mode::Fragments, Mode::Aggregate]), 12),
        size in 1..1_400_usize,
        numbered in any::<bool>(),
    ) {
        let mut sender = Packetiser::new(Format::H265);
        let (mut packets, mut sent) = (Vec::new(), Vec::new());
        for (index, (key, slices, length)) in shapes.into_iter().enumerate() {
            let nals = picture_h265(key || index == 0, slices, length, index as u8);
            let mut made = payloads(Format::H265, &nals, modes[index], size);
            if numbered {
                made = with_numbers(&nals, modes[index], size);
            }
            packets.extend(sender.payloads(&made));
            sent.push(stream(&nals));
        }
        let fmtp = [("sprop-max-don-diff".to_owned(), if numbered { "4" } else { "0" }.to_owned())];
        let (mut track, now) = track(Format::H265, &fmtp);
        let units = play(&mut track, now, &packets);
        prop_assert_eq!(units.iter().map(|unit| unit.data.to_vec()).collect::<Vec<_>>(), sent);
    }

    /// Sent in another order than that of decoding.
    #[test]
    fn interleaved_units_come_out_in_the_order_of_decoding(shapes in shapes(), size in 50..1_400_usize, h265 in any::<bool>()) {
        let format = if h265 { Format::H265 } else { Format::H264 };
        let mut nals = Vec::new();
        let mut sent = Vec::new();
        for (index, (key, _, length)) in shapes.iter().enumerate() {
            let own = if h265 {
                picture_h265(*key || index == 0, 1, *length, index as u8)
            } else {
                picture(*key || index == 0, 1, *length, index as u8)
            };
            sent.push(stream(&own));
            nals.extend(own);
        }
        let numbered: Vec<(u16, Vec<u8>)> = nals.into_iter().enumerate().map(|(at, nal)| (65_530_u16.wrapping_add(at as u16), nal)).collect();
        // Pairs change places.
        let order: Vec<_> = numbered.chunks(2).flat_map(|pair| pair.iter().rev()).collect();
        let mut sender = Packetiser::new(format);
        let mut packets = Vec::new();
        for (number, nal) in order {
            packets.extend(sender.payloads(&fragmented_numbered(format, nal, size, Some(*number))));
        }
        // What pushes the last real ones out.
        for (index, _) in sent.iter().enumerate() {
            let number = 65_530_u16.wrapping_add((numbered.len() + index) as u16);
            let end = nal(format, 1, true, 10, 0);
            packets.extend(sender.payloads(&fragmented_numbered(format, &end, size, Some(number))));
        }
        let fmtp: Vec<(String, String)> = [("sprop-interleaving-depth", "4"), ("sprop-depack-buf-nalus", "4"), ("sprop-max-don-diff", "4")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let (mut track, now) = track(format, &fmtp);
        let units = play(&mut track, now, &packets);
        let got: Vec<_> = units.iter().map(|unit| unit.data.to_vec()).collect();
        let common = got.len().min(sent.len());
        prop_assert!(common + 5 >= sent.len(), "{} of {}", got.len(), sent.len());
        prop_assert_eq!(&got[..common], &sent[..common]);
    }

    /// Whatever comes, what is held and what is done stays in proportion.
    #[test]
    fn any_bytes_cost_bounded_memory_and_linear_work(
        format in prop::sample::select(vec![Format::H264, Format::H265, Format::Jpeg]),
        depth in 0..100_usize,
        packets in prop::collection::vec((any::<[u8; 12]>(), hostile(), any::<bool>()), 0..60),
    ) {
        let fmtp = [("sprop-interleaving-depth".to_owned(), depth.to_string()), ("sprop-depack-buf-nalus".to_owned(), depth.to_string())];
        let (mut track, now) = track(format, &fmtp);
        for (number, (mut header, payload, honest)) in packets.into_iter().enumerate() {
            if honest {
                header[..4].copy_from_slice(&[0x80, 96, 0, number as u8]);
            }
            push_checked(&mut track, &[&header[..], &payload].concat(), now);
        }
        while track.next_unit().is_some() {}
    }

    /// Real pictures, cut and changed anywhere.
    #[test]
    fn damaged_packets_cost_bounded_memory_and_linear_work(
        shapes in shapes(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 0..20),
        size in 1..600_usize,
    ) {
        let mut sender = Packetiser::new(Format::H264);
        let mut packets = Vec::new();
        for (index, (key, slices, length)) in shapes.into_iter().enumerate() {
            packets.extend(sender.fragments(&picture(key, slices, length, index as u8), size));
        }
        for (packet, byte, value, cuts) in damage {
            let packet = packet.get_mut(&mut packets);
            let at = if packet.is_empty() { continue } else { byte.index(packet.len()) };
            if cuts { packet.truncate(at) } else { packet[at] = value }
        }
        let (mut track, now) = track(Format::H264, &[]);
        for packet in &packets {
            push_checked(&mut track, packet, now);
        }
    }
}

/// Payloads with a fair share of start codes, headers of structures and lies about lengths.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            vec![0, 0, 1, 0x65, 0x88],
            vec![0, 0, 1, 0x67, 66, 0, 40, 0xda, 2, 0x80, 0x51, 0x90],
            vec![0, 0, 0, 1, 0x41, 0x9a],
            vec![0x7c, 0x85, 0x88],
            vec![0x7c, 0x05],
            vec![0x62, 1, 0x93, 0xa0],
            vec![0x18, 0, 2, 0x41, 0x9a, 0, 1],
            vec![0, 0, 0, 0, 1, 0xff, 8, 8, 0, 0, 0, 64],
            vec![0, 0, 1, 0x26, 1, 0xa0],
            vec![0x64, 1, 0x92, 0x10],
            vec![0xff, 0xd9],
        ]),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Work may be a few times the bytes, and the parameter sets once a packet.
fn push_checked(track: &mut Depacketizer, packet: &[u8], now: Instant) {
    let before = track.work();
    track.push(packet, now);
    let work = track.work() - before;
    // A fragment may complete a unit that came in many packets: it is looked at once more when it ends.
    let allowed = 8 * packet.len() + 3 * track.buffered() + 64 * 1024;
    assert!(work <= allowed as u64, "{work} for {} bytes", packet.len());
    assert!(track.buffered() <= 6 * LARGEST, "{}", track.buffered());
    let mut ready = 0;
    if packet.len().is_multiple_of(3) {
        while track.next_unit().is_some() {
            ready += 1;
        }
    }
    assert!(ready <= MOST_READY);
}

/// All bytes that a recorder pushed cost a bounded multiple in work: no pattern is quadratic.
#[test]
fn no_pattern_of_pieces_is_dearer_than_its_bytes() {
    let patterns: [(Format, &[u8]); 9] = [
        (Format::H264, &[0, 0, 1, 0x65, 0x88]),
        (Format::H264, &[0, 0, 1, 0x41, 0x9a]),
        (Format::H264, &[0, 0, 1, 0x06, 0xff, 0xff]),
        (Format::H264, &[0, 0, 1, 0x68, 0x80]),
        (Format::H264, &[0, 0]),
        (Format::H264, &[0x18, 0, 1, 0x65]),
        (Format::H265, &[0, 0, 1, 0x26, 1, 0xa0]),
        (Format::H265, &[0, 0, 1, 0x4e, 1, 1, 0]),
        (Format::Jpeg, &[0, 0, 0, 0, 1, 50, 8, 8, 0xff, 0xd9]),
    ];
    for (format, pattern) in patterns {
        for first in [
            &[0x7c, 0x87][..],
            &[0x7c, 0x07],
            &[0x67],
            &[0x62, 1, 0xa1],
            &[0x40, 1],
            &[],
        ] {
            let (mut track, now) = track(format, &[]);
            let mut sent = 0;
            for number in 0..200_u16 {
                let mut packet = vec![0x80, 96];
                packet.extend(number.to_be_bytes());
                packet.extend([0; 8]);
                packet.extend(first);
                packet.extend(pattern.iter().cycle().take(8_000));
                sent += packet.len() as u64;
                track.push(&packet, now);
                while track.next_unit().is_some() {}
            }
            assert!(
                track.work() <= 8 * sent,
                "{format:?} {pattern:?} {first:?}: {} for {sent}",
                track.work()
            );
        }
    }
}

/// The payloads of H.265 with `DONL` and `DOND`.
fn with_numbers(nals: &[Vec<u8>], mode: Mode, size: usize) -> Vec<Vec<u8>> {
    let single = |nal: &Vec<u8>| [&nal[..2], &[0, 7], &nal[2..]].concat();
    match mode {
        Mode::Aggregate => {
            let mut payload = vec![48 << 1, 1, 0, 7];
            for (index, nal) in nals.iter().enumerate() {
                if index > 0 {
                    payload.push(0);
                }
                payload.extend(sized(nal));
            }
            vec![payload]
        }
        Mode::Fragments => nals
            .iter()
            .flat_map(|nal| {
                if nal.len() <= size {
                    vec![single(nal)]
                } else {
                    fragmented_numbered(Format::H265, nal, size, Some(7))
                }
            })
            .collect(),
        _ => nals.iter().map(single).collect(),
    }
}
