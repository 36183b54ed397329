//! `habits.toml`: what recorders taught. It holds nothing that the user entered and no secret: where it is damaged or missing, it is
//! learnt anew.

use std::time::Duration;

use toml_edit::{Item, Table};

use super::atomic::WriteError;
use super::document::Document;
use super::load::Loaded;
use super::lock::WriteLock;
use super::migrate;
use super::profile::Profile;
use super::records::{child, set_or_remove};
use device::{DeviceId, StreamKind};
use rtsp::{DeviceHabits, HabitBook, KeepaliveHabits, LowerTransport, RecorderHabits, Sign, Signs, StreamHabits};

impl Profile {
    /// What recorders taught. What is not understood is as if it had not been learnt.
    #[must_use]
    pub fn load_habits(&self) -> Loaded<HabitBook> {
        let mut document = self.habits();
        let problems = document.take_problems();
        let value = devices(document.table())
            .filter_map(|(id, row)| Some((id, read_device(row)?)))
            .collect();
        Loaded {
            value,
            problems,
            found: document.found().clone(),
        }
    }

    /// Keeps what recorders taught. Devices that are not in `book` are forgotten; keys that this program does not know stay.
    pub fn save_habits(&self, book: &HabitBook) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = self.habits();
        write(document.table_mut(), book);
        document.save()
    }

    fn habits(&self) -> Document {
        Document::load(&self.path().join("habits.toml"), &migrate::HABITS)
    }
}

const DEVICE: &str = "device";
const KEEPALIVE: &str = "keepalive";
const STREAM: &str = "stream";
const ORIGIN: &str = "origin";

fn devices(root: &Table) -> impl Iterator<Item = (DeviceId, &Table)> {
    let table = root.get(DEVICE).and_then(Item::as_table);
    let rows = table.into_iter().flat_map(Table::iter);
    rows.filter_map(|(key, item)| Some((key.parse().ok()?, item.as_table()?)))
}

fn read_device(row: &Table) -> Option<DeviceHabits> {
    let recorder = RecorderHabits {
        keepalive: row
            .get(KEEPALIVE)
            .and_then(Item::as_table)
            .map(keepalive)
            .unwrap_or_default(),
        transport: row.get("transport").and_then(Item::as_str).and_then(transport),
        longest_reply: millis(row, "longest-reply-ms"),
        ..RecorderHabits::default()
    };
    let streams = row.get(STREAM).and_then(Item::as_table);
    let streams = streams.into_iter().flat_map(Table::iter).filter_map(|(key, item)| {
        let row = item.as_table()?;
        let habits = StreamHabits {
            first_picture: millis(row, "first-picture-ms"),
            longest_pause: millis(row, "longest-pause-ms"),
            picture_interval: millis(row, "picture-interval-ms"),
        };
        Some((stream(key)?, habits))
    });
    Some(DeviceHabits {
        origin: row.get(ORIGIN)?.as_str()?.to_owned(),
        recorder,
        streams: streams.collect(),
    })
}

fn write(root: &mut Table, book: &HabitBook) {
    let table = child(root, DEVICE);
    let forgotten: Vec<String> = table
        .iter()
        .map(|(key, _)| key.to_owned())
        .filter(|key| key.parse().is_ok_and(|id| book.get(id).is_none()))
        .collect();
    for key in forgotten {
        table.remove(&key);
    }
    for (id, known) in book.iter() {
        let key = id.to_string();
        let moved = |row: &Table| row.get(ORIGIN).and_then(Item::as_str) != Some(&known.origin);
        if table.get(&key).and_then(Item::as_table).is_some_and(moved) {
            // What stands there is of another recorder.
            table.remove(&key);
        }
        write_device(child(table, &key), known);
    }
}

fn write_device(row: &mut Table, known: &DeviceHabits) {
    set_or_remove(row, ORIGIN, Some(known.origin.as_str().into()));
    let RecorderHabits {
        keepalive,
        transport,
        ends_at_setup: _,
        longest_reply,
    } = &known.recorder;
    set_or_remove(row, "transport", transport.map(|transport| name_of(transport).into()));
    set_millis(row, "longest-reply-ms", *longest_reply);
    if *keepalive != KeepaliveHabits::default() {
        write_keepalive(child(row, KEEPALIVE), keepalive);
    }
    if known.streams.is_empty() {
        row.remove(STREAM);
        return;
    }
    let streams = child(row, STREAM);
    streams.set_implicit(true);
    for ((number, kind), habits) in &known.streams {
        let row = child(streams, &format!("{number}-{}", kind.as_str()));
        let StreamHabits {
            first_picture,
            longest_pause,
            picture_interval,
        } = habits;
        set_millis(row, "first-picture-ms", *first_picture);
        set_millis(row, "longest-pause-ms", *longest_pause);
        set_millis(row, "picture-interval-ms", *picture_interval);
    }
}

