//! What is said once of a device that sends no key frames.

use super::{Connections, ConnectionsEffect};
use crate::bridge::NoticeKind;
use crate::video::Whole;
use reconnect::LinkId;

impl Connections {
    /// It may have become known whether pictures of this link are ever whole.
    pub(super) fn whole_changed(&mut self, id: LinkId) {
        let Some(link) = self.links.get(id).filter(|link| link.is_stream()) else {
            return;
        };
        let Some(device) = self.devices.get(link.stream.channel.device) else {
            return;
        };
        let name = device.name.clone();
        match link.run.as_ref().map(|run| run.whole()) {
            Some(Whole::Never) if self.keyless.insert(device.id) => {
                tracing::info!(device = name, "sends no key frames");
                let notice = NoticeKind::WithoutKeyFrames { device: name };
                self.effects.push_back(ConnectionsEffect::Notice(notice));
            }
            Some(Whole::Yes) if self.keyless.contains(&device.id) => {
                let untrue =
                    move |kind: &NoticeKind| matches!(kind, NoticeKind::WithoutKeyFrames { device } if *device == name);
                self.effects.push_back(ConnectionsEffect::Withdraw(Box::new(untrue)));
            }
            Some(Whole::Never | Whole::Yes | Whole::AwaitsKey { .. }) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::super::super::attempt::{AttemptEvent, AttemptPlan, AttemptReport};
    use super::super::super::clock;
    use super::super::super::endurance::{registry, show_all};
    use super::super::super::failure::failure;
    use super::super::super::rig::Rig;
    use super::*;
    use crate::bridge::Command;
    use device::SiteId;
    use reconnect::{FailureKind, Stage};

    /// Plays for a while and then breaks off. `whole`: what the packets say, by the number of the attempt.
    async fn attempt(mut plan: AttemptPlan, number: usize, whole: fn(usize) -> Whole) {
        plan.counted.wait().await;
        let address = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 554));
        let tell = |event| drop(plan.report.try_send(AttemptReport { run: plan.run, event }));
        tell(AttemptEvent::Dialling(address));
        tokio::time::sleep(Duration::from_millis(20)).await;
        tell(AttemptEvent::Connected {
            address,
            certificate: None,
        });
        tell(AttemptEvent::Playing {
            codec: "H.264".to_owned(),
            slowest_reply: Duration::ZERO,
            awaited: Duration::ZERO,
        });
        plan.received.set_whole(whole(number));
        tell(AttemptEvent::Whole);
        for _ in 0..200 {
            plan.received.add_packets(1);
            plan.received.add_picture();
            tokio::select! {
                changed = plan.orders.changed() => if changed.is_err() {
                    return tell(AttemptEvent::Closed);
                },
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
        }
        tell(AttemptEvent::Failed {
            address: Some(address),
            local_port: None,
            failure: failure(FailureKind::Protocol, Stage::Media, "broken off"),
        });
    }

    struct KeylessScene {
        rig: Rig,
        attempts: Arc<AtomicUsize>,
    }

    impl KeylessScene {
        /// One device with four channels.
        async fn new(whole: fn(usize) -> Whole) -> Self {
            let mut rig = Rig::new().await;
            let attempts = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&attempts);
            let runner = move |plan| -> futures_util::future::BoxFuture<'static, ()> {
                let number = counted.fetch_add(1, Ordering::Relaxed);
                Box::pin(attempt(plan, number, whole))
            };
            rig.core.connections().set_runner(Box::new(runner));
            let mut registry = registry(0);
            registry.devices.retain(|device| device.site == SiteId(3));
            rig.core.enter(registry);
            show_all(&mut rig.core);
            Self { rig, attempts }
        }

        /// The identities of what is said about key frames, after so much more time.
        async fn after(&mut self, time: Duration) -> Vec<u64> {
            let mut tick = tokio::time::interval(Duration::from_millis(250));
            let end = clock::now() + time;
            while clock::now() < end {
                self.rig.core.turn(&mut self.rig.receiver, &mut tick).await;
            }
            let state = self.rig.engine.state();
            let about =
                |kind: &NoticeKind| matches!(kind, NoticeKind::WithoutKeyFrames { device } if device == "Device 6");
            let notices = state.notices.iter().filter(|notice| about(&notice.kind));
            notices.map(|notice| notice.id).collect()
        }
    }

    const MINUTES: Duration = Duration::from_secs(180);

    #[tokio::test(start_paused = true)]
    async fn a_device_without_key_frames_is_told_of_once_however_often_its_channels_reconnect() {
        let mut scene = KeylessScene::new(|_number| Whole::Never).await;
        let told = scene.after(MINUTES).await;
        assert_eq!(told.len(), 1);
        assert!(
            scene.attempts.load(Ordering::Relaxed) > 4,
            "its four channels were connected again"
        );
        scene.rig.core.on_command(Command::Dismiss(told[0]), clock::now());
        assert!(
            scene.after(MINUTES).await.is_empty(),
            "who dismissed it is not told again"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_told_is_taken_back_when_key_frames_come_all_the_same() {
        let mut scene = KeylessScene::new(|number| if number < 4 { Whole::Never } else { Whole::Yes }).await;
        assert_eq!(scene.after(Duration::from_secs(10)).await.len(), 1);
        assert!(scene.after(MINUTES).await.is_empty());
    }
}
