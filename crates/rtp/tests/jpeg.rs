//! JPEG pictures (RFC 2435) and what recorders do to them.

use std::time::{Duration, Instant};

use rtp::{AccessUnit, Condition, Depacketizer, Discarded, Format, Key, TrackParameters};

struct Rig {
    track: Depacketizer,
    now: Instant,
    number: u16,
    time: u32,
}

/// The RTP/JPEG header of one packet after its offset.
#[derive(Clone)]
struct Main {
    kind: u8,
    quality: u8,
    size: (u8, u8),
    /// The restart header, with its interval.
    restart: Option<u16>,
    /// The tables of the first packet.
    tables: Option<Vec<u8>>,
    /// Identifier and data of the header extension of the first packet.
    extension: Option<(u16, Vec<u8>)>,
    marker_on_every_packet: bool,
    without_marker: bool,
}

impl Default for Main {
    fn default() -> Self {
        Self {
            kind: 1,
            quality: 50,
            size: (8, 6),
            restart: None,
            tables: None,
            extension: None,
            marker_on_every_packet: false,
            without_marker: false,
        }
    }
}

impl Rig {
    fn new() -> Self {
        let now = Instant::now();
        let parameters = TrackParameters {
            format: Format::Jpeg,
            payload_type: 26,
            fmtp: &[],
            dimensions: None,
        };
        Self {
            track: Depacketizer::new(&parameters, now),
            now,
            number: 0,
            time: 0,
        }
    }

    fn packets(&mut self, main: &Main, scan: &[u8]) -> Vec<Vec<u8>> {
        self.time += 6_000;
        let mut packets = Vec::new();
        let count = scan.chunks(100).count();
        for (index, chunk) in scan.chunks(100).enumerate() {
            let marker = (index + 1 == count && !main.without_marker) || main.marker_on_every_packet;
            let extension = main.extension.as_ref().filter(|_| index == 0);
            let mut packet = vec![
                if extension.is_some() { 0x90 } else { 0x80 },
                if marker { 0x80 | 26 } else { 26 },
            ];
            packet.extend(self.number.to_be_bytes());
            packet.extend(self.time.to_be_bytes());
            packet.extend([9; 4]);
            if let Some((id, data)) = extension {
                packet.extend(id.to_be_bytes());
                packet.extend((data.len() as u16 / 4).to_be_bytes());
                packet.extend(data);
            }
            packet.extend((index as u32 * 100).to_be_bytes());
            let kind = main.kind | if main.restart.is_some() { 64 } else { 0 };
            packet.extend([kind, main.quality, main.size.0, main.size.1]);
            if let Some(interval) = main.restart {
                packet.extend(interval.to_be_bytes());
                packet.extend([0xff, 0xff]);
            }
            if index == 0 && main.quality >= 128 {
                let tables = main.tables.clone().unwrap_or_default();
                packet.extend([0, 0]);
                packet.extend((tables.len() as u16).to_be_bytes());
                packet.extend(tables);
            }
            packet.extend(chunk);
            packets.push(packet);
            self.number += 1;
        }
        packets
    }

    fn push(&mut self, packets: &[Vec<u8>]) -> Vec<AccessUnit> {
        for packet in packets {
            self.track.push(packet, self.now);
        }
        self.units()
    }

    fn units(&mut self) -> Vec<AccessUnit> {
        std::iter::from_fn(|| self.track.next_unit()).collect()
    }

    fn silence(&mut self) -> Vec<AccessUnit> {
        self.now += Duration::from_secs(1);
        self.track.poll(self.now);
        self.units()
    }

    fn play(&mut self, main: &Main, scan: &[u8]) -> Vec<AccessUnit> {
        let packets = self.packets(main, scan);
        self.push(&packets)
    }
}

fn scan(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 200) as u8).collect()
}

/// With the mark that ends an image.
fn ended(length: usize) -> Vec<u8> {
    [&scan(length)[..], &[0xff, 0xd9]].concat()
}

/// The body of the first segment with this marker.
fn segment(file: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
    while let [0xff, marker, l0, l1, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if marker == wanted {
            return rest.get(4..2 + length);
        }
        if marker == 0xda {
            return None;
        }
        rest = rest.get(2 + length..)?;
    }
    None
}

#[test]
fn a_picture_gets_its_headers_and_ends_with_its_own_mark() {
    let mut rig = Rig::new();
    let units = rig.play(&Main::default(), &ended(450));
    assert_eq!(units.len(), 1, "at once, for the bytes say that it is complete");
    let file = &units[0].data;
    assert_eq!(segment(file, 0xc0).unwrap()[..6], [8, 0, 48, 0, 64, 3]);
    assert_eq!(
        (segment(file, 0xdb).unwrap().len(), segment(file, 0xc4).unwrap().len()),
        (130, 416)
    );
    assert!(file.ends_with(&ended(450)));
    assert_eq!((units[0].key, units[0].condition), (Some(Key::Intra), Condition::Whole));
    assert_eq!(rig.track.picture_format().map(|format| format.pixels()), Some(64 * 48));
}

#[test]
fn a_picture_without_its_end_mark_gets_one() {
    let mut rig = Rig::new();
    let mut units = rig.play(&Main::default(), &scan(450));
    units.extend(rig.play(&Main::default(), &scan(450)));
    units.extend(rig.silence());
    assert_eq!(units.len(), 2);
    assert!(units.iter().all(|unit| unit.data.ends_with(&ended(450))));
}

