//! The log of events and a program that is killed while it writes: what was said to be committed is there.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use device::DeviceId;
use events::{
    Detail, End, EventId, EventQuery, EventRecord, LogChange, LogPlace, LogStart, Occurrence, Subject, WallTime,
};
use monomi::store::{EventLog, Profile};

const FOLDER: &str = "MONOMI_EVENT_LOG_FOLDER";
const NOW: WallTime = WallTime(1_800_000_000_000);

fn open(folder: &Path) -> EventLog {
    let profile = Profile::open(Some(folder.to_owned()))
        .expect("a profile")
        .without_keyring();
    let (log, _, aside) = profile.open_event_log(NOW).expect("the log opens");
    assert_eq!(aside, [], "a kill damages nothing");
    log
}

/// Events that say by their detail which number they have.
fn event(id: u64) -> EventRecord {
    let at = WallTime(NOW.0 + id);
    EventRecord {
        end: if id.is_multiple_of(3) { End::Lasts } else { End::At(at) },
        detail: Detail::new(&format!("burst {id}")),
        ..EventRecord::new(EventId(id), Subject::Device(DeviceId(id % 16)), Occurrence::Motion, at)
    }
}

fn all(log: &mut EventLog) -> Vec<EventRecord> {
    let mut all = Vec::new();
    loop {
        let start = all.last().map(LogPlace::of).map_or(LogStart::Newest, LogStart::Older);
        let page = log.page(&EventQuery::default(), start, 1_000).expect("the log is read");
        all.extend(page.events);
        if !page.more {
            all.reverse();
            return all;
        }
    }
}

#[test]
#[ignore = "runs in a process of its own, which is killed"]
fn inside_writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let mut log = open(&folder);
    let mut next = all(&mut log).last().map_or(0, |event| event.id.0) + 1;
    let mut out = std::io::stdout();
    loop {
        let many = 1 + next % 97;
        let burst: Vec<LogChange> = (next..next + many)
            .map(|id| LogChange::Put(Box::new(event(id))))
            .collect();
        log.write(&burst, NOW).expect("written");
        next += many;
        writeln!(out, "committed {}", next - 1).expect("said");
        out.flush().expect("said");
    }
}

fn killed(times: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut before = 0;
    for time in 0..times {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "event_log::inside_writes_until_it_is_killed",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut committed = before;
        let number = |line: &str| line.split("committed ").nth(1)?.parse::<u64>().ok();
        let wanted = 1 + time * 7 % 41;
        for _ in 0..wanted {
            let said = lines.by_ref().map_while(Result::ok).find_map(|line| number(&line));
            committed = said.expect("it writes");
        }
        std::thread::sleep(Duration::from_micros(time * 137 % 4_000));
        child.kill().expect("killed");
        // What it said before the kill reached it counts as well.
        let rest = lines.map_while(Result::ok).filter_map(|line| number(&line));
        committed = rest.last().unwrap_or(committed);
        child.wait().expect("gone");
        let mut log = open(folder.path());
        let kept = all(&mut log);
        let count = kept.len() as u64;
        assert!(count >= committed, "{committed} were committed, {count} are kept");
        for (place, event) in kept.iter().enumerate() {
            let id = place as u64 + 1;
            assert_eq!(
                (event.id, event.detail.as_str()),
                (EventId(id), format!("burst {id}").as_str())
            );
            assert!(!event.lasts(), "nobody knows how long it lasted");
        }
        before = count;
    }
}

#[test]
fn what_was_committed_survives_the_end_of_the_process_at_any_moment() {
    killed(5);
}

#[test]
#[ignore = "takes minutes"]
fn what_was_committed_survives_two_hundred_ends() {
    killed(200);
}
