//! Any bytes as an interleaved stream, cut anywhere: no panic, and what is held and what is done stay bounded.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use rtsp::Deinterleaver;

fuzz_target!(|input: (bool, u8, &[u8])| {
    let (described, cut, bytes) = input;
    let mut now = Instant::now();
    let mut deinterleaver = Deinterleaver::default();
    deinterleaver.know(0);
    deinterleaver.know(1);
    deinterleaver.expect_description(described);
    for chunk in bytes.chunks(usize::from(cut) + 1) {
        deinterleaver.push(chunk, now);
        while deinterleaver.next(now).is_some() {}
        assert!(deinterleaver.buffered() <= 512 * 1024);
    }
    // A line's first and last words are looked at for each place where a message may begin.
    assert!(deinterleaver.work() <= 100 * (bytes.len() as u64 + 1));
    deinterleaver.end();
    now += Duration::from_secs(10);
    while deinterleaver.next(now).is_some() {}
    while deinterleaver.next_quirk().is_some() {}
});
