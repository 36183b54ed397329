//! When a feed is asked for, in held time; the errand itself is asked for on loopback (`tests/it/engine/feeds.rs`).

use super::super::clock;
use super::super::rig::Rig;
use super::*;
use crate::bridge::SiteStatus;
use crate::http::HttpAnswer;
use device::Site;
use status_feed::FeedEntry;

const SITE: SiteId = SiteId(1);

fn registry(feed: &str) -> Registry {
    let mut site = Site::new(SITE, "Osaka".to_owned());
    site.about.feed = feed.parse().ok();
    Registry {
        sites: vec![site],
        ..Registry::default()
    }
}

/// The state of a site with one recorder on screen.
async fn state(is: SiteState, live: u32) -> EngineState {
    let rig = Rig::new().await;
    let mut state = (*rig.engine.state()).clone();
    let mut status = SiteStatus::untried(SITE, "Osaka", 12);
    status.state = is;
    (status.devices.all, status.devices.watched, status.devices.live) = (1, 1, live);
    status.devices.failing = 1 - live;
    state.sites = Arc::new(vec![status]);
    state
}

fn begun(feeds: &mut Feeds) -> usize {
    let effects = std::iter::from_fn(|| feeds.poll_effect());
    effects
        .filter(|effect| matches!(effect, FeedsEffect::Begin(..)))
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_asked_for_while_its_site_is_down_and_at_most_every_five_minutes() {
    let (down, up, away) = (
        state(SiteState::Outage, 0).await,
        state(SiteState::Up, 1).await,
        state(SiteState::NoNetwork, 0).await,
    );
    let now = clock::now();
    let mut feeds = Feeds::default();
    feeds.set_registry(&registry("https://status.example.jp/feed"));
    feeds.tick(&down, now);
    assert_eq!(begun(&mut feeds), 0, "what an earlier run asked is not known yet");
    feeds.opened(KeptFeeds::default(), clock::unix(), now);
    let at = |seconds: u64| now + Duration::from_secs(seconds);
    feeds.tick(&up, at(1));
    feeds.tick(&away, at(2));
    assert_eq!(begun(&mut feeds), 0);
    feeds.tick(&down, at(3));
    feeds.tick(&down, at(4));
    assert_eq!(begun(&mut feeds), 1, "one errand at a time");
    // The permit came and the answer too.
    let of = feeds.sites.get_mut(&SITE).unwrap();
    (of.attempt, of.due) = (Some(AttemptId(7)), Some(at(5) + EVERY));
    let entry = FeedEntry {
        title: "回線障害".to_owned(),
        at: None,
    };
    feeds.done(SITE, AttemptId(6), Ok(None));
    assert!(feeds.shown().is_empty(), "the answer of an earlier one is nobody's");
    feeds.done(SITE, AttemptId(7), Ok(Some(entry)));
    assert_eq!(feeds.shown()[&SITE].title.as_deref(), Some("回線障害"));
    feeds.tick(&down, at(200));
    assert_eq!(begun(&mut feeds), 0);
    feeds.tick(&down, at(306));
    assert_eq!(begun(&mut feeds), 1);
    feeds.tick(&up, at(308));
    let ended = std::iter::from_fn(|| feeds.poll_effect()).any(|effect| matches!(effect, FeedsEffect::End(SITE)));
    assert!(ended, "the site is back before the feed had its turn");
}

#[tokio::test(start_paused = true)]
async fn a_restart_asks_no_sooner_and_knows_what_was_said() {
    let down = state(SiteState::Outage, 0).await;
    let (now, unix) = (clock::now(), clock::unix());
    for (asked, first) in [(unix - 100, 200), (unix - 1_000, 0), (unix + 86_400, 300)] {
        let kept = KeptFeed {
            feed: "https://status.example.jp/feed".to_owned(),
            asked,
            read: Some(asked),
            title: Some("Line cut".to_owned()),
            at: None,
        };
        let mut feeds = Feeds::default();
        feeds.set_registry(&registry("https://status.example.jp/feed"));
        feeds.opened([(SITE, kept.clone())].into(), unix, now);
        assert_eq!(feeds.shown()[&SITE].title.as_deref(), Some("Line cut"));
        let mut seconds = 0;
        while begun(&mut feeds) == 0 {
            feeds.tick(&down, now + Duration::from_secs(seconds));
            seconds += 1;
            assert!(seconds < 400);
        }
        assert_eq!(seconds - 1, first, "asked at {}", asked - unix);
        // What another address said is not said of this one.
        let mut other = Feeds::default();
        other.set_registry(&registry("https://other.example.jp/feed"));
        other.opened([(SITE, kept)].into(), unix, now);
        assert!(other.shown().is_empty());
    }
}

#[test]
fn an_answer_is_an_entry_or_says_why_it_is_none() {
    let answer = |status, body: &str| HttpAnswer {
        status,
        location: Some("https://stranger.example/feed".to_owned()),
        body: body.as_bytes().to_vec(),
    };
    let feed = "<feed><entry><title>Line cut</title></entry></feed>";
    assert!(matches!(ask::read(&answer(200, feed)), Ok(Some(entry)) if entry.title == "Line cut"));
    assert_eq!(ask::read(&answer(200, "<feed/>")), Ok(None));
    assert_eq!(ask::read(&answer(200, "<html/>")), Err(FeedFault::NoFeed));
    assert_eq!(ask::read(&answer(301, feed)), Err(FeedFault::Moved));
    assert_eq!(ask::read(&answer(503, feed)), Err(FeedFault::Status(503)));
}