fn keepalive(row: &Table) -> KeepaliveHabits {
    let number = |key: &str| row.get(key).and_then(Item::as_integer);
    let signs = |key: &str| {
        let names = row.get(key).and_then(Item::as_array);
        let names = names.into_iter().flatten().filter_map(|name| name.as_str());
        let sign = |name: &str| Sign::ALL.into_iter().find(|sign| sign.as_str() == name);
        names.filter_map(sign).collect::<Signs>()
    };
    KeepaliveHabits {
        revision: number("revision")
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or_default(),
        passed: signs("passed"),
        deadly: signs("deadly"),
        poor: signs("poor"),
        effort: number("effort")
            .and_then(|number| u8::try_from(number).ok())
            .unwrap_or_default()
            .min(rtsp::MOST_EFFORT),
        timeout: millis(row, "timeout-ms").filter(|timeout| *timeout >= Duration::from_secs(1)),
        last_life: millis(row, "last-life-ms"),
        proven: row.get("proven").and_then(Item::as_bool).unwrap_or_default(),
    }
}

fn write_keepalive(row: &mut Table, habits: &KeepaliveHabits) {
    let KeepaliveHabits {
        revision,
        passed,
        deadly,
        poor,
        effort,
        timeout,
        last_life,
        proven,
    } = habits;
    let mut set = |key: &str, value: toml_edit::Value| set_or_remove(row, key, Some(value));
    let names = |signs: &Signs| toml_edit::Value::from_iter(signs.iter().map(Sign::as_str));
    set("revision", i64::from(*revision).into());
    set("passed", names(passed));
    set("deadly", names(deadly));
    set("poor", names(poor));
    set("effort", i64::from(*effort).into());
    set("proven", (*proven).into());
    set_millis(row, "timeout-ms", *timeout);
    set_millis(row, "last-life-ms", *last_life);
}

fn millis(row: &Table, key: &str) -> Option<Duration> {
    let millis = row.get(key)?.as_integer()?;
    let duration = Duration::from_millis(u64::try_from(millis).ok()?);
    (duration <= rtsp::LONGEST_HABIT).then_some(duration)
}

fn set_millis(row: &mut Table, key: &str, duration: Option<Duration>) {
    let millis = duration.and_then(|duration| i64::try_from(duration.as_millis()).ok());
    set_or_remove(row, key, millis.map(Into::into));
}

fn stream(key: &str) -> Option<(u16, StreamKind)> {
    let (number, kind) = key.split_once('-')?;
    let kind = match kind {
        "main" => StreamKind::Main,
        "sub" => StreamKind::Sub,
        _ => return None,
    };
    Some((number.parse().ok()?, kind))
}

fn name_of(transport: LowerTransport) -> &'static str {
    match transport {
        LowerTransport::Interleaved => "tcp",
        LowerTransport::Udp => "udp",
        LowerTransport::Multicast => "multicast",
    }
}

