//! A loop that stands still for real, in a process of its own that takes its own place.

use std::process::Command;
use std::time::Duration;

use super::super::endurance::{registry, show_all};
use super::super::rig::Rig;
use super::super::run_to_its_end;
use super::*;
use ::self_watch::RestartBook;

/// The profile of the process that stands still.
const INSIDE: &str = "MONOMI_TEST_STANDS_STILL";

/// Whether it may start itself again.
const STAYS: &str = "MONOMI_TEST_STAYS";

const CHILD: &str = "engine::guardian::tests::a_process_that_stands_still";

fn child(folder: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .env(INSIDE, folder);
    command
}

fn events(folder: &std::path::Path) -> Vec<String> {
    let profile = Profile::open(Some(folder.to_path_buf())).unwrap();
    let mut log = profile.read_event_log().unwrap().unwrap();
    let page = log
        .page(&events::EventQuery::default(), events::LogStart::Newest, 100)
        .unwrap();
    page.events
        .iter()
        .map(|event| format!("{} {}", event.what.word(), event.detail))
        .collect()
}

#[test]
fn a_loop_that_stands_still_starts_the_program_again_in_its_own_place_and_the_next_run_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let output = child(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Once as it was started and once as it started itself, with the same arguments and the same number.
    let numbers: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once("process "))
        .map(|(_, number)| number)
        .collect();
    assert_eq!(numbers.len(), 2, "{said}");
    assert_eq!(numbers[0], numbers[1], "{said}");
    let profile = Profile::open(Some(folder.path().to_path_buf())).unwrap();
    assert_eq!(profile.load_restarts().times.len(), 1);
    assert_eq!(profile.load_restarts().untold, None, "it was told");
    let events = events(folder.path());
    let stuck: Vec<&String> = events
        .iter()
        .filter(|event| event.starts_with("program-stuck"))
        .collect();
    assert!(stuck.len() == 1 && stuck[0].contains("governor"), "{events:?}");
    assert!(
        !events.iter().any(|event| event.starts_with("program-crashed")),
        "it is said once: {events:?}"
    );
}

#[test]
fn after_three_restarts_in_an_hour_it_stays_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::open(Some(folder.path().to_path_buf()))
        .unwrap()
        .without_keyring();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let now = i64::try_from(now).unwrap();
    let book = RestartBook {
        times: vec![now - 1_800, now - 1_200, now - 600],
        untold: None,
    };
    profile.save_restarts(&book).unwrap();
    let output = child(folder.path()).env(STAYS, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("it stays"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let book = profile.load_restarts();
    assert_eq!(
        (book.times.len(), book.untold.map(|told| told.restarted)),
        (3, Some(false))
    );
}

/// An engine whose loop is held where it begins an attempt, which is done in the loop and never comes back.
#[test]
#[ignore = "it is started by the tests above, in a process of its own"]
fn a_process_that_stands_still() {
    let Some(folder) = std::env::var_os(INSIDE) else { return };
    println!("process {}", std::process::id());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("monomi-engine")
        .enable_all()
        .build()
        .unwrap();
    let profile = Profile::open(Some(folder.into())).unwrap().without_keyring();
    if !profile.load_restarts().times.is_empty() && std::env::var_os(STAYS).is_none() {
        // The next run: an engine as it is, until it has told.
        return runtime.block_on(async {
            let mut rig = Rig::on(profile.path(), Profile::without_keyring).await;
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            while profile.load_restarts().untold.is_some() {
                rig.core.turn(&mut rig.receiver, &mut tick).await;
            }
            let mut inbox = rig.receiver;
            rig.core.end(&mut inbox).await;
        });
    }
    let _guard = runtime.enter();
    let mut rig = runtime.block_on(Rig::on(profile.path(), Profile::without_keyring));
    rig.core.enter(registry(0));
    let (held, holds) = sync_channel(1);
    rig.core.connections().set_runner(Box::new(move |_plan| {
        held.try_send(()).ok();
        loop {
            std::thread::park();
        }
    }));
    let (engine, beat) = (rig.engine.clone(), rig.core.beat());
    let guard = Guard {
        patience: 2,
        // A disk may be as slow as it likes here.
        disk: Duration::from_secs(120),
        ..Guard::new(profile, Some(std::env::args_os().skip(1).collect()), false)
    };
    show_all(&mut rig.core);
    runtime.spawn(run_to_its_end(rig.core, rig.receiver, engine.clone()));
    // Before that the loop may be slow, and stand elsewhere.
    holds.recv().unwrap();
    let _guardian = Guardian::start(guard, beat, engine.clone()).unwrap();
    // Until this process is another one, or stays.
    while !engine
        .state()
        .notices
        .iter()
        .any(|notice| matches!(notice.kind, NoticeKind::StandsStill { .. }))
    {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(engine.state().streams.is_empty(), "nothing looks live");
    println!("it stays");
    std::process::exit(0);
}
