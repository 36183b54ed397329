//! Parts as they are written, killed, finished, read again and exported.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use bytes::Bytes;
use device::{ChannelId, DeviceId, StreamId, StreamKind};
use proptest::prelude::*;
use recording::{
    Cut, PLAIN_BODY, PartInfo, PartWriter, PlainWriter, Pushed, ReadPart, RecordedCodec, RecordingCause,
    RecordingFault, StreamDescription, Unit, plan, read_info, read_part, read_plain, units,
};

const BEGIN: i64 = 1_764_573_000_000_000;

/// Sets of a stream of 64×48 pixels, baseline profile.
const SETS: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x11, 0xb8, 0x40, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80,
];

fn info() -> PartInfo {
    PartInfo {
        stream: StreamId {
            channel: ChannelId {
                device: DeviceId(7),
                number: 2,
            },
            kind: StreamKind::Sub,
        },
        cause: RecordingCause::Hand,
        begin: BEGIN,
        offset: 540,
        site: "本店".to_owned(),
        device: "NVR".to_owned(),
        channel: String::new(),
    }
}

fn unit(number: i64, key: bool) -> Unit {
    let mut data = if key { SETS.to_vec() } else { Vec::new() };
    data.extend_from_slice(&[0, 0, 0, 1, if key { 0x65 } else { 0x41 }]);
    data.extend((0..200 + number % 7 * 30).map(|byte| 1 + (byte * (number + 3) % 250) as u8));
    Unit {
        data: data.into(),
        at: BEGIN + number * 66_667,
        rtp_time: (number * 6_000) as u32,
        key,
        sets: if key { Bytes::from_static(SETS) } else { Bytes::new() },
        size: Some((64, 48)),
    }
}

/// A part of so many pictures, with a key picture each 15; whether it is finished.
fn part(pictures: i64, finished: bool) -> (Vec<u8>, Vec<Unit>) {
    let first = unit(0, true);
    let description = StreamDescription::of(RecordedCodec::H264, &first).unwrap();
    let (mut writer, mut file) = PartWriter::begin(&info(), description);
    let sent: Vec<Unit> = (0..pictures).map(|number| unit(number, number % 15 == 0)).collect();
    for unit in &sent {
        if let Pushed::Write(bytes) = writer.push(unit) {
            file.extend(bytes);
        }
    }
    if finished {
        file.extend(writer.flush());
        let seal = writer.seal();
        assert_eq!(writer.length(), file.len() as u64);
        file.extend(&seal.tables);
        let at = seal.hinge_at as usize;
        file[at..at + 16].copy_from_slice(&seal.hinge);
    }
    (file, sent)
}

fn read(file: &[u8]) -> Result<ReadPart, RecordingFault> {
    read_part(Cursor::new(file))
}

/// The pictures of a file behind start codes, as they were sent.
fn pictures(file: &[u8], part: &ReadPart) -> Vec<Vec<Vec<u8>>> {
    let of = |sample: &recording::Sample| {
        let mut rest = &file[sample.at as usize..][..sample.size as usize];
        let mut found = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (unit, more) = after.split_at(u32::from_be_bytes(*length) as usize);
            found.push(unit.to_vec());
            rest = more;
        }
        found
    };
    part.samples.iter().map(of).collect()
}

fn sent_units(sent: &[Unit]) -> Vec<Vec<Vec<u8>>> {
    let of = |unit: &Unit| units(&unit.data).map(<[u8]>::to_vec).collect();
    sent.iter().map(of).collect()
}

#[test]
fn a_finished_part_is_a_plain_file_with_every_unit_as_it_came() {
    let (file, sent) = part(100, true);
    let read = read(&file).unwrap();
    assert!(read.finished);
    assert_eq!(read.info, info());
    assert_eq!(pictures(&file, &read), sent_units(&sent));
    assert_eq!(read.samples.iter().filter(|sample| sample.key).count(), 7);
    assert_eq!(read.description.size(), (64, 48));
    let (about, end) = read_info(Cursor::new(&file)).unwrap();
    assert_eq!((about, end), (info(), Some(read.end())));
    let length = read.end() - BEGIN;
    assert!((length - 100 * 66_667).abs() < 70_000, "{length}");
    // Any reader of plain files reads it.
    let plain = read_plain(Cursor::new(&file)).unwrap();
    assert_eq!(plain.samples, read.samples);
}

#[test]
fn a_part_that_was_left_in_the_middle_is_read_to_its_last_fragment_and_finished() {
    let (file, sent) = part(100, false);
    let left = read(&file).unwrap();
    assert!(!left.finished);
    assert_eq!(
        left.samples.len(),
        90,
        "the group that was gathered is lost, and nothing else"
    );
    let mut repaired = file;
    repaired.truncate(left.whole as usize);
    let seal = left.seal().unwrap();
    repaired.extend(&seal.tables);
    let at = seal.hinge_at as usize;
    repaired[at..at + 16].copy_from_slice(&seal.hinge);
    let again = read(&repaired).unwrap();
    assert!(again.finished);
    assert_eq!(again.samples, left.samples);
    assert_eq!(pictures(&repaired, &again), sent_units(&sent[..90]));
    assert_eq!(again.end(), left.end());
}

#[test]
fn wherever_a_power_cut_ends_the_file_all_whole_fragments_are_read() {
    let (file, sent) = part(60, true);
    let (open, _) = part(60, false);
    for length in 0..open.len() {
        match read(&open[..length]) {
            Ok(part) => {
                assert_eq!(part.samples.len() % 15, 0);
                assert!(part.whole as usize <= length);
                let read = pictures(&open, &part);
                assert_eq!(read, sent_units(&sent[..read.len()]));
            }
            Err(RecordingFault::Foreign | RecordingFault::Damaged(_)) => assert!(length < 1_200, "{length}"),
            Err(fault) => panic!("{fault}"),
        }
    }
    // The tables were written, and what makes a plain file of it was not.
    let mut before_hinge = open;
    before_hinge.extend_from_slice(&file[file.len() - 500..]);
    assert_eq!(read(&before_hinge).unwrap().samples.len(), 45);
}

