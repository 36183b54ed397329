//! Tests that run in a network namespace of their own, by starting this test binary there.

use std::process::Command;

use crate::skipped::skip;

/// Ways to a network namespace: as root, and as anybody where the kernel lets users be root of their own.
const NAMESPACES: [&[&str]; 2] = [&["--net"], &["--user", "--map-root-user", "--net"]];

/// Set in the environment of a test that was started in a namespace.
const INSIDE: &str = "MONOMI_TEST_UNSHARED";

/// Runs the ignored test of this path in a namespace, where it finds [`is_inside`] true.
pub fn in_a_namespace(what: &str, test: &str) {
    let Some(namespace) = NAMESPACES.into_iter().find(|options| can_make(options)) else {
        let why = "no network namespace can be made here (needs root or user namespaces, and iproute2)";
        skip(what, why);
        return;
    };
    let status = Command::new("unshare")
        .args(namespace)
        .arg(std::env::current_exe().expect("this test"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .expect("unshare");
    assert!(status.success(), "{status}");
}

/// Whether this is the test that was started in a namespace.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

fn can_make(namespace: &[&str]) -> bool {
    let made = Command::new("unshare").args(namespace).args(["ip", "link"]).output();
    made.is_ok_and(|made| made.status.success())
}
