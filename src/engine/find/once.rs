//! One find without the loop, for the command line.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::super::clock;
use super::super::connections::policy_of;
use super::run::{FindNews, FindPlan, run_find};
use super::{FindTold, Finder};
use crate::bridge::FindStatus;
use device::Registry;
use discovery::Ranges;
use settings::Settings;

/// Looks for recorders once, within the policy of these settings, and tells them from those of `registry`. `progress` hears how far it is.
pub async fn find_once(
    ranges: Ranges,
    settings: &Settings,
    registry: &Arc<Registry>,
    mut progress: impl FnMut(&FindStatus),
) -> Arc<FindStatus> {
    let mut finder = Finder::new(clock::now());
    finder.set_registry(registry);
    let plan = FindPlan {
        ranges,
        hurried: true,
        policy: Arc::new(ArcSwap::from_pointee(policy_of(settings))),
    };
    let (sender, mut news) = mpsc::channel::<FindNews>(64);
    let tell = |news| {
        let sender = sender.clone();
        async move { sender.send(news).await.is_ok() }
    };
    let mut find = std::pin::pin!(run_find(plan, tell));
    let mut runs = true;
    loop {
        let told = tokio::select! {
            () = &mut find, if runs => {
                runs = false;
                continue;
            }
            Some(told) = news.recv() => told,
        };
        let is_done = told == FindNews::Done;
        let run = finder.run;
        finder.told(FindTold { run, news: told }, clock::now());
        finder.refresh();
        progress(&finder.shown());
        if is_done {
            return finder.shown();
        }
    }
}