#[test]
fn a_marker_on_every_packet_or_on_none_tears_no_picture() {
    for (marker_on_every_packet, without_marker) in [(true, false), (false, true)] {
        let mut rig = Rig::new();
        let main = Main {
            marker_on_every_packet,
            without_marker,
            ..Main::default()
        };
        let mut units = Vec::new();
        for _ in 0..20 {
            units.extend(rig.play(&main, &scan(450)));
        }
        units.extend(rig.silence());
        assert_eq!(units.len(), 20);
        assert!(
            units
                .iter()
                .all(|unit| unit.data.ends_with(&ended(450)) && unit.condition == Condition::Whole)
        );
    }
}

/// The scene becomes richer after it was as simple for long.
#[test]
fn a_picture_of_more_packets_than_those_before_is_not_cut_off_where_the_marker_says_nothing() {
    for (marker_on_every_packet, without_marker) in [(true, false), (false, true)] {
        let mut rig = Rig::new();
        let main = Main {
            marker_on_every_packet,
            without_marker,
            ..Main::default()
        };
        let mut units = Vec::new();
        for length in (0..40).map(|picture| if picture < 30 { 450 } else { 950 }) {
            units.extend(rig.play(&main, &scan(length)));
        }
        units.extend(rig.silence());
        let whole = units.iter().filter(|unit| unit.condition == Condition::Whole).count();
        assert_eq!(
            (units.len(), whole, rig.track.counts().discarded(Discarded::Late)),
            (40, 40, 0)
        );
        assert!(units[39].data.ends_with(&ended(950)));
    }
}

#[test]
fn a_whole_file_as_scan_data_stays_as_it_is() {
    let mut maker = Rig::new();
    let file = maker.play(&Main::default(), &ended(450)).remove(0).data;
    let mut rig = Rig::new();
    // No size, and tables that it says elsewhere: the file says both.
    let main = Main {
        quality: 255,
        size: (0, 0),
        ..Main::default()
    };
    // All headers are in the first packet, as they are wherever packets are of the usual size.
    let (head, rest) = file.split_at(900);
    let mut packets = rig.packets(&main, head);
    let first = packets.remove(0)[..24].to_vec();
    let mut second = first[..20].to_vec();
    second[2..4].copy_from_slice(&1_u16.to_be_bytes());
    second[13..16].copy_from_slice(&900_u32.to_be_bytes()[1..]);
    let units = rig.push(&[[&first, head].concat(), [&second, rest].concat()]);
    assert_eq!(units.len(), 1);
    assert_eq!(units[0].data, file);
    assert_eq!(rig.track.picture_format().map(|format| format.pixels()), Some(64 * 48));
}

#[test]
fn restart_intervals_are_written() {
    let mut rig = Rig::new();
    let units = rig.play(
        &Main {
            restart: Some(8),
            ..Main::default()
        },
        &ended(450),
    );
    assert_eq!(segment(&units[0].data, 0xdd), Some(&[0, 8][..]));
    assert!(units[0].data.ends_with(&ended(450)));
}

#[test]
fn tables_in_a_packet_serve_until_others_come() {
    let mut rig = Rig::new();
    let tables = Main {
        quality: 200,
        tables: Some(vec![5; 128]),
        ..Main::default()
    };
    let none = Main {
        tables: None,
        ..tables.clone()
    };
    assert!(rig.play(&none, &ended(50)).is_empty(), "they are not known yet");
    assert_eq!(rig.track.counts().discarded(Discarded::Undescribed), 1);
    for main in [&tables, &none] {
        let units = rig.play(main, &ended(50));
        assert_eq!(segment(&units[0].data, 0xdb).unwrap()[1..65], [5; 64]);
    }
}

#[test]
fn a_missing_packet_damages_the_picture_and_the_next_one_is_whole() {
    let mut rig = Rig::new();
    let mut packets = rig.packets(&Main::default(), &ended(450));
    packets.remove(2);
    let mut units = rig.push(&packets);
    units.extend(rig.play(&Main::default(), &ended(450)));
    let conditions: Vec<_> = units.iter().map(|unit| unit.condition).collect();
    assert_eq!(conditions, [Condition::Damaged, Condition::Whole]);
    assert_eq!(rig.track.counts().lost, 1);
}

/// A frame header of 2560 × 1440 in 4:2:0, filled up to whole words.
fn large() -> Vec<u8> {
    let mut data = vec![
        0xff, 0xc0, 0, 17, 8, 0x05, 0xa0, 0x0a, 0x00, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1,
    ];
    data.push(0xff);
    data
}

#[test]
fn pictures_larger_than_2040_pixels_have_their_size_from_the_extension() {
    let replay = [vec![0; 12], vec![0xff, 0xd8, 0, 5], large()].concat();
    for extension in [(0xffd8, large()), (0xffff, large()), (0xabac, replay)] {
        let mut rig = Rig::new();
        let main = Main {
            size: (0, 0),
            extension: Some(extension),
            ..Main::default()
        };
        let units = rig.play(&main, &ended(450));
        assert_eq!(segment(&units[0].data, 0xc0).unwrap()[..6], [8, 5, 0xa0, 10, 0, 3]);
        assert!(units[0].sets_changed);
        assert_eq!(
            rig.track.picture_format().map(|format| format.pixels()),
            Some(2_560 * 1_440)
        );
        let next = rig.play(
            &Main {
                extension: None,
                ..main
            },
            &ended(450),
        );
        assert_eq!(
            segment(&next[0].data, 0xc0).unwrap()[..6],
            [8, 5, 0xa0, 10, 0, 3],
            "it stays known"
        );
    }
    let mut rig = Rig::new();
    assert!(
        rig.play(
            &Main {
                size: (0, 0),
                ..Main::default()
            },
            &ended(450)
        )
        .is_empty()
    );
    assert_eq!(rig.track.counts().discarded(Discarded::Undescribed), 1);
}
