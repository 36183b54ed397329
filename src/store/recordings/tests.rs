//! Recordings on a disk, as they are written, found, removed, finished and exported.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::*;
use crate::store::Profile;
use device::{ChannelId, DeviceId, StreamId, StreamKind};
use recording::{PartInfo, RecordedCodec, RecordingCause, StreamDescription, Unit, units};

const BEGIN: i64 = 1_764_573_000_000_000;
const SECOND: i64 = 1_000_000;
/// Sets of a stream of 64×48 pixels.
const SETS: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x11, 0xb8, 0x40, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80,
];
const CHANNEL: ChannelId = ChannelId {
    device: DeviceId(7),
    number: 2,
};

fn unit(begin: i64, number: i64) -> Unit {
    let key = number % 10 == 0;
    let mut data = if key { SETS.to_vec() } else { Vec::new() };
    data.extend_from_slice(&[0, 0, 0, 1, if key { 0x65 } else { 0x41 }]);
    data.extend((0..300_i64).map(|byte| 1 + (byte * (number + 3) % 250) as u8));
    Unit {
        data: data.into(),
        at: begin + number * 100_000,
        rtp_time: (number * 9_000) as u32,
        key,
        sets: if key { Bytes::from_static(SETS) } else { Bytes::new() },
        size: Some((64, 48)),
    }
}

/// Writes a part of so many pictures, ten a second; `finished`: else it is left as a program that is killed leaves it.
fn part(root: &Path, begin: i64, pictures: i64, finished: bool) -> PathBuf {
    let (part, path) = open_part(root, StreamKind::Sub, begin, pictures);
    if finished {
        part.close().unwrap().unwrap().settle().unwrap();
    }
    path
}

fn open_part(root: &Path, kind: StreamKind, begin: i64, pictures: i64) -> (PartFile, PathBuf) {
    let info = PartInfo {
        stream: StreamId { channel: CHANNEL, kind },
        cause: RecordingCause::Schedule,
        begin,
        offset: 540,
        site: "本店".to_owned(),
        device: "NVR 1".to_owned(),
        channel: String::new(),
    };
    let description = StreamDescription::of(RecordedCodec::H264, &unit(begin, 0)).unwrap();
    let mut part = PartFile::begin(root, info, description).unwrap();
    let path = part.path().to_owned();
    for number in 0..pictures {
        part.push(&unit(begin, number)).unwrap();
    }
    (part, path)
}

/// Puts these bytes into a file, as somebody else would.
fn overwrite(path: &Path, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
    fs::File::create(path)?.write_all(bytes.as_ref())
}

#[test]
fn parts_are_found_by_what_they_say_and_what_is_foreign_stays() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let path = part(root, BEGIN, 50, true);
    assert!(
        path.ends_with("本店/NVR 1/ch02/2025-12-01/16-10-00+0900 sub schedule.mp4"),
        "{path:?}"
    );
    // Two that begin in the same second have two files.
    let second = part(root, BEGIN + 300_000, 10, true);
    assert_ne!(path, second);
    let open = part(root, BEGIN + 60 * SECOND, 50, false);
    let foreign = path.with_file_name("10-00-00+0900 holiday.mp4");
    overwrite(&foreign, b"not one of ours").unwrap();
    let recordings = RecordingFolder::new(root.to_owned());
    let found = recordings.find(BEGIN, BEGIN + 3_600 * SECOND).unwrap();
    assert_eq!(found.parts.len(), 3);
    assert_eq!((found.parts[0].from, found.parts[0].finished), (BEGIN, true));
    assert_eq!((&found.parts[2].path, found.parts[2].finished), (&open, false));
    assert!((found.parts[0].to - BEGIN - 5 * SECOND).abs() < 200_000);
    // What only overlaps is there as well; what is before or after is not.
    assert_eq!(
        recordings
            .find(BEGIN + 2 * SECOND, BEGIN + 3 * SECOND)
            .unwrap()
            .parts
            .len(),
        1
    );
    assert!(
        recordings
            .find(BEGIN + 7_200 * SECOND, BEGIN + 7_300 * SECOND)
            .unwrap()
            .parts
            .is_empty()
    );
    assert!(recordings.remove(&foreign).is_err());
    for path in [&path, &second, &open] {
        recordings.remove(path).unwrap();
    }
    assert!(foreign.exists());
    fs::remove_file(&foreign).unwrap();
    let none = RecordingFolder::new(root.join("not there"));
    assert!(none.find(0, i64::MAX).unwrap().parts.is_empty());
    assert!(none.free().unwrap() > 0);
}

#[test]
fn what_was_left_in_the_middle_is_finished_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = part(folder.path(), BEGIN, 55, false);
    let empty = part(folder.path(), BEGIN + 10 * SECOND, 5, false);
    let mut recordings = RecordingFolder::new(folder.path().to_owned());
    assert!(recordings.take().unwrap());
    assert_eq!(recordings.finish_left(|_| false), 1);
    assert!(!empty.exists(), "no picture had reached it");
    let found = recordings.find(BEGIN, BEGIN + SECOND).unwrap();
    assert!(found.parts[0].finished);
    let read = recording::read_part(fs::File::open(path).unwrap()).unwrap();
    assert_eq!(read.samples.len(), 50);
    assert_eq!(recordings.finish_left(|_| false), 0);
    assert!(
        !RecordingFolder::new(folder.path().to_owned()).take().unwrap(),
        "one records at a time"
    );
}