fn transport(name: &str) -> Option<LowerTransport> {
    let all = [
        LowerTransport::Interleaved,
        LowerTransport::Udp,
        LowerTransport::Multicast,
    ];
    all.into_iter().find(|transport| name_of(*transport) == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{ChannelId, Device, StreamId, sample};
    use rtsp::{KeepaliveEnd, KeepaliveLesson, KeepaliveWay, Lesson};

    const SECOND: Duration = Duration::from_secs(1);

    fn profile() -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        (dir, profile)
    }

    fn taught(device: &Device) -> HabitBook {
        let mut book = HabitBook::default();
        let stream = StreamId {
            channel: ChannelId {
                device: device.id,
                number: 3,
            },
            kind: StreamKind::Sub,
        };
        let took = |seconds: u32| rtsp::Took {
            time: seconds * SECOND,
            known: None,
        };
        let (revision, life) = (0, 31 * SECOND);
        let hung_up = KeepaliveEnd::HungUp {
            sign: Sign::GetParameter,
            life,
        };
        for lesson in [
            Lesson::Keepalive(KeepaliveLesson::Ended { revision, end: hung_up }),
            Lesson::Keepalive(KeepaliveLesson::Ended {
                revision: 1,
                end: KeepaliveEnd::Dropped { life },
            }),
            Lesson::Keepalive(KeepaliveLesson::Passed(Sign::Report)),
            Lesson::Keepalive(KeepaliveLesson::Poor(Sign::Options)),
            Lesson::Keepalive(KeepaliveLesson::Proven(KeepaliveWay {
                deadly: Signs::from_iter([Sign::GetParameter]),
                effort: 1,
                timeout: None,
            })),
            Lesson::Transport(LowerTransport::Udp),
            Lesson::Reply(took(13)),
            Lesson::FirstPicture(took(40)),
            Lesson::Pause(took(30)),
            Lesson::PictureInterval(15 * SECOND),
        ] {
            assert!(book.learn(device, stream, &lesson));
        }
        book
    }

    fn text(dir: &tempfile::TempDir) -> String {
        std::fs::read_to_string(dir.path().join("habits.toml")).unwrap()
    }

    fn put(dir: &tempfile::TempDir, text: &str) {
        super::super::atomic::write(&dir.path().join("habits.toml"), text.as_bytes()).unwrap();
    }

    #[test]
    fn all_that_was_learnt_is_read_again() {
        let (_dir, profile) = profile();
        assert_eq!(profile.load_habits().value, HabitBook::default());
        let book = taught(&sample::device(7, "DVR", 4));
        profile.save_habits(&book).unwrap();
        assert_eq!(profile.load_habits().value, book);
        assert!(profile.load_habits().problems.is_empty());
    }

    #[test]
    fn what_this_program_does_not_know_stays_unless_the_device_is_forgotten() {
        let (dir, profile) = profile();
        let book = taught(&sample::device(7, "DVR", 4));
        profile.save_habits(&book).unwrap();
        let strange = text(&dir).replace("transport = \"udp\"", "transport = \"udp\"\nmoon = \"full\"");
        put(&dir, &format!("{strange}\n[sun]\nshines = true\n"));
        profile.save_habits(&book).unwrap();
        assert!(text(&dir).contains("moon") && text(&dir).contains("shines"));
        let moved = Device {
            port: 8554,
            ..sample::device(7, "DVR", 4)
        };
        profile.save_habits(&taught(&moved)).unwrap();
        assert!(!text(&dir).contains("moon") && text(&dir).contains("shines"));
        profile.save_habits(&HabitBook::default()).unwrap();
        assert!(!text(&dir).contains("device.") && text(&dir).contains("shines"));
        assert_eq!(profile.load_habits().value, HabitBook::default());
    }

    #[test]
    fn a_damaged_file_costs_what_is_damaged_and_a_newer_one_is_never_written() {
        let (dir, profile) = profile();
        let book = taught(&sample::device(7, "DVR", 4));
        profile.save_habits(&book).unwrap();
        let good = text(&dir);
        put(
            &dir,
            &good
                .replace("13000", "\"soon\"")
                .replace("40000", "-1")
                .replace("30000", "true")
                .replace("15000", "99999999999"),
        );
        let loaded = profile.load_habits().value;
        let habits = loaded.get(DeviceId(7)).unwrap();
        assert_eq!(habits.recorder.transport, Some(LowerTransport::Udp));
        assert_eq!(habits.recorder.longest_reply, None);
        assert_eq!(habits.streams.values().next(), Some(&StreamHabits::default()));
        for damaged in [
            "",
            "device = 7",
            "[device]\n7 = 1\n[device.8]\n[device.9]\norigin = \"rtsp://x:1\"\nstream = 1",
        ] {
            put(&dir, damaged);
            assert!(profile.load_habits().value.iter().count() <= 1);
            profile.save_habits(&book).unwrap();
            assert_eq!(profile.load_habits().value, book, "{damaged}");
        }
        for foreign in ["version = 99\n", "[device\n"] {
            put(&dir, foreign);
            profile.save_habits(&book).unwrap();
            assert_eq!(text(&dir), foreign);
            assert_eq!(profile.load_habits().value, book);
            std::fs::remove_file(dir.path().join("habits.recovered.toml")).unwrap();
        }
    }
}
