//! Any bytes as an interleaved stream, cut anywhere: no panic, and what is held stays bounded.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use monomi::rtsp::Framer;

fuzz_target!(|input: (bool, u8, &[u8])| {
    let (described, cut, bytes) = input;
    let mut now = Instant::now();
    let mut framer = Framer::default();
    framer.know(0);
    framer.know(1);
    framer.expect_description(described);
    for chunk in bytes.chunks(usize::from(cut) + 1) {
        framer.push(chunk, now);
        while framer.next(now).is_some() {}
        assert!(framer.buffered() <= 512 * 1024);
    }
    framer.end();
    now += Duration::from_secs(10);
    while framer.next(now).is_some() {}
    while framer.next_quirk().is_some() {}
});