#[test]
fn a_part_that_no_picture_reached_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (none, path) = open_part(folder.path(), StreamKind::Sub, BEGIN, 5);
    none.abandon();
    assert!(!path.exists());
    let (some, path) = open_part(folder.path(), StreamKind::Sub, BEGIN, 15);
    some.abandon();
    assert!(path.exists());
}

/// Exports a minute of channel 2 of what is in this folder.
fn export_minute(root: &Path) -> Result<(tempfile::TempDir, ExportedAll), ExportFault> {
    let profile = tempfile::tempdir().unwrap();
    let secrets = Profile::open(Some(profile.path().to_path_buf()))
        .unwrap()
        .without_keyring()
        .secrets();
    let folder = tempfile::tempdir().unwrap();
    let request = ExportRequest {
        channels: vec![CHANNEL],
        from: BEGIN,
        to: BEGIN + 60 * SECOND,
        folder: folder.path().to_owned(),
        operator: String::new(),
        tool: String::new(),
        now: BEGIN,
    };
    let recordings = RecordingFolder::new(root.to_owned());
    let all = export(&recordings, &request, &SigningKey::of(&secrets).unwrap(), |_| true)?;
    Ok((folder, all))
}

/// Damages what a part says of its stream, not what it says of itself.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    for kind in [b"moov", b"stsd"] {
        while let Some(at) = bytes.windows(4).position(|four| four == kind) {
            bytes[at..at + 4].copy_from_slice(b"oops");
        }
    }
    overwrite(path, bytes).unwrap();
}

#[test]
fn a_damaged_part_is_a_gap_of_the_export_and_named() {
    let recorded = tempfile::tempdir().unwrap();
    let parts = [0, 20, 40].map(|second| part(recorded.path(), BEGIN + second * SECOND, 200, true));
    damage(&parts[1]);
    let (_folder, all) = export_minute(recorded.path()).unwrap();
    assert_eq!(all.damaged, [parts[1].clone()]);
    let [file] = all.files.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!((file.pictures, file.gaps.len()), (400, 1));
    let said = verify(&file.path).unwrap().statement;
    let name = parts[1].file_name().unwrap().to_str().unwrap();
    assert_eq!(said["source"]["damaged-files-left-out"][0], name);
    assert_eq!(said["missing-of-what-was-asked"].as_array().unwrap().len(), 1);
    // Where nothing else is there, that nothing is recorded would not be true.
    for path in [&parts[0], &parts[2]] {
        damage(path);
    }
    assert!(matches!(export_minute(recorded.path()), Err(ExportFault::Part(_))));
}

#[test]
fn the_sub_stream_goes_where_the_main_stream_has_nothing() {
    let recorded = tempfile::tempdir().unwrap();
    for second in [0, 20, 40] {
        part(recorded.path(), BEGIN + second * SECOND, 200, true);
    }
    let (main, _) = open_part(recorded.path(), StreamKind::Main, BEGIN + 20 * SECOND, 200);
    main.close().unwrap().unwrap().settle().unwrap();
    let (_folder, all) = export_minute(recorded.path()).unwrap();
    let [main, sub] = all.files.as_slice() else {
        panic!("{all:?}")
    };
    let of = |file: &ExportedFile| verify(&file.path).unwrap().statement;
    assert_eq!(
        (of(main)["source"]["stream"].as_str(), main.pictures),
        (Some("main"), 200)
    );
    assert_eq!((of(sub)["source"]["stream"].as_str(), sub.pictures), (Some("sub"), 400));
    assert_eq!(sub.gaps.len(), 1, "it is there in the main stream");
    for file in [main, sub] {
        assert_eq!(of(file)["missing-of-what-was-asked"].as_array().unwrap().len(), 0);
    }
}

struct Export {
    _profile: tempfile::TempDir,
    folder: tempfile::TempDir,
    key: SigningKey,
    all: ExportedAll,
}

fn exported() -> Export {
    let recorded = tempfile::tempdir().unwrap();
    part(recorded.path(), BEGIN, 200, true);
    part(recorded.path(), BEGIN + 60 * SECOND, 100, true);
    let profile = tempfile::tempdir().unwrap();
    let secrets = Profile::open(Some(profile.path().to_path_buf()))
        .unwrap()
        .without_keyring()
        .secrets();
    let key = SigningKey::of(&secrets).unwrap();
    assert_eq!(
        SigningKey::of(&secrets).unwrap().public(),
        key.public(),
        "there is one key"
    );
    let folder = tempfile::tempdir().unwrap();
    let request = ExportRequest {
        channels: vec![CHANNEL, ChannelId { number: 3, ..CHANNEL }],
        from: BEGIN + 5 * SECOND + 500_000,
        to: BEGIN + 65 * SECOND,
        folder: folder.path().to_owned(),
        operator: "山田".to_owned(),
        tool: "Monomi test".to_owned(),
        now: BEGIN + 3_600 * SECOND,
    };
    let mut told = Vec::new();
    let recordings = RecordingFolder::new(recorded.path().to_owned());
    let all = export(&recordings, &request, &key, |done| {
        told.push(done);
        true
    })
    .unwrap();
    assert!(told.is_sorted() && told.last() == Some(&1_000), "{told:?}");
    Export {
        _profile: profile,
        folder,
        key,
        all,
    }
}

