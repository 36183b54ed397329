//! The loop as it is, with held time: what is taken each minute, kept for the next start, and said when it is too much.

use std::time::Duration;

use super::super::clock;
use super::super::rig::Rig;
use super::*;
use crate::store::Profile;

const MINUTE: Duration = Duration::from_secs(60);

async fn run(rig: &mut Rig, minutes: u32) {
    let end = clock::now() + MINUTE * minutes;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    while clock::now() < end {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_minute_is_kept_and_the_next_start_goes_on_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    run(&mut rig, 10).await;
    let series = rig.engine.state().own.series.clone();
    assert!((9..=11).contains(&series.minutes().len()), "{}", series.minutes().len());
    let last = *series.last().unwrap();
    for known in [
        OwnFigure::Tasks,
        OwnFigure::LoopDelay,
        OwnFigure::Queue,
        OwnFigure::Decoders,
    ] {
        assert!(last.get(known).is_some(), "{known:?}");
    }
    #[cfg(target_os = "linux")]
    for known in [
        OwnFigure::Memory,
        OwnFigure::Handles,
        OwnFigure::Threads,
        OwnFigure::Disk,
    ] {
        assert!(last.get(known).is_some_and(|value| value > 0), "{known:?}");
    }
    // Killed: nothing is ended.
    drop(rig);
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    run(&mut rig, 3).await;
    let again = rig.engine.state().own.series.clone();
    let before: Vec<&OwnSample> = series.minutes().collect();
    let kept: Vec<&OwnSample> = again.minutes().take(before.len() - 1).collect();
    assert_eq!(
        kept,
        before[..before.len() - 1],
        "but the last, which may have been under way"
    );
    assert!(again.minutes().len() > before.len());
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_nearly_full_is_one_event_with_its_end() {
    let mut rig = Rig::new().await;
    run(&mut rig, 1).await;
    let shown = |rig: &mut Rig, limit| {
        rig.core.publish_now();
        rig.engine.state().own.excesses.contains_key(&limit)
    };
    let second = Duration::from_secs(1);
    for (free, lasts) in [(300, false), (300, true), (280, true), (4_000, true), (4_000, false)] {
        let watch = rig.core.self_watch();
        let sample = OwnSample::at(clock::unix()).with(OwnFigure::Disk, Some(free));
        Arc::make_mut(&mut watch.series).push(sample);
        watch.judge();
        tokio::time::advance(second).await;
        assert_eq!(shown(&mut rig, OwnLimit::Disk), lasts, "{free}");
    }
    run(&mut rig, 1).await;
    let mut inbox = rig.receiver;
    rig.core.end(&mut inbox).await;
    let profile = Profile::open(Some(rig.folder.as_ref().unwrap().path().to_path_buf())).unwrap();
    let mut log = profile.read_event_log().unwrap().unwrap();
    let page = log
        .page(&events::EventQuery::default(), events::LogStart::Newest, 100)
        .unwrap();
    let found: Vec<_> = page
        .events
        .iter()
        .filter(|event| event.what.word() == "own-disk")
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].lasts() && !found[0].is_moment() && found[0].category() == events::Category::Program);
    assert_eq!(found[0].detail.as_str(), "300 MiB");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_written_costs_no_more_than_itself() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("own-figures.txt")).unwrap();
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    run(&mut rig, 5).await;
    let series = rig.engine.state().own.series.clone();
    assert!(series.minutes().len() >= 4);
}
