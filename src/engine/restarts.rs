//! A program that is killed and started again and again, with held time: the loop as it is, and a network that is pretended.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::attempt::{AttemptEvent, AttemptPlan, AttemptReport};
use super::clock;
use super::endurance::{registry, show_all};
use super::failure::failure;
use super::rig::Rig;
use crate::store::Profile;
use device::{Registry, SiteId};
use reconnect::{FailureKind, Stage};

const MINUTE: Duration = Duration::from_secs(60);

/// How a site is dead.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// It answers with RST.
    Refuses,
    /// Nothing answers.
    Silent,
}

/// One attempt, counted when its SYN leaves.
async fn attempt(mut plan: AttemptPlan, death: Death, dials: Arc<AtomicUsize>) {
    plan.counted.wait().await;
    dials.fetch_add(1, Ordering::Relaxed);
    let address = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 554));
    let tell = |event| drop(plan.report.try_send(AttemptReport { run: plan.run, event }));
    tell(AttemptEvent::Dialling(address));
    let (lasts, kind) = match death {
        Death::Refuses => (20, FailureKind::Refused),
        Death::Silent => (3_000, FailureKind::Timeout),
    };
    tokio::time::sleep(Duration::from_millis(lasts)).await;
    tell(AttemptEvent::Failed {
        address: Some(address),
        local_port: None,
        failure: failure(kind, Stage::Connect, ""),
    });
}

fn one_site() -> Registry {
    let mut registry = registry(0);
    registry.devices.retain(|device| device.site == SiteId(1));
    registry
}

/// Dials of a minute in which the program is started this often; each start finds what the one before left on disk.
async fn dials_of_a_minute(starts: u32, death: Death) -> usize {
    let dials = Arc::new(AtomicUsize::new(0));
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..starts {
        let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
        let counted = Arc::clone(&dials);
        let runner = move |plan| -> futures_util::future::BoxFuture<'static, ()> {
            Box::pin(attempt(plan, death, Arc::clone(&counted)))
        };
        rig.core.connections().set_runner(Box::new(runner));
        rig.core.enter(one_site());
        show_all(&mut rig.core);
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        let end = clock::now() + MINUTE / starts;
        while clock::now() < end {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
    }
    dials.load(Ordering::Relaxed)
}

/// The most dials of ten such minutes: the machine draws its waits.
async fn most_dials(starts: u32, death: Death) -> usize {
    let mut most = 0;
    for _ in 0..10 {
        most = most.max(dials_of_a_minute(starts, death).await);
    }
    most
}

#[tokio::test(start_paused = true)]
async fn a_program_that_is_started_25_times_a_minute_dials_as_often_as_one_that_runs_on() {
    for death in [Death::Refuses, Death::Silent] {
        let (through, restarted) = (most_dials(1, death).await, most_dials(25, death).await);
        println!("{death:?}: at most {through} dials in one run, {restarted} in 25");
        // Each start draws the waits anew, so that one dial may come sooner.
        let allowed = through + 1;
        assert!(
            (1..=allowed).contains(&restarted),
            "{death:?}: {restarted} dials, {through} in one run"
        );
    }
}
