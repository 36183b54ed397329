//! A status feed is read while its site is down, by the one dial: what stands in its way is said, and planned work is known everywhere at once.

use std::net::TcpListener;

use device::{Draft, Registry, SiteDraft};
use monomi::bridge::{Command, FeedFault, SiteEdit, WorkOrder};
use settings::Settings;

use super::rig::EngineRig;

/// An engine that shows a device of which nothing comes, at a site with this feed.
fn down(feed: &str, internal_network_only: bool) -> EngineRig {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let rig = EngineRig::new();
    rig.send(Command::SaveSettings(Box::new(Settings {
        internal_network_only,
        ..Settings::default()
    })));
    let mut draft = Draft::from_url(&format!("rtsp://{closed}/ch1")).unwrap();
    (draft.site, draft.name) = ("Lab".to_owned(), "Gone".to_owned());
    let edit = draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .unwrap();
    let device = edit.device.id;
    rig.send(Command::SaveDevice(Box::new(edit)));
    let before = rig.until("the site", |state| state.registry.sites.first().cloned());
    let mut after = before.clone();
    let typed = SiteDraft {
        feed: feed.to_owned(),
        ..SiteDraft::default()
    };
    after.about = typed.parse(&before.about).unwrap();
    rig.send(Command::EditSite(Box::new(SiteEdit { before, after })));
    rig.show(device);
    rig
}

fn fault(rig: &EngineRig) -> FeedFault {
    rig.until("what came of the feed", |state| {
        state.feeds.values().find_map(|feed| feed.fault.clone())
    })
}

#[test]
fn internal_network_only_holds_for_a_status_feed_and_is_said() {
    let rig = down("https://203.0.113.9/feed", true);
    assert_eq!(fault(&rig), FeedFault::Policy);
}

#[test]
fn a_server_without_tls_is_told_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = std::thread::Builder::new().name("server".to_owned());
    let serve = serve.spawn(move || drop(listener.accept().unwrap())).unwrap();
    let rig = down(&format!("https://{address}/secret-path"), false);
    assert_eq!(fault(&rig), FeedFault::NoAnswer);
    serve.join().unwrap();
    let kept = std::fs::read_to_string(rig.folder.path().join("devices.toml")).unwrap();
    assert!(kept.contains("secret-path"), "it was entered there");
    let log = format!("{:?}", rig.state().feeds);
    assert!(!log.contains("secret-path"), "{log}");
}

#[test]
fn planned_work_begins_and_ends_at_once_and_is_kept() {
    let mut rig = down("https://203.0.113.9/feed", true);
    let site = rig.state().registry.sites[0].id;
    rig.send(Command::PlanWork(site, WorkOrder::For { minutes: 60 }));
    rig.until("the work", |state| state.planned_until(site));
    rig.until("the file", |_| {
        let text = std::fs::read_to_string(rig.folder.path().join("devices.toml")).ok()?;
        text.contains("planned-work").then_some(())
    });
    rig.stop();
    rig.start();
    rig.until("the work after a restart", |state| state.planned_until(site));
    rig.send(Command::PlanWork(site, WorkOrder::End));
    rig.until("its end", |state| state.planned_until(site).is_none().then_some(()));
}
