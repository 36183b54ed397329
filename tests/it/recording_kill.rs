//! A program that records is killed again and again: what it wrote can be played, but for the last groups of pictures.

use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::fake_dvr::{FakeDvr, Script};
use crate::watch::{add_device, monomi, set};

/// All parts below a folder, with what can be read of each: its last picture (microseconds since 1970), its pictures, and whether it is
/// finished.
fn parts(folder: &std::path::Path) -> Vec<(std::path::PathBuf, i64, usize, bool)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "mp4") {
                let file = std::fs::File::open(&path).expect("a file");
                // Before its head is written a file has nothing.
                if let Ok(part) = recording::read_part(file) {
                    found.push((path, part.end(), part.samples.len(), part.finished));
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
#[ignore = "kills a program a hundred times, which takes some minutes"]
fn a_hundred_kills_cost_two_groups_of_pictures_each_at_most() {
    const KILLS: usize = 100;
    // Five pictures a second, a key picture each second.
    let dvr = FakeDvr::start(Script::default());
    let profile = tempfile::tempdir().expect("a folder");
    let recordings = tempfile::tempdir().expect("a folder");
    add_device(profile.path(), "Lab", "Gate", &dvr.url());
    let list = monomi(profile.path())
        .args(["device", "list", "--json"])
        .output()
        .expect("the binary");
    let list: Value = serde_json::from_slice(&list.stdout).expect("a list of devices");
    let id = list[0]["id"].as_str().expect("an identity").to_owned();
    set(
        profile.path(),
        "recording-folder",
        &recordings.path().display().to_string(),
    );
    set(profile.path(), "recording-floor", "1");
    set(profile.path(), "recording-rules", &format!("{id}/1=main;always"));
    let mut losses = Vec::new();
    for round in 0..KILLS {
        let before: usize = parts(recordings.path()).iter().map(|part| part.2).sum();
        let mut child = monomi(profile.path())
            .args(["watch", "--json", "--duration", "600"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        let end = Instant::now() + Duration::from_secs(60);
        let enough = before + 6;
        while parts(recordings.path()).iter().map(|part| part.2).sum::<usize>() < enough {
            assert!(Instant::now() < end, "round {round}: nothing is recorded");
            std::thread::sleep(Duration::from_millis(37));
        }
        // What was written last is a whole group: the kill comes at another moment of the next one in each round.
        std::thread::sleep(Duration::from_millis(round as u64 * 97 % 1_000));
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .expect("a time");
        child.kill().expect("a kill");
        child.wait().expect("its end");
        let last = parts(recordings.path())
            .iter()
            .map(|part| part.1)
            .max()
            .expect("a part");
        losses.push((i64::try_from(now.as_micros()).expect("a time") - last) / 1_000);
    }
    let all = parts(recordings.path());
    let pictures: usize = all.iter().map(|part| part.2).sum();
    let open = all.iter().filter(|part| !part.3).count();
    losses.sort_unstable();
    let (half, most) = (losses[KILLS / 2], losses[KILLS - 1]);
    println!(
        "{KILLS} kills: {} parts, {pictures} pictures, {open} left open by the last kill; lost: {half} ms in the middle, {most} ms at most",
        all.len()
    );
    assert!(open <= 1, "each start finishes what the kill before it left: {open}");
    assert!(all.iter().all(|part| part.2 > 0));
    assert!(most < 2_500, "two groups of a second, and a picture: {most} ms");
}
