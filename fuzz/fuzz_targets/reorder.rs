//! Any datagrams at any time: no panic, what is held stays bounded, work grows with the packets alone, and nothing waits too long.
#![no_main]

use std::time::{Duration, Instant};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use rtsp::{MOST_WAITING, MOST_WAITING_BYTES, REORDER_WINDOW, Reorder};

// Each six bytes are a packet: its number, two bytes of content, its length in 64 bytes, and the time since the last one in milliseconds.
fuzz_target!(|input: &[u8]| {
    let mut now = Instant::now();
    let mut order = Reorder::default();
    let mut sent = 0;
    for piece in input.chunks_exact(6) {
        let [n0, n1, c0, c1, length, pause] = *piece else { unreachable!("pieces of six") };
        let mut packet = vec![0x80, 96, n0, n1, 0, 0, 0, 0, 0, 0, 0, 0, c0, c1];
        packet.resize(packet.len() + 64 * usize::from(length), 0);
        packet.truncate(if c0 == 0xff { usize::from(c1) } else { usize::MAX });
        now += Duration::from_millis(u64::from(pause));
        order.push(Bytes::from(packet), now);
        sent += 1;
        let mut passed = 0;
        while order.next(now).is_some() {
            passed += 1;
        }
        assert!(passed <= MOST_WAITING + 2);
        let (packets, bytes) = order.held();
        assert!(packets <= MOST_WAITING + 1 && bytes <= MOST_WAITING_BYTES + 2 * 65_535);
        assert!(order.work() <= 4 * sent, "{} for {sent}", order.work());
        assert!(order.deadline().is_none_or(|at| now < at && at <= now + REORDER_WINDOW));
    }
    while order.next(now + REORDER_WINDOW).is_some() {}
    assert_eq!(order.deadline(), None);
});
