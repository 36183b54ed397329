//! Any bytes as a status feed: no panic, and a short line of visible characters at most.
#![no_main]

use libfuzzer_sys::fuzz_target;
use status_feed::{FeedEntry, newest};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some(entry)) = newest(bytes) {
        assert!(entry.title.chars().count() <= FeedEntry::MOST_TITLE);
        assert!(!entry.title.chars().any(char::is_control));
    }
});
