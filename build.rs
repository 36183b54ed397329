//! Tells the program which commit it is built from, for *Help → About* and `--version`.
//!
//! The same commit gives the same program: the date is that of the commit. A build from an archive names both by
//! `MONOMI_COMMIT` and `MONOMI_COMMIT_DATE` (as 2026-11-29), or is a build whose commit is not known. Builds for development ask
//! nothing, so that a commit compiles nothing anew.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=MONOMI_COMMIT");
    println!("cargo::rerun-if-env-changed=MONOMI_COMMIT_DATE");
    tell("TARGET", &std::env::var("TARGET").unwrap_or_default());
    let given = std::env::var("MONOMI_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let (commit, date) = match given {
        Some(commit) => (Some(commit), std::env::var("MONOMI_COMMIT_DATE").ok()),
        None if is_release => of_git().unzip(),
        None => (None, None),
    };
    if let Some(commit) = commit {
        tell("COMMIT", &commit);
    }
    if let Some(date) = date {
        tell("DATE", &date);
    }
}

fn tell(name: &str, value: &str) {
    println!("cargo::rustc-env=MONOMI_BUILD_{name}={}", value.trim());
}

/// Commit and date of the checkout that this is; `None` without git, or where the checkout around it is another one's.
fn of_git() -> Option<(String, String)> {
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?);
    let here = std::env::var("CARGO_MANIFEST_DIR").ok()?;
    if top.canonicalize().ok()? != Path::new(&here).canonicalize().ok()? {
        return None;
    }
    // It grows with every commit and checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    let said = git(&["log", "-1", "--abbrev=12", "--format=%h %cs"])?;
    let (commit, date) = said.split_once(' ')?;
    Some((commit.to_owned(), date.to_owned()))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
