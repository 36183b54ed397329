//! The guardian of the program as it is delivered: the threads of its engine are held by a debugger that lets all others run.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libc::{PTRACE_INTERRUPT, PTRACE_SEIZE, WNOHANG, c_void, pid_t, ptrace, waitpid};

use crate::skipped::skip;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

fn threads_of_the_engine(process: u32) -> Vec<pid_t> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    let named = tasks.flatten().filter(|task| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.starts_with("monomi-engine"))
    });
    named
        .filter_map(|task| task.file_name().to_str()?.parse().ok())
        .collect()
}

#[expect(
    unsafe_code,
    reason = "no crate that is used here holds single threads of another process"
)]
fn hold(thread: pid_t) -> bool {
    let nothing = std::ptr::null_mut::<c_void>();
    // SAFETY: both requests take no pointer, and the thread is one of a process of ours.
    unsafe {
        ptrace(PTRACE_SEIZE, thread, nothing, nothing) == 0 && ptrace(PTRACE_INTERRUPT, thread, nothing, nothing) == 0
    }
}

/// Who holds a thread has to take note of its end, or a program cannot take its own place.
#[expect(unsafe_code, reason = "std waits for whole processes alone")]
fn take_note(thread: pid_t) {
    let mut status = 0;
    // SAFETY: the place is valid, and the call waits for nothing.
    unsafe { waitpid(thread, &raw mut status, WNOHANG | libc::__WALL) };
}

fn watch(profile: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_monomi"))
        .args([
            "--profile".as_ref(),
            profile.as_os_str(),
            "watch".as_ref(),
            "--json".as_ref(),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

fn log(profile: &Path) -> String {
    std::fs::read_to_string(profile.join("logs/monomi.log")).unwrap_or_default()
}

fn until(mut what: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

#[test]
#[ignore = "it stands still for ten seconds; make endurance"]
fn the_program_starts_itself_again_when_its_engine_stands_still_and_not_when_all_of_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = watch(folder.path());
    let number = child.id();
    assert!(until(
        || log(folder.path()).contains("Monomi starts") && !threads_of_the_engine(number).is_empty()
    ));
    // A process that is stopped for longer than that is no reason.
    let signal = |name: &str| {
        let sent = Command::new("kill").args([name, &number.to_string()]).status().unwrap();
        assert!(sent.success());
    };
    std::thread::sleep(Duration::from_secs(2));
    signal("-STOP");
    std::thread::sleep(Duration::from_secs(13));
    signal("-CONT");
    std::thread::sleep(Duration::from_secs(3));
    assert!(!log(folder.path()).contains("stands still"), "{}", log(folder.path()));
    let held = threads_of_the_engine(number);
    if !held.iter().all(|thread| hold(*thread)) {
        child.kill().unwrap();
        child.wait().unwrap();
        skip(
            "a standstill of the program",
            "threads of a child cannot be held here (ptrace)",
        );
        return;
    }
    let starts = || log(folder.path()).matches("Monomi starts").count();
    let again = until(|| {
        held.iter().for_each(|thread| take_note(*thread));
        // Once in the first line, once where the guardian says so, and once in the first line of the next run.
        starts() == 3
    });
    assert!(again, "{}", log(folder.path()));
    assert!(
        log(folder.path()).contains("waits for a thread"),
        "{}",
        log(folder.path())
    );
    // The same process, with an engine that turns: it ends as it is told.
    assert_eq!(child.try_wait().unwrap(), None);
    assert!(until(|| !threads_of_the_engine(number).is_empty()));
    std::thread::sleep(Duration::from_secs(1));
    signal("-TERM");
    assert!(until(|| child.try_wait().unwrap().is_some()));
    assert!(child.wait().unwrap().success());
}
