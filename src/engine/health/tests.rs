//! The loop as it is, with held time and a network that is pretended: what is counted, and what the next start knows of it.

use std::sync::Arc;
use std::time::Duration;

use super::super::clock;
use super::super::endurance::{Fate, FlappingNetwork, pretend, registry, show_all};
use super::super::rig::Rig;
use crate::store::Profile;
use device::DeviceId;
use health::HealthRecord;

const SECOND: Duration = Duration::from_secs(1);

fn record(rig: &Rig, device: DeviceId) -> HealthRecord {
    let state = rig.engine.state();
    state
        .health
        .get(&device)
        .map(|record| HealthRecord::clone(record))
        .unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_counted_and_written_and_time_without_looks_is_not() {
    crate::video::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    let start = clock::now();
    let serves = || vec![(Duration::ZERO, Fate::Serves)];
    let fails = vec![(600 * SECOND, Fate::Silent), (1_200 * SECOND, Fate::Serves)];
    let network = Arc::new(FlappingNetwork {
        start,
        changes: vec![[serves(), fails].concat(), serves(), serves()],
    });
    let runner =
        move |plan| -> futures_util::future::BoxFuture<'static, ()> { Box::pin(pretend(plan, Arc::clone(&network))) };
    rig.core.connections().set_runner(Box::new(runner));
    let registry = registry(0);
    let of_site = |index: usize| {
        let site = registry.sites[index].id;
        let mut devices = registry.devices.iter();
        devices
            .find(|device| device.site == site)
            .map(|device| device.id)
            .unwrap()
    };
    let (falls, lasts) = (of_site(0), of_site(1));
    rig.core.enter(registry);
    show_all(&mut rig.core);
    let mut tick = tokio::time::interval(SECOND);
    while clock::now() < start + 1_800 * SECOND {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let (fallen, well) = (record(&rig, falls), record(&rig, lasts));
    let now = clock::unix();
    let down = fallen.over(24, now).down;
    assert!((580..=760).contains(&down), "{down} s");
    assert_eq!(fallen.outage.as_ref().map(|outage| outage.until.is_some()), Some(true));
    let share = well.over(24, now);
    assert!(share.down == 0 && (1_700..=1_800).contains(&share.up), "{share:?}");
    let mut inbox = rig.receiver;
    rig.core.end(&mut inbox).await;
    let kept = Profile::open(Some(folder.path().to_path_buf()))
        .unwrap()
        .load_health()
        .value;
    assert_eq!(kept[&falls].over(24, now).down, down);
    assert!(kept[&falls].seen().is_none(), "nobody has looked since");
}

/// The connects of a device are counted where the permits are, and what it said of its disks stands until it takes that back.
#[tokio::test(start_paused = true)]
async fn connects_and_what_is_said_of_disks_stand_beside_how_a_device_is() {
    use events::{Happening, Occurrence, Subject};
    crate::video::init().unwrap();
    let mut rig = Rig::new().await;
    let start = clock::now();
    let network = Arc::new(FlappingNetwork {
        start,
        changes: (0..3).map(|_| vec![(Duration::ZERO, Fate::Serves)]).collect(),
    });
    let runner =
        move |plan| -> futures_util::future::BoxFuture<'static, ()> { Box::pin(pretend(plan, Arc::clone(&network))) };
    rig.core.connections().set_runner(Box::new(runner));
    rig.core.enter(registry(0));
    show_all(&mut rig.core);
    let mut tick = tokio::time::interval(SECOND);
    while clock::now() < start + 60 * SECOND {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let device = rig.core.registry().devices[0].id;
    let attempts = rig.core.connections().machine().totals().attempts;
    let state = rig.engine.state();
    let counted: u32 = state
        .health
        .values()
        .map(|record| record.attempts.of_a_day(clock::unix()))
        .sum();
    assert!(
        attempts > 0 && u64::from(counted) == attempts,
        "{counted} of {attempts}"
    );
    let full = |happening: fn(Happening) -> Happening| {
        happening(Happening::new(Subject::Device(device), Occurrence::StorageFull))
    };
    let begins: fn(Happening) -> Happening = |happening| happening.begins_for(None);
    rig.core.note_storage(&full(begins));
    let storage = |rig: &mut Rig| {
        rig.core.publish_now();
        record(rig, device)
            .known
            .storage
            .map(|storage| (storage.what, storage.stays))
    };
    assert_eq!(storage(&mut rig), Some(("storage-full".to_owned(), true)));
    rig.core.note_storage(&full(Happening::ends));
    assert_eq!(storage(&mut rig), None);
    // What is never taken back is forgotten after a day in which it was not said again.
    rig.core.note_storage(&full(|happening| happening));
    let begin = clock::now();
    while clock::now() < begin + 25 * 3_600 * SECOND {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
        tokio::time::advance(600 * SECOND).await;
    }
    let end = clock::now() + 60 * SECOND;
    while clock::now() < end {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    assert_eq!(storage(&mut rig), None);
}
