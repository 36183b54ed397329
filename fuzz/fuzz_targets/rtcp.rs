//! RTP and RTCP of a device that says anything: reports are whole, their work and their memory bounded.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use rtsp::{Reports, rtcp_items};

// Each packet: of which track, whether RTCP, the pause before it in ms, and its bytes.
fuzz_target!(|packets: Vec<(bool, bool, u16, &[u8])>| {
    let mut now = Instant::now();
    let mut reports = Reports::new(1);
    reports.begin(&[90_000, 8_000], Duration::from_secs(10), now);
    for (second, control, pause, packet) in packets {
        now += Duration::from_millis(pause.into());
        let track = usize::from(second);
        if control {
            assert!(rtcp_items(packet).count() <= packet.len() / 4 + 1);
            reports.on_rtcp(track, packet, now);
        } else {
            reports.on_rtp(track, packet, now);
        }
        let due = reports.poll(now);
        assert!(due.is_empty() || due.len() == 2);
        for (_, report) in due {
            assert!(report.len() % 4 == 0 && report.len() <= 80 && rtcp_items(&report).count() == 0);
        }
    }
});
