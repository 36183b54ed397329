//! Says why a test did not run, and forbids it where everything must run.

/// Prints `SKIPPED: what: why`. Continuous integration as root has everything: there a missing thing is a failure.
///
/// # Panics
/// Under `CI=true` as root.
pub fn skip(what: &str, why: &str) {
    assert!(!must_run(), "{what} must run under CI=true as root: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}

/// Whether this is continuous integration as root.
pub fn must_run() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true") && is_root()
}

#[cfg(unix)]
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[cfg(not(unix))]
pub fn is_root() -> bool {
    false
}
