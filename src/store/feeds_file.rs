//! `feeds.toml`: when the status feed of each site was asked last, and what it said. It holds nothing that the user entered and no secret:
//! where it is damaged or missing, feeds are asked anew.

use std::collections::BTreeMap;

use toml_edit::{Item, Table};

use super::atomic::WriteError;
use super::document::Document;
use super::load::Loaded;
use super::lock::WriteLock;
use super::migrate;
use super::profile::Profile;
use super::records::{child, set_or_remove};
use device::{SiteId, with_hidden_shown};
use status_feed::FeedEntry;

const SITE: &str = "site";

/// What is kept of the feed of a site. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptFeed {
    /// Where it was asked.
    pub feed: String,
    pub asked: i64,
    /// When it was read last.
    pub read: Option<i64>,
    /// Of its newest entry.
    pub title: Option<String>,
    pub at: Option<i64>,
}

pub type KeptFeeds = BTreeMap<SiteId, KeptFeed>;

impl Profile {
    /// What feeds said. What is not understood is as if nobody had asked.
    #[must_use]
    pub fn load_feeds(&self) -> Loaded<KeptFeeds> {
        let mut document = self.feeds();
        let problems = document.take_problems();
        let table = document.table().get(SITE).and_then(Item::as_table);
        let rows = table.into_iter().flat_map(Table::iter);
        let read = |(key, item): (&str, &Item)| -> Option<(SiteId, KeptFeed)> {
            Some((key.parse().ok()?, feed(item.as_table()?)))
        };
        Loaded {
            value: rows.filter_map(read).collect(),
            problems,
            found: document.found().clone(),
        }
    }

    /// Keeps what feeds said. Sites that are not in `feeds` are forgotten; keys that this program does not know stay.
    ///
    /// # Errors
    /// [`WriteError`], where the file is as it was.
    pub fn save_feeds(&self, feeds: &KeptFeeds) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = self.feeds();
        let table = child(document.table_mut(), SITE);
        let is_gone = |key: &str| key.parse().is_ok_and(|id| !feeds.contains_key(&id));
        let keys = table.iter().map(|(key, _)| key.to_owned());
        let gone: Vec<String> = keys.filter(|key| is_gone(key)).collect();
        for key in gone {
            table.remove(&key);
        }
        for (id, kept) in feeds {
            let row = child(table, &id.to_string());
            set_or_remove(row, "feed", Some(kept.feed.as_str().into()));
            set_or_remove(row, "asked", Some(kept.asked.into()));
            set_or_remove(row, "read", kept.read.map(Into::into));
            set_or_remove(row, "title", kept.title.as_deref().map(Into::into));
            set_or_remove(row, "at", kept.at.map(Into::into));
        }
        document.save()
    }

    fn feeds(&self) -> Document {
        Document::load(&self.path().join("feeds.toml"), &migrate::FEEDS)
    }
}

fn feed(row: &Table) -> KeptFeed {
    let text = |key: &str| row.get(key).and_then(Item::as_str);
    let time = |key: &str| row.get(key).and_then(Item::as_integer);
    let line = |title: &str| with_hidden_shown(title).chars().take(FeedEntry::MOST_TITLE).collect();
    KeptFeed {
        feed: text("feed").unwrap_or_default().to_owned(),
        asked: time("asked").unwrap_or(0),
        read: time("read"),
        title: text("title").map(line),
        at: time("at"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_again_and_a_site_that_is_gone_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_path_buf()))
            .unwrap()
            .without_keyring();
        assert!(profile.load_feeds().value.is_empty());
        let kept = KeptFeed {
            feed: "https://status.example.jp/feed".to_owned(),
            asked: 1_796_083_200,
            read: Some(1_796_083_201),
            title: Some("回線障害".to_owned()),
            at: None,
        };
        let both: KeptFeeds = [(SiteId(1), kept.clone()), (SiteId(2), kept.clone())].into();
        profile.save_feeds(&both).unwrap();
        assert_eq!(profile.load_feeds().value, both);
        let one: KeptFeeds = [(SiteId(1), kept)].into();
        profile.save_feeds(&one).unwrap();
        assert_eq!(profile.load_feeds().value, one);
    }
}
