//! What a thousand devices cost that are known and of which nothing is shown.

use std::time::Duration;

use device::sample;

use super::rig::EngineRig;

/// Time of all threads of this process, in seconds (`/proc/self/stat`: `utime` and `stime`, in hundredths).
fn spent() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("procfs");
    let (_, rest) = stat.rsplit_once(") ").expect("a name");
    let ticks = rest.split(' ').skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}

/// In percent of a core, over half a minute of an engine that knows so many devices.
fn cost(devices: u64) -> f64 {
    const WHILE: Duration = Duration::from_secs(30);
    let mut rig = EngineRig::idle(monomi::video::SoundOutput::default(), None);
    rig.profile()
        .update_registry(|registry| {
            registry.sites = vec![device::Site::new(sample::SITE, "Lab".to_owned())];
            let known = (1..=devices).map(|id| sample::device(id, &format!("DVR {id}"), 16));
            registry.devices = known.collect();
        })
        .expect("a registry");
    rig.start();
    rig.until("the devices", |state| {
        (state.registry.devices.len() as u64 == devices).then_some(())
    });
    std::thread::sleep(Duration::from_secs(5));
    let before = spent();
    std::thread::sleep(WHILE);
    (spent() - before) / WHILE.as_secs_f64() * 100.0
}

/// `cargo test --release --locked --test it -- --ignored --nocapture engine::idle`; beside nothing else.
#[test]
#[ignore = "it measures for more than a minute"]
fn a_thousand_known_devices_cost_next_to_nothing() {
    let (none, thousand) = (cost(0), cost(1_000));
    println!("0 devices: {none:.2} % of a core, 1,000 devices: {thousand:.2} %");
    assert!(thousand - none <= 0.2, "{none:.2} % and {thousand:.2} %");
}