#[test]
fn an_export_has_the_pictures_as_they_came_and_says_what_is_missing() {
    let Export { all, key, folder, .. } = exported();
    assert_eq!(all.empty.len(), 1);
    let [file] = all.files.as_slice() else {
        panic!("{all:?}")
    };
    let name = file.path.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, "本店_NVR 1_ch02_2025-12-01T16-10-05+0900_60s.mp4");
    assert_eq!(file.from, BEGIN + 5 * SECOND, "from the key picture before");
    assert_eq!((file.pictures, file.gaps.len()), (200, 1));
    let bytes = fs::read(&file.path).unwrap();
    let plain = recording::read_plain(fs::File::open(&file.path).unwrap()).unwrap();
    let sent = (50..200)
        .map(|number| unit(BEGIN, number))
        .chain((0..50).map(|number| unit(BEGIN + 60 * SECOND, number)));
    for (sample, sent) in plain.samples.iter().zip(sent) {
        let mut rest = &bytes[sample.at as usize..][..sample.size as usize];
        for unit in units(&sent.data) {
            let (length, after) = rest.split_first_chunk::<4>().unwrap();
            assert_eq!(u32::from_be_bytes(*length) as usize, unit.len());
            assert_eq!(&after[..unit.len()], unit);
            rest = &after[unit.len()..];
        }
        assert!(rest.is_empty());
    }
    let verified = verify(&file.path).unwrap();
    assert_eq!(verified.key, key.public());
    let said = &verified.statement;
    assert_eq!(said["operator"], "山田");
    assert_eq!(said["asked"]["from"], "2025-12-01T16:10:05.500+09:00");
    assert_eq!(said["got"]["begins-earlier-milliseconds"], 500);
    assert_eq!(said["gaps"].as_array().unwrap().len(), 1);
    assert_eq!(said["clock"]["utc-offset-minutes"], 540);
    assert_eq!(verify(&file.statement).unwrap(), verified);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        2,
        "nothing is left beside them"
    );
}

#[test]
fn a_flipped_bit_a_swapped_video_and_a_forged_statement_are_found() {
    let export = exported();
    let all = &export.all;
    let [file] = all.files.as_slice() else {
        panic!("{all:?}")
    };
    let (video, statement) = (
        fs::read(&file.path).unwrap(),
        fs::read_to_string(&file.statement).unwrap(),
    );
    for at in [0, 40, 200, video.len() / 2, video.len() - 1] {
        let mut flipped = video.clone();
        flipped[at] ^= 1;
        overwrite(&file.path, &flipped).unwrap();
        assert!(
            matches!(verify(&file.path), Err(VerifyFault::OtherContent(_))),
            "bit at {at}"
        );
    }
    overwrite(&file.path, &video[..video.len() - 1]).unwrap();
    assert!(verify(&file.path).is_err());
    overwrite(&file.path, &video).unwrap();
    for (said, forged) in [
        ("山田", "田山"),
        ("16:10:05", "17:10:05"),
        ("\"milliseconds\": 4", "\"milliseconds\": 1"),
        ("\"Ed25519\"", "\"none\""),
    ] {
        assert!(statement.contains(said), "{said}");
        overwrite(&file.statement, statement.replacen(said, forged, 1)).unwrap();
        assert!(verify(&file.path).is_err(), "{said}");
    }
    // What a person would read and nobody signed.
    let twice = statement.replacen("{\n", "{\n  \"statement\": { \"operator\": \"nobody\" },\n", 1);
    overwrite(&file.statement, twice).unwrap();
    assert!(matches!(verify(&file.path), Err(VerifyFault::Statement { .. })));
    // Another key can sign another statement; then the key is another one.
    let profile = tempfile::tempdir().unwrap();
    let secrets = Profile::open(Some(profile.path().to_path_buf()))
        .unwrap()
        .without_keyring()
        .secrets();
    let other = SigningKey::of(&secrets).unwrap();
    let said: serde_json::Value = serde_json::from_str(&statement).unwrap();
    overwrite(&file.statement, other.sign(said["statement"].clone())).unwrap();
    let verified = verify(&file.path).unwrap();
    assert_eq!(verified.key, other.public());
    assert_ne!(key_print(&verified.key), key_print(&export.key.public()));
    fs::remove_file(&file.statement).unwrap();
    assert!(matches!(verify(&file.path), Err(VerifyFault::Unread { .. })));
}