#[test]
fn pictures_that_are_shown_in_another_order_stay_in_it() {
    let first = unit(0, true);
    let description = StreamDescription::of(RecordedCodec::H264, &first).unwrap();
    let (mut writer, mut file) = PartWriter::begin(&info(), description);
    // I P B B P B B, as decoders want them.
    let order = [0, 3, 1, 2, 6, 4, 5];
    for (arrival, number) in order.iter().enumerate() {
        let mut picture = unit(*number, *number == 0);
        picture.at = BEGIN + arrival as i64 * 66_667;
        if let Pushed::Write(bytes) = writer.push(&picture) {
            file.extend(bytes);
        }
    }
    file.extend(writer.flush());
    let part = read(&file).unwrap();
    let shown: Vec<i64> = part.samples.iter().map(|sample| sample.shown / 6_000).collect();
    assert_eq!(shown, order);
    assert!(part.samples.windows(2).all(|pair| pair[0].decoded < pair[1].decoded));
}

#[test]
fn another_part_begins_where_the_stream_changes_or_time_leaps() {
    let first = unit(0, true);
    let description = StreamDescription::of(RecordedCodec::H264, &first).unwrap();
    let (mut writer, _) = PartWriter::begin(&info(), description.clone());
    writer.push(&first);
    assert_eq!(writer.cut(&unit(1, false), None), None);
    assert_eq!(writer.cut(&unit(15, true), Some(&description)), None);
    let mut other = unit(15, true);
    let mut sets = SETS.to_vec();
    sets[7] = 0x1e;
    other.sets = sets.into();
    let changed = StreamDescription::of(RecordedCodec::H264, &other).unwrap();
    assert_eq!(writer.cut(&other, Some(&changed)), Some(Cut::Changed));
    assert_eq!(
        writer.cut(&unit(9_000, true), Some(&description)),
        Some(Cut::Leap),
        "ten minutes of nothing"
    );
    let mut back = unit(2, false);
    back.at -= 3_600_000_000;
    assert_eq!(writer.cut(&back, None), Some(Cut::Leap), "a clock that was set");
    for number in 1..9_000 {
        writer.push(&unit(number, number % 15 == 0));
    }
    assert_eq!(writer.cut(&unit(9_000, true), Some(&description)), Some(Cut::Long));
    assert_eq!(writer.cut(&unit(9_001, false), None), None, "only at a key picture");
}

#[test]
fn an_export_begins_with_the_key_picture_before_and_names_what_is_missing() {
    let (file, _) = part(150, true);
    let one = read(&file).unwrap();
    let mut two = one.clone();
    two.info.begin = BEGIN + 60_000_000;
    let second = 1_000_000;
    let planned = plan(&[one.clone(), two], BEGIN + 3 * second, BEGIN + 65 * second);
    assert_eq!(planned.runs.len(), 1);
    let run = &planned.runs[0];
    assert_eq!(run.pieces[0].first, 45, "the key picture at or before it");
    assert_eq!((run.pieces[0].end, run.pieces[1].first), (150, 0));
    assert_eq!(planned.gaps.len(), 1);
    assert_eq!(planned.gaps[0].from, one.end());
    assert_eq!(planned.gaps[0].to, BEGIN + 60 * second);
    // Nothing before, nothing after, nothing at all.
    let planned = plan(std::slice::from_ref(&one), BEGIN - 100 * second, BEGIN + 200 * second);
    assert_eq!(planned.gaps.len(), 2);
    let planned = plan(&[one], BEGIN + 300 * second, BEGIN + 400 * second);
    assert!(planned.runs.is_empty());
    assert_eq!(planned.gaps.len(), 1);
}

#[test]
fn an_exported_file_has_the_same_pictures() {
    let (file, sent) = part(100, true);
    let one = read(&file).unwrap();
    let (mut writer, mut out) = PlainWriter::begin();
    assert_eq!(out.len() as u64, PLAIN_BODY);
    for sample in &one.samples[15..80] {
        writer.push(sample.decoded, sample.shown, sample.size, sample.key);
        out.extend_from_slice(&file[sample.at as usize..][..sample.size as usize]);
    }
    let (tables, header) = writer.end(&one.description, BEGIN);
    let at = PLAIN_BODY as usize;
    out[at - 16..at].copy_from_slice(&header);
    out.extend(tables);
    let plain = read_plain(Cursor::new(&out)).unwrap();
    assert_eq!(plain.samples.len(), 65);
    assert_eq!((plain.samples[0].decoded, plain.samples[0].key), (0, true));
    let mut exported = one;
    exported.samples = plain.samples;
    assert_eq!(pictures(&out, &exported), sent_units(&sent[15..80]));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fall(
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 1..12),
        finished in any::<bool>(),
    ) {
        let (mut file, _) = part(40, finished);
        let at = at.index(file.len());
        for (place, byte) in file[at..].iter_mut().zip(with) {
            *place = byte;
        }
        let length = file.len() as u64;
        if let Ok(part) = read(&file) {
            for sample in &part.samples {
                prop_assert!(sample.at + u64::from(sample.size) <= length);
            }
            let _ = part.seal();
            let _ = plan(&[part], BEGIN, BEGIN + 1_000_000);
        }
        let _ = read_info(Cursor::new(&file));
        let _ = read_plain(Cursor::new(&file));
    }
}
