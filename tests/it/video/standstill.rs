//! A pipeline that stands still: its thread hangs in the middle of a picture.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use monomi::bridge::FrameSlot;
use monomi::video::{DecoderChoice, Player, PlayerConfig};

use super::source::{H264, PATIENCE, Rgb, encode, installed};

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + 3 * PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_pipeline_that_stands_still_is_found_and_one_that_goes_on_is_not() {
    if !installed(H264) {
        return;
    }
    monomi::video::init().unwrap();
    // A key frame every ten pictures.
    let colours: Vec<Rgb> = (0..60).map(|_| [90; 3]).collect();
    let rtp = encode(&colours, (320, 240), "", H264);
    let slot = Arc::new(FrameSlot::default());
    let (let_go, held) = sync_channel::<()>(1);
    let (slot_of_waker, held) = (Arc::clone(&slot), Mutex::new(held));
    let config = PlayerConfig {
        caps: rtp.caps.clone(),
        threads: 1,
        decoder: DecoderChoice::Software,
        decode: true,
        lossy: false,
    };
    let waker = move || {
        if slot_of_waker.counts().published == 15 {
            // Until the test lets go.
            held.lock().unwrap().recv().ok();
        }
    };
    let player = Player::new(config, Arc::clone(&slot), Arc::new(waker), |_event| {}).unwrap();
    let push = |range: std::ops::Range<usize>| {
        for packets in &rtp.pictures[range] {
            player.push_all(packets.iter().cloned());
        }
    };
    assert_eq!(player.awaited_since(), None, "nothing was handed in");
    push(0..15);
    until("fifteen pictures", || slot.counts().published == 15);
    assert_eq!(
        player.awaited_since(),
        None,
        "the key frames of which pictures came are not waited for"
    );
    std::thread::sleep(Duration::from_millis(20));
    push(15..40);
    assert!(player.awaited_since().is_some_and(|since| since <= Instant::now()));
    let_go.send(()).unwrap();
    until("the others", || slot.counts().published == 40);
    until("that it goes on", || player.awaited_since().is_none());
    player.set_decode(false);
    push(40..60);
    assert_eq!(player.awaited_since(), None, "a hidden stream is not waited for");
}
